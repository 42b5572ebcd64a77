# SPDX-License-Identifier: AGPL-3.0-or-later
"""The statements that officers sign and the vault obeys, each a DSSE payload of its own type.

docs/ref/statements.md lists the members. Nothing that the office's database says is believed: who
may sign, how many must, how long footage is kept and which class a camera is in are statements,
verified by the vault itself. Times are UTC microseconds. Persons appear by pseudonymous id only.
"""

# ruff: noqa: RUF009 -- member is dataclasses.field under a codec's name, as in `attrs`; it is immutable.

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import ClassVar, Self

from machimori.kernel.envelope import Envelope
from machimori.kernel.ids import CameraId, CaseId, ClassId, OfficerId, RecorderId, SchemeId
from machimori.kernel.instants import Micros
from machimori.policy.retention import RetentionRule
from machimori.vault.client import members as m
from machimori.vault.client.members import member
from machimori.vault.client.signers import HoldSigners, OfficerKey, Signers
from machimori.vault.errors import VaultMalformedError


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What all statements share. `KIND` is the middle of the payload type."""

    KIND: ClassVar[str] = ""

    @classmethod
    def payload_type(cls) -> str:
        """`application/vnd.machimori.<kind>+json`."""
        return f"application/vnd.machimori.{cls.KIND}+json"

    def envelope(self) -> Envelope:
        """The statement, unsigned."""
        return Envelope.of(
            self.payload_type(),
            {
                f.metadata["name"] or f.name: f.metadata["codec"].write(getattr(self, f.name))
                for f in fields(self)
            },
        )

    @classmethod
    def decode(cls, envelope: Envelope) -> Self:
        """The statement in an envelope of this type. Raises MalformedError."""
        if envelope.payload_type != cls.payload_type():
            raise VaultMalformedError(
                f"not a statement of type {cls.KIND}", where=envelope.payload_type[:80]
            )
        source = envelope.statement()
        names = {f.metadata["name"] or f.name: f for f in fields(cls)}
        if set(source) != set(names):
            raise VaultMalformedError("statement with missing or unknown members", where=cls.KIND)
        return cls(
            **{
                f.name: f.metadata["codec"].read(source[name], f"{cls.KIND}.{name}")
                for name, f in names.items()
            }
        )


@dataclass(frozen=True, kw_only=True)
class Appointment(Statement):
    """An officer, their keys and posts, and how long the appointment lasts."""

    KIND = "appointment"
    officer: OfficerId = member(m.NAME)
    keys: tuple[OfficerKey, ...] = member(m.KEYS)
    posts: tuple[str, ...] = member(m.NAMES)
    valid_from: Micros = member(m.TIME, "from")
    valid_until: Micros = member(m.TIME, "until")


@dataclass(frozen=True, kw_only=True)
class Revocation(Statement):
    """An officer's appointments end when the vault takes this in."""

    KIND = "revocation"
    officer: OfficerId = member(m.NAME)
    ground: str = member(m.TEXT)
    nonce: str = member(m.NONCE)


@dataclass(frozen=True, kw_only=True)
class Delegation(Statement):
    """代決: a deputy signs in an officer's place for one scheme, from one time to another."""

    KIND = "delegation"
    officer: OfficerId = member(m.NAME)
    """Who is away, and signs this."""
    deputy: OfficerId = member(m.NAME)
    posts: tuple[str, ...] = member(m.NAMES)
    """Of the officer's posts, those in which the deputy stands in."""
    scheme: SchemeId = member(m.NAME)
    valid_from: Micros = member(m.TIME, "from")
    valid_until: Micros = member(m.TIME, "until")
    nonce: str = member(m.NONCE)


@dataclass(frozen=True, kw_only=True)
class Rules(Statement):
    """What a scheme demands: signers and their posts, bounds, and retention per class."""

    KIND = "rules"
    scheme: SchemeId = member(m.NAME)
    version: int = member(m.COUNT)
    effective_from: Micros = member(m.TIME)
    signer_posts: tuple[str, ...] = member(m.NAMES)
    release_signers: int = member(m.COUNT)
    """Officers of `signer_posts` who must sign for a ground that `release_posts` does not name."""
    release_posts: Mapping[str, Signers] = member(m.SIGNERS)
    """By ground, who must sign an authorisation."""
    sole_signers: Mapping[str, tuple[str, ...]] = member(m.POSTS)
    """Grounds for which one officer's signature opens, and the posts that may give it; of other
    posts no signature counts for such a ground. Usually empty (旭川3(5), 佐賀 協定②)."""
    hold_posts: Mapping[str, HoldSigners] = member(m.HOLDS)
    """By ground, who places and ends a hold. For other grounds there is no hold (印西 3(1))."""
    destruction_signers: int = member(m.COUNT)
    max_openings: int = member(m.COUNT)
    max_interval: int = member(m.COUNT)
    """Longest interval of one authorisation, µs."""
    max_validity: int = member(m.COUNT)
    """Longest validity of one authorisation, µs."""
    max_hold_days: int = member(m.COUNT)
    retention: Mapping[ClassId, RetentionRule] = member(m.RETENTION)


@dataclass(frozen=True, kw_only=True)
class CameraClass(Statement):
    """From when a camera is under a scheme's class."""

    KIND = "camera-class"
    camera: CameraId = member(m.NAME)
    scheme: SchemeId = member(m.NAME)
    retention_class: ClassId = member(m.NAME, "class")
    effective_from: Micros = member(m.TIME, "from")


@dataclass(frozen=True, kw_only=True)
class RecorderEnrolment(Statement):
    """A recorder's signing key, and from when what it signs is believed."""

    KIND = "recorder-enrolment"
    recorder: RecorderId = member(m.NAME)
    public: bytes = member(m.ED25519)
    effective_from: Micros = member(m.TIME, "from")


@dataclass(frozen=True, kw_only=True)
class Agreement(Statement):
    """協定: for its ground one officer of these posts opens these cameras and no others
    (佐賀 協定②). Of a ground's agreements the one taken in last counts, also when it is over."""

    KIND = "agreement"
    scheme: SchemeId = member(m.NAME)
    ground: str = member(m.TEXT)
    posts: tuple[str, ...] = member(m.NAMES)
    cameras: tuple[CameraId, ...] = member(m.NAMES)
    valid_from: Micros = member(m.TIME, "from")
    valid_until: Micros = member(m.TIME, "until")


@dataclass(frozen=True, kw_only=True)
class LiveView(Statement):
    """監視: these cameras of a scheme may be watched live in shifts (堺 7). The one taken in last
    counts, also when it is over; without one nobody watches."""

    KIND = "live-view"
    scheme: SchemeId = member(m.NAME)
    cameras: tuple[CameraId, ...] = member(m.NAMES)
    valid_from: Micros = member(m.TIME, "from")
    valid_until: Micros = member(m.TIME, "until")


@dataclass(frozen=True, kw_only=True)
class Authorisation(Statement):
    """Leave to open an interval of some cameras for one reader."""

    KIND = "authorisation"
    case: CaseId = member(m.NAME)
    ground: str = member(m.TEXT)
    scheme: SchemeId = member(m.NAME)
    cameras: tuple[CameraId, ...] = member(m.NAMES)
    start: Micros = member(m.TIME, "from")
    end: Micros = member(m.TIME, "to")
    purpose: str = member(m.TEXT)
    requester: str = member(m.NAME)
    """Pseudonymous id of whom it is for."""
    reader: bytes = member(m.SEALING)
    nonce: str = member(m.NONCE)
    valid_from: Micros = member(m.TIME)
    valid_to: Micros = member(m.TIME)
    openings: int = member(m.COUNT)


@dataclass(frozen=True, kw_only=True)
class AuthorisationEnd(Statement):
    """An authorisation opens nothing from now on, whatever of it is left."""

    KIND = "authorisation-end"
    authorisation: str = member(m.DIGEST)
    """The digest of the statement that ends."""
    case: CaseId = member(m.NAME)
    scheme: SchemeId = member(m.NAME)
    ground: str = member(m.TEXT)
    """The authorisation's own: whoever may sign for it may end it, alone."""
    reason: str = member(m.NAME)
    nonce: str = member(m.NONCE)


@dataclass(frozen=True, kw_only=True)
class Hold(Statement):
    """Keep an interval of some cameras for a case, through the end of `last_day`."""

    KIND = "hold"
    case: CaseId = member(m.NAME)
    ground: str = member(m.TEXT)
    scheme: SchemeId = member(m.NAME)
    cameras: tuple[CameraId, ...] = member(m.NAMES)
    start: Micros = member(m.TIME, "from")
    end: Micros = member(m.TIME, "to")
    last_day: str = member(m.DAY)
    nonce: str = member(m.NONCE)


@dataclass(frozen=True, kw_only=True)
class HoldEnd(Statement):
    """The case's hold ends now."""

    KIND = "hold-end"
    case: CaseId = member(m.NAME)
    ground: str = member(m.TEXT)
    scheme: SchemeId = member(m.NAME)
    nonce: str = member(m.NONCE)


@dataclass(frozen=True, kw_only=True)
class EarlyDestruction(Statement):
    """Destroy one camera's day before its time."""

    KIND = "early-destruction"
    camera: CameraId = member(m.NAME)
    day: str = member(m.DAY)
    scheme: SchemeId = member(m.NAME)
    ground: str = member(m.TEXT)
    nonce: str = member(m.NONCE)


@dataclass(frozen=True, kw_only=True)
class Override(Statement):
    """Expiry may go on through `through_day`, though the clock moved more than a day."""

    KIND = "override"
    through_day: str = member(m.DAY)
    ground: str = member(m.TEXT)
    nonce: str = member(m.NONCE)


@dataclass(frozen=True, kw_only=True)
class TimeStatement(Statement):
    """An officer says what time it is, for an office without a synchronised clock."""

    KIND = "time"
    now: Micros = member(m.TIME)
    nonce: str = member(m.NONCE)
    note: str = member(m.OPTIONAL)


STATEMENTS: tuple[type[Statement], ...] = (
    Appointment,
    Revocation,
    Delegation,
    Rules,
    CameraClass,
    RecorderEnrolment,
    Agreement,
    LiveView,
    Authorisation,
    AuthorisationEnd,
    Hold,
    HoldEnd,
    EarlyDestruction,
    Override,
    TimeStatement,
)
_BY_TYPE = {kind.payload_type(): kind for kind in STATEMENTS}


def parse(envelope: Envelope) -> Statement:
    """The statement in an envelope, of whichever type. Raises MalformedError."""
    kind = _BY_TYPE.get(envelope.payload_type)
    if kind is None:
        raise VaultMalformedError("unknown type of statement", where=envelope.payload_type[:80])
    return kind.decode(envelope)
