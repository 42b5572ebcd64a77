# SPDX-License-Identifier: AGPL-3.0-or-later
"""What waits in personnel, and its pages in the menu."""

from collections.abc import Sequence
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.office.people.acting import Acting
from machimori.office.personnel import access
from machimori.office.shared.menu import Entry
from machimori.office.shared.menu import register as register_page
from machimori.office.shared.templatetags.office import day, post
from machimori.office.shared.work import Item, Work, register

SHOWN: Final = 30


def pledges_to_come(acting: Acting) -> Sequence[Item]:
    """Appointments whose holders have not signed."""
    return [
        Item(
            text=_t("%(name)s（%(post)s）") % {"name": one.person.name, "post": post(one.post)},
            href=reverse("personnel:pledge", args=[one.person_id]),
            due=_t("任命 %(day)s") % {"day": day(one.valid_from)},
            urgent=one.valid_from <= acting.at,
        )
        for one in access.unpledged(acting)[:SHOWN]
    ]


def install() -> None:
    """Called once, when the app is ready."""
    register(
        Work(
            key="personnel.pledges",
            order=82,
            title=_("誓約書がまだの人"),
            empty=_("誓約書は、そろっています。"),
            posts=frozenset(access.WRITERS),
            find=pledges_to_come,
        )
    )
    register_page(
        Entry(
            route="personnel:pledges",
            text=_("誓約簿"),
            order=136,
            posts=frozenset(access.READERS),
        )
    )
    register_page(
        Entry(
            route="personnel:transfers",
            text=_("一括の異動"),
            order=132,
            posts=frozenset(access.CITY),
        )
    )
    register_page(
        Entry(
            route="personnel:handovers",
            text=_("引継書"),
            order=133,
            posts=frozenset(access.READERS),
        )
    )
