# SPDX-License-Identifier: AGPL-3.0-or-later
"""画像を開く: what a case may open, played on the page and recorded."""
