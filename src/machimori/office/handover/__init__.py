# SPDX-License-Identifier: AGPL-3.0-or-later
"""取出しと媒体, 完了確認, 引渡し, and copies to their end."""
