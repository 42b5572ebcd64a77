# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office: the pages in which officials, police, guards and auditors do their work."""
