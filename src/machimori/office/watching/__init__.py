# SPDX-License-Identifier: AGPL-3.0-or-later
"""監視: the present picture at a named post, for named persons, in shifts (堺 7)."""
