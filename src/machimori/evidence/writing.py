# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writes one package: originals, films, statement, lists, in one pass over the footage."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Protocol, cast

from machimori import __version__
from machimori.evidence import report, viewing
from machimori.evidence.anchoring import CameraAnchors
from machimori.evidence.ordering import Bounds, Opening, Order, Vault, trust_of
from machimori.evidence.room import Room
from machimori.evidence.selection import CameraFootage, Sealed
from machimori.evidence.verifier import bag, coverage
from machimori.evidence.verifier import statement as names
from machimori.evidence.verifier.ahead import ahead
from machimori.evidence.verifier.anchors import Link
from machimori.evidence.verifier.check import Progress
from machimori.evidence.verifier.film import Film, Piece, make_film
from machimori.evidence.verifier.statement import (
    Anchor,
    Approval,
    Camera,
    FileDigest,
    Gap,
    Keys,
    Segment,
    Statement,
    Video,
)
from machimori.evidence.verifier.trust import Trust
from machimori.evidence.zipping import PackageZip, Slot, Tail
from machimori.footage.rtp.access import TimedChunk
from machimori.kernel.ids import new_id
from machimori.kernel.instants import Micros, local_day
from machimori.vault.client.reader import Reader
from machimori.vault.client.release import SegmentKeys

SOFTWARE = f"machimori {__version__}"


class Stamper(Protocol):
    """A time-stamp authority: `stamping.Rfc3161`."""

    def stamp(self, data: bytes) -> bytes: ...


@dataclass(kw_only=True)
class _Part:
    """A camera's share of the package while it is being written."""

    camera: str
    segments: list[Segment] = field(default_factory=list)
    records: list[str] = field(default_factory=list)
    videos: list[Video] = field(default_factory=list)


class Writing:
    """One package being written."""

    def __init__(
        self,
        room: Room,
        *,
        bounds: Bounds,
        opening: Opening,
        order: Order,
        made: Micros,
        mark: bytes | None = None,
    ) -> None:
        self.zip = PackageZip(room, made=made)
        self.case = bounds.authorisation.case
        self._room = room
        self._bounds = bounds
        self._opening = opening
        self._order = order
        self._made = made
        self._mark = mark
        self._slots: list[Slot] = []
        self._done = 0
        self._total = 0

    def start_over(self) -> None:
        """Forget what was written."""
        self.zip.close()
        self._room.empty()
        self.zip = PackageZip(self._room, made=self._made)
        self._slots.clear()
        self._done = 0

    def run(
        self,
        client: Vault,
        reader: Reader,
        footage: tuple[CameraFootage, ...],
        anchored: tuple[CameraAnchors, ...],
        stamper: Stamper | None,
        progress: Progress | None,
    ) -> Statement:
        """Everything up to the bag's lists; returns the signed statement. `anchored` are the
        anchors of each camera."""
        keys = reader.open(self._opening.release)
        self._progress = progress
        self._total = sum(s.length for camera in footage for s in camera.segments)
        self._add(bag.BAGIT_TXT, bag.BAGIT)
        cameras = tuple(
            self._camera(camera, anchors, keys)
            for camera, anchors in zip(footage, anchored, strict=True)
        )
        identity = client.identity()
        self._add(names.IDENTITY, identity.encode())
        for path, data in self._opening.files.items():
            self._add(path, data)
        statement = self._statement(trust_of(identity), cameras, stamped=bool(stamper))
        envelope = statement.envelope()
        signed = client.attest(
            self._opening.release.release_id, envelope.payload_type, envelope.payload
        )
        encoded = signed.encode()
        self._add(names.STATEMENT, encoded)
        if stamper is not None:
            self._add(names.STAMP, stamper.stamp(encoded))
        self._lists()
        self.zip.finish()
        return statement

    def _add(self, name: str, data: bytes) -> str:
        self._slots.append(self.zip.add(name, data))
        return name

    def _camera(
        self,
        footage: CameraFootage,
        anchored: CameraAnchors,
        keys: Mapping[bytes, SegmentKeys],
    ) -> Camera:
        part = _Part(camera=footage.camera)
        room = [self._reserve(part, sealed) for sealed in footage.segments]
        start, end = self._bounds.of(footage.camera)
        delivered = coverage.covered(
            ((c.arrived_from, c.arrived_to) for s in footage.segments for c in s.chunks),
            start,
            end,
        )
        pieces = (
            self._piece(part, sealed, slot, keys[sealed.id])
            for sealed, slot in zip(footage.segments, room, strict=True)
        )
        tails: dict[str, Tail] = {}

        def create(path: str) -> BinaryIO:
            tails[path] = self.zip.tail(path)
            return cast(BinaryIO, tails[path])

        sealed_tails: dict[str, Slot] = {}

        def close(path: str) -> None:
            sealed_tails[path] = self.zip.seal(tails.pop(path))

        film = make_film(footage.camera, pieces, delivered, create, close)
        self._slots.extend(sealed_tails.values())
        for segment, sealed in zip(part.segments, footage.segments, strict=True):
            self._add(segment.skeleton, sealed.skeleton.encode())
            description = keys[sealed.id].description
            self._add(segment.description, sealed.reader.description(description))
        for record in footage.records:
            part.records.append(self._add(record.path, record.data))
        for path, head in anchored.files.items():
            self._add(path, head.encode())
        videos = [*film.videos, *self._viewing(film, sealed_tails)]
        return Camera(
            camera=footage.camera,
            start=start,
            end=end,
            segments=tuple(
                replace(segment, anchor=anchored.path_of(Link.of_segment(sealed.skeleton, "")))
                for segment, sealed in zip(part.segments, footage.segments, strict=True)
            ),
            records=tuple(part.records),
            delivered=delivered,
            gaps=tuple(self._gaps(footage, delivered)),
            lead_in=film.lead_in,
            lost=film.lost,
            clock=film.clock,
            videos=tuple(videos),
            anchors=tuple(Anchor(path=one.path, by=one.by) for one in anchored.shown),
        )

    def _reserve(self, part: _Part, sealed: Sealed) -> Slot:
        base = f"data/original/{part.camera}/{sealed.stem}"
        slot = self.zip.reserve(f"{base}.rtp", sealed.length)
        self._slots.append(slot)
        part.segments.append(
            Segment(
                id=sealed.id.hex(),
                original=slot.name,
                skeleton=f"{base}.skeleton",
                description=f"{base}.description.json",
            )
        )
        return slot

    def _piece(self, part: _Part, sealed: Sealed, slot: Slot, keys: SegmentKeys) -> Piece:
        return Piece(
            skeleton=sealed.skeleton,
            chunks=sealed.chunks,
            description=sealed.reader.description(keys.description),
            data=self._decrypted(sealed, slot, keys),
        )

    def _decrypted(self, sealed: Sealed, slot: Slot, keys: SegmentKeys) -> Iterator[TimedChunk]:
        """Each chunk once: decrypted, compared with its SHA-256, on its way to disk and film."""
        for header, plain in ahead(sealed.plain(keys.chunks)):
            slot.write(plain)
            self._done += len(plain)
            if self._progress is not None:
                self._progress(self._done, self._total)
            yield TimedChunk(
                arrived_from=header.arrived_from, arrived_to=header.arrived_to, data=plain
            )

    def _viewing(self, film: Film, slots: Mapping[str, Slot]) -> Iterator[Video]:
        """閲覧用: an H.264 copy beside what few players show; with a mark, beside everything."""
        for video in film.videos:
            if video.codec == "h264" and self._mark is None:
                continue
            self.zip.settle()
            path = video.path.removesuffix(".mp4") + ".viewing.mp4"
            tail = self.zip.tail(path)
            samples = viewing.make_copy(self.zip.reading(slots[video.path]), tail, mark=self._mark)
            self._slots.append(self.zip.seal(tail))
            yield replace(video, path=path, kind="viewing", codec="h264", samples=samples)

    def _gaps(
        self, footage: CameraFootage, delivered: tuple[coverage.Interval, ...]
    ) -> Iterator[Gap]:
        for hole in coverage.holes(delivered, *self._bounds.of(footage.camera)):
            found = [r for r in footage.records if coverage.explains(r.record, hole)]
            # The record that covers most of the hole names its cause.
            best = max(
                found,
                key=lambda r: min(r.record.last, hole[1]) - max(r.record.first, hole[0]),
                default=None,
            )
            damaged = any(n.first < hole[1] and n.last > hole[0] for n in footage.damaged)
            otherwise = names.DAMAGED if damaged else names.UNEXPLAINED
            yield Gap(
                start=hole[0],
                end=hole[1],
                cause=best.record.cause if best else otherwise,
                record=best.path if best else "",
            )

    def _statement(self, trust: Trust, cameras: tuple[Camera, ...], *, stamped: bool) -> Statement:
        authorisation = self._bounds.authorisation
        ledger = next(c for c in trust.certificates if c.role == "ledger")
        recorders = {
            c.name: trust.recorder(c.name)[0].fingerprint()
            for c in trust.certificates
            if c.role == "recorder"
        }
        package = new_id()
        draft = Statement(
            package=package,
            made=self._made,
            software=SOFTWARE,
            scheme=authorisation.scheme,
            case=authorisation.case,
            ground=authorisation.ground,
            purpose=authorisation.purpose,
            requester=authorisation.requester,
            start=self._bounds.start,
            end=self._bounds.end,
            authorisation=self._order.authorisation.digest().hex(),
            approvals=self._order.approvals
            or tuple(
                Approval(keyid=s.keyid, officer="", post="")
                for s in self._order.authorisation.signatures
            ),
            release=self._opening.release.release_id.hex(),
            cameras=cameras,
            keys=Keys(
                city=trust.city.fingerprint(),
                ledger=hashlib.sha256(ledger.public).hexdigest(),
                ledger_name=ledger.name,
                recorders=recorders,
            ),
            files=self._files(),
            stamped=stamped,
        )
        day = local_day(self._made).isoformat()
        payload = [f for name, f in draft.files.items() if bag.is_payload(name)]
        self._add(
            bag.INFO_TXT,
            bag.write_info(
                package=package,
                day=day,
                size=sum(f.size for f in payload),
                files=len(payload),
                software=SOFTWARE,
            ),
        )
        self._add(names.REPORT, report.render(draft))
        return replace(draft, files=self._files())

    def _files(self) -> dict[str, FileDigest]:
        self.zip.settle()
        written = [slot.written() for slot in self._slots]
        return {w.name: FileDigest(size=w.size, sha256=w.sha256) for w in written}

    def _lists(self) -> None:
        """RFC 8493: the manifests, of everything written so far."""
        digests = {name: file.sha256 for name, file in self._files().items()}
        payload = {name: digest for name, digest in digests.items() if bag.is_payload(name)}
        self._add(bag.MANIFEST, bag.write_manifest(payload))
        digests = {name: file.sha256 for name, file in self._files().items()}
        tags = {name: digest for name, digest in digests.items() if name in bag.TAG_FILES}
        self._add(bag.TAG_MANIFEST, bag.write_manifest(tags))
