# SPDX-License-Identifier: AGPL-3.0-or-later
"""What waits on the police's side, and its pages in the menu."""

from collections.abc import Callable, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.office.people.acting import Acting
from machimori.office.police import access
from machimori.office.police.history import File
from machimori.office.police.states import STATES, UNFILED, VERDICTS, State
from machimori.office.rules.access import rules_of, today
from machimori.office.shared.addresses import address_of
from machimori.office.shared.menu import Entry
from machimori.office.shared.menu import register as register_page
from machimori.office.shared.posts import Post
from machimori.office.shared.templatetags.office import minute
from machimori.office.shared.work import Item, Start, Work, none_begins, register


def _in(*states: State) -> Callable[[Acting], Sequence[Item]]:
    def find(acting: Acting) -> Sequence[Item]:
        return [_item(file, acting) for file in access.waiting(acting) if file.state in states]

    return find


def to_sign(acting: Acting) -> Sequence[Item]:
    """Orders that wait for the acting person's key."""
    found = access.waiting(acting)
    mine = [one for one in found if one.order.data["chief"] == acting.person.pk]
    return [_item(file, acting) for file in mine if file.state == "written"]


def _item(file: File, acting: Acting) -> Item:
    waits = file.state in UNFILED
    due = _t("申請書の期限 %(until)s") % {"until": minute(file.due)} if waits and file.due else ""
    return Item(
        text=f"{STATES[file.state]}　{file.extraction.station}　{file.order.data['reference']}",
        href=address_of("police:extraction", file.extraction.pk),
        due=due,
        urgent=file.overdue(acting.at),
    )


def order(acting: Acting) -> Start | None:
    """An order of the chief's, where the rules know emergencies."""
    if not rules_of(acting).on(today(acting)).flag("emergency.allowed"):
        return None
    return Start(text=_t("命令を記録する"), href=reverse("police:order"))


def install() -> None:
    """Called once, when the app is ready."""
    chief: frozenset[Post] = frozenset({"police_image_manager"})
    operator: frozenset[Post] = frozenset({"police_operator"})
    manager: frozenset[Post] = frozenset({"system_manager"})
    lists = (
        ("sign", 20, _("署名を待つ命令"), _("署名を待つ命令はありません。"), chief, to_sign),
        (
            "take",
            21,
            _("命令された取出し"),
            _("命令された取出しはありません。"),
            operator,
            _in("ordered", "taking"),
        ),
        (
            "file",
            22,
            _("申請書の未提出"),
            _("申請書は、すべて出ています。"),
            frozenset(access.POLICE) | manager,
            _in(*UNFILED),
        ),
        (
            "judge",
            23,
            _("緊急の取出しの審査"),
            _("審査を待つ申請書はありません。"),
            manager,
            _in("under_review", "erasure_reported"),
        ),
        (
            "erase",
            24,
            _("消去の記録"),
            _("消去の記録を待つ取出しはありません。"),
            frozenset(access.POLICE),
            _in(*VERDICTS),
        ),
    )
    for key, place, title, empty, posts, find in lists:
        register(
            Work(
                key=f"police.{key}",
                order=place,
                title=title,
                empty=empty,
                posts=posts,
                find=find,
                start=order if key == "take" else none_begins,
            )
        )
    register_page(
        Entry(
            route="police:extractions",
            text=_("緊急の取出し"),
            order=40,
            posts=frozenset(access.READERS),
        )
    )
    register_page(
        Entry(
            route="police:stations",
            text=_("警察署の人"),
            order=134,
            posts=frozenset({*access.CITY, "police_image_manager"}),
        )
    )
