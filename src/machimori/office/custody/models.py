# SPDX-License-Identifier: AGPL-3.0-or-later
"""Statements for the vault as they were drafted, who signed them, and what the vault answered.

Facts, all of them. The statement itself, not its row, is what the vault believes.
"""

from django.db import models

from machimori.kernel.envelope import Envelope
from machimori.office.people.models import NAME, Person, Scheme
from machimori.office.shared.grants import FACT
from machimori.vault.client.statements import Statement, parse


class Letter(models.Model):
    """A statement that waits for its signers, or was handed in."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="+")
    owner = models.CharField(max_length=20)
    """The app whose matter it is (`custody.owners`)."""
    kind = models.CharField(max_length=40)
    """Of statement: `hold`, `appointment`. Which there are the vault says, and no table."""
    about = models.CharField(max_length=63, validators=[NAME])
    """The case, officer, camera or scheme that it is about."""
    payload = models.BinaryField()
    digest = models.CharField(max_length=64, unique=True)
    """Hexadecimal; what the signers' keys sign."""
    needed = models.PositiveSmallIntegerField()
    """How many must sign, as the office sees it; the vault judges for itself."""
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    grants = FACT

    class Meta:
        indexes = [
            models.Index(fields=["scheme", "kind", "about"], name="custody_about"),
            models.Index(fields=["owner", "about"], name="custody_owner"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(needed__gte=1), name="custody_needed"),
        ]

    @property
    def envelope(self) -> Envelope:
        """The statement, unsigned."""
        return Envelope(
            payload_type=f"application/vnd.machimori.{self.kind}+json",
            payload=bytes(self.payload),
        )

    @property
    def statement(self) -> Statement:
        return parse(self.envelope)

    @property
    def signed_by(self) -> list[Person]:
        """Who has signed, the first first."""
        return [one.by for one in self.signatures.all()]

    @property
    def complete(self) -> bool:
        """Whether as many have signed as the office believes to be needed."""
        return len(self.signatures.all()) >= self.needed

    @property
    def taken(self) -> bool:
        """Whether the vault took it in."""
        return any(one.reason == "" for one in self.answers.all())

    @property
    def refused(self) -> str:
        """Why the vault refused it last; empty if it did not, or took it in since."""
        answers = list(self.answers.all())
        return answers[-1].reason if answers and not self.taken else ""


class Signature(models.Model):
    """One person's signature over a letter's statement."""

    letter = models.ForeignKey(Letter, models.PROTECT, related_name="signatures")
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    envelope = models.BinaryField()
    """The statement with this signature alone."""
    at = models.DateTimeField()

    grants = FACT

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["letter", "by"], name="custody_signs_once"),
        ]


class Answer(models.Model):
    """What the vault said to a letter that was handed in."""

    letter = models.ForeignKey(Letter, models.PROTECT, related_name="answers")
    reason = models.CharField(max_length=40, blank=True)
    """The word of its refusal (docs/ref/statements.md); empty: it took the statement in."""
    at = models.DateTimeField()

    grants = FACT

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["letter"], condition=models.Q(reason=""), name="custody_taken_once"
            ),
        ]
