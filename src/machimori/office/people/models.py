# SPDX-License-Identifier: AGPL-3.0-or-later
"""Schemes, people, their posts and keys.

Instants are aware, intervals half-open [from, until). Nothing is deleted: an appointment ends, a
key is revoked. What the database enforces beyond the columns is in the first migration: one person
holds one post in a scheme once at a time, and only the end of an appointment can change.
"""

from typing import Final

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from machimori.kernel.ids import OfficerId, SchemeId
from machimori.office.shared.grants import FACT, Grants
from machimori.office.shared.posts import LABELS, POSTS

NAME: Final = RegexValidator(r"\A[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")
"""The form of `kernel.ids.check_name`."""


class Scheme(models.Model):
    """制度: a city's cameras under one rule."""

    id = models.CharField(primary_key=True, max_length=63, validators=[NAME])
    name = models.CharField(max_length=80)
    profile = models.CharField(max_length=63, validators=[NAME])
    """The id of the profile whose rules it follows (`machimori.policy`)."""
    started_on = models.DateField(null=True, blank=True)
    """The day from which it records; null until the city has decided everything."""

    grants = Grants(update=("started_on",))

    class Meta:
        db_table_comment = "制度; id is public and stands in ledger entries"

    @property
    def scheme_id(self) -> SchemeId:
        return SchemeId(self.id)


class Person(models.Model):
    """A person who signs in. The ledger knows `officer` and nothing else of them."""

    officer = models.CharField(unique=True, max_length=63, validators=[NAME])
    """Pseudonymous, random, for ever: OfficerId."""
    login = models.CharField(unique=True, max_length=40)
    """職員番号 or the like: what is typed beside a password."""
    name = models.CharField(max_length=80)
    kana = models.CharField(max_length=120, blank=True)
    section = models.CharField(max_length=120, blank=True)
    """課・係, station or company."""
    password = models.CharField(max_length=255, blank=True)
    """Argon2id, or empty: no password."""
    password_set_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    """Wrong passwords in a row."""
    locked_until = models.DateTimeField(null=True)
    """Passwords are refused until then; keys are not, so that nobody can lock others out."""
    sessions_from = models.DateTimeField()
    """Sessions older than this are over: set when a key is lost or a password changes."""
    password_provisional = models.BooleanField(default=False)
    """Somebody else issued it, or had it replaced: it is changed before anything else."""
    second = models.BinaryField(null=True, max_length=64)
    """The secret of their 確認コード, encrypted; null: a password is enough."""
    second_step = models.BigIntegerField(null=True)
    """The step whose code was used last: it is good once."""
    created_at = models.DateTimeField()

    grants = Grants(
        update=(
            "login",
            "name",
            "kana",
            "section",
            "password",
            "password_set_at",
            "password_provisional",
            "failures",
            "locked_until",
            "sessions_from",
            "second",
            "second_step",
        )
    )

    class Meta:
        db_table_comment = "Personal data: never in ledger, log or address"

    @property
    def officer_id(self) -> OfficerId:
        return OfficerId(self.officer)


class Appointment(models.Model):
    """任命: a person holds a post in a scheme in [valid_from, valid_until)."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="appointments")
    person = models.ForeignKey(Person, models.PROTECT, related_name="appointments")
    post = models.CharField(max_length=40, choices=[(post, LABELS[post]) for post in POSTS])
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    """The first instant without the post; null: until somebody ends it."""
    appointed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    """Null: made with the installation."""
    decision = models.CharField(max_length=80, blank=True)
    """決裁番号; may be entered later."""
    created_at = models.DateTimeField()

    grants = Grants(update=("valid_until", "decision"))

    class Meta:
        indexes = [models.Index(fields=["person", "valid_from"], name="people_by_person")]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=models.F("valid_from")),
                name="people_appointment_ends_after_it_begins",
            ),
            models.CheckConstraint(condition=Q(post__in=POSTS), name="people_appointment_post"),
        ]


class Credential(models.Model):
    """A FIDO2 key of a person, as WebAuthn registered it."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="credentials")
    credential_id = models.BinaryField(unique=True, max_length=1023)
    cose = models.BinaryField()
    """The public key as COSE_Key (CBOR), for signing in."""
    spki = models.BinaryField()
    """The same as DER SubjectPublicKeyInfo, which the vault's appointments name."""
    algorithm = models.IntegerField()
    """COSE algorithm: -7 ES256, -8 EdDSA, -257 RS256."""
    keyid = models.CharField(unique=True, max_length=63, validators=[NAME])
    """What statements call this key."""
    counter = models.BigIntegerField(default=0)
    """The authenticator's, when it last signed in; 0 for those that do not count."""
    label = models.CharField(max_length=60)
    """What its owner calls it: 「机の鍵」."""
    software_demo = models.BooleanField(default=False)
    """A demo's software key: refused wherever the installation is not a demo."""
    registered_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    """Lost or handed in. Never taken back."""

    grants = Grants(update=("counter", "used_at", "revoked_at", "label"))


class Enrolment(models.Model):
    """A one-time code on paper, with which a person registers a first or another key."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="enrolments")
    digest = models.BinaryField(unique=True, max_length=32)
    """HMAC-SHA-256 of the code under the office's secret; the code itself is nowhere."""
    issued_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    issued_at = models.DateTimeField()
    valid_until = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    grants = Grants(update=("used_at",))


class SignIn(models.Model):
    """An attempt to sign in: who did, from where, and how; the limits are counted here."""

    at = models.DateTimeField(db_index=True)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="sign_ins")
    """Null: nobody was recognised."""
    origin = models.BinaryField(max_length=16)
    """HMAC of the network address under the office's secret: it can be counted, not read."""
    means = models.CharField(
        max_length=10, choices=[("key", "key"), ("password", "password"), ("code", "code")]
    )
    success = models.BooleanField()

    grants = FACT

    class Meta:
        indexes = [models.Index(fields=["origin", "at"], name="people_by_origin")]
