# SPDX-License-Identifier: AGPL-3.0-or-later
"""Shifts before a screen, and their facts. A fact is added and never changed."""

from django.db import models
from django.db.models import F, Q

from machimori.office.people.facts import FactRow
from machimori.office.people.models import NAME, Person, Scheme
from machimori.office.shared.grants import FACT
from machimori.office.terminals.models import Terminal
from machimori.office.watching.states import STATES, STEPS


class Shift(models.Model):
    """監視勤務: one terminal's screen, from when somebody begins until somebody ends it."""

    id = models.CharField(primary_key=True, max_length=63, validators=[NAME])
    """Random: what ledger, vault and recorder call it."""
    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="shifts")
    terminal = models.ForeignKey(Terminal, models.PROTECT, related_name="shifts")
    place = models.CharField(max_length=63)
    """Id of a place of the rules, where the terminal stood then."""
    number = models.PositiveIntegerField()
    """From 1 at its terminal, one more than the last that is kept: two that begin at once get the
    same, and one fails."""

    grants = FACT

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["terminal", "number"], name="watching_one_at_a_time")
        ]


class Fact(FactRow):
    """One thing that happened in a shift. `by` of the last that was begun or changed watches."""

    case = models.ForeignKey(Shift, models.PROTECT, related_name="facts")
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    grants = FACT

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "serial"], name="watching_serial_once"),
            models.CheckConstraint(condition=Q(kind__in=list(STEPS)), name="watching_kind"),
            models.CheckConstraint(condition=Q(state__in=list(STATES)), name="watching_state"),
        ]
        indexes = [
            models.Index(
                F("at").desc(), F("case").desc(), condition=Q(serial=1), name="watching_newest"
            )
        ]
