# SPDX-License-Identifier: AGPL-3.0-or-later
"""The whole way with every part real: vault and ledger in processes of their own, the commands."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

from machimori.evidence.testing import read_files
from machimori.evidence.verifier.statement import STATEMENT, Statement
from machimori.evidence.verifier.wording import clock_time
from machimori.footage.anchors import Head
from machimori.footage.items import identify
from machimori.footage.mp4.testing import chunks_of, encode, sent
from machimori.footage.naming import SegmentName
from machimori.footage.rtp.testing import description
from machimori.footage.sealer import Sealer
from machimori.footage.store import DirectoryStore
from machimori.kernel.clock import SystemClock
from machimori.kernel.durable import Disk
from machimori.kernel.envelope import Envelope
from machimori.kernel.ids import CameraId, RecorderId
from machimori.kernel.instants import Micros, local_day, rfc3339
from machimori.kernel.signing import SigningKey
from machimori.ledger.courier import carry_outbox
from machimori.ledger.testing import LedgerProcess
from machimori.policy.retention import RetentionRule
from machimori.recorder import anchors
from machimori.vault.client.testing import VaultProcess, authorisation, header_for, signed
from machimori.vault.sealing.seal import SealingKey

pytestmark = pytest.mark.long

SECOND = 1_000_000


def machimori(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "machimori.cli.main", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def record(vault: VaultProcess, store: DirectoryStore, signer: SigningKey, start: Micros) -> None:
    """Six seconds of one camera, sealed to the key that the vault made for its day."""
    day = local_day(start).isoformat()
    bundle = vault.bundle("two-weeks", day)
    key = bundle.key_of("cam-1")
    assert key is not None
    sealer = Sealer(
        header=header_for(bundle, "cam-1", start, clock_bound=1500),
        key=SealingKey(key.public),
        description=description("H264"),
        signer=signer,
        previous=None,
    )
    parts = [sealer.open()]
    pictures = encode("h264", count=90, size=(160, 96))
    for chunk in chunks_of(sent("h264", pictures), start=start):
        parts.append(
            bytes(
                sealer.chunk(
                    chunk.data, arrived_from=chunk.arrived_from, arrived_to=chunk.arrived_to
                )
            )
        )
    parts.append(sealer.finish(reason="duration"))
    name = SegmentName(day=day, camera=CameraId("cam-1"), first=sealer.first, last=sealer.last)
    store.put(str(name), b"".join(parts))


def anchor(
    ledger: LedgerProcess, store: DirectoryStore, signer: SigningKey, now: Micros, directory: Path
) -> None:
    """What a recorder and the courier do every five minutes."""
    found = [identify(store, stored) for stored in store.list() if stored.name.endswith(".seg")]
    anchors.write(
        [
            Head(camera=i.camera, session=i.session, sequence=i.sequence + 1, head=i.head)
            for i in found
        ],
        outbox=directory / "outbox",
        store=store,
        recorder=RecorderId("recorder-1"),
        signer=signer,
        now=now,
        disk=Disk(),
    )
    assert carry_outbox(directory / "outbox", ledger.ledger, Disk()).entries == 1


def test_from_sealed_segments_to_a_verdict_with_the_commands_alone(tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    signer = SigningKey.generate()
    start = Micros(SystemClock().now() // SECOND * SECOND - 60 * SECOND)
    with (
        LedgerProcess(tmp_path / "ledger") as ledger,
        VaultProcess(tmp_path / "vault", ledger_key=ledger.key.vkey()) as vault,
    ):
        vault.adopt(
            scheme="street",
            retention={"two-weeks": RetentionRule(days=14, count_from="recording_day")},
            cameras={"cam-1": "two-weeks"},
            recorders={"recorder-1": signer.public.raw},
        )
        record(vault, DirectoryStore(store, Disk()), signer, start)
        anchor(ledger, DirectoryStore(store, Disk()), signer, Micros(start + 8 * SECOND), tmp_path)

        made = machimori("evidence", "reader", "--out", tmp_path / "reader.key")
        assert made.returncode == 0, made.stderr
        statement = authorisation(
            scheme="street",
            cameras=["cam-1"],
            start=start,
            end=Micros(start + 10 * SECOND),
            reader=base64.b64decode(made.stdout),
            now=SystemClock().now(),
            openings=2,
        )
        file = tmp_path / "authorisation.json"
        appointment = tmp_path / "appointment.json"
        appointment.write_bytes(vault.officers[0].appointment().envelope().encode())
        command = (
            *("evidence", "make", "--vault", vault.socket, "--ledger", ledger.directory),
            *("--store", store, "--authorisation", file, "--reader", tmp_path / "reader.key"),
            *("--appointment", appointment),
        )

        file.write_bytes(signed(statement, vault.officers[0]).encode())
        refused = machimori(*command, "--out", tmp_path / "refused.zip")
        assert refused.returncode == 5, refused
        assert not (tmp_path / "refused.zip").exists()

        file.write_bytes(signed(statement, *vault.officers[:2]).encode())
        package = tmp_path / "package.zip"
        beyond = machimori(*command, "--out", package, "--to", rfc3339(Micros(start + 11 * SECOND)))
        assert beyond.returncode == 5
        assert "beyond the instruction" in beyond.stderr
        # The first segments were held for this case, copied, and have expired in the store.
        copies = tmp_path / "cases" / "cases" / statement.case
        for held in sorted(store.rglob("*.seg"))[:1]:
            copy = copies / held.relative_to(store)
            copy.parent.mkdir(parents=True)
            held.rename(copy)
        cases = ("--cases", tmp_path / "cases")
        done = machimori(*command, *cases, "--out", package)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("この証拠は、作られたときから変わっていません。")
        city = vault.client.status().fingerprint()

    # Vault, ledger and store are gone: what was handed out is judged by itself.
    found = Statement.decode(Envelope.decode(read_files(package)[STATEMENT]))
    assert [(a.officer, a.post) for a in found.approvals] == [
        ("officer-1", "system-manager"),
        ("", ""),
    ]
    assert found.cameras[0].clock.bound == 1500
    assert "1.5 ミリ秒以内" in read_files(package)["data/statement.html"].decode()
    checked = machimori("evidence", "verify", package, "--city", city, "--json")
    assert checked.returncode == 0, checked.stdout
    told = json.loads(checked.stdout)
    assert told["pictures"] == 90
    assert [one["by"] for one in told["existed"]] == [start + 8 * SECOND]
    assert told["unanchored"] == []
    verifier = tmp_path / "verify.py"
    assert machimori("evidence", "verifier", "--out", verifier).returncode == 0
    alone = subprocess.run(
        [sys._base_executable, "-I", "-S", verifier, package, "--city", city],  # type: ignore[attr-defined]
        env={},
        check=False,
        capture_output=True,
    )
    assert alone.returncode == 0
    by = clock_time(Micros(start + 8 * SECOND))
    assert f"この映像は、遅くとも {by} には存在した" in alone.stdout.decode()
    assert machimori("evidence", "verify", package).returncode == 20
