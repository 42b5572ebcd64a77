# SPDX-License-Identifier: AGPL-3.0-or-later
"""内部利用: what the scheme's own management needs to view, print or copy (A12, K12)."""
