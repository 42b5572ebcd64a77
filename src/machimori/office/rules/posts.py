# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who enters the pages of the rules."""

from typing import Final

from machimori.office.shared.posts import Post

READERS: Final[tuple[Post, ...]] = ("system_manager", "handling_supervisor", "auditor")
