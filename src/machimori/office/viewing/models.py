# SPDX-License-Identifier: AGPL-3.0-or-later
"""Viewings: who opened what of which case, and what was put before their eyes."""

from django.db import models

from machimori.office.people.models import NAME, Person
from machimori.office.provision.models import Case
from machimori.office.shared.grants import FACT, Grants


class Viewing(models.Model):
    """One person's opening of a case's footage."""

    id = models.CharField(primary_key=True, max_length=63, validators=[NAME])
    """Random; in ledger entries."""
    case = models.ForeignKey(Case, models.PROTECT, related_name="viewings")
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    posts = models.CharField(max_length=200)
    """Those that the person held then, with spaces between."""
    attendees = models.CharField(max_length=200, blank=True)
    """立会人: who else was before the screen."""
    reason = models.CharField(max_length=200, blank=True)
    """Why the manager found their presence necessary."""
    at = models.DateTimeField()
    until = models.DateTimeField()
    """Nothing is played from here on."""
    start = models.DateTimeField()
    """Of the interval that may be opened; where the time line begins."""
    end = models.DateTimeField()

    grants = FACT

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(until__gt=models.F("at")), name="viewing_has_an_end"
            ),
            models.CheckConstraint(
                condition=models.Q(end__gt=models.F("start")), name="viewing_of_an_interval"
            ),
            models.CheckConstraint(
                condition=models.Q(attendees="") | ~models.Q(reason=""),
                name="viewing_attended_for_a_reason",
            ),
        ]


class Keys(models.Model):
    """The released keys of a viewing, sealed with a secret that the viewer's browser alone has.

    Not a fact: removed when the viewing is over.
    """

    viewing = models.OneToOneField(Viewing, models.PROTECT, primary_key=True, related_name="keys")
    sealed = models.BinaryField()

    grants = Grants(delete=True)


class Watched(models.Model):
    """A stored piece of one camera that a viewing played: once, however often it was played."""

    viewing = models.ForeignKey(Viewing, models.PROTECT, related_name="watched")
    camera = models.CharField(max_length=63)
    start = models.DateTimeField()
    end = models.DateTimeField()
    at = models.DateTimeField()
    """When it was first played."""

    grants = FACT

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["viewing", "camera", "start"], name="viewing_watched_once"
            )
        ]
