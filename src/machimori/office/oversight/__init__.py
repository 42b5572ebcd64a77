# SPDX-License-Identifier: AGPL-3.0-or-later
"""簿冊, 集計, 監査, 突合, 文書の保存: views over the facts that the other apps hold."""
