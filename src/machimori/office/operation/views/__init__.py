# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pages of 稼働状況."""
