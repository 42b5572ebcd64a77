# SPDX-License-Identifier: AGPL-3.0-or-later
"""The statement of an evidence package: what was asked, what is here, what is not, and why.

A DSSE statement signed by the city's vault. docs/ref/evidence-package.md lists the members. Times
are UTC microseconds; persons appear by pseudonymous id only. Standard library only.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from machimori.evidence.errors import PackageError
from machimori.evidence.verifier.container import check_path
from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.envelope import Envelope
from machimori.kernel.instants import MAX_MICROS, Micros

STATEMENT_TYPE = "application/vnd.machimori.evidence-statement+json"
FORMAT = "machimori evidence v1"
UNEXPLAINED = "unexplained"
"""Cause of a gap about which the recorder left no record."""
DAMAGED = "damaged"
"""Cause of a gap where a stored segment does not open as it was sealed: the maker's word."""
WITHOUT_RECORD = frozenset((UNEXPLAINED, DAMAGED))

STATEMENT = "data/statement.json"
REPORT = "data/statement.html"
IDENTITY = "data/identity.json"
STAMP = "data/timestamp.tsr"
AUTHORISATION = "data/ledger/authorisation.json"
AUTHORISATION_ENTRY = "data/ledger/authorisation.entry.json"
AUTHORISATION_PROOF = "data/ledger/authorisation.proof.json"
OPENING_ENTRY = "data/ledger/opening.entry.json"
OPENING_PROOF = "data/ledger/opening.proof.json"
UNLISTED = frozenset((STATEMENT, STAMP, "manifest-sha256.txt", "tagmanifest-sha256.txt"))
"""What the statement cannot list: itself, and what is made from it."""

VideoKind = Literal["copy", "viewing"]
"""A stream copy of the original bytes, or a picture made anew for players that lack the codec."""

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class FileDigest:
    """One file of the package."""

    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Gap:
    """No footage from `start` to `end`; `record` is the path of the recorder's record, or ""."""

    start: Micros
    end: Micros
    cause: str
    record: str = ""


@dataclass(frozen=True, kw_only=True)
class Segment:
    """What is here of one sealed segment."""

    id: str
    original: str
    skeleton: str
    description: str


@dataclass(frozen=True, kw_only=True)
class Video:
    """One MP4 file. `start` and `end` are the arrival of its first and last picture."""

    path: str
    kind: VideoKind
    codec: str
    start: Micros
    end: Micros
    samples: int


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Whose clock the times are, and how far it may be off (µs); None: unknown.

    `camera_offset` is the camera's own clock (RTCP) minus the recorder's in the first minute that
    has a report, `camera_drift` how much that changed until the last minute; None without reports.
    """

    bound: int | None
    camera_offset: int | None
    camera_drift: int | None


@dataclass(frozen=True, kw_only=True)
class Camera:
    """What is here of one camera."""

    camera: str
    segments: tuple[Segment, ...]
    records: tuple[str, ...]
    delivered: tuple[tuple[Micros, Micros], ...]
    gaps: tuple[Gap, ...]
    lead_in: int
    """µs at the start that no player can show, because no key frame precedes them."""
    lost: int
    """RTP packets that never reached the recorder."""
    clock: Clock
    videos: tuple[Video, ...]


@dataclass(frozen=True, kw_only=True)
class Approval:
    """A signature under the authorisation: who (pseudonymous), in which post, by which key."""

    keyid: str
    officer: str
    post: str


@dataclass(frozen=True, kw_only=True)
class Keys:
    """SHA-256 of each public key that vouches for something here, hex."""

    city: str
    ledger: str
    ledger_name: str
    recorders: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Statement:
    """The whole statement."""

    package: str
    made: Micros
    software: str
    scheme: str
    case: str
    ground: str
    purpose: str
    requester: str
    start: Micros
    end: Micros
    authorisation: str
    """Digest of the authorisation, hex."""
    approvals: tuple[Approval, ...]
    release: str
    cameras: tuple[Camera, ...]
    keys: Keys
    files: Mapping[str, FileDigest]
    stamped: bool
    """Whether an RFC 3161 time stamp of the statement belongs to the package."""

    def envelope(self) -> Envelope:
        """The unsigned statement."""
        return Envelope.of(STATEMENT_TYPE, _write(self))

    @classmethod
    def decode(cls, envelope: Envelope) -> "Statement":
        """The statement in an envelope; its signature is judged elsewhere. MalformedError."""
        if envelope.payload_type != STATEMENT_TYPE:
            raise PackageError("not an evidence statement", where=envelope.payload_type[:80])
        statement = _read(envelope.statement())
        if statement.envelope().payload != envelope.payload:
            raise PackageError("statement has unknown members", where=STATEMENT)
        return statement


def _write(s: Statement) -> dict[str, Json]:
    return {
        "approvals": [
            {"keyid": a.keyid, "officer": a.officer, "post": a.post} for a in s.approvals
        ],
        "authorisation": s.authorisation,
        "cameras": [_write_camera(c) for c in s.cameras],
        "case": s.case,
        "files": {
            path: {"bytes": file.size, "sha256": file.sha256} for path, file in s.files.items()
        },
        "format": FORMAT,
        "from": s.start,
        "ground": s.ground,
        "keys": {
            "city": s.keys.city,
            "ledger": s.keys.ledger,
            "ledger_name": s.keys.ledger_name,
            "recorders": dict(s.keys.recorders),
        },
        "made": s.made,
        "package": s.package,
        "purpose": s.purpose,
        "release": s.release,
        "requester": s.requester,
        "scheme": s.scheme,
        "software": s.software,
        "stamped": s.stamped,
        "to": s.end,
    }


def _write_camera(c: Camera) -> dict[str, Json]:
    return {
        "camera": c.camera,
        "clock": {
            "bound": c.clock.bound,
            "camera_drift": c.clock.camera_drift,
            "camera_offset": c.clock.camera_offset,
        },
        "delivered": [[start, end] for start, end in c.delivered],
        "gaps": [
            {"cause": g.cause, "from": g.start, "record": g.record, "to": g.end} for g in c.gaps
        ],
        "lead_in": c.lead_in,
        "lost": c.lost,
        "records": list(c.records),
        "segments": [
            {
                "description": s.description,
                "original": s.original,
                "segment": s.id,
                "skeleton": s.skeleton,
            }
            for s in c.segments
        ],
        "videos": [
            {
                "codec": v.codec,
                "from": v.start,
                "kind": v.kind,
                "path": v.path,
                "samples": v.samples,
                "to": v.end,
            }
            for v in c.videos
        ],
    }


def _read(source: Mapping[str, Json]) -> Statement:
    if source.get("format") != FORMAT:
        raise PackageError("statement of an unknown format", where=str(source.get("format"))[:40])
    keys = _object(source.get("keys"))
    return Statement(
        package=_text(source, "package"),
        made=_time(source, "made"),
        software=_text(source, "software"),
        scheme=_text(source, "scheme"),
        case=_text(source, "case"),
        ground=_text(source, "ground"),
        purpose=_text(source, "purpose"),
        requester=_text(source, "requester"),
        start=_time(source, "from"),
        end=_time(source, "to"),
        authorisation=_text(source, "authorisation"),
        approvals=_each(
            source,
            "approvals",
            lambda a: Approval(
                keyid=_text(a, "keyid"), officer=_text(a, "officer"), post=_text(a, "post")
            ),
        ),
        release=_text(source, "release"),
        cameras=_each(source, "cameras", _read_camera),
        keys=Keys(
            city=_text(keys, "city"),
            ledger=_text(keys, "ledger"),
            ledger_name=_text(keys, "ledger_name"),
            recorders={
                name: _text({"key": value}, "key")
                for name, value in _object(keys.get("recorders")).items()
            },
        ),
        files={
            check_path(path): FileDigest(
                size=_count(_object(value), "bytes"), sha256=_text(_object(value), "sha256")
            )
            for path, value in _object(source.get("files")).items()
        },
        stamped=canonical.field(source, "stamped", bool),
    )


def _read_camera(source: Mapping[str, Json]) -> Camera:
    clock = _object(source.get("clock"))
    return Camera(
        camera=_text(source, "camera"),
        segments=_each(
            source,
            "segments",
            lambda s: Segment(
                id=_text(s, "segment"),
                original=_path(s, "original"),
                skeleton=_path(s, "skeleton"),
                description=_path(s, "description"),
            ),
        ),
        records=tuple(_path({"path": item}, "path") for item in _list(source, "records")),
        delivered=tuple(_pair(item) for item in _list(source, "delivered")),
        gaps=_each(
            source,
            "gaps",
            lambda g: Gap(
                start=_time(g, "from"),
                end=_time(g, "to"),
                cause=_text(g, "cause"),
                record=_path(g, "record") if g.get("record") else "",
            ),
        ),
        lead_in=_count(source, "lead_in"),
        lost=_count(source, "lost"),
        clock=Clock(
            bound=_optional(clock, "bound"),
            camera_offset=_optional(clock, "camera_offset"),
            camera_drift=_optional(clock, "camera_drift"),
        ),
        videos=_each(source, "videos", _read_video),
    )


def _read_video(source: Mapping[str, Json]) -> Video:
    kind = source.get("kind")
    if kind not in ("copy", "viewing"):
        raise PackageError("unknown kind of video", where=str(kind)[:40])
    return Video(
        path=_path(source, "path"),
        kind=kind,
        codec=_text(source, "codec"),
        start=_time(source, "from"),
        end=_time(source, "to"),
        samples=_count(source, "samples"),
    )


def _object(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise PackageError("object expected", where=STATEMENT)
    return value


def _list(source: Mapping[str, Json], name: str) -> list[Json]:
    found: list[Json] = canonical.field(source, name, list, where=STATEMENT)
    return found


def _each(
    source: Mapping[str, Json], name: str, read: Callable[[Mapping[str, Json]], _T]
) -> tuple[_T, ...]:
    return tuple(read(_object(item)) for item in _list(source, name))


def _text(source: Mapping[str, Json], name: str) -> str:
    text: str = canonical.field(source, name, str, where=STATEMENT)
    return text


def _path(source: Mapping[str, Json], name: str) -> str:
    return check_path(_text(source, name))


def _count(source: Mapping[str, Json], name: str) -> int:
    value: int = canonical.field(source, name, int, where=STATEMENT)
    if value < 0:
        raise PackageError(f"field {name!r} is negative", where=STATEMENT)
    return value


def _time(source: Mapping[str, Json], name: str) -> Micros:
    value = _count(source, name)
    if value > MAX_MICROS:
        raise PackageError(f"field {name!r} is no time", where=STATEMENT)
    return Micros(value)


def _pair(value: Json) -> tuple[Micros, Micros]:
    if not isinstance(value, list) or len(value) != 2:
        raise PackageError("an interval is a pair of times", where=STATEMENT)
    start, end = (_time({"time": item}, "time") for item in value)
    return start, end


def _optional(source: Mapping[str, Json], name: str) -> int | None:
    if source.get(name) is None:
        return None
    value: int = canonical.field(source, name, int, where=STATEMENT)
    return value
