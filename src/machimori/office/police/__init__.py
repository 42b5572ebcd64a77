# SPDX-License-Identifier: AGPL-3.0-or-later
"""The police's side: emergency extractions, what stations keep, and the city's reconciliation."""
