# SPDX-License-Identifier: AGPL-3.0-or-later
"""開示請求: the statutory disclosure of personal information, a case type of its own."""
