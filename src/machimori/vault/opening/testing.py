# SPDX-License-Identifier: AGPL-3.0-or-later
"""A vault inside the test's own process, with clock, ledger and segments. For tests/vault only."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from machimori.kernel.clock import ManualClock
from machimori.kernel.durable import Disk
from machimori.kernel.envelope import Envelope
from machimori.kernel.ids import CameraId, ClassId, RecorderId, SchemeId
from machimori.kernel.instants import Micros, day_start, local_day, parse_day
from machimori.kernel.signing import PublicKey, SigningKey
from machimori.ledger.entry import Entry
from machimori.ledger.testing import MemoryLedger
from machimori.policy.retention import RetentionRule
from machimori.vault.client.asking import authorisation_entry
from machimori.vault.client.reader import Reader
from machimori.vault.client.release import Release, ReleaseRequest
from machimori.vault.client.statements import CameraClass, RecorderEnrolment, Statement
from machimori.vault.client.testing import POST, Officer, authorisation, header_for, rules, signed
from machimori.vault.opening.clocks import ClockStatus, FixedClockStatus
from machimori.vault.opening.officers import RelyingParty
from machimori.vault.opening.setup import initialise
from machimori.vault.opening.vault import Vault
from machimori.vault.sealing.bundle import KeyBundle
from machimori.vault.sealing.layout import (
    ChunkHeader,
    Header,
    SealedHeader,
    SignedTrailer,
    Trailer,
)
from machimori.vault.sealing.seal import new_data_key
from machimori.vault.sealing.skeleton import Skeleton

SECOND = 1_000_000
DAY = 24 * 60 * 60 * SECOND
START = day_start(parse_day("2026-11-02"))
"""Local midnight at which every rig's calendar begins."""


class Segment:
    """A segment's frame as a recorder writes it, and (which a recorder forgets) its data key."""

    def __init__(self, skeleton: Skeleton, data_key: bytes) -> None:
        self.skeleton = skeleton
        self.data_key = data_key

    @property
    def id(self) -> bytes:
        return self.skeleton.segment_id()

    def header(self) -> bytes:
        """The sealed header, as a hold shows it."""
        return self.skeleton.sealed.encode()


def seal_segment(
    *,
    header: Header,
    bundle: KeyBundle,
    recorder: SigningKey,
    chunks: int = 6,
    data_key: bytes | None = None,
) -> Segment:
    """A closed segment with one chunk a second."""
    key = bundle.key_of(header.camera)
    assert key is not None
    data_key = data_key or new_data_key()
    sealed = SealedHeader(
        header=header,
        sealed_key=key.sealing_key().seal(data_key, header.seal_info()),
        description=b"sdp",
    )
    return Segment(frame(sealed, recorder, chunks), data_key)


def frame(sealed: SealedHeader, recorder: SigningKey, chunks: int = 6) -> Skeleton:
    """A signed frame around a header."""
    start = sealed.header.start
    cores = tuple(
        ChunkHeader(
            index=i,
            arrived_from=Micros(start + i * SECOND),
            arrived_to=Micros(start + (i + 1) * SECOND),
            length=1000,
            digest=hashlib.sha256(bytes([i % 256])).digest(),
        )
        for i in range(chunks)
    )
    tags = tuple(secrets.token_bytes(16) for _ in cores)
    digest = hashlib.sha256(
        b"".join(c.encode() + t for c, t in zip(cores, tags, strict=True))
    ).hexdigest()
    trailer = Trailer(
        segment=sealed.segment_id().hex(),
        chunks=len(cores),
        length=1000 * len(cores),
        first=start,
        last=cores[-1].arrived_to,
        digest=digest,
        previous="",
        reason="duration",
        recovered=False,
        lost=0,
    )
    unsigned = SignedTrailer(trailer=trailer, signature=bytes(64))
    end = replace(unsigned, signature=recorder.sign(unsigned.message()))
    return Skeleton(sealed=sealed, chunks=cores, tags=tags, end=end)


class Rig:
    """A vault of scheme `street`, class `two-weeks` (7 days here), and what surrounds it."""

    def __init__(
        self,
        directory: Path,
        *,
        disk: Disk | None = None,
        status: ClockStatus | None = None,
        party: RelyingParty | None = None,
        officers: tuple[Officer, ...] | None = None,
        cameras: tuple[str, ...] = ("cam-1", "cam-2", "cam-3"),
    ) -> None:
        self.home = directory / "home"
        self.places: Mapping[str, Path] = {n: directory / n for n in ("first", "second")}
        self.clock = ManualClock(Micros(START + 10 * 60 * 60 * SECOND))
        self.status = status or FixedClockStatus()
        self.disk = disk or Disk()
        self.ledger = MemoryLedger()
        self.officers = officers or tuple(Officer(f"officer-{n}") for n in (1, 2, 3))
        self.recorder = SigningKey.generate()
        self.reader = Reader.generate()
        self._recorded: set[str] = set()
        self.secret = secrets.token_bytes(32)
        initialise(
            self.home,
            places=self.places,
            officers=tuple(o.appointment() for o in self.officers),
            quorum=2,
            posts=(POST,),
            ledger_key=self.ledger.key.vkey(),
            method="key-file",
            secret=self.secret,
            clock=self.clock,
            status=self.status,
            party=party,
        )
        self.vault = self.open()
        self.submit(rules("street", {"two-weeks": SEVEN_DAYS, "one-day": ONE_DAY}))
        for camera in cameras:
            self.classify(camera)
        self.submit(
            RecorderEnrolment(
                recorder=RecorderId("recorder-1"),
                public=self.recorder.public.raw,
                effective_from=Micros(0),
            )
        )
        self.vault.make_keys(1)

    def open(self, *, unlock: bool = True, disk: Disk | None = None) -> Vault:
        """The vault as a fresh start finds it."""
        vault = Vault(self.home, clock=self.clock, status=self.status, disk=disk or self.disk)
        if unlock:
            vault.unlock(self.secret)
        return vault

    def restart(self, *, unlock: bool = True) -> None:
        """Close the vault and open it again."""
        self.vault.close()
        self.vault = self.open(unlock=unlock)

    def restart_after_cut(self) -> None:
        """Open again what a cut left; the old vault object is dropped as it is."""
        self.vault = self.open()

    def submit(self, statement: Statement) -> bytes:
        """Submit a statement that two officers signed."""
        return self.vault.submit(signed(statement, *self.officers[:2]))

    def classify(self, camera: str, retention_class: str = "two-weeks") -> None:
        """Put a camera under a class of the scheme."""
        self.submit(
            CameraClass(
                camera=CameraId(camera),
                scheme=SchemeId("street"),
                retention_class=ClassId(retention_class),
                effective_from=self.clock.now() if retention_class != "two-weeks" else Micros(0),
            )
        )

    def bundle(self, retention_class: str = "two-weeks", day: str = "") -> KeyBundle:
        """The bundle of a day (today), verified as a recorder does."""
        data = self.vault.bundle(retention_class, day or self.today())
        return KeyBundle.verified(data, self.city())

    def city(self) -> PublicKey:
        """The pinned vault key."""
        return PublicKey(self.vault.identity().public)

    def today(self) -> str:
        """The local day of the rig's clock."""
        return local_day(self.clock.now()).isoformat()

    def header(self, camera: str = "cam-1", *, start: Micros | None = None) -> Header:
        """A header as the recorder makes it, for now."""
        start = self.clock.now() if start is None else start
        return header_for(self.bundle(day=local_day(start).isoformat()), camera, start)

    def segment(self, camera: str = "cam-1") -> Segment:
        """A segment of six seconds that starts now."""
        header = self.header(camera)
        return seal_segment(
            header=header, bundle=self.bundle(day=header.day), recorder=self.recorder
        )

    def authorise(self, segment: Segment, *, openings: int = 1, case: str = "case-1") -> Envelope:
        """An authorisation of two officers for the whole of a segment."""
        start = segment.skeleton.sealed.header.start
        statement = authorisation(
            scheme="street",
            cameras=(segment.skeleton.sealed.header.camera,),
            start=start,
            end=Micros(start + 6 * SECOND),
            reader=self.reader.public.raw,
            now=self.clock.now(),
            openings=openings,
            case=case,
        )
        return signed(statement, *self.officers[:2])

    def request(self, envelope: Envelope, *segments: Segment) -> ReleaseRequest:
        """A request with its entries recorded and proven."""
        signed_entry = authorisation_entry(envelope, self.clock)
        if signed_entry.id not in self._recorded:
            self.ledger.append(signed_entry)
            self._recorded.add(signed_entry.id)
        requested = Entry(
            type="release.requested",
            at=self.clock.now(),
            data={
                "authorisation": envelope.digest().hex(),
                "challenge": self.vault.challenge().hex(),
            },
        )
        self.ledger.append(requested)
        seen = self.vault.status()["ledger_size"]
        return ReleaseRequest(
            authorisation=envelope,
            authorisation_entry=self.ledger.entry(signed_entry.id),
            authorisation_inclusion=self.ledger.inclusion(signed_entry.id).encode(),
            opening_entry=self.ledger.entry(requested.id),
            opening_inclusion=self.ledger.inclusion(requested.id).encode(),
            skeletons=tuple(s.skeleton.encode() for s in segments),
            consistency=self.ledger.consistency(seen).encode() if seen else b"",
        )

    def release(self, envelope: Envelope, *segments: Segment) -> Release:
        """Record, prove, ask."""
        return self.vault.release(self.request(envelope, *segments))


SEVEN_DAYS = RetentionRule(days=7, count_from="recording_day")
ONE_DAY = RetentionRule(days=1, count_from="recording_day")
