# SPDX-License-Identifier: AGPL-3.0-or-later
"""The 管理運用規程, written from a profile (印西 4), article by article. Pure."""
