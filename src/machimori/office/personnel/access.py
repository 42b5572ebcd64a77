# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who sees and writes what of personnel; the only functions that hand it out."""

from collections.abc import Iterable
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _t

from machimori.office.people import access as people
from machimori.office.people.acting import Acting
from machimori.office.people.models import Appointment, Person
from machimori.office.personnel.models import Duty, Handover, Key, Pledge, Transfer
from machimori.office.rules.access import rules_of, today
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.posts import POSTS, Post
from machimori.policy.profile import Profile

WRITERS: Final[tuple[Post, ...]] = ("system_manager", "police_image_manager")
"""Who enters appointments under one rule or another."""
READERS: Final[tuple[Post, ...]] = (*WRITERS, "handling_supervisor", "auditor")
CITY: Final[tuple[Post, ...]] = ("system_manager", "handling_supervisor", "auditor")


def rules_today(acting: Acting) -> Profile:
    """The rules of the day on which the person acts."""
    return rules_of(acting).on(today(acting))


def pledged_posts(rules: Profile) -> frozenset[Post]:
    """The posts whose holders sign a pledge; none where the rules ask for none."""
    names = rules.names("access.pledged_posts") or ()
    return frozenset(post for post in POSTS if post in names)


def standing(acting: Acting) -> QuerySet[Pledge]:
    """The pledges of the scheme that hold: signed, and not corrected since."""
    return standing_in_scheme(acting.scheme)


def standing_in_scheme(scheme: Any) -> QuerySet[Pledge]:
    """The same."""
    return Pledge.objects.filter(scheme=scheme, corrected_by__isnull=True, signed_on__isnull=False)


def unpledged_posts(acting: Acting) -> frozenset[Post]:
    """The acting person's posts that give no rights until the pledge is recorded.

    A manager is not kept out: nobody else could record theirs. It stays on their first page.
    """
    rules = rules_today(acting)
    if not rules.flag("access.pledge_first"):
        return frozenset()
    barred = (acting.posts & pledged_posts(rules)) - {"system_manager"}
    signed = standing(acting).filter(person=acting.person, signed_on__lte=today(acting))
    return frozenset() if not barred or signed.exists() else barred


def persons(acting: Acting) -> QuerySet[Person]:
    """Everybody with a post in the scheme, now, later or once, whom the acting person may see."""
    seen = people.appointments(acting).values("person")
    return Person.objects.filter(pk__in=seen).order_by("kana", "login")


def serving(acting: Acting) -> QuerySet[Person]:
    """Those who hold a post in the scheme now or later, whom the acting person may see."""
    lasting = Q(valid_until__isnull=True) | Q(valid_until__gt=acting.at)
    seen = people.appointments(acting).filter(lasting).values("person")
    return Person.objects.filter(pk__in=seen)


def check_records(acting: Acting, person: Person) -> None:
    """Raise ActionRefusedError unless the acting person enters appointments to a post that this
    person has, will have or had here."""
    posts = people.appointable(acting)
    held = Appointment.objects.filter(scheme=acting.scheme, person=person)
    if not acting.holds("system_manager") and not held.filter(post__in=posts).exists():
        raise ActionRefusedError(
            _t("この人の記録は書けません"),
            Reason(text=_t("この人の任命を入力する人に頼んでください。")),
        )


def transfers(acting: Acting) -> QuerySet[Transfer]:
    """Every transfer in the scheme, the newest first."""
    found = Transfer.objects.filter(scheme=acting.scheme).select_related("by")
    return found.order_by("-on", "-pk")


def handovers(acting: Acting) -> QuerySet[Handover]:
    """Every 引継書 that the acting person may see: the police those of their own posts."""
    found = Handover.objects.filter(scheme=acting.scheme)
    if not acting.holds(*CITY):
        found = found.filter(post__in=("police_image_manager", "police_operator"))
    return found.select_related("predecessor", "successor", "by").order_by("-on", "-pk")


def duties(acting: Acting) -> QuerySet[Duty]:
    """Whom contractors have reported in the scheme, the latest first."""
    found = Duty.objects.filter(appointment__scheme=acting.scheme)
    found = found.select_related("appointment__person").prefetch_related("corrections__by")
    return found.order_by("-appointment__valid_from", "-pk")


def own_duties(acting: Acting) -> QuerySet[Duty]:
    """Where the acting person serves now."""
    return duties(acting).filter(
        Q(appointment__valid_until__isnull=True) | Q(appointment__valid_until__gt=acting.at),
        appointment__person=acting.person,
        appointment__valid_from__lte=acting.at,
    )


def keys(acting: Acting) -> QuerySet[Key]:
    """Every key of the scheme, by its number."""
    return Key.objects.filter(scheme=acting.scheme).order_by("number")


def pledges_of(acting: Acting, found: Iterable[Person]) -> dict[int, Pledge]:
    """The pledges that hold, by the person's row; one query."""
    rows = standing(acting).filter(person__in=list(found)).order_by("signed_on", "pk")
    return {one.person_id: one for one in rows}
