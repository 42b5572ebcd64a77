# SPDX-License-Identifier: AGPL-3.0-or-later
"""The package that is handed over, and its offline verifier."""
