# SPDX-License-Identifier: AGPL-3.0-or-later
"""Scans of papers that belong to a case: sealed on the disk, given out as downloads alone."""
