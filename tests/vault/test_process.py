# SPDX-License-Identifier: AGPL-3.0-or-later
"""The vault's own process: started by its command, spoken to through its socket."""

from pathlib import Path

import pytest

from machimori.kernel.clock import SystemClock
from machimori.kernel.instants import local_day
from machimori.kernel.signing import PublicKey, SigningKey
from machimori.ledger.proof import Inclusion
from machimori.ledger.testing import MemoryLedger
from machimori.policy.retention import RetentionRule
from machimori.vault.client.asking import ask_release, authorisation_entry
from machimori.vault.client.reader import Reader
from machimori.vault.client.testing import VaultProcess, authorisation, header_for, signed
from machimori.vault.errors import VaultUnavailableError
from machimori.vault.opening.testing import seal_segment
from machimori.vault.sealing.seal import chunk_key


class Slow(MemoryLedger):
    """Takes its time: an entry is given its index when somebody waits for it."""

    def __init__(self) -> None:
        super().__init__(automatic=False)

    def wait(self, entry_id: str, timeout: float = 5.0) -> Inclusion:
        self.sequence()
        return super().wait(entry_id, timeout)


@pytest.mark.parametrize("earlier", [False, True], ids=["unrecorded", "signed-a-moment-ago"])
def test_keys_seal_and_a_release_opens_across_processes(tmp_path: Path, earlier: bool) -> None:
    ledger = Slow()
    recorder = SigningKey.generate()
    reader = Reader.generate()
    clock = SystemClock()
    with VaultProcess(tmp_path, ledger_key=ledger.key.vkey()) as vault:
        vault.adopt(
            scheme="street",
            retention={"two-weeks": RetentionRule(days=14, count_from="recording_day")},
            cameras={"cam-1": "two-weeks"},
            recorders={"recorder-1": recorder.public.raw},
        )
        now = clock.now()
        pinned = PublicKey(vault.client.status().vault_key)
        bundle = vault.bundle("two-weeks", local_day(now).isoformat())
        segment = seal_segment(
            header=header_for(bundle, "cam-1", now),
            bundle=bundle,
            recorder=recorder,
        )
        statement = authorisation(
            scheme="street",
            cameras=["cam-1"],
            start=now,
            end=now + 3_000_000,  # type: ignore[arg-type]
            reader=reader.public.raw,
            now=now,
        )
        approved = signed(statement, *vault.officers[:2])
        if earlier:
            # As an office records it with the signature; it has no index yet, and another instant.
            ledger.append(authorisation_entry(approved, clock))
        recorded = ask_release(
            vault.client,
            ledger,
            approved,
            [segment.skeleton.encode()],
            clock=clock,
        )
        keys = reader.open(recorded.release)[segment.id]
        assert keys.chunks == {i: chunk_key(segment.data_key, i) for i in range(3)}
        identity = vault.client.identity()
        assert identity.key_of("recorder", "recorder-1", pinned) == recorder.public.raw
        vault.stop()
        vault.start(unlock=False)
        with pytest.raises(VaultUnavailableError):
            vault.client.challenge()
