# SPDX-License-Identifier: AGPL-3.0-or-later
"""Doubles and samples, supported for the tests of every package above."""

import datetime as dt
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519

from machimori.footage.errors import (
    NoSuchObjectError,
    ObjectDiffersError,
    StoreUnavailableError,
)
from machimori.footage.items import Item, runs
from machimori.footage.naming import RecordKind, SegmentName
from machimori.footage.records import Cause, Record, Removed
from machimori.footage.sealer import Sealer
from machimori.footage.store import Abilities, StoredObject, check_object_name
from machimori.kernel.ids import CameraId, ClassId, KeyId, RecorderId, SchemeId
from machimori.kernel.instants import TOKYO, Micros, local_day
from machimori.kernel.signing import SigningKey
from machimori.vault.sealing.bundle import BundledKey, KeyBundle, key_id
from machimori.vault.sealing.layout import Header, SealedHeader
from machimori.vault.sealing.seal import SUITE, SealingKey, chunk_key, description_key

SAMPLE_START = Micros(1_795_237_200_000_000)
"""2026-11-21 14:00 in Tokyo."""


class MemoryStore:
    """A store in memory that behaves as a good one does; `down` makes it stop answering."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.down = False
        self._lock = threading.Lock()

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """Objects by name."""
        self._check()
        with self._lock:
            found = sorted(item for item in self.objects.items() if item[0].startswith(prefix))
        for name, data in found:
            yield StoredObject(name=name, size=len(data))

    def folders(self, prefix: str = "") -> Iterator[str]:
        """Parts of the names up to the next slash."""
        self._check()
        with self._lock:
            below = [n.removeprefix(prefix) for n in self.objects if n.startswith(prefix)]
        yield from sorted({name.partition("/")[0] for name in below if "/" in name})

    def get(self, name: str) -> bytes:
        """The whole object."""
        self._check()
        try:
            return self.objects[check_object_name(name)]
        except KeyError:
            raise NoSuchObjectError("no such object in the store", where=name) from None

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Bytes of an object."""
        return self.get(name)[offset : offset + length]

    def put(self, name: str, source: Path | bytes) -> None:
        """Create an object."""
        self._check()
        data = source if isinstance(source, bytes) else source.read_bytes()
        with self._lock:
            if self.objects.setdefault(check_object_name(name), data) != data:
                raise ObjectDiffersError("the store holds other bytes", where=name)

    def delete(self, name: str) -> None:
        """Remove an object."""
        self._check()
        with self._lock:
            self.objects.pop(check_object_name(name), None)

    def probe(self) -> Abilities:
        """All that one may wish for."""
        self._check()
        return Abilities(
            create_if_absent=True,
            concurrent_create=True,
            versioned=False,
            read_after_write=True,
            ranges=True,
        )

    def _check(self) -> None:
        if self.down:
            raise StoreUnavailableError("the store does not answer")


@dataclass(frozen=True, kw_only=True)
class SampleKeys:
    """What a release hands out for one segment, computed here from the sample's private key."""

    description: bytes
    chunks: dict[int, bytes]


class SampleRecorder:
    """A recorder without cameras and without a vault: makes a chain of real sealed segments.

    Deterministic but for what encryption makes random. `keys` holds what a vault would release.
    """

    def __init__(
        self,
        *,
        camera: str = "cam-0001",
        start: Micros = SAMPLE_START,
        signer: SigningKey | None = None,
        session: str = "5" * 32,
    ) -> None:
        self.camera = CameraId(camera)
        self.recorder = RecorderId("rec-1")
        self.signer = signer or SigningKey(b"machimori sample recorder key 01")
        self.session = session
        self.now = start
        self.sequence = 0
        self.head: bytes | None = None
        self.keys: dict[str, SampleKeys] = {}
        self._mlkem = mlkem.MLKEM768PrivateKey.from_seed_bytes(b"k" * 64)
        self._x25519 = x25519.X25519PrivateKey.from_private_bytes(b"x" * 32)
        self._private = hpke.MLKEM768X25519PrivateKey(self._mlkem, self._x25519)
        self.sealing_key = SealingKey(
            self._mlkem.public_key().public_bytes_raw()
            + self._x25519.public_key().public_bytes_raw()
        )

    @property
    def day(self) -> str:
        """The local day of now."""
        return local_day(self.now).isoformat()

    def sealer(self, *, description: bytes = b'{"sdp":"v=0"}') -> Sealer:
        """An open segment that starts now."""
        header = Header(
            scheme=SchemeId("streets"),
            retention_class=ClassId("standard"),
            camera=self.camera,
            day=self.day,
            recorder=self.recorder,
            session=self.session,
            sequence=self.sequence,
            start=self.now,
            key=KeyId(f"{self.camera}/{self.day}/0"),
            needs_predecessor=False,
            clock_bound=None,
        )
        return Sealer(
            header=header,
            key=self.sealing_key,
            description=description,
            signer=self.signer,
            previous=self.head,
        )

    def segment(self, plains: Sequence[bytes] = (b"first", b"second")) -> tuple[str, bytes]:
        """One closed segment with a chunk of a second for each of `plains`: name and bytes."""
        sealer = self.sealer()
        parts = [sealer.open()]
        for plain in plains:
            parts.append(self.chunk(sealer, plain))
        parts.append(sealer.finish(reason="duration"))
        self.advance(sealer.head)
        data = b"".join(parts)
        self.learn(data)
        name = SegmentName(
            day=sealer.header.day, camera=self.camera, first=sealer.first, last=sealer.last
        )
        return str(name), data

    def chunk(self, sealer: Sealer, plain: bytes) -> bytes:
        """The next chunk, a second long, of an open segment."""
        before = self.now
        self.now = Micros(self.now + 1_000_000)
        return bytes(sealer.chunk(plain, arrived_from=before, arrived_to=self.now))

    def record(
        self, kind: RecordKind = "gap", cause: Cause = "network", seconds: int = 5
    ) -> tuple[str, bytes]:
        """One signed record about the next `seconds`: name and bytes."""
        before = self.now
        self.now = Micros(self.now + seconds * 1_000_000)
        return self._record(kind, cause, before, self.now)

    def overwritten(self, items: Sequence[Item]) -> tuple[str, bytes]:
        """The signed record that stands in for items that gave way to newer ones."""
        first, last = items[0].first, items[-1].last
        return self._record("overwritten", "disk_full", first, last, removed=runs(items))

    def _record(
        self,
        kind: RecordKind,
        cause: Cause,
        first: Micros,
        last: Micros,
        *,
        removed: tuple[Removed, ...] = (),
    ) -> tuple[str, bytes]:
        record = Record(
            kind=kind,
            day=local_day(first).isoformat(),
            camera=self.camera,
            recorder=self.recorder,
            session=self.session,
            sequence=self.sequence,
            previous=(self.head or b"").hex(),
            first=first,
            last=last,
            cause=cause,
            removed=removed,
        )
        envelope = record.sign(self.recorder, self.signer)
        self.advance(record.head(envelope))
        return str(record.name), envelope.encode()

    def advance(self, head: bytes) -> None:
        """The chain went on by one item."""
        self.head = head
        self.sequence += 1

    def learn(self, data: bytes) -> None:
        """Keep in `keys` what a release of this segment would hand out."""
        sealed, _ = SealedHeader.decode_from(data)
        data_key = SUITE.decrypt(sealed.sealed_key, self._private, sealed.header.seal_info())
        self.keys[sealed.segment_id().hex()] = SampleKeys(
            description=description_key(data_key),
            chunks={index: chunk_key(data_key, index) for index in range(200)},
        )


def write_bundles(
    directory: Path, vault: SigningKey, sealed_to: bytes, cameras: Sequence[str]
) -> None:
    """Key bundles for a recorder, today's and tomorrow's (midnight may pass), all to one key."""
    directory.mkdir(parents=True)
    today = dt.datetime.now(TOKYO).date()
    for day in (today.isoformat(), (today + dt.timedelta(days=1)).isoformat()):
        keys = tuple(
            BundledKey(camera=CameraId(c), key=key_id(CameraId(c), day, "0"), public=sealed_to)
            for c in cameras
        )
        bundle = KeyBundle(retention_class=ClassId("standard"), day=day, serial=0, keys=keys)
        (directory / f"{day}.json").write_bytes(bundle.signed(vault))
