# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pages from the extraction to the end of the copies."""
