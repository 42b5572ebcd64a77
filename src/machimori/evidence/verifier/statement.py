# SPDX-License-Identifier: AGPL-3.0-or-later
"""The statement of an evidence package: what was asked, what is here, what is not, and why.

A DSSE statement signed by the city's vault. docs/ref/evidence-package.md lists the members. Times
are UTC microseconds; persons appear by pseudonymous id only. Standard library only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from machimori.evidence.errors import PackageError
from machimori.evidence.verifier import members
from machimori.evidence.verifier.container import check_path
from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.envelope import Envelope
from machimori.kernel.instants import Micros

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
    anchor: str = ""
    """Path of the anchor that shows first that it existed, or ""."""


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """Shows that the segments that name it existed at `by`, the latest (recorder's clock)."""

    path: str
    by: Micros


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
    """What is here of one camera. `start` and `end` are what was asked of it, no more than of the
    whole."""

    camera: str
    start: Micros
    end: Micros
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
    anchors: tuple[Anchor, ...] = ()


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
        "anchors": [{"by": a.by, "path": a.path} for a in c.anchors],
        "camera": c.camera,
        "clock": {
            "bound": c.clock.bound,
            "camera_drift": c.clock.camera_drift,
            "camera_offset": c.clock.camera_offset,
        },
        "delivered": [[start, end] for start, end in c.delivered],
        "from": c.start,
        "gaps": [
            {"cause": g.cause, "from": g.start, "record": g.record, "to": g.end} for g in c.gaps
        ],
        "lead_in": c.lead_in,
        "lost": c.lost,
        "records": list(c.records),
        "to": c.end,
        "segments": [
            {
                "anchor": s.anchor,
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
    keys = members.mapping(source.get("keys"))
    return Statement(
        package=members.text(source, "package"),
        made=members.moment(source, "made"),
        software=members.text(source, "software"),
        scheme=members.text(source, "scheme"),
        case=members.text(source, "case"),
        ground=members.text(source, "ground"),
        purpose=members.text(source, "purpose"),
        requester=members.text(source, "requester"),
        start=members.moment(source, "from"),
        end=members.moment(source, "to"),
        authorisation=members.text(source, "authorisation"),
        approvals=members.each(
            source,
            "approvals",
            lambda a: Approval(
                keyid=members.text(a, "keyid"),
                officer=members.text(a, "officer"),
                post=members.text(a, "post"),
            ),
        ),
        release=members.text(source, "release"),
        cameras=members.each(source, "cameras", _read_camera),
        keys=Keys(
            city=members.text(keys, "city"),
            ledger=members.text(keys, "ledger"),
            ledger_name=members.text(keys, "ledger_name"),
            recorders={
                name: members.text({"key": value}, "key")
                for name, value in members.mapping(keys.get("recorders")).items()
            },
        ),
        files={
            check_path(path): FileDigest(
                size=members.count(members.mapping(value), "bytes"),
                sha256=members.text(members.mapping(value), "sha256"),
            )
            for path, value in members.mapping(source.get("files")).items()
        },
        stamped=canonical.field(source, "stamped", bool),
    )


def _read_camera(source: Mapping[str, Json]) -> Camera:
    clock = members.mapping(source.get("clock"))
    return Camera(
        camera=members.text(source, "camera"),
        start=members.moment(source, "from"),
        end=members.moment(source, "to"),
        segments=members.each(
            source,
            "segments",
            lambda s: Segment(
                id=members.text(s, "segment"),
                original=members.path(s, "original"),
                skeleton=members.path(s, "skeleton"),
                description=members.path(s, "description"),
                anchor=members.path(s, "anchor") if s.get("anchor") else "",
            ),
        ),
        records=tuple(
            members.path({"path": item}, "path") for item in members.listed(source, "records")
        ),
        delivered=tuple(members.interval(item) for item in members.listed(source, "delivered")),
        gaps=members.each(
            source,
            "gaps",
            lambda g: Gap(
                start=members.moment(g, "from"),
                end=members.moment(g, "to"),
                cause=members.text(g, "cause"),
                record=members.path(g, "record") if g.get("record") else "",
            ),
        ),
        lead_in=members.count(source, "lead_in"),
        lost=members.count(source, "lost"),
        clock=Clock(
            bound=members.optional(clock, "bound"),
            camera_offset=members.optional(clock, "camera_offset"),
            camera_drift=members.optional(clock, "camera_drift"),
        ),
        videos=members.each(source, "videos", _read_video),
        anchors=members.each(
            source,
            "anchors",
            lambda a: Anchor(path=members.path(a, "path"), by=members.moment(a, "by")),
        ),
    )


def _read_video(source: Mapping[str, Json]) -> Video:
    kind = source.get("kind")
    if kind not in ("copy", "viewing"):
        raise PackageError("unknown kind of video", where=str(kind)[:40])
    return Video(
        path=members.path(source, "path"),
        kind=kind,
        codec=members.text(source, "codec"),
        start=members.moment(source, "from"),
        end=members.moment(source, "to"),
        samples=members.count(source, "samples"),
    )
