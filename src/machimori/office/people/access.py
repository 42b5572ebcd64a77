# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may see and change what about people; the only functions that hand them out."""

import datetime as dt
from typing import Literal

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _t

from machimori.kernel.instants import local_day, micros
from machimori.office.people.acting import Acting, current
from machimori.office.people.models import Appointment, Person, Scheme
from machimori.office.people.rules import post_rule
from machimori.office.shared.config import config
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.posts import LABELS, Post

AppointmentEntry = Literal["appointment.made", "appointment.ended"]


def is_demo() -> bool:
    """Whether software keys are accepted here."""
    return config().demo


def appointable(acting: Acting, on: dt.date | None = None) -> tuple[Post, ...]:
    """The posts to which the acting person may appoint under the rules of this day (today's), in
    the pages' order. What is not decided, or is not in the rules, cannot be appointed to."""
    day = on or local_day(micros(acting.at))
    rules = ((post, post_rule(acting, day, post)) for post in LABELS)
    return tuple(
        post
        for post, rule in rules
        if rule.presence in ("mandatory", "optional") and acting.holds(*rule.entered_by)
    )


def check_appoints(acting: Acting, post: Post, on: dt.date | None = None) -> None:
    """Raise ActionRefusedError unless the acting person may appoint to this post on this day."""
    rule = post_rule(acting, on or local_day(micros(acting.at)), post)
    heading = _t("この職には任命できません")
    if rule.presence == "unset":
        text = _t("「%(post)s」を置くかが決まっていません。「きまり」で決めてください。")
    elif rule.presence == "absent":
        text = _t("この制度に「%(post)s」はありません。")
    elif not acting.holds(*rule.entered_by):
        text = _t("「%(post)s」の任命を入力するのは、%(by)sです。")
    else:
        return
    by = "、".join(str(LABELS[one]) for one in LABELS if one in rule.entered_by)
    said = text % {"post": LABELS[post], "by": by}
    raise ActionRefusedError(heading, Reason(text=said, clause=rule.clause))


def check_unreported(acting: Acting, post: Post, on: dt.date) -> None:
    """Raise ActionRefusedError if the rules have a contractor report who serves in this post."""
    clause = post_rule(acting, on, post).reported
    if clause:
        raise ActionRefusedError(
            _t("名簿から入れてください"),
            Reason(
                text=_t(
                    "この職は、委託業者があらかじめ名前を報告します。「従事者名簿」から取り込んでください。"
                ),
                clause=clause,
            ),
        )


def check_enters(acting: Acting, post: Post) -> None:
    """Raise ActionRefusedError unless the acting person enters what becomes of appointments to
    this post; those to a post that the rules have dropped since are ended by the manager."""
    rule = post_rule(acting, local_day(micros(acting.at)), post)
    dropped = rule.presence in ("unset", "absent") and acting.holds("system_manager")
    if not dropped:
        check_appoints(acting, post)


def check_appoints_somebody(acting: Acting) -> None:
    """Raise ActionRefusedError if there is no post to which the acting person may appoint."""
    if not appointable(acting):
        raise ActionRefusedError(
            _t("任命する権限がありません"), Reason(text=_t("管理責任者に頼んでください。"))
        )


def appointments(acting: Acting) -> QuerySet[Appointment]:
    """The scheme's appointments that the acting person may see: the police see their own posts."""
    found = Appointment.objects.filter(scheme=acting.scheme).select_related(
        "person", "appointed_by"
    )
    if acting.holds("system_manager", "handling_supervisor", "auditor"):
        return found
    return found.filter(post__in=("police_image_manager", "police_operator"))


def people(acting: Acting) -> QuerySet[Person]:
    """Those whom the acting person may appoint: everybody who has or had a post in the scheme, and
    those without any post anywhere. The police find their own people only."""
    own = Q(appointments__scheme=acting.scheme)
    if not acting.holds("system_manager"):
        own &= Q(appointments__post__in=("police_image_manager", "police_operator"))
        return Person.objects.filter(own).distinct().order_by("kana", "login")
    return (
        Person.objects.filter(own | Q(appointments__isnull=True))
        .distinct()
        .order_by("kana", "login")
    )


def check_manages(acting: Acting, person: Person) -> None:
    """Raise ActionRefusedError unless the acting person may issue codes for, and revoke keys of,
    `person`: they appoint to every post that the person holds or will hold here."""
    held = Appointment.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=acting.at), person=person
    )
    posts = appointable(acting)
    allowed = people(acting).filter(pk=person.pk).exists() and all(
        one.scheme_id == acting.scheme.pk and one.post in posts for one in held
    )
    if not allowed:
        raise ActionRefusedError(
            _t("この人のキーは扱えません"),
            Reason(text=_t("この人を任命している管理責任者に頼んでください。")),
        )


def managed_at(scheme: Scheme, at: dt.datetime, *, but: Appointment | None = None) -> bool:
    """Whether somebody is 管理責任者 at this instant, apart from one appointment."""
    found = Appointment.objects.filter(current(at), scheme=scheme, post="system_manager")
    return (found.exclude(pk=but.pk) if but else found).exists()
