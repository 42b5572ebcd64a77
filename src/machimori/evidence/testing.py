# SPDX-License-Identifier: AGPL-3.0-or-later
"""A small city in memory, supported for tests: recorder, store, ledger and a vault's outside.

Everything in it is real (sealed segments, signatures, proofs, HPKE) except that this vault judges
nothing: what the true one refuses is tested with it. Use it where packages are the matter.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from machimori.evidence.make import Order, Package, make
from machimori.evidence.room import FileRoom
from machimori.evidence.verifier import bag
from machimori.evidence.verifier.container import ZipSource, whole
from machimori.evidence.verifier.statement import (
    STATEMENT,
    UNLISTED,
    Approval,
    FileDigest,
    Statement,
)
from machimori.evidence.zipping import PackageZip
from machimori.footage.anchors import Head, Heads
from machimori.footage.mp4.testing import Picture, chunks_of, encode, sent
from machimori.footage.naming import SegmentName
from machimori.footage.rtp.access import TimedChunk
from machimori.footage.rtp.testing import description
from machimori.footage.store import Store
from machimori.footage.testing import SAMPLE_START, MemoryStore, SampleRecorder
from machimori.kernel.clock import ManualClock
from machimori.kernel.durable import Disk
from machimori.kernel.envelope import Envelope
from machimori.kernel.ids import CameraId, CaseId, SchemeId, new_id
from machimori.kernel.instants import Micros
from machimori.kernel.signing import SigningKey
from machimori.ledger.testing import MemoryLedger
from machimori.vault.client.identity import Certificate, Identity
from machimori.vault.client.reader import Reader
from machimori.vault.client.release import Release, ReleaseRequest, SegmentKeys, release_info
from machimori.vault.client.statements import Authorisation
from machimori.vault.sealing.layout import EndReason
from machimori.vault.sealing.seal import SealingKey
from machimori.vault.sealing.skeleton import Skeleton

OFFICER = SigningKey(b"machimori sample officer key 001")
SECOND_OFFICER = SigningKey(b"machimori sample officer key 002")


@dataclass(kw_only=True)
class SampleVault:
    """The outside of a vault that releases whatever lies inside the authorisation."""

    city: SigningKey
    certificates: tuple[Envelope, ...]
    recorders: list[SampleRecorder] = field(default_factory=list)
    releases: int = 0

    @property
    def ledger_size(self) -> int:
        """It remembers no ledger."""
        return 0

    def status(self) -> "SampleVault":
        """Its own status."""
        return self

    def challenge(self) -> bytes:
        """Sixteen bytes that no one else knows yet."""
        return bytes.fromhex(new_id())

    def identity(self) -> Identity:
        """The city's key and certificates."""
        return Identity(public=self.city.public.raw, certificates=self.certificates)

    def attest(self, release_id: bytes, payload_type: str, payload: bytes) -> Envelope:
        """The payload, signed by the city's key."""
        del release_id
        return Envelope(payload_type=payload_type, payload=payload).signed_by("city", self.city)

    def release(self, request: ReleaseRequest) -> Release:
        """The keys of the chunks inside the authorised interval, sealed to its reader."""
        authorisation = Authorisation.decode(request.authorisation)
        release_id = bytes.fromhex(new_id())
        reader = SealingKey(authorisation.reader)
        self.releases += 1
        sealed = {}
        for data in request.skeletons:
            skeleton = Skeleton.decode(data)
            segment_id = skeleton.segment_id()
            keys = next(
                r.keys[segment_id.hex()] for r in self.recorders if segment_id.hex() in r.keys
            )
            inside = skeleton.inside(authorisation.start, authorisation.end)
            released = SegmentKeys(
                description=keys.description, chunks={i: keys.chunks[i] for i in inside}
            )
            sealed[segment_id] = reader.seal(
                released.encode(), release_info(release_id, segment_id)
            )
        return Release(release_id=release_id, sealed=sealed)


class SampleCity:
    """One recorder, any cameras, a ledger, a vault and two officers."""

    def __init__(self, *, store: Store | None = None, start: Micros = SAMPLE_START) -> None:
        self.store: Store = store or MemoryStore()
        self.start = start
        self.key = SigningKey(b"machimori sample city key 000001")
        self.ledger = MemoryLedger(
            name="ledger.sample/machimori",
            signing_key=SigningKey(b"machimori sample ledger key 0001"),
        )
        self.recorder_key = SigningKey(b"machimori sample recorder key 01")
        parts = (
            ("recorder", "rec-1", self.recorder_key.public.raw),
            ("ledger", self.ledger.key.name, self.ledger.key.public.raw),
        )
        self.vault = SampleVault(
            city=self.key,
            certificates=tuple(
                Certificate(role=role, name=name, public=public, effective_from=0)  # type: ignore[arg-type]
                .envelope()
                .signed_by("city", self.key)
                for role, name, public in parts
            ),
        )
        self.reader = Reader.generate()

    @property
    def fingerprint(self) -> str:
        """What the city publishes."""
        return self.key.public.fingerprint()

    def recorder(self, camera: str = "cam-0001") -> SampleRecorder:
        """A recorder of one camera whose keys the vault has."""
        recorder = SampleRecorder(camera=camera, start=self.start, signer=self.recorder_key)
        self.vault.recorders.append(recorder)
        return recorder

    def record(
        self,
        recorder: SampleRecorder,
        description: bytes,
        chunks: Iterable[TimedChunk],
        *,
        every: int = 60_000_000,
        reason: EndReason = "duration",
    ) -> None:
        """Seal chunks as a recorder does, a segment every `every` microseconds."""
        group: list[TimedChunk] = []
        for chunk in chunks:
            if group and chunk.arrived_to - group[0].arrived_from > every:
                self._segment(recorder, description, group, "duration")
                group = []
            group.append(chunk)
        if group:
            self._segment(recorder, description, group, reason)

    def gap(self, recorder: SampleRecorder, seconds: int = 5) -> None:
        """A signed record of a network failure, from now on."""
        name, data = recorder.record(seconds=seconds)
        self.store.put(name, data)

    def anchor(self, *recorders: SampleRecorder) -> None:
        """The recorder puts the heads of its cameras' chains into store and ledger, as of now."""
        heads = sorted(
            Head(camera=r.camera, session=r.session, sequence=r.sequence, head=r.head.hex())
            for r in recorders
            if r.head
        )
        listed = Heads(
            recorder=recorders[0].recorder,
            entry=new_id(),
            at=Micros(max(r.now for r in recorders) + 1),
            heads=tuple(heads),
        )
        self.store.put(str(listed.name()), listed.sign("rec-1", self.recorder_key).encode())
        self.ledger.append(listed.ledger_entry())

    def order(
        self, start: Micros, end: Micros, *, cameras: tuple[str, ...] = ("cam-0001",)
    ) -> Order:
        """An authorisation by two officers."""
        envelope = (
            Authorisation(
                case=CaseId("case-12"),
                ground="刑事訴訟法第197条第2項（捜査関係事項照会）",
                scheme=SchemeId("streets"),
                cameras=tuple(CameraId(camera) for camera in sorted(cameras)),
                start=start,
                end=end,
                purpose="交差点での事故の捜査",
                requester="req-7f3a",
                reader=self.reader.public.raw,
                nonce=new_id(),
                valid_from=self.start,
                valid_to=Micros(self.start + 86_400_000_000),
                openings=3,
            )
            .envelope()
            .signed_by("officer-1", OFFICER)
            .signed_by("officer-2", SECOND_OFFICER)
        )
        return Order(
            authorisation=envelope,
            approvals=(
                Approval(keyid="officer-1", officer="off-a1", post="管理責任者"),
                Approval(keyid="officer-2", officer="off-b2", post="取扱責任者"),
            ),
        )

    def _segment(
        self,
        recorder: SampleRecorder,
        description: bytes,
        chunks: list[TimedChunk],
        reason: EndReason,
    ) -> None:
        recorder.now = chunks[0].arrived_from
        sealer = recorder.sealer(description=description)
        parts = [sealer.open()]
        for chunk in chunks:
            parts.append(
                bytes(
                    sealer.chunk(
                        chunk.data, arrived_from=chunk.arrived_from, arrived_to=chunk.arrived_to
                    )
                )
            )
            recorder.now = chunk.arrived_to
        parts.append(sealer.finish(reason=reason))
        recorder.advance(sealer.head)
        data = b"".join(parts)
        recorder.learn(data)
        name = SegmentName(
            day=sealer.header.day, camera=recorder.camera, first=sealer.first, last=sealer.last
        )
        self.store.put(str(name), data)


Codec = Literal["h264", "h265", "jpeg"]
ENCODINGS: Mapping[Codec, str] = {"h264": "H264", "h265": "H265", "jpeg": "JPEG"}
SECOND = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Made:
    """A package, the city it is from, and what its encoder put out."""

    city: SampleCity
    package: Package
    pictures: list[Picture]

    @property
    def path(self) -> Path:
        return self.package.path


def at(seconds: float) -> Micros:
    """An instant after the recording's start."""
    return Micros(SAMPLE_START + round(seconds * SECOND))


def recorded(codec: Codec = "h264", *, seconds: int = 6) -> tuple[SampleCity, list[Picture]]:
    """A city whose camera was recorded in segments of three seconds, then lost its line for five;
    then it and a neighbour were anchored.

    The encoder makes a key frame a second.
    """
    city = SampleCity()
    recorder = city.recorder()
    pictures = encode(codec, count=15 * seconds, size=(160, 96))
    chunks = chunks_of(sent(codec, pictures), start=SAMPLE_START)
    city.record(recorder, description(ENCODINGS[codec]), chunks, every=3 * SECOND)
    city.gap(recorder)
    neighbour = city.recorder("cam-0002")
    neighbour.segment()
    city.anchor(recorder, neighbour)
    return city, pictures


def packed(city: SampleCity, out: Path, start: float, end: float) -> Package:
    """A package of [start, end) seconds."""
    return make(
        client=city.vault,
        ledger=city.ledger,
        store=city.store,
        order=city.order(at(start), at(end)),
        reader=city.reader,
        out=out,
        clock=ManualClock(at(20)),
    )


def read_files(path: Path) -> dict[str, bytes]:
    """Every file of a package, in memory."""
    with ZipSource(path) as source:
        return {name: whole(source, name, limit=1 << 30) for name in source.files}


def write_files(path: Path, files: Mapping[str, bytes], *, relist: bool = False) -> Path:
    """A zip of the files; with `relist`, as a forger would, with manifests that agree with them."""
    written = dict(files)
    if relist:
        digests = {name: hashlib.sha256(data).hexdigest() for name, data in written.items()}
        payload = {name: digest for name, digest in digests.items() if bag.is_payload(name)}
        written[bag.MANIFEST] = bag.write_manifest(payload)
        digests[bag.MANIFEST] = hashlib.sha256(written[bag.MANIFEST]).hexdigest()
        tags = {name: digest for name, digest in digests.items() if name in bag.TAG_FILES}
        written[bag.TAG_MANIFEST] = bag.write_manifest(tags)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    try:
        package = PackageZip(FileRoom(descriptor, path=path, disk=Disk()), made=SAMPLE_START)
        for name, data in written.items():
            package.add(name, data)
        package.finish()
    finally:
        os.close(descriptor)
    return path


def restate(
    files: Mapping[str, bytes], key: SigningKey, change: Callable[[Statement], Statement]
) -> dict[str, bytes]:
    """The files with a statement changed and signed anew: what only the city's key can do.

    The statement's list of files is brought up to date.
    """
    statement = Statement.decode(Envelope.decode(files[STATEMENT]))
    listed = {
        name: FileDigest(size=len(data), sha256=hashlib.sha256(data).hexdigest())
        for name, data in files.items()
        if name not in UNLISTED
    }
    envelope = replace(change(statement), files=listed).envelope().signed_by("city", key)
    return {**files, STATEMENT: envelope.encode()}


def read_package_bytes() -> dict[str, bytes]:
    """A small package's files, and as `package.zip` a zip of its smallest ones: fuzzers' seeds."""
    with tempfile.TemporaryDirectory() as directory:
        city, _ = recorded(seconds=1)
        files = read_files(packed(city, Path(directory) / "p.zip", 0, 1).path)
        small = {name: data for name, data in files.items() if len(data) < 300}
        path = write_files(Path(directory) / "small.zip", small)
        return {**files, "package.zip": path.read_bytes()}
