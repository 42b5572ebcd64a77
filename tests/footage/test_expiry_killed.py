# SPDX-License-Identifier: AGPL-3.0-or-later
"""`kill -9` of `machimori footage expire` at random moments."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from machimori.footage import records
from machimori.footage.store import DirectoryStore
from machimori.footage.testing import SampleRecorder
from machimori.kernel.durable import Disk
from machimori.kernel.instants import Micros, day_start, parse_day
from machimori.kernel.signing import SigningKey
from machimori.ledger.entry import Entry
from machimori.ledger.testing import MemoryLedger
from machimori.policy.retention import RetentionRule
from machimori.vault.client.testing import VaultProcess

CAMERAS = ("cam-0001", "cam-0002", "cam-0003")
SEGMENTS = 60
DAY = 86_400_000_000


def killed(tmp_path: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    sample = SampleRecorder()
    start = day_start(parse_day(sample.day))
    with VaultProcess(tmp_path, ledger_key=MemoryLedger().key.vkey(), now=start) as vault:
        vault.adopt(
            scheme="streets",
            retention={"standard": RetentionRule(days=1, count_from="recording_day")},
            cameras=dict.fromkeys(CAMERAS, "standard"),
            recorders={"rec-1": sample.signer.public.raw},
        )
        store = DirectoryStore(tmp_path / "store", Disk())
        (tmp_path / "cases").mkdir()
        for camera in CAMERAS:
            recorder = SampleRecorder(camera=camera)
            for _ in range(SEGMENTS):
                store.put(*recorder.segment((b"x",)))
        vault.set_clock(Micros(start + DAY + 1))
        command = [sys.executable, "-m", "machimori.cli.main", "footage", "expire"]
        command += [f"--store={tmp_path / 'store'}", f"--cases={tmp_path / 'cases'}"]
        command += [f"--vault={vault.socket}", f"--directory={tmp_path / 'work'}"]
        for _ in range(kills):
            process = subprocess.Popen(
                [*command, "--operations=300", "--priority=normal"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            time.sleep(chance.uniform(0.2, 1.2))
            process.send_signal(signal.SIGKILL)
            process.wait()
            for camera in cameras_touched(store):
                # No file is removed before its record and the record's entry are durable.
                assert any(camera in name for name in tombstones(store))
        subprocess.run([*command, "--operations=100000"], check=True, stdout=subprocess.DEVNULL)
        assert vault.client.living(f"day.standard.{sample.day}") == frozenset()
    assert [s.name for s in store.list() if s.name.endswith(".seg")] == []
    found = [records.decode(store.get(name)) for name in tombstones(store)]
    assert sorted(record.camera for record, _ in found) == sorted(CAMERAS)
    assert all(
        [(run.first, run.last) for run in record.removed] == [(0, SEGMENTS - 1)]
        for record, _ in found
    )
    entries = [Entry.decode(p.read_bytes()) for p in (tmp_path / "work/outbox").glob("*.json")]
    assert {entry.data["record"] for entry in entries} == {e.digest().hex() for _, e in found}
    assert SigningKey((tmp_path / "work/retention.key").read_bytes()).public.verify(
        found[0][1].signatures[0].sig, found[0][1].pae()
    )


def tombstones(store: DirectoryStore) -> list[str]:
    return [s.name for s in store.list() if s.name.endswith(".expired.rec")]


def cameras_touched(store: DirectoryStore) -> list[str]:
    count = dict.fromkeys(CAMERAS, 0)
    for stored in store.list():
        if stored.name.endswith(".seg"):
            count[stored.name.split("/")[1]] += 1
    return [camera for camera, left in count.items() if left < SEGMENTS]


def test_expiry_survives_kill_9(tmp_path: Path) -> None:
    killed(tmp_path, kills=5, seed=1)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_expiry_survives_kill_9_two_hundred_times(tmp_path: Path) -> None:
    for seed in range(20):
        (tmp_path / str(seed)).mkdir()
        killed(tmp_path / str(seed), kills=10, seed=seed)
