# SPDX-License-Identifier: AGPL-3.0-or-later
"""A whole installation in one file, and back: what is in it (`selection`), the file (`archive`),
how it is taken (`taking`) and put back (`restoring`)."""
