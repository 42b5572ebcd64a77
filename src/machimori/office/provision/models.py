# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cases and their facts. A fact is added and never changed; the last one says the state."""

from django.db import models
from django.db.models import Q

from machimori.kernel.ids import CaseId
from machimori.office.people.facts import FactRow, NumberedRow, SeriesRow
from machimori.office.people.models import NAME, Person, Scheme
from machimori.office.provision.states import STATES, STEPS
from machimori.office.shared.grants import FACT, Grants


class Case(models.Model):
    """A request for footage."""

    id = models.CharField(primary_key=True, max_length=63, validators=[NAME])
    """CaseId: random, and what ledger and vault call the case."""
    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="cases")

    grants = FACT

    @property
    def case_id(self) -> CaseId:
        return CaseId(self.id)


class Series(SeriesRow):
    """The last number given in a scheme's 年度."""

    grants = Grants(update=("last",))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scheme", "fiscal_year"], name="provision_one_series")
        ]


class Numbered(NumberedRow):
    """The number of a case that was taken in: 「令和8年度 街頭 第12号」."""

    case = models.OneToOneField(Case, models.PROTECT, related_name="numbered")
    series = models.ForeignKey(Series, models.PROTECT, related_name="+")

    grants = FACT

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "number"], name="provision_number_once")
        ]


class Head(models.Model):
    """What a case's facts come to, for lists and searches: a row that the database itself keeps.

    A trigger writes it with each fact, as the tables' owner; the web process only reads it.
    """

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True, related_name="head")
    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="+")
    serial = models.PositiveIntegerField()
    """Of the last fact."""
    state = models.CharField(max_length=20)
    at = models.DateTimeField()
    """Of the last fact."""
    began = models.DateTimeField()
    """Of the first."""
    start = models.DateTimeField(null=True)
    """Where the footage begins that is asked for: what is erased first comes first."""
    words = models.TextField()
    """The case's number, the applicant's body and name, and the place: for searches."""
    ground = models.CharField(max_length=63, default="")
    """The last application's, for counts."""
    received = models.DateTimeField(null=True)
    """When it was taken in first."""
    decided = models.DateTimeField(null=True)
    """When it was approved or refused first."""
    kept_until = models.DateField(null=True)
    """The last day of its records, as the act that completed it said."""
    number = models.TextField(db_default="")
    """As the register has it: 文書の保存 looks through those of thousands of cases at once."""

    grants = Grants(insert=False)

    class Meta:
        indexes = [
            models.Index(fields=["scheme", "-began", "case"], name="provision_newest"),
            models.Index(fields=["scheme", "state", "start"], name="provision_erased_first"),
            models.Index(
                fields=["scheme", "at"],
                include=["case", "state", "kept_until", "number"],
                name="provision_completed",
            ),
        ]


class Look(models.Model):
    """録画の有無: somebody asked at the counter whether there is a recording; none was opened."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="+")
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    posts = models.CharField(max_length=400)
    """Those that the person held then, with blanks between."""
    at = models.DateTimeField()
    cameras = models.JSONField()
    """Ids."""
    start = models.DateTimeField()
    end = models.DateTimeField()
    """The time asked about, [start, end)."""
    found = models.PositiveIntegerField(null=True)
    """Of how many cameras there was a recording; null: the store did not answer."""
    salt = models.BinaryField(max_length=16)
    """Of the ledger's commitment to `cameras`."""

    grants = FACT

    class Meta:
        indexes = [
            models.Index(fields=["scheme", "-at", "-id"], name="provision_looks"),
            models.Index(fields=["by", "-at"], name="provision_looks_by"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(end__gt=models.F("start")), name="provision_look_runs_forwards"
            )
        ]


class Fact(FactRow):
    """One thing that happened to a case."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="facts")
    by = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    """None: the office itself, when a day had passed."""

    grants = FACT

    class Meta:
        indexes = [
            models.Index(fields=["state"], name="provision_by_state"),
            models.Index(
                fields=["case"],
                name="provision_deputised",
                condition=Q(kind__in=("deputised", "reviewed")),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["case", "serial"], name="provision_serial_once"),
            models.CheckConstraint(condition=Q(kind__in=list(STEPS)), name="provision_kind"),
            models.CheckConstraint(condition=Q(state__in=list(STATES)), name="provision_state"),
        ]
