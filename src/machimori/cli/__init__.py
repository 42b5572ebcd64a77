# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command line: one module per command."""
