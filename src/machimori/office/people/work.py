# SPDX-License-Identifier: AGPL-3.0-or-later
"""What waits in people: nobody left to sign soon, appointments about to end, an old password."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.office.people import access
from machimori.office.people.acting import Acting, own_keys, own_schemes
from machimori.office.people.models import Appointment
from machimori.office.people.rules import password_rule
from machimori.office.shared import menu
from machimori.office.shared.posts import POSTS
from machimori.office.shared.templatetags.office import last_day, post
from machimori.office.shared.work import Item, Work, register

WARNED: Final = dt.timedelta(days=30)


def ending(acting: Acting) -> Sequence[Item]:
    """Appointments that end within 30 days; urgent if nobody is 管理責任者 afterwards."""
    soon = access.appointments(acting).filter(
        valid_until__gt=acting.at, valid_until__lte=acting.at + WARNED
    )
    return [_ending(acting, one) for one in soon.order_by("valid_until")]


def _ending(acting: Acting, one: Appointment) -> Item:
    assert one.valid_until is not None
    alone = one.post == "system_manager" and not access.managed_at(acting.scheme, one.valid_until)
    text = _t("%(name)s（%(post)s）の任命が終わります") % {
        "name": one.person.name,
        "post": post(one.post),
    }
    if alone:
        text += _t("。そのあと決裁できる人がいません")
    address = reverse("people:appointments")
    return Item(text=text, href=address, due=last_day(one.valid_until), urgent=alone)


def own_access(acting: Acting) -> Sequence[Item]:
    """What the person's own signing in needs: a second key, a newer password."""
    person, items = acting.person, []
    keys = own_keys(acting)
    if keys == 0:
        items.append(
            Item(text=_t("キーがまだありません。登録してください"), href=reverse("people:keys"))
        )
    elif keys == 1:
        text = _t("キーが1本だけです。もう1本登録すると、なくしても仕事が止まりません")
        items.append(Item(text=text, href=reverse("people:keys")))
    if person.password_set_at is None:
        return items
    days = password_rule(scheme.scheme_id for scheme in own_schemes(acting)).days
    if days is not None:
        until = person.password_set_at + dt.timedelta(days=days)
        if until - acting.at < dt.timedelta(days=14):
            text = _t("パスワードの期限が近づいています")
            items.append(
                Item(text=text, href=reverse("people:password"), due=last_day(until), urgent=True)
            )
    return items


def install() -> None:
    """Register these lists, and the pages of the menu."""
    menu.register(menu.Entry(route="people:today", text=_("きょうの仕事"), order=0))
    menu.register(
        menu.Entry(
            route="people:appointments",
            text=_("任命と引継ぎ"),
            order=130,
            posts=frozenset(
                {"system_manager", "handling_supervisor", "police_image_manager", "auditor"}
            ),
        )
    )
    menu.register(menu.Entry(route="people:keys", text=_("自分のキー"), order=139))
    register(
        Work(
            key="people.ending",
            order=80,
            title=_("30日以内に終わる任命"),
            empty=_(
                "終わる任命はありません。異動があれば「任命と引継ぎ」で先の日付で入れられます。"
            ),
            posts=frozenset({"system_manager", "police_image_manager"}),
            find=ending,
        )
    )
    register(
        Work(
            key="people.access",
            order=90,
            title=_("自分のキーとパスワード"),
            empty=_("することはありません。"),
            posts=frozenset(POSTS),
            find=own_access,
        )
    )
