# SPDX-License-Identifier: AGPL-3.0-or-later
"""What of the terminals goes to the next holder of a post: those that the post answers for."""

from collections.abc import Sequence

from django.utils.translation import gettext as _t

from machimori.office.paper.forms.people import HandoverItem
from machimori.office.people.acting import Acting
from machimori.office.people.models import Person
from machimori.office.shared.posts import Post
from machimori.office.terminals import access


def kept(acting: Acting, post: Post, _holder: Person) -> Sequence[HandoverItem]:
    """The city's terminals that are in use, and where each is locked away."""
    if post not in access.KEEPERS:
        return []
    found = access.terminals(acting.scheme).exclude(custody__kind="withdrawn")
    return [
        HandoverItem(kind=_t("専用パソコン"), number=one.number, place=one.storage) for one in found
    ]
