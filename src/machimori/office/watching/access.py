# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may see which shifts, and which one a screen is in."""

from typing import Final

from django.db.models import F, Max, OuterRef, QuerySet, Subquery

from machimori.office.people.acting import Acting, current
from machimori.office.people.models import Appointment
from machimori.office.personnel.models import Duty
from machimori.office.shared.posts import Post
from machimori.office.terminals.models import Terminal
from machimori.office.watching.history import File, file_of
from machimori.office.watching.models import Fact, Shift

WATCHERS: Final[tuple[Post, ...]] = (
    "system_manager",
    "handling_supervisor",
    "operator",
    "viewer",
    "guard",
)
"""Who may ask to watch; whether they may under their rules, `acts.watch_live` says."""
READERS: Final[tuple[Post, ...]] = ("system_manager", "handling_supervisor", "auditor")


def shifts(acting: Acting) -> QuerySet[Shift]:
    """Every shift of the scheme, the newest first, as an index has their first facts."""
    return (
        Shift.objects.filter(scheme=acting.scheme, facts__serial=1)
        .annotate(began=F("facts__at"))
        .select_related("scheme", "terminal")
        .order_by("-began", "-facts__case_id")
    )


def at_terminal(terminal: Terminal) -> File | None:
    """The shift that is on at this terminal."""
    last = Fact.objects.filter(case=OuterRef("pk")).order_by("-serial")
    found = (
        Shift.objects.filter(terminal=terminal)
        .annotate(now=Subquery(last.values("state")[:1]))
        .filter(now="on")
        .select_related("scheme", "terminal")
        .first()
    )
    return file_of(found) if found else None


def last_number(terminal: Terminal) -> int:
    """Of the shifts that are kept of this terminal; earlier ones may have been disposed of."""
    found = Shift.objects.filter(terminal=terminal).aggregate(last=Max("number"))
    return found["last"] or 0


def find(acting: Acting, name: str) -> File | None:
    """The shift of this name, if it is of the acting person's scheme."""
    found = shifts(acting).filter(pk=name).first()
    return file_of(found) if found else None


def listed(acting: Acting, place: str) -> bool:
    """Whether the contractor reported, beforehand, that this person serves at this place (堺 7)."""
    held = Appointment.objects.filter(
        current(acting.at), scheme=acting.scheme, person=acting.person, post="guard"
    )
    reported = Duty.objects.filter(appointment__in=held, at__lte=acting.at)
    return any(one.now.place == place for one in reported.prefetch_related("corrections"))
