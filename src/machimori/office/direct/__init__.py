# SPDX-License-Identifier: AGPL-3.0-or-later
"""直接取得: what the police fetch themselves from the cameras of an agreement (佐賀 協定②)."""
