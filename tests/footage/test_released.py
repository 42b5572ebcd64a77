# SPDX-License-Identifier: AGPL-3.0-or-later
"""A check in the vault's presence sees what no check without keys can see."""

import struct
import zlib
from pathlib import Path

import pytest

from machimori.footage.check import check
from machimori.footage.naming import SegmentName
from machimori.footage.released import released_keys
from machimori.footage.scan import scan
from machimori.footage.sealer import Sealer
from machimori.footage.testing import MemoryStore
from machimori.kernel.clock import SystemClock
from machimori.kernel.ids import CameraId, RecorderId
from machimori.kernel.instants import Micros, local_day
from machimori.kernel.signing import PublicKey, SigningKey
from machimori.ledger.testing import MemoryLedger
from machimori.policy.retention import RetentionRule
from machimori.vault.client.reader import Reader
from machimori.vault.client.testing import VaultProcess, authorisation, header_for, signed
from machimori.vault.errors import VaultRefusedError
from machimori.vault.sealing.bundle import KeyBundle
from machimori.vault.sealing.seal import SealingKey

RECORDER = RecorderId("rec-1")


def record(store: MemoryStore, bundle: KeyBundle, signer: SigningKey, now: Micros) -> str:
    """One segment of three chunks, a second each."""
    key = bundle.key_of("cam-1")
    assert key is not None
    header = header_for(bundle, "cam-1", now, scheme="streets", recorder=RECORDER, session="5" * 32)
    sealer = Sealer(
        header=header,
        key=SealingKey(key.public),
        description=b"{}",
        signer=signer,
        previous=None,
    )
    data = sealer.open()
    for number in range(3):
        start = Micros(now + number * 1_000_000)
        end = Micros(start + 1_000_000)
        data += sealer.chunk(b"camera bytes " * 9, arrived_from=start, arrived_to=end)
    data += sealer.finish(reason="duration")
    name = SegmentName(
        day=bundle.day, camera=CameraId("cam-1"), first=sealer.first, last=sealer.last
    )
    store.put(str(name), data)
    return str(name)


def adapt(data: bytes, index: int) -> bytes:
    """Change a chunk's ciphertext together with its CRC32."""
    chunk = scan(lambda offset, length: data[offset : offset + length], len(data)).chunks[index]
    changed = bytearray(data)
    changed[chunk.offset + 70] ^= 1
    crc = zlib.crc32(changed[chunk.offset : chunk.offset + 64])
    crc = zlib.crc32(changed[chunk.offset + 68 : chunk.end], crc)
    struct.pack_into(">I", changed, chunk.offset + 64, crc)
    return bytes(changed)


def test_a_deliberate_change_shows_in_the_vaults_presence(tmp_path: Path) -> None:
    ledger, reader, clock = MemoryLedger(), Reader.generate(), SystemClock()
    signer, store = SigningKey.generate(), MemoryStore()
    trusted = {RECORDER: (signer.public,)}
    with VaultProcess(tmp_path, ledger_key=ledger.key.vkey()) as vault:
        vault.adopt(
            scheme="streets",
            retention={"two-weeks": RetentionRule(days=14, count_from="recording_day")},
            cameras={"cam-1": "two-weeks"},
            recorders={RECORDER: signer.public.raw},
        )
        now = clock.now()
        pinned = PublicKey(vault.client.status().vault_key)
        day = local_day(now).isoformat()
        bundle = KeyBundle.verified(vault.client.bundle("two-weeks", day), pinned)
        name = record(store, bundle, signer, now)
        statement = authorisation(
            scheme="streets",
            cameras=["cam-1"],
            start=now,
            end=Micros(now + 2_000_000),
            reader=reader.public.raw,
            now=now,
        )

        def ask(*, by: int) -> object:
            return released_keys(
                store,
                client=vault.client,
                ledger=ledger,
                authorisation=signed(statement, *vault.officers[:by]),
                reader=reader,
                trusted=trusted,
                clock=clock,
            )

        with pytest.raises(VaultRefusedError):
            ask(by=1)
        keys = ask(by=2)
    assert isinstance(keys, dict)
    (released,) = keys.values()
    assert sorted(released.chunks) == [0, 1]

    assert check(store, trusted=trusted, keys=keys, now=now).findings == []
    sound = store.objects[name]
    for index, seen in ((0, True), (1, True), (2, False)):
        store.objects[name] = adapt(sound, index)
        assert check(store, trusted=trusted, now=now).findings == []
        found = check(store, trusted=trusted, keys=keys, now=now).findings
        expected = [("damaged", "authentication", index)] if seen else []
        assert [(f.verdict, f.meaning, f.chunk) for f in found] == expected
