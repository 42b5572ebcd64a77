# SPDX-License-Identifier: AGPL-3.0-or-later
"""Personnel: pledges, transfers in bulk and their 引継ぎ, rosters, the register of keys, passwords
that the manager issues, and the warning before nobody could sign."""
