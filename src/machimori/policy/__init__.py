# SPDX-License-Identifier: AGPL-3.0-or-later
"""The rules, pure: retention and deadline arithmetic, decisions. Time is an argument; no I/O."""
