# SPDX-License-Identifier: AGPL-3.0-or-later
"""Make an evidence package: from sealed segments to a verified zip, in one pass.

1. ask the ledger and the vault: the opening is on record before keys leave; 2. decrypt, hash, write
and remux each chunk once; 3. state what is here and what is not, signed by the vault; 4. write the
bag's lists; 5. fsync; 6. verify with the very verifier that the recipient gets; 7. only then give
the package its name. What fails before that leaves nothing behind.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from machimori import __version__
from machimori.evidence import report, viewing
from machimori.evidence.errors import DamagedSegmentError, NotDeliverableError, UnsoundPackageError
from machimori.evidence.selection import CameraFootage, Sealed, select
from machimori.evidence.verifier import bag, coverage
from machimori.evidence.verifier import statement as names
from machimori.evidence.verifier.ahead import ahead, quick_turns
from machimori.evidence.verifier.check import Progress, verify
from machimori.evidence.verifier.film import Film, Piece, make_film
from machimori.evidence.verifier.statement import (
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
from machimori.evidence.verifier.verdict import Judgement, Verdict
from machimori.evidence.zipping import PackageZip, Slot, Tail
from machimori.footage.rtp.access import TimedChunk
from machimori.footage.store import Store
from machimori.kernel.clock import Clock
from machimori.kernel.durable import Disk
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import DurabilityError
from machimori.kernel.ids import new_id
from machimori.kernel.instants import Micros, local_day
from machimori.kernel.signing import PublicKey
from machimori.ledger.entry import Entry
from machimori.ledger.interface import LedgerInterface
from machimori.vault.client.asking import Asked, ask_release
from machimori.vault.client.identity import Identity
from machimori.vault.client.reader import Reader
from machimori.vault.client.release import Release, SegmentKeys
from machimori.vault.client.statements import Authorisation

SOFTWARE = f"machimori {__version__}"


class Vault(Asked, Protocol):
    """What a package needs of the vault (`vault.client.VaultClient`)."""

    def attest(self, release_id: bytes, payload_type: str, payload: bytes) -> Envelope: ...
    def identity(self) -> Identity: ...


class Stamper(Protocol):
    """A time-stamp authority: `stamping.Rfc3161`."""

    def stamp(self, data: bytes) -> bytes: ...


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be handed out, and who signed for it.

    `start` and `end` may narrow the authorised interval, never widen it. `approvals` names officer
    and post (pseudonymous) of each key id that signed.
    """

    authorisation: Envelope
    start: Micros | None = None
    end: Micros | None = None
    cameras: tuple[str, ...] = ()
    approvals: tuple[Approval, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Package:
    """A package that was written and verified."""

    path: Path
    statement: Statement
    judgement: Judgement
    size: int


def make(
    *,
    client: Vault,
    ledger: LedgerInterface,
    store: Store,
    order: Order,
    reader: Reader,
    out: Path,
    clock: Clock,
    disk: Disk | None = None,
    stamper: Stamper | None = None,
    progress: Progress | None = None,
) -> Package:
    """Write the package to `out`, which must not exist.

    Raises NotDeliverableError if the order goes beyond its authorisation (A15) or nothing was
    recorded, RefusedError if the vault refuses, UnsoundPackageError if what was written does not
    verify, FileExistsError, DurabilityError, and what store and ledger raise. Nothing is left at
    `out` then.
    """
    disk = disk or Disk()
    if out.exists():
        raise FileExistsError(str(out))
    bounds = _bounds(order)
    trust = Trust.of(client.identity().encode())
    footage = _footage(store, bounds, trust)
    opening = _open(client, ledger, order, footage, clock)
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o640)
    except OSError as error:
        raise DurabilityError(
            f"the package cannot be made: {error.strerror}", where=str(out)
        ) from error
    try:
        writing = _Writing(
            descriptor, bounds=bounds, opening=opening, order=order, made=clock.now()
        )
        statement = _write(writing, client, reader, footage, stamper, progress)
        size = os.fstat(descriptor).st_size
        with ThreadPoolExecutor(1, "package-sync") as beside:
            synced = beside.submit(disk.sync_file, descriptor, partial)
            judgement = verify(partial, city=trust.city.fingerprint(), progress=progress)
            synced.result()
        if judgement.verdict is not Verdict.SOUND:
            raise UnsoundPackageError(
                "the package does not verify",
                where="; ".join(f"{f.code} {f.where}" for f in judgement.findings[:5]),
                remedy="nothing was handed out; check the store with: machimori footage check",
            )
        if out.exists():
            raise FileExistsError(str(out))
        disk.move(partial, out)
    finally:
        os.close(descriptor)
        partial.unlink(missing_ok=True)
    ledger.append(_made(statement, size, clock.now()))
    return Package(path=out, statement=statement, judgement=judgement, size=size)


def _write(
    writing: "_Writing",
    client: Vault,
    reader: Reader,
    footage: tuple[CameraFootage, ...],
    stamper: Stamper | None,
    progress: Progress | None,
) -> Statement:
    """Write the package. A segment that turns out damaged is set aside, and it starts over."""
    try:
        while True:
            try:
                with quick_turns():
                    return writing.run(client, reader, footage, stamper, progress)
            except DamagedSegmentError as error:
                remaining = [camera.without({error.segment}) for camera in footage]
                footage = _usable(remaining, writing.case)
                writing.start_over()
    finally:
        writing.zip.close()


def authorised_keys(
    *,
    client: Vault,
    ledger: LedgerInterface,
    store: Store,
    order: Order,
    reader: Reader,
    clock: Clock,
) -> tuple[tuple[CameraFootage, ...], Mapping[bytes, SegmentKeys]]:
    """Put the opening on record and have the order's keys released; footage and keys by segment.

    Raises as `make` does.
    """
    bounds = _bounds(order)
    footage = _footage(store, bounds, Trust.of(client.identity().encode()))
    opening = _open(client, ledger, order, footage, clock)
    return footage, reader.open(opening.release)


@dataclass(frozen=True, kw_only=True)
class _Bounds:
    authorisation: Authorisation
    cameras: tuple[str, ...]
    start: Micros
    end: Micros


@dataclass(frozen=True, kw_only=True)
class _Opening:
    """The release, and the proofs that it was on record before."""

    release: Release
    files: Mapping[str, bytes]


def _bounds(order: Order) -> _Bounds:
    authorisation = Authorisation.decode(order.authorisation)
    start = authorisation.start if order.start is None else order.start
    end = authorisation.end if order.end is None else order.end
    if not authorisation.start <= start < end <= authorisation.end:
        raise NotDeliverableError(
            "the interval goes beyond the instruction",
            where=f"case {authorisation.case}",
            remedy="narrow the interval, or have another one authorised",
        )
    cameras = order.cameras or tuple(authorisation.cameras)
    if beyond := sorted(set(cameras) - set(authorisation.cameras)):
        raise NotDeliverableError(
            "a camera that the instruction does not name",
            where=", ".join(beyond)[:200],
            remedy="leave it out, or have it authorised",
        )
    return _Bounds(
        authorisation=authorisation, cameras=tuple(sorted(set(cameras))), start=start, end=end
    )


def _footage(store: Store, bounds: _Bounds, trust: Trust) -> tuple[CameraFootage, ...]:
    """What can be handed out of the interval; the signatures are checked by OpenSSL, for speed."""
    found = select(
        store,
        bounds.cameras,
        bounds.start,
        bounds.end,
        keys=lambda name: [PublicKey(key.raw) for key in trust.recorder(name)],
        city=PublicKey(trust.city.raw),
    )
    return _usable(found, bounds.authorisation.case)


def _usable(footage: Iterable[CameraFootage], case: str) -> tuple[CameraFootage, ...]:
    found = tuple(footage)
    if not any(camera.segments for camera in found):
        raise NotDeliverableError(
            "nothing usable is stored of these cameras in this interval",
            where=f"case {case}",
            remedy="footage check says whether it expired, is damaged, or is not uploaded yet",
        )
    return found


def _open(
    client: Vault,
    ledger: LedgerInterface,
    order: Order,
    footage: Iterable[CameraFootage],
    clock: Clock,
) -> _Opening:
    """Record the opening, then have the keys released (K12: no look without an entry)."""
    recorded = ask_release(
        client,
        ledger,
        order.authorisation,
        (s.skeleton.encode() for camera in footage for s in camera.segments),
        clock=clock,
    )
    files = {
        names.AUTHORISATION: order.authorisation.encode(),
        names.AUTHORISATION_ENTRY: recorded.authorisation_entry,
        names.AUTHORISATION_PROOF: recorded.authorisation_inclusion.encode(),
        names.OPENING_ENTRY: recorded.opening_entry,
        names.OPENING_PROOF: recorded.opening_inclusion.encode(),
    }
    return _Opening(release=recorded.release, files=files)


@dataclass(kw_only=True)
class _Part:
    """A camera's share of the package while it is being written."""

    camera: str
    segments: list[Segment] = field(default_factory=list)
    records: list[str] = field(default_factory=list)
    videos: list[Video] = field(default_factory=list)


class _Writing:
    """One package being written."""

    def __init__(
        self, descriptor: int, *, bounds: _Bounds, opening: _Opening, order: Order, made: Micros
    ) -> None:
        self.zip = PackageZip(descriptor, made=made)
        self.case = bounds.authorisation.case
        self._descriptor = descriptor
        self._bounds = bounds
        self._opening = opening
        self._order = order
        self._made = made
        self._slots: list[Slot] = []
        self._done = 0
        self._total = 0

    def start_over(self) -> None:
        """Forget what was written."""
        self.zip.close()
        os.ftruncate(self._descriptor, 0)
        self.zip = PackageZip(self._descriptor, made=self._made)
        self._slots.clear()
        self._done = 0

    def run(
        self,
        client: Vault,
        reader: Reader,
        footage: tuple[CameraFootage, ...],
        stamper: Stamper | None,
        progress: Progress | None,
    ) -> Statement:
        """Everything up to the bag's lists; returns the signed statement."""
        keys = reader.open(self._opening.release)
        self._progress = progress
        self._total = sum(s.length for camera in footage for s in camera.segments)
        self._add(bag.BAGIT_TXT, bag.BAGIT)
        cameras = tuple(self._camera(camera, keys) for camera in footage)
        identity = client.identity()
        self._add(names.IDENTITY, identity.encode())
        for path, data in self._opening.files.items():
            self._add(path, data)
        statement = self._statement(Trust.of(identity.encode()), cameras, stamped=bool(stamper))
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

    def _camera(self, footage: CameraFootage, keys: Mapping[bytes, SegmentKeys]) -> Camera:
        part = _Part(camera=footage.camera)
        room = [self._reserve(part, sealed) for sealed in footage.segments]
        delivered = coverage.covered(
            ((c.arrived_from, c.arrived_to) for s in footage.segments for c in s.chunks),
            self._bounds.start,
            self._bounds.end,
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
        videos = [*film.videos, *self._viewing(film, sealed_tails)]
        return Camera(
            camera=footage.camera,
            segments=tuple(part.segments),
            records=tuple(part.records),
            delivered=delivered,
            gaps=tuple(self._gaps(footage, delivered)),
            lead_in=film.lead_in,
            lost=film.lost,
            clock=film.clock,
            videos=tuple(videos),
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
        """閲覧用: an H.264 copy beside what few players show."""
        for video in film.videos:
            if video.codec == "h264":
                continue
            self.zip.settle()
            path = video.path.removesuffix(".mp4") + ".viewing.mp4"
            tail = self.zip.tail(path)
            samples = viewing.make_copy(self.zip.reading(slots[video.path]), tail)
            self._slots.append(self.zip.seal(tail))
            yield replace(video, path=path, kind="viewing", codec="h264", samples=samples)

    def _gaps(
        self, footage: CameraFootage, delivered: tuple[coverage.Interval, ...]
    ) -> Iterator[Gap]:
        for hole in coverage.holes(delivered, self._bounds.start, self._bounds.end):
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


def _made(statement: Statement, size: int, at: Micros) -> Entry:
    return Entry(
        type="evidence.made",
        at=at,
        subject={"case": statement.case, "package": statement.package},
        data={
            "authorisation": statement.authorisation,
            "bytes": size,
            "release": statement.release,
            "statement": statement.envelope().digest().hex(),
        },
    )
