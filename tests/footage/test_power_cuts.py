# SPDX-License-Identifier: AGPL-3.0-or-later
"""The power fails while a recorder writes: what was synced is there, and the store checks clean.

Time is compressed: a chunk stands for a second and comes every few milliseconds; the open segment
is synced after every tenth, so that at most ten seconds may be missing.
"""

import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from machimori.footage.check import check
from machimori.footage.naming import SegmentName, parse
from machimori.footage.repair import remains, repair_all
from machimori.footage.segment import SegmentReader
from machimori.footage.store import DirectoryStore
from machimori.footage.testing import SampleRecorder, write_bundles
from machimori.kernel.clock import SystemClock
from machimori.kernel.durable import Disk
from machimori.kernel.ids import CameraId, RecorderId, SchemeId
from machimori.kernel.instants import Micros
from machimori.kernel.powercut import FileSystem, PowerCuts
from machimori.kernel.signing import SigningKey
from machimori.recorder.camera import CameraConfig
from machimori.recorder.config import RecorderConfig
from machimori.recorder.node import Node
from machimori.simcity.city import SimCity

pytestmark = pytest.mark.usefixtures("mounts")

SYNC_EVERY = 10
WRITER = f"""
import os, sys, time
from pathlib import Path
from machimori.footage.naming import part_name, SegmentName
from machimori.footage.store import DirectoryStore
from machimori.footage.testing import SampleRecorder
from machimori.kernel.durable import Disk

class Lazy(Disk):
    def sync_file(self, descriptor, path):
        pass
    def sync_directory(self, path):
        pass

root = Path(sys.argv[1])
disk = Lazy() if sys.argv[2] == "lazy" else Disk()
store = DirectoryStore(root / "store", disk)
recorder = SampleRecorder()
parts = root / "open" / recorder.camera
disk.make_directory(parts)
while True:
    sealer = recorder.sealer()
    part = parts / part_name(recorder.now)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    os.write(descriptor, sealer.open())
    disk.sync_directory(parts)
    for number in range(1, 38):
        os.write(descriptor, recorder.chunk(sealer, os.urandom(5000)))
        if number % {SYNC_EVERY} == 0:
            disk.sync_file(descriptor, part)
            print("synced", recorder.now, flush=True)
        time.sleep(0.002)
    os.write(descriptor, sealer.finish(reason="duration"))
    disk.sync_file(descriptor, part)
    recorder.advance(sealer.head)
    name = SegmentName(
        day=sealer.header.day, camera=recorder.camera, first=sealer.first, last=sealer.last
    )
    store.put(str(name), part)
    disk.remove(part)
    os.close(descriptor)
    print("stored", str(name), flush=True)
"""


class Writer:
    """The recorder's stand-in, and what it was promised so far."""

    def __init__(self, root: Path, manner: str = "careful") -> None:
        command = [sys.executable, "-c", WRITER, str(root), manner]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.stored: list[str] = []
        self.synced = 0
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            kind, value = line.split()
            if kind == "stored":
                self.stored.append(value)
            else:
                self.synced = int(value)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()


def cut_power(cuts: PowerCuts, writer: Writer, chance: random.Random) -> int:
    """One power cut; how many whole chunks a repair kept of the open segment."""
    time.sleep(chance.uniform(0.1, 0.6))
    stored, synced = list(writer.stored), writer.synced
    recorder = SampleRecorder()
    kept = 0
    with cuts.cut() as root:
        store = DirectoryStore(root / "store", Disk())
        done = repair_all(remains(root), store=store, disk=Disk(), signer=recorder.signer)
        assert set(stored) <= {item.name for item in store.list()}
        report = check(
            store, trusted={recorder.recorder: (recorder.signer.public,)}, now=recorder.now
        )
        assert report.exit_code == 0, report.findings
        last = 0
        for item in store.list():
            trailer = SegmentReader.of_bytes(store.get(item.name)).end.trailer
            last = max(last, trailer.last)
            kept += trailer.chunks if trailer.recovered else 0
        assert last >= synced
        assert remains(root) == ()
        assert all(repaired.outcome != "discarded" or repaired.cut < 20_000 for repaired in done)
        store.close()
    return kept


def many_cuts(directory: Path, kind: FileSystem, number: int, seed: int) -> None:
    chance = random.Random(seed)
    with PowerCuts(directory, kind) as cuts:
        writer = Writer(cuts.root)
        try:
            while not writer.stored:
                time.sleep(0.01)
            kept = [cut_power(cuts, writer, chance) for _ in range(number)]
        finally:
            writer.close()
    assert number < 5 or any(kept), "no cut came while a segment was open"


@pytest.mark.alone
@pytest.mark.parametrize("kind", ["ext4", "xfs"])
def test_a_power_cut_costs_at_most_what_was_not_synced(tmp_path: Path, kind: FileSystem) -> None:
    many_cuts(tmp_path, kind, 3, 1)


@pytest.mark.alone
def test_without_our_fsyncs_the_same_cut_loses_what_was_promised(tmp_path: Path) -> None:
    with PowerCuts(tmp_path, "ext4") as cuts:
        writer = Writer(cuts.root, "lazy")
        try:
            while not writer.stored:
                time.sleep(0.01)
            stored = set(writer.stored)
            with cuts.cut() as root:
                there = DirectoryStore(root / "store", Disk()).list()
                assert not stored <= {item.name for item in there}
        finally:
            writer.close()


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["ext4", "xfs"])
def test_twenty_power_cuts(tmp_path: Path, kind: FileSystem) -> None:
    many_cuts(tmp_path, kind, 20, 2)


def record_through_cuts(directory: Path, number: int) -> None:
    """The recorder itself, with real cameras; each cut comes after at least one round of syncs."""
    opener, vault = SampleRecorder(), SigningKey(b"v" * 32)
    cameras = ("cam-0001", "cam-0002", "cam-0003")
    with PowerCuts(directory / "disk", "ext4") as cuts, SimCity(len(cameras)) as city:
        write_bundles(directory / "keys", vault, opener.sealing_key.raw, cameras)
        node = Node(
            RecorderConfig(
                id=RecorderId("rec-1"),
                scheme=SchemeId("streets"),
                directory=cuts.root / "own",
                store=cuts.root / "store",
                keys=directory / "keys",
                holds=directory / "holds",
                vault_key=vault.public,
                cameras=tuple(
                    CameraConfig(id=CameraId(name), url=city.url(index))
                    for index, name in enumerate(cameras, start=1)
                ),
                min_free_mb=1,
            )
        )
        node.start()
        try:
            for _ in range(number):
                time.sleep(12)
                instant = SystemClock().now()
                with cuts.cut() as root:
                    judge_cut(root, node.key, cameras, instant)
        finally:
            node.stop()


def judge_cut(root: Path, key: SigningKey, cameras: tuple[str, ...], instant: Micros) -> None:
    store = DirectoryStore(root / "store", Disk())
    repair_all(remains(root / "own"), store=store, disk=Disk(), signer=key)
    report = check(store, trusted={RecorderId("rec-1"): (key.public,)}, now=instant)
    assert report.exit_code == 0, report.findings
    store.close()
    last = dict.fromkeys(cameras, 0)
    for item in store.list():
        name = parse(item.name)
        if isinstance(name, SegmentName):
            last[name.camera] = max(last[name.camera], name.last)
    # Ten seconds between two syncs of a file, and what a drain and a sync themselves take.
    for camera, saved in last.items():
        assert instant - saved < 11_500_000, f"{camera}: {(instant - saved) / 1e6:.1f} s lost"


@pytest.mark.alone
def test_a_power_cut_costs_the_recorder_at_most_ten_seconds(tmp_path: Path) -> None:
    record_through_cuts(tmp_path, 1)


@pytest.mark.soak
def test_twenty_power_cuts_of_the_recorder(tmp_path: Path) -> None:
    record_through_cuts(tmp_path, 20)
