# SPDX-License-Identifier: AGPL-3.0-or-later
"""The present picture, for a shift that the vault granted: beside the drain, never stored."""
