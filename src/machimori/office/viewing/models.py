# SPDX-License-Identifier: AGPL-3.0-or-later
"""Viewings: who opened what of which case, and what was put before their eyes."""

from django.db import models

from machimori.kernel.ids import CaseId
from machimori.office.internal.models import Use
from machimori.office.people.facts import NumberedRow, SeriesRow
from machimori.office.people.models import NAME, Person, Scheme
from machimori.office.provision.models import Case
from machimori.office.shared.grants import FACT, Grants


class Viewing(models.Model):
    """One person's opening of the footage of a case of provision, or of an internal use."""

    id = models.CharField(primary_key=True, max_length=63, validators=[NAME])
    """Random; in ledger entries."""
    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, related_name="viewings", null=True)
    use = models.ForeignKey(Use, models.PROTECT, related_name="viewings", null=True)
    title = models.CharField(max_length=60)
    """The number of the case or the use."""
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    posts = models.CharField(max_length=200)
    """Those that the person held then, with spaces between."""
    attendees = models.CharField(max_length=1000, blank=True)
    """立会人: who else was before the screen, with affiliation."""
    reason = models.CharField(max_length=1000, blank=True)
    """Why the manager found their presence necessary."""
    at = models.DateTimeField()
    until = models.DateTimeField()
    """Nothing is played from here on."""
    start = models.DateTimeField()
    """Of the interval that may be opened; where the time line begins."""
    end = models.DateTimeField()

    grants = FACT

    @property
    def subject(self) -> CaseId:
        """What ledger and vault call the case or the use."""
        return CaseId(self.case_id or self.use_id or "")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(case__isnull=False, use__isnull=True)
                | models.Q(case__isnull=True, use__isnull=False),
                name="viewing_of_one_thing",
            ),
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

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="+")
    """The viewing's: the list of all is counted and paged without looking at viewings."""
    viewing = models.ForeignKey(Viewing, models.PROTECT, related_name="watched")
    camera = models.CharField(max_length=63)
    start = models.DateTimeField()
    end = models.DateTimeField()
    at = models.DateTimeField()
    """When it was first played."""

    grants = FACT

    class Meta:
        indexes = [models.Index(fields=["scheme", "-at", "-id"], name="viewing_newest_watched")]
        constraints = [
            models.UniqueConstraint(
                fields=["viewing", "camera", "start"], name="viewing_watched_once"
            )
        ]


class Print(models.Model):
    """印画: a still on paper. It is footage as the original is (堺 3), and followed to its end."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="+")
    viewing = models.ForeignKey(Viewing, models.PROTECT, related_name="prints")
    camera = models.CharField(max_length=63)
    shown = models.DateTimeField()
    """When the picture arrived, by the recorder's clock."""
    reason = models.CharField(max_length=200)
    """What it is printed for."""
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    due = models.DateField()
    """By when it is to be destroyed."""

    grants = FACT


class PrintSeries(SeriesRow):
    """The last number given in a scheme's 年度."""

    grants = Grants(update=("last",))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scheme", "fiscal_year"], name="print_one_series")
        ]


class PrintNumber(NumberedRow):
    """The number on the paper: 「令和8年度 街頭印画 第1号」."""

    case = models.OneToOneField(Print, models.PROTECT, related_name="numbered")
    series = models.ForeignKey(PrintSeries, models.PROTECT, related_name="+")

    grants = FACT

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "number"], name="print_number_once")
        ]


class PrintCheck(models.Model):
    """Somebody else than who made it has confirmed that it was made as instructed (堺 11(2))."""

    print = models.OneToOneField(Print, models.PROTECT, related_name="checked")
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    grants = FACT


class PrintEnd(models.Model):
    """What became of a print."""

    print = models.OneToOneField(Print, models.PROTECT, related_name="end")
    fate = models.CharField(max_length=20)
    on = models.DateField()
    witness = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    grants = FACT
