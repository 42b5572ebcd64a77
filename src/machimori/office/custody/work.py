# SPDX-License-Identifier: AGPL-3.0-or-later
"""What waits in custody, its page in the menu, and whose the office's own letters are."""

from collections.abc import Mapping, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.office.custody import access, delivering
from machimori.office.custody.models import Letter
from machimori.office.custody.owners import Owner
from machimori.office.custody.owners import register as register_owner
from machimori.office.custody.words import KINDS
from machimori.office.people.acting import Acting
from machimori.office.people.models import Person
from machimori.office.shared.menu import Entry
from machimori.office.shared.menu import register as register_page
from machimori.office.shared.work import Item, Work, register


def to_sign(acting: Acting) -> Sequence[Item]:
    """The office's own letters that wait for the acting person's signature."""
    return [
        Item(text=_text(one), href=reverse("custody:letter", args=[one.digest]))
        for one in delivering.open_letters(acting)
        if acting.person not in one.signed_by
    ]


def _text(letter: Letter) -> str:
    return _t("%(what)sを保管庫に届ける") % {"what": KINDS[letter.kind]}


def _titles(found: Sequence[Letter]) -> Mapping[str, str]:
    """Of a person their name; a letter about the whole scheme has the scheme's."""
    people = Person.objects.filter(officer__in=[one.about for one in found])
    schemes = {one.scheme_id: one.scheme.name for one in found if one.scheme_id == one.about}
    return {one.officer: one.name for one in people} | schemes


def install() -> None:
    """Called once, when the app is ready."""
    register_owner(
        delivering.OWNER,
        Owner(
            titles=_titles,
            back=lambda _letter: reverse("custody:overview"),
            may_sign=lambda _letter, acting: delivering.may_sign(delivering.standing(), acting),
        ),
    )
    register(
        Work(
            key="custody.sign",
            order=40,
            title=_("保管庫に届けるもの"),
            empty=_("署名を待つ届けはありません。"),
            posts=frozenset({"system_manager"}),
            find=to_sign,
        )
    )
    register_page(
        Entry(
            route="custody:overview",
            text=_("保管庫に届けるもの"),
            order=135,
            posts=frozenset(access.READERS),
        )
    )
