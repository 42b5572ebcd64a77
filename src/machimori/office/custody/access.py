# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who sees and signs letters."""

from typing import Final

from machimori.office.custody import letters
from machimori.office.custody.models import Letter
from machimori.office.people.acting import Acting
from machimori.office.shared.posts import Post

SIGNERS: Final[tuple[Post, ...]] = (
    "system_manager",
    "handling_supervisor",
    "operator",
    "police_image_manager",
)
"""Who may have something to sign; each letter's owner says whose it is."""
READERS: Final[tuple[Post, ...]] = ("system_manager", "system_administrator")
"""Who sees what the vault lacks."""


def find(acting: Acting, digest: str) -> Letter | None:
    """A letter of the scheme, by its digest."""
    found = letters.with_parts(digest)
    return found[0] if found and found[0].scheme_id == acting.scheme.pk else None


def vault_post(post: str) -> str:
    """What statements call an office's post: 管理責任者 is `system-manager`."""
    return post.replace("_", "-")
