# SPDX-License-Identifier: AGPL-3.0-or-later
"""稼働状況: whether everything runs, and opening the vault. No case, no name, no footage."""
