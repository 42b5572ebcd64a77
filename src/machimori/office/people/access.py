# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may see and change what about people; the only functions that hand them out."""

import datetime as dt
from typing import Literal

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _t

from machimori.office.people.acting import Acting, current
from machimori.office.people.models import Appointment, Person, Scheme
from machimori.office.people.rules import APPOINTERS
from machimori.office.shared.config import config
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.posts import LABELS, Post

AppointmentEntry = Literal["appointment.made", "appointment.ended"]


def is_demo() -> bool:
    """Whether software keys are accepted here."""
    return config().demo


def appointable(acting: Acting) -> tuple[Post, ...]:
    """The posts to which the acting person may appoint, in the pages' order."""
    return tuple(post for post in LABELS if acting.holds(*APPOINTERS[post]))


def check_appoints(acting: Acting, post: Post) -> None:
    """Raise ActionRefusedError unless the acting person may appoint to this post."""
    if post not in appointable(acting):
        raise ActionRefusedError(
            _t("この職には任命できません"),
            Reason(
                text=_t(
                    "任命するのは、管理責任者と、警察の画像取扱者については画像管理責任者です。"
                )
            ),
        )


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
