# SPDX-License-Identifier: AGPL-3.0-or-later
"""保管庫に届けるもの: statements for the vault, their signatures, and what the vault said."""
