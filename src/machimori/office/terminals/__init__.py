# SPDX-License-Identifier: AGPL-3.0-or-later
"""Terminals: the register, their custody, and at which one a browser is."""
