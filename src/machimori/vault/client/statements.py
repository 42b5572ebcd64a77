# SPDX-License-Identifier: AGPL-3.0-or-later
"""The statements that officers sign and the vault obeys, each a DSSE payload of its own type.

docs/ref/statements.md lists the members. Nothing that the office's database says is believed: who
may sign, how many must, how long footage is kept and which class a camera is in are statements,
verified by the vault itself. Times are UTC microseconds. Persons appear by pseudonymous id only.
"""

# ruff: noqa: RUF009 -- _m is dataclasses.field under the codec's name, as in `attrs`; it is immutable.

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.envelope import Envelope
from machimori.kernel.ids import (
    CameraId,
    CaseId,
    ClassId,
    OfficerId,
    RecorderId,
    SchemeId,
    check_name,
)
from machimori.kernel.instants import MAX_MICROS, Micros, parse_day
from machimori.policy.retention import RetentionRule
from machimori.vault.errors import VaultMalformedError
from machimori.vault.sealing.seal import PUBLIC_SIZE

MAX_TEXT = 2000
MAX_NAMES = 10_000


@dataclass(frozen=True)
class _Codec:
    write: Callable[[Any], Json]
    read: Callable[[Json, str], Any]


def _as_is(value: Any) -> Json:
    return value


def _read_name(value: Json, where: str) -> str:
    if not isinstance(value, str):
        raise VaultMalformedError("a name is text", where=where)
    return check_name(value, what=where)


def _read_text(value: Json, where: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT:
        raise VaultMalformedError(f"text of 1 to {MAX_TEXT} characters expected", where=where)
    return value


def _read_optional(value: Json, where: str) -> str:
    return "" if value == "" else _read_text(value, where)


def _read_count(value: Json, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value < 2**50:
        raise VaultMalformedError("a positive whole number expected", where=where)
    return value


def _read_time(value: Json, where: str) -> Micros:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_MICROS:
        raise VaultMalformedError("a time in UTC microseconds expected", where=where)
    return Micros(value)


def _read_day(value: Json, where: str) -> str:
    if not isinstance(value, str):
        raise VaultMalformedError("a day is text", where=where)
    parse_day(value)
    return value


def _read_names(value: Json, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_NAMES:
        raise VaultMalformedError("a list of names expected", where=where)
    names = tuple(_read_name(item, where) for item in value)
    if list(names) != sorted(set(names)):
        raise VaultMalformedError("names are sorted and each stands once", where=where)
    return names


def _read_nonce(value: Json, where: str) -> str:
    if not isinstance(value, str) or len(value) != 32 or set(value) - set("0123456789abcdef"):
        raise VaultMalformedError("a nonce has 32 hexadecimal digits", where=where)
    return value


def _sized(size: int) -> Callable[[Json, str], bytes]:
    def read(value: Json, where: str) -> bytes:
        data = canonical.unb64(value, where=where)
        if len(data) != size:
            raise VaultMalformedError(f"{size} bytes expected", where=where)
        return data

    return read


def _write_keys(value: "tuple[OfficerKey, ...]") -> Json:
    return [key.to_json() for key in value]


def _read_keys(value: Json, where: str) -> "tuple[OfficerKey, ...]":
    if not isinstance(value, list) or not 1 <= len(value) <= 16:
        raise VaultMalformedError("an officer has 1 to 16 keys", where=where)
    return tuple(OfficerKey.from_json(item) for item in value)


def _write_retention(value: Mapping[ClassId, RetentionRule]) -> Json:
    return {name: {"count_from": r.count_from, "days": r.days} for name, r in value.items()}


def _read_retention(value: Json, where: str) -> dict[ClassId, RetentionRule]:
    if not isinstance(value, dict) or not value:
        raise VaultMalformedError("retention of at least one class expected", where=where)
    rules = {}
    for name, item in value.items():
        if not isinstance(item, dict) or set(item) != {"count_from", "days"}:
            raise VaultMalformedError("retention is days and count_from", where=where)
        rules[ClassId(check_name(name, what="class"))] = RetentionRule(
            days=canonical.field(item, "days", int), count_from=item["count_from"]
        )
    return rules


def _write_posts(value: Mapping[str, tuple[str, ...]]) -> Json:
    return {ground: list(posts) for ground, posts in value.items()}


def _read_posts(value: Json, where: str) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise VaultMalformedError("posts for each ground expected", where=where)
    return {check_name(name, what=where): _read_names(item, where) for name, item in value.items()}


_NAME = _Codec(_as_is, _read_name)
_TEXT = _Codec(_as_is, _read_text)
_OPTIONAL = _Codec(_as_is, _read_optional)
_COUNT = _Codec(_as_is, _read_count)
_TIME = _Codec(_as_is, _read_time)
_DAY = _Codec(_as_is, _read_day)
_NAMES = _Codec(list, _read_names)
_NONCE = _Codec(_as_is, _read_nonce)
_ED25519 = _Codec(canonical.b64, _sized(32))
_SEALING = _Codec(canonical.b64, _sized(PUBLIC_SIZE))
_KEYS = _Codec(_write_keys, _read_keys)
_RETENTION = _Codec(_write_retention, _read_retention)
_POSTS = _Codec(_write_posts, _read_posts)


def _m(codec: _Codec, name: str = "") -> Any:
    """A member of a statement: how it is written, and under which name if not the field's."""
    return field(metadata={"codec": codec, "name": name})


@dataclass(frozen=True, kw_only=True)
class OfficerKey:
    """A key with which an officer signs."""

    keyid: str
    kind: str
    """`ed25519` (public: 32 raw bytes) or `fido2` (public: DER SubjectPublicKeyInfo)."""
    public: bytes
    algorithm: int = -8
    """COSE algorithm: -8 EdDSA, -7 ES256, -257 RS256."""

    def to_json(self) -> Json:
        return {
            "algorithm": self.algorithm,
            "keyid": self.keyid,
            "kind": self.kind,
            "public": canonical.b64(self.public),
        }

    @classmethod
    def from_json(cls, item: Json) -> "OfficerKey":
        """Raises MalformedError."""
        if not isinstance(item, dict) or set(item) != {"algorithm", "keyid", "kind", "public"}:
            raise VaultMalformedError("an officer's key is keyid, kind, algorithm, public")
        key = cls(
            keyid=_read_name(item["keyid"], "keyid"),
            kind=canonical.field(item, "kind", str),
            public=canonical.unb64(item["public"], where="public"),
            algorithm=canonical.field(item, "algorithm", int),
        )
        if key.kind == "ed25519":
            if len(key.public) != 32 or key.algorithm != -8:
                raise VaultMalformedError("an Ed25519 key has 32 bytes and algorithm -8")
        elif key.kind != "fido2" or key.algorithm not in (-8, -7, -257):
            raise VaultMalformedError("unknown kind of officer's key")
        elif not 32 <= len(key.public) <= 2048:
            raise VaultMalformedError("a FIDO2 key is its DER SubjectPublicKeyInfo")
        return key


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
    officer: OfficerId = _m(_NAME)
    keys: tuple[OfficerKey, ...] = _m(_KEYS)
    posts: tuple[str, ...] = _m(_NAMES)
    valid_from: Micros = _m(_TIME, "from")
    valid_until: Micros = _m(_TIME, "until")


@dataclass(frozen=True, kw_only=True)
class Revocation(Statement):
    """An officer's appointments end when the vault takes this in."""

    KIND = "revocation"
    officer: OfficerId = _m(_NAME)
    ground: str = _m(_TEXT)
    nonce: str = _m(_NONCE)


@dataclass(frozen=True, kw_only=True)
class Delegation(Statement):
    """代決: a deputy signs in an officer's place for one scheme, from one time to another."""

    KIND = "delegation"
    officer: OfficerId = _m(_NAME)
    """Who is away, and signs this."""
    deputy: OfficerId = _m(_NAME)
    posts: tuple[str, ...] = _m(_NAMES)
    """Of the officer's posts, those in which the deputy stands in."""
    scheme: SchemeId = _m(_NAME)
    valid_from: Micros = _m(_TIME, "from")
    valid_until: Micros = _m(_TIME, "until")
    nonce: str = _m(_NONCE)


@dataclass(frozen=True, kw_only=True)
class Rules(Statement):
    """What a scheme demands: signers and their posts, bounds, and retention per class."""

    KIND = "rules"
    scheme: SchemeId = _m(_NAME)
    version: int = _m(_COUNT)
    effective_from: Micros = _m(_TIME)
    signer_posts: tuple[str, ...] = _m(_NAMES)
    release_signers: int = _m(_COUNT)
    sole_signers: Mapping[str, tuple[str, ...]] = _m(_POSTS)
    """Grounds for which one officer's signature opens, and the posts that may give it; of other
    posts no signature counts for such a ground. Usually empty (旭川3(5), 佐賀 協定②)."""
    hold_signers: int = _m(_COUNT)
    destruction_signers: int = _m(_COUNT)
    max_openings: int = _m(_COUNT)
    max_interval: int = _m(_COUNT)
    """Longest interval of one authorisation, µs."""
    max_validity: int = _m(_COUNT)
    """Longest validity of one authorisation, µs."""
    max_hold_days: int = _m(_COUNT)
    retention: Mapping[ClassId, RetentionRule] = _m(_RETENTION)


@dataclass(frozen=True, kw_only=True)
class CameraClass(Statement):
    """From when a camera is under a scheme's class."""

    KIND = "camera-class"
    camera: CameraId = _m(_NAME)
    scheme: SchemeId = _m(_NAME)
    retention_class: ClassId = _m(_NAME, "class")
    effective_from: Micros = _m(_TIME, "from")


@dataclass(frozen=True, kw_only=True)
class RecorderEnrolment(Statement):
    """A recorder's signing key, and from when what it signs is believed."""

    KIND = "recorder-enrolment"
    recorder: RecorderId = _m(_NAME)
    public: bytes = _m(_ED25519)
    effective_from: Micros = _m(_TIME, "from")


@dataclass(frozen=True, kw_only=True)
class Authorisation(Statement):
    """Leave to open an interval of some cameras for one reader."""

    KIND = "authorisation"
    case: CaseId = _m(_NAME)
    ground: str = _m(_TEXT)
    scheme: SchemeId = _m(_NAME)
    cameras: tuple[CameraId, ...] = _m(_NAMES)
    start: Micros = _m(_TIME, "from")
    end: Micros = _m(_TIME, "to")
    purpose: str = _m(_TEXT)
    requester: str = _m(_NAME)
    """Pseudonymous id of whom it is for."""
    reader: bytes = _m(_SEALING)
    nonce: str = _m(_NONCE)
    valid_from: Micros = _m(_TIME)
    valid_to: Micros = _m(_TIME)
    openings: int = _m(_COUNT)


@dataclass(frozen=True, kw_only=True)
class Hold(Statement):
    """Keep an interval of some cameras for a case, through the end of `last_day`."""

    KIND = "hold"
    case: CaseId = _m(_NAME)
    ground: str = _m(_TEXT)
    scheme: SchemeId = _m(_NAME)
    cameras: tuple[CameraId, ...] = _m(_NAMES)
    start: Micros = _m(_TIME, "from")
    end: Micros = _m(_TIME, "to")
    last_day: str = _m(_DAY)
    nonce: str = _m(_NONCE)


@dataclass(frozen=True, kw_only=True)
class HoldEnd(Statement):
    """The case's hold ends now."""

    KIND = "hold-end"
    case: CaseId = _m(_NAME)
    ground: str = _m(_TEXT)
    scheme: SchemeId = _m(_NAME)
    nonce: str = _m(_NONCE)


@dataclass(frozen=True, kw_only=True)
class EarlyDestruction(Statement):
    """Destroy one camera's day before its time."""

    KIND = "early-destruction"
    camera: CameraId = _m(_NAME)
    day: str = _m(_DAY)
    scheme: SchemeId = _m(_NAME)
    ground: str = _m(_TEXT)
    nonce: str = _m(_NONCE)


@dataclass(frozen=True, kw_only=True)
class Override(Statement):
    """Expiry may go on through `through_day`, though the clock moved more than a day."""

    KIND = "override"
    through_day: str = _m(_DAY)
    ground: str = _m(_TEXT)
    nonce: str = _m(_NONCE)


@dataclass(frozen=True, kw_only=True)
class TimeStatement(Statement):
    """An officer says what time it is, for an office without a synchronised clock."""

    KIND = "time"
    now: Micros = _m(_TIME)
    nonce: str = _m(_NONCE)
    note: str = _m(_OPTIONAL)


STATEMENTS: tuple[type[Statement], ...] = (
    Appointment,
    Revocation,
    Delegation,
    Rules,
    CameraClass,
    RecorderEnrolment,
    Authorisation,
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
