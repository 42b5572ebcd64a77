# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may delegate to whom, and who stands in now; the only functions that hand delegations out."""

import datetime as dt
from dataclasses import dataclass
from functools import cache

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, prefetch_related_objects
from django.utils.translation import gettext as _t

from machimori.office.deputies.models import Delegation
from machimori.office.people.acting import Acting, current
from machimori.office.people.models import Appointment, Person
from machimori.office.rules.access import rules_of, today
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.instances import Query
from machimori.office.shared.prepared import Given
from machimori.policy.wording import source


def delegations(acting: Acting) -> QuerySet[Delegation]:
    """Every delegation in the scheme, the newest first."""
    found = Delegation.objects.filter(scheme=acting.scheme)
    found = found.select_related("officer", "deputy").prefetch_related("endings")
    return found.order_by("-at", "-pk")


@dataclass(frozen=True, kw_only=True)
class Latest:
    """The later of all delegations between two persons; the others count no more."""

    delegation: Delegation
    keys: int
    """The deputy's, that are not revoked."""
    manages: bool
    """Whether its officer is 管理責任者 now."""


def latest(acting: Acting) -> list[Latest]:
    """Those of the scheme, the newest first; fetched once a request."""
    if "deputies.latest" not in acting.memo:
        acting.memo["deputies.latest"] = _latest(acting)
    rows: list[Latest] = acting.memo["deputies.latest"]
    return rows


def current_ones(acting: Acting) -> list[Delegation]:
    """Of each officer's delegations to a deputy the last; the others count no more."""
    return [row.delegation for row in _latest(acting)]


def _latest(acting: Acting) -> list[Latest]:
    rows = _asking().ask({"scheme": acting.scheme.pk, "at": acting.at})
    prefetch_related_objects(rows, "endings")
    found: dict[tuple[int, int], Latest] = {}
    for one in rows:
        row = Latest(delegation=one, keys=one.keys, manages=one.manages)
        found.setdefault((one.officer_id, one.deputy_id), row)
    return list(found.values())


@cache
def _asking() -> Query:
    """Every delegation, the newest first, with what `Latest` says."""
    scheme, at = Given("scheme"), Given("at")
    live = Q(deputy__credentials__revoked_at__isnull=True)
    managing = Appointment.objects.filter(
        current(at), person=OuterRef("officer"), scheme=scheme, post="system_manager"
    )
    rows = Delegation.objects.filter(scheme=scheme).annotate(
        keys=Count("deputy__credentials", filter=live), manages=Exists(managing)
    )
    ordered = rows.order_by("-at", "-pk")
    return Query.of(ordered, "officer", "deputy", told=("keys", "manages"))


def standing_in(acting: Acting) -> Delegation | None:
    """The delegation by which the acting person stands in for a manager now.

    Only while its officer is 管理責任者: as the vault judges.
    """
    for row in latest(acting):
        one = row.delegation
        mine = one.deputy_id == acting.person.pk and row.manages
        if mine and one.valid_from <= acting.at < one.until:
            return one
    return None


def stood_in(acting: Acting, deputy: int, at: dt.datetime) -> bool:
    """Whether this person stood in for the acting one at that instant."""
    return any(
        one.officer_id == acting.person.pk
        and one.deputy_id == deputy
        and one.valid_from <= at < one.until
        for one in delegations(acting)
    )


def deputies_now(acting: Acting) -> frozenset[int]:
    """Whoever stands in for a manager of the scheme now, by the same measure."""
    return frozenset(
        row.delegation.deputy_id
        for row in latest(acting)
        if row.manages and row.delegation.valid_from <= acting.at < row.delegation.until
    )


def candidates(acting: Acting) -> QuerySet[Person]:
    """Those who hold a post now that the rules let deputise."""
    posts = rules_of(acting).on(today(acting)).names("acts.deputise") or ()
    held = Appointment.objects.filter(current(acting.at), scheme=acting.scheme, post__in=posts)
    found = Person.objects.filter(pk__in=held.values("person")).exclude(pk=acting.person.pk)
    return found.order_by("kana", "login")


def check_delegates(acting: Acting) -> None:
    """Raise ActionRefusedError unless the acting person is 管理責任者, and the rules know
    deputies."""
    heading = _t("代決者を決められません")
    if not acting.holds("system_manager"):
        raise ActionRefusedError(heading, Reason(text=_t("委任するのは管理責任者です。")))
    rules = rules_of(acting).on(today(acting))
    if not rules.names("acts.deputise"):
        raise ActionRefusedError(
            heading,
            Reason(
                text=_t("代決できる職が決まっていません。「きまり」で決めてください。"),
                clause=source(rules, "acts.deputise").clause,
            ),
        )
