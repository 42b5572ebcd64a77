# SPDX-License-Identifier: AGPL-3.0-or-later
"""What waits about holds and about approvals that ended, and whose those statements are."""

import datetime as dt
from collections.abc import Mapping, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.kernel.instants import local_day, micros
from machimori.office.custody import letters
from machimori.office.custody.holding import RENEWED, Keeping
from machimori.office.custody.models import Letter
from machimori.office.custody.owners import Owner
from machimori.office.custody.owners import register as register_owner
from machimori.office.people.acting import Acting
from machimori.office.provision import access, keeping, withdrawing
from machimori.office.provision.history import File
from machimori.office.provision.models import Numbered
from machimori.office.provision.work import WARNED, moving
from machimori.office.rules.access import rules_of
from machimori.office.shared.addresses import address_of
from machimori.office.shared.templatetags.office import day
from machimori.office.shared.work import Item, Work, register
from machimori.vault.client.statements import AuthorisationEnd


def to_hold(acting: Acting) -> Sequence[Item]:
    """Cases whose hold waits for a signature, or ends within days; the soonest first."""
    today = local_day(micros(acting.at))
    found: list[tuple[dt.date, Item]] = []
    for file, kept in _held(acting):
        last, said, pending = kept.last_day, "", kept.pending
        if pending is not None and file.last_day is not None:
            said = _t("署名を待っています。消去 %(day)s 24時") % {"day": day(file.last_day)}
            until = file.last_day
        elif kept.status(today) == "active" and last is not None and last - today <= RENEWED:
            said, until = _t("保全の期限 %(day)s 24時") % {"day": day(last)}, last
        if said:
            found.append((until, _hold_item(file, said, urgent=until < today + WARNED)))
    return [item for _, item in sorted(found, key=lambda one: one[0])]


def _held(acting: Acting) -> Sequence[tuple[File, Keeping]]:
    """The cases that wait and have a hold, where the acting person places some. What is asked of
    the letters for the other lists comes with it."""
    if "provision.held" not in acting.memo:
        found: dict[str, list[Letter]] = {}
        if keeping.places(rules_of(acting).on(local_day(micros(acting.at))), acting):
            names = [file.case.pk for file in moving(acting)]
            for one in letters.holds_beside_waiting(acting, keeping.OWNER, names):
                found.setdefault(one.about, []).append(one)
        acting.memo["provision.held"] = [
            (file, Keeping(letters=tuple(found[file.case.pk])))
            for file in moving(acting)
            if file.case.pk in found
        ]
    held: Sequence[tuple[File, Keeping]] = acting.memo["provision.held"]
    return held


def _hold_item(file: File, said: str, *, urgent: bool) -> Item:
    who = file.application.body or file.application.name
    return Item(
        text=f"{file.number}　{who}",
        href=address_of("provision:case", file.case.pk),
        due=said,
        urgent=urgent,
    )


def to_withdraw(acting: Acting) -> Sequence[Item]:
    """Approvals that ended in the office and still hold at the vault."""
    _held(acting)
    return [
        Item(
            text=_t("承認の終わりを保管庫に届ける"),
            href=reverse("custody:letter", args=[letter.digest]),
            urgent=True,
        )
        for letter in letters.waiting(acting)
        if (letter.owner, letter.kind) == (keeping.OWNER, AuthorisationEnd.KIND)
    ]


def _titles(found: Sequence[Letter]) -> Mapping[str, str]:
    named = Numbered.objects.filter(case__in=[one.about for one in found])
    return {one.case_id: one.text for one in named}


def _back(letter: Letter) -> str:
    return address_of("provision:case", letter.about)


def _may_sign(letter: Letter, acting: Acting) -> bool:
    rules = rules_of(acting).on(local_day(micros(acting.at)))
    if letter.kind == AuthorisationEnd.KIND:
        return withdrawing.may_sign(acting, rules)
    return keeping.may_sign(letter, acting, rules)


def install() -> None:
    """Called once, when the app is ready."""
    register_owner(
        keeping.OWNER,
        Owner(titles=_titles, back=_back, may_sign=_may_sign),
    )
    register(
        Work(
            key="provision.hold",
            order=12,
            title=_("保全"),
            empty=_("署名や延長を待つ保全はありません。"),
            posts=frozenset(access.DESK),
            find=to_hold,
        )
    )
    register(
        Work(
            key="provision.withdraw",
            order=11,
            title=_("承認の終わり"),
            empty=_("保管庫に届いていない承認の終わりはありません。"),
            posts=frozenset({"system_manager"}),
            find=to_withdraw,
        )
    )
