# SPDX-License-Identifier: AGPL-3.0-or-later
"""Provision: a request for footage, from the first call to the instruction to take it out."""
