# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may delegate to whom, and who stands in now; the only functions that hand delegations out."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _t

from machimori.office.deputies.models import Delegation
from machimori.office.people.acting import Acting, current
from machimori.office.people.models import Appointment, Person
from machimori.office.rules.access import rules_of, today
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.policy.wording import source


def delegations(acting: Acting) -> QuerySet[Delegation]:
    """Every delegation in the scheme, the newest first."""
    found = Delegation.objects.filter(scheme=acting.scheme)
    found = found.select_related("officer", "deputy").prefetch_related("endings")
    return found.order_by("-at", "-pk")


def current_ones(acting: Acting) -> list[Delegation]:
    """Of each officer's delegations to a deputy the last; the others count no more."""
    latest: dict[tuple[int, int], Delegation] = {}
    for one in delegations(acting):
        latest.setdefault((one.officer_id, one.deputy_id), one)
    return list(latest.values())


def standing_in(acting: Acting) -> Delegation | None:
    """The delegation by which the acting person stands in for a manager now.

    Of two between the same persons the later counts, and only while its officer is 管理責任者: as
    the vault judges. Fetched once a request.
    """
    if "standing_in" not in acting.memo:
        acting.memo["standing_in"] = _standing_in(acting)
    found: Delegation | None = acting.memo["standing_in"]
    return found


def _standing_in(acting: Acting) -> Delegation | None:
    latest: dict[int, Delegation] = {}
    for one in delegations(acting).filter(deputy=acting.person):
        latest.setdefault(one.officer_id, one)
    for one in latest.values():
        manages = Appointment.objects.filter(
            current(acting.at), person=one.officer_id, scheme=acting.scheme, post="system_manager"
        )
        if one.valid_from <= acting.at < one.until and manages.exists():
            return one
    return None


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
