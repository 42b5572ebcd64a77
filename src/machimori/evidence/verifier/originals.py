# SPDX-License-Identifier: AGPL-3.0-or-later
"""The camera's own bytes against what the recorder signed when they arrived.

A skeleton is a sealed segment without its footage. From it follow, under the recorder's signature,
which chunks arrived inside the interval, when, and what the digest of each is. So neither a
byte nor a chunk can be changed, left out, moved or added without being noticed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from machimori.evidence.verifier import coverage
from machimori.evidence.verifier.anchors import Chain, Link
from machimori.evidence.verifier.container import Source, whole
from machimori.evidence.verifier.coverage import Interval
from machimori.evidence.verifier.hashing import Hasher
from machimori.evidence.verifier.statement import WITHOUT_RECORD, Camera, Segment, Statement
from machimori.evidence.verifier.trust import Trust
from machimori.evidence.verifier.verdict import Judgement
from machimori.footage import records
from machimori.footage.rtp.access import TimedChunk
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import rfc3339
from machimori.vault.sealing.layout import MAX_CHUNKS, ChunkHeader
from machimori.vault.sealing.skeleton import Skeleton

MAX_SKELETON = MAX_CHUNKS * 80 + 1_000_000
MAX_RECORD = 4 * 1024 * 1024
MAX_DESCRIPTION = 65_536


@dataclass(frozen=True, kw_only=True)
class Part:
    """One segment of the package, its skeleton believed."""

    segment: Segment
    skeleton: Skeleton
    chunks: tuple[ChunkHeader, ...]
    """Those inside the interval, in order: what the original file holds."""


class Originals:
    """The original bytes of one camera, judged while they are walked through."""

    def __init__(
        self,
        *,
        source: Source,
        statement: Statement,
        camera: Camera,
        trust: Trust,
        hasher: Hasher,
        judgement: Judgement,
    ) -> None:
        self._source = source
        self._statement = statement
        self._camera = camera
        self._trust = trust
        self._hasher = hasher
        self._judgement = judgement
        self.sound = True
        """Whether the bytes walked through are the recorder's; final once the hasher settled."""
        self._chains: dict[Chain, list[Link]] = {}
        self.parts = tuple(self._parts())
        self._records = self._read_records()
        self._check_chain()
        if len(self.parts) == len(camera.segments):
            self._check_coverage()

    @property
    def complete(self) -> bool:
        """Whether every segment and record that the statement names is here and believed."""
        return len(self.parts) == len(self._camera.segments) and len(self._records) == len(
            self._camera.records
        )

    @property
    def links(self) -> tuple[Link, ...]:
        """The items of the chains, as far as they are believed."""
        return tuple(link for links in self._chains.values() for link in links)

    def description(self, part: Part) -> bytes:
        """The stream description of a segment."""
        return whole(self._source, part.segment.description, limit=MAX_DESCRIPTION)

    def chunks(self, part: Part) -> Iterator[TimedChunk]:
        """The chunks of a segment, each compared with its digest by the hasher.

        Ends, with a finding, where the file ends early.
        """
        path = part.segment.original
        size = self._source.files.get(path, 0)
        offset = 0
        for header in part.chunks:
            data = self._source.read(path, offset, header.length)
            offset += len(data)
            if len(data) != header.length:
                self.sound = False
                self._judgement.add("altered", "original_short", path)
                if data:
                    self._hasher.feed(path, data)
                return
            self._hasher.feed(
                path, data, digest=header.digest, differs=partial(self._differs, path, header)
            )
            self._judgement.chunks += 1
            yield TimedChunk(
                arrived_from=header.arrived_from, arrived_to=header.arrived_to, data=data
            )
        if offset != size:
            self._judgement.add("altered", "original_long", path)

    def _differs(self, path: str, header: ChunkHeader) -> None:
        """Called by the hasher's thread."""
        self.sound = False
        self._judgement.add("altered", "original_chunk", path, rfc3339(header.arrived_to))

    def _parts(self) -> Iterator[Part]:
        seen: set[str] = set()
        last = (-1, "")
        for segment in self._camera.segments:
            paths = (segment.skeleton, segment.original, segment.description)
            if any(path not in self._source.files for path in paths):
                continue  # reported as missing by whoever compares the list of files
            try:
                part = self._part(segment)
            except MalformedError as error:
                self._judgement.add("altered", "skeleton", segment.skeleton, error.message)
                continue
            order = (part.skeleton.end.trailer.first, segment.id)
            if segment.id in seen or order < last:
                self._judgement.add("altered", "segments_order", segment.skeleton)
            seen.add(segment.id)
            last = order
            yield part

    def _part(self, segment: Segment) -> Part:
        skeleton = Skeleton.decode(whole(self._source, segment.skeleton, limit=MAX_SKELETON))
        header = skeleton.sealed.header
        keys = self._trust.recorder(header.recorder)
        if not keys:
            raise MalformedError("the city certified no recorder of this name")
        for position, key in enumerate(keys, start=1):
            try:
                skeleton.check(key)
                break
            except MalformedError:
                if position == len(keys):
                    raise
        self._judgement.signatures += 1
        stated = self._statement.keys.recorders.get(header.recorder)
        if stated not in {key.fingerprint() for key in keys}:
            raise MalformedError("the statement names another key of this recorder")
        if skeleton.segment_id().hex() != segment.id or header.camera != self._camera.camera:
            raise MalformedError("the skeleton is another segment's")
        chosen = set(skeleton.inside(self._camera.start, self._camera.end))
        self._link(Link.of_segment(skeleton, segment.skeleton))
        return Part(
            segment=segment,
            skeleton=skeleton,
            chunks=tuple(chunk for chunk in skeleton.chunks if chunk.index in chosen),
        )

    def _link(self, link: Link) -> None:
        self._chains.setdefault((link.recorder, link.session), []).append(link)

    def _read_records(self) -> dict[str, records.Record]:
        found: dict[str, records.Record] = {}
        for path in self._camera.records:
            if path not in self._source.files:
                continue
            try:
                data = whole(self._source, path, limit=MAX_RECORD)
                record, envelope = records.decode(data)
                self._check_record(record, envelope)
            except MalformedError as error:
                self._judgement.add("altered", "record", path, error.message)
                continue
            found[path] = record
            if record.session:
                self._link(Link.of_record(record, envelope, path))
        return found

    def _check_record(self, record: records.Record, envelope: Envelope) -> None:
        keys = self._trust.recorder(record.recorder)
        if record.kind == "expired":
            keys = [self._trust.city, *keys]  # written by whoever expires, not in the chain
        if record.camera != self._camera.camera:
            raise MalformedError("the record is another camera's")
        if not any(envelope.signed_with(key) for key in keys):
            raise MalformedError("the record is not signed by its recorder")
        self._judgement.signatures += 1

    def _check_chain(self) -> None:
        for links in self._chains.values():
            links.sort(key=lambda link: link.sequence)
            for before, after in pairwise(links):
                follows = after.sequence == before.sequence + 1 and not after.loose
                broken = follows and after.previous != before.head
                if broken or after.sequence == before.sequence:
                    self._judgement.add("altered", "chain", after.where)

    def _check_coverage(self) -> None:
        start, end = self._camera.start, self._camera.end
        delivered = coverage.covered(self._arrivals(self.parts), start, end)
        if delivered != self._camera.delivered:
            self._judgement.add("altered", "delivered", "data/statement.json", self._camera.camera)
        gaps = self._camera.gaps
        if coverage.holes(delivered, start, end) != tuple((g.start, g.end) for g in gaps):
            self._judgement.add("altered", "gaps", "data/statement.json", self._camera.camera)
        for gap in gaps:
            record = self._records.get(gap.record)
            if gap.cause in WITHOUT_RECORD and not gap.record:
                continue
            if record is None or record.cause != gap.cause:
                if gap.record in self._source.files or not gap.record:
                    self._judgement.add("altered", "gap_cause", gap.record, gap.cause)
            elif not coverage.explains(record, (gap.start, gap.end)):
                self._judgement.add("altered", "gap_cause", gap.record, gap.cause)

    @staticmethod
    def _arrivals(parts: Sequence[Part]) -> list[Interval]:
        return [(c.arrived_from, c.arrived_to) for part in parts for c in part.chunks]
