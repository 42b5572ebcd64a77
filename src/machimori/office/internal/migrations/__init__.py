# SPDX-License-Identifier: AGPL-3.0-or-later
"""The tables as they came to be."""
