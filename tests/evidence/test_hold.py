# SPDX-License-Identifier: AGPL-3.0-or-later
"""P5: what was held when somebody applied can be handed out after its expiry, exactly that."""

from pathlib import Path

import pytest

from machimori.evidence.make import Order, make
from machimori.evidence.verifier.verdict import Verdict
from machimori.footage.mp4.testing import chunks_of, encode, sent
from machimori.footage.naming import SegmentName
from machimori.footage.rtp.testing import description
from machimori.footage.sealer import Sealer
from machimori.footage.segment import SegmentReader
from machimori.footage.testing import SAMPLE_START, MemoryStore
from machimori.kernel.clock import ManualClock
from machimori.kernel.ids import CameraId
from machimori.kernel.instants import Micros, local_day
from machimori.kernel.signing import SigningKey
from machimori.ledger.testing import MemoryLedger
from machimori.policy.retention import RetentionRule
from machimori.vault.client.reader import Reader
from machimori.vault.client.testing import VaultProcess, authorisation, header_for, hold, signed
from machimori.vault.errors import VaultRefusedError
from machimori.vault.sealing.seal import SealingKey

SECOND = 1_000_000
DAY = 86_400 * SECOND


def segments(vault: VaultProcess, signer: SigningKey) -> MemoryStore:
    """Two segments of three seconds each, sealed to the vault's key of the day."""
    store = MemoryStore()
    day = local_day(SAMPLE_START).isoformat()
    bundle = vault.bundle("two-weeks", day)
    key = bundle.key_of("cam-1")
    assert key is not None
    chunks = chunks_of(sent("h264", encode("h264", count=90, size=(160, 96))), start=SAMPLE_START)
    previous = None
    for sequence, group in enumerate((chunks[:3], chunks[3:])):
        sealer = Sealer(
            header=header_for(bundle, "cam-1", group[0].arrived_from, sequence=sequence),
            key=SealingKey(key.public),
            description=description("H264"),
            signer=signer,
            previous=previous,
        )
        parts = [sealer.open()]
        for c in group:
            chunk = sealer.chunk(c.data, arrived_from=c.arrived_from, arrived_to=c.arrived_to)
            parts.append(bytes(chunk))
        parts.append(sealer.finish(reason="duration"))
        previous = sealer.head
        name = SegmentName(day=day, camera=CameraId("cam-1"), first=sealer.first, last=sealer.last)
        store.put(str(name), b"".join(parts))
    return store


def test_P5_held_footage_is_handed_out_after_expiry_and_nothing_else(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    signer, reader = SigningKey.generate(), Reader.generate()
    with VaultProcess(tmp_path / "v", ledger_key=ledger.key.vkey(), now=SAMPLE_START) as vault:
        vault.adopt(
            scheme="street",
            retention={"two-weeks": RetentionRule(days=14, count_from="recording_day")},
            cameras={"cam-1": "two-weeks"},
            recorders={"recorder-1": signer.public.raw},
        )
        store = segments(vault, signer)
        first, second = sorted(store.objects)
        last_day = local_day(Micros(SAMPLE_START + 40 * DAY)).isoformat()
        half = Micros(SAMPLE_START + 3 * SECOND)
        held = hold(
            scheme="street", cameras=["cam-1"], start=SAMPLE_START, end=half, last_day=last_day
        )
        header = SegmentReader.of_bytes(store.objects[first]).sealed.encode()
        vault.client.hold(signed(held, *vault.officers[:2]), [header])

        now = SAMPLE_START
        for _ in range(15):
            now = Micros(now + DAY)
            vault.set_clock(now)
            vault.client.expire()

        def order(start: Micros, end: Micros) -> Order:
            statement = authorisation(
                scheme="street",
                cameras=["cam-1"],
                start=start,
                end=end,
                reader=reader.public.raw,
                now=now,
            )
            return Order(authorisation=signed(statement, *vault.officers[:2]))

        def attempt(name: str, wanted: Order, found: MemoryStore) -> Verdict:
            return make(
                client=vault.client,
                ledger=ledger,
                store=found,
                order=wanted,
                reader=reader,
                out=tmp_path / name,
                clock=ManualClock(now),
            ).judgement.verdict

        # The case's store holds what was copied: the held segment.
        case = MemoryStore()
        case.put(first, store.objects[first])
        assert attempt("held.zip", order(SAMPLE_START, half), case) is Verdict.SOUND
        # A backup of the other segment is of no use: its key is gone for ever.
        rest = MemoryStore()
        rest.put(second, store.objects[second])
        with pytest.raises(VaultRefusedError):
            attempt("gone.zip", order(half, Micros(half + 3 * SECOND)), rest)
        assert not (tmp_path / "gone.zip").exists()
