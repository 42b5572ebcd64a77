# SPDX-License-Identifier: AGPL-3.0-or-later
"""What waits in personnel, and its pages in the menu."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.office.people.acting import Acting, own_keys, own_schemes
from machimori.office.people.models import Appointment
from machimori.office.people.rules import PasswordRule, strictest
from machimori.office.personnel import access, keys, passwords
from machimori.office.personnel.continuity import outlook
from machimori.office.personnel.terms import WARNED, seen, terms, unpledged
from machimori.office.rules.passwords import rule_in, rule_of
from machimori.office.shared.addresses import address_of
from machimori.office.shared.menu import Entry
from machimori.office.shared.menu import register as register_page
from machimori.office.shared.posts import POSTS
from machimori.office.shared.templatetags.office import day, last_day, minute, post
from machimori.office.shared.work import Item, Work, register

SHOWN: Final = 30
SOON: Final = dt.timedelta(days=14)
"""Passwords that are due within these days are named."""


def pledges_to_come(acting: Acting) -> Sequence[Item]:
    """Appointments whose holders have not signed."""
    return [
        Item(
            text=_t("%(name)s（%(post)s）") % {"name": one.person.name, "post": post(one.post)},
            href=address_of("personnel:pledge", one.person_id),
            due=_t("任命 %(day)s") % {"day": day(one.valid_from)},
            urgent=one.valid_from <= acting.at,
        )
        for one in unpledged(acting)[:SHOWN]
    ]


def ending(acting: Acting) -> Sequence[Item]:
    """Appointments that end within 30 days; urgent if nobody is 管理責任者 afterwards."""
    until = acting.at + WARNED
    found = [
        (one.valid_until, one)
        for one in (term.appointment for term in seen(acting))
        if one.valid_until is not None and one.valid_until <= until
    ]
    found.sort(key=lambda one: one[0])
    return [_ending(acting, one, last) for last, one in found]


def _ending(acting: Acting, one: Appointment, last: dt.datetime) -> Item:
    managers = (term for term in terms(acting) if term.appointment.post == "system_manager")
    alone = one.post == "system_manager" and not any(term.holds(last) for term in managers)
    text = _t("%(name)s（%(post)s）の任命が終わります") % {
        "name": one.person.name,
        "post": post(one.post),
    }
    if alone:
        text += _t("。そのあと決裁できる人がいません")
    address = reverse("people:appointments")
    return Item(text=text, href=address, due=last_day(last), urgent=alone)


def signing(acting: Acting) -> Sequence[Item]:
    """From when on nobody could sign, and managers whose keys are too few. Without names: the
    system administrator sees it too."""
    found, address, items = outlook(acting), reverse("personnel:signers"), []
    gone = found.nobody_from()
    if gone is not None:
        text = _t("決裁の署名ができる人がいなくなります")
        due = _t("いま") if gone <= acting.at else _t("%(when)sから") % {"when": minute(gone)}
        items.append(Item(text=text, href=address, due=due, urgent=True))
    if keyless := len(found.keyless()):
        text = _t("キーがない管理責任者　%(n)s人") % {"n": keyless}
        items.append(Item(text=text, href=address, urgent=True))
    if single := len(found.single()):
        text = _t("キーが1本だけの管理責任者　%(n)s人。もう1本登録してください") % {"n": single}
        items.append(Item(text=text, href=address))
    return items


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
    days = _own_rule(acting).days
    if days is not None:
        until = person.password_set_at + dt.timedelta(days=days)
        if until - acting.at < dt.timedelta(days=14):
            text = _t("パスワードの期限が近づいています")
            items.append(
                Item(text=text, href=reverse("people:password"), due=last_day(until), urgent=True)
            )
    return items


def _own_rule(acting: Acting) -> PasswordRule:
    """The strictest of the acting person's schemes; those of this one are at hand."""
    others = [one for one in own_schemes(acting) if one != acting.scheme]
    return strictest([rule_in(access.rules_today(acting)), *map(rule_of, others)])


def own_duty(acting: Acting) -> Sequence[Item]:
    """Where a guard serves, by the contractor's report."""
    rules = access.rules_today(acting)
    return [
        Item(
            text=rules.text(f"places.{one.now.place}.label") or one.now.place,
            href=reverse("people:today"),
            due=_t("%(day)sまで") % {"day": last_day(one.appointment.valid_until)}
            if one.appointment.valid_until
            else "",
        )
        for one in access.own_duties(acting)
    ]


def passwords_due(acting: Acting) -> Sequence[Item]:
    """Passwords that must be changed within 14 days, the oldest first."""
    days = rule_in(access.rules_today(acting)).days
    if days is None:
        return []
    old = acting.at - dt.timedelta(days=days) + SOON
    people = dict.fromkeys(term.person for term in seen(acting))
    known = [(one.password_set_at, one) for one in people if one.password and one.password_set_at]
    oldest = sorted((one for one in known if one[0] <= old), key=lambda one: one[0])
    found = [(passwords.due(one, days), one) for _, one in oldest[:SHOWN]]
    return [
        Item(
            text=one.name,
            href=address_of("personnel:password", one.pk),
            due=_t("変える期限 %(day)s") % {"day": last_day(until)},
            urgent=until is not None and until <= acting.at,
        )
        for until, one in found
    ]


def install() -> None:
    """Called once, when the app is ready."""
    register(
        Work(
            key="personnel.signing",
            order=5,
            title=_("署名できる人"),
            empty=_("30日のあいだ、いつも署名できる人がいます。"),
            posts=frozenset({"system_manager", "system_administrator"}),
            find=signing,
        )
    )
    register(
        Work(
            key="personnel.ending",
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
            key="personnel.access",
            order=90,
            title=_("自分のキーとパスワード"),
            empty=_("することはありません。"),
            posts=frozenset(POSTS),
            find=own_access,
        )
    )
    register(
        Work(
            key="personnel.duty",
            order=60,
            title=_("務めの場所"),
            empty=_(
                "名簿に、あなたの務めの場所がありません。会社から市へ報告してもらってください。"
            ),
            posts=frozenset({"guard"}),
            find=own_duty,
        )
    )
    register(
        Work(
            key="personnel.passwords",
            order=84,
            title=_("変える時期のパスワード"),
            empty=_("14日以内に期限が来るパスワードはありません。"),
            posts=frozenset({"system_manager"}),
            find=passwords_due,
        )
    )
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
    register_page(
        Entry(
            route="personnel:passwords",
            text=_("番号とパスワード"),
            order=138,
            posts=frozenset(access.WRITERS),
        )
    )
    register_page(
        Entry(
            route="personnel:signers",
            text=_("署名できる人"),
            order=135,
            posts=frozenset({"system_manager", "system_administrator"}),
        )
    )
    register_page(
        Entry(
            route="personnel:rosters",
            text=_("従事者名簿"),
            order=134,
            posts=frozenset(access.CITY),
        )
    )
    register_page(
        Entry(route="personnel:keys", text=_("鍵簿"), order=137, posts=frozenset(keys.READERS))
    )
