# SPDX-License-Identifier: AGPL-3.0-or-later
"""The spool loses nothing over outages, `kill -9` and a full disk; its policy is kept to."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from machimori.footage.anchors import HeadsName
from machimori.footage.check import check
from machimori.footage.closing import close_day
from machimori.footage.errors import SpoolFullError, StoreUnavailableError
from machimori.footage.items import Item
from machimori.footage.spool import Spool
from machimori.footage.store import DirectoryStore
from machimori.footage.testing import MemoryStore, SampleRecorder
from machimori.kernel.durable import Disk


class SlowStore(MemoryStore):
    """Takes its time over segments, so that whatever may overtake them does."""

    def __init__(self) -> None:
        super().__init__()
        self.order: list[str] = []

    def put(self, name: str, source: Path | bytes) -> None:
        time.sleep(0.02 if name.endswith(".seg") else 0)
        super().put(name, source)
        self.order.append(name)


def spool_of(store: MemoryStore, directory: Path, limit: int = 10**6) -> Spool:
    return Spool(store, directory, Disk(), limit=limit, policy="stop")


def test_an_outage_is_outlived_and_nothing_is_lost(tmp_path: Path) -> None:
    store = MemoryStore()
    store.down = True
    recorder = SampleRecorder()
    spool = spool_of(store, tmp_path)
    spool.start()
    names = []
    for _ in range(5):
        name, data = recorder.segment()
        spool.put(name, data)
        names.append(name)
    while not spool.state().failing:
        time.sleep(0.01)
    assert spool.state().failing == "the store does not answer"
    assert spool.pending() == tuple(names)
    assert spool.state().oldest == names[0]
    assert spool.get(names[3])
    with pytest.raises(StoreUnavailableError):
        list(spool.list())
    spool.close()

    store.down = False
    again = spool_of(store, tmp_path)
    assert [item.name for item in again.list()] == names
    again.start()
    assert again.wait_empty(20)
    again.close()
    assert sorted(store.objects) == names
    assert again.state().uploaded == 5
    assert list((tmp_path / "pending").iterdir()) == []


def test_a_days_manifest_goes_last(tmp_path: Path) -> None:
    store, recorder = SlowStore(), SampleRecorder()
    spool = spool_of(store, tmp_path)
    for _ in range(6):
        spool.put(*recorder.segment())
    spool.put(*recorder.record())
    close_day(
        spool,
        camera=recorder.camera,
        day=recorder.day,
        recorder=recorder.recorder,
        signer=recorder.signer,
        now=recorder.now,
    )
    spool.start()
    assert spool.wait_empty(20)
    spool.close()
    assert store.order[-1].endswith("manifest.json")
    assert len(store.order) == 8


def test_a_list_of_anchored_heads_goes_after_all_that_it_names(tmp_path: Path) -> None:
    store, recorder = SlowStore(), SampleRecorder()
    spool = spool_of(store, tmp_path)
    before = [recorder.segment() for _ in range(3)]
    heads = HeadsName(day=recorder.day, recorder=recorder.recorder, at=recorder.now, entry="e" * 32)
    after = [recorder.segment() for _ in range(3)]
    for name, data in (*after, (str(heads), b"list"), *before):
        spool.put(name, data)
    spool.start()
    assert spool.wait_empty(20)
    spool.close()
    assert len(store.order) == 7
    assert {name for name, _ in before} <= set(store.order[: store.order.index(str(heads))])


def test_a_full_spool_stops_and_resumes_by_itself(tmp_path: Path) -> None:
    store = MemoryStore()
    recorder = SampleRecorder()
    name, data = recorder.segment()
    spool = spool_of(store, tmp_path, limit=len(data) + 200)
    spool.put(name, data)
    second, more = recorder.segment()
    with pytest.raises(SpoolFullError):
        spool.put(second, more)
    spool.put(*recorder.record("gap", "disk"))
    spool.start()
    assert spool.wait_empty(20)
    spool.put(second, more)
    assert spool.wait_empty(20)
    spool.close()
    assert len(store.objects) == 3


def test_a_full_spool_overwrites_the_oldest_unheld_and_says_so(tmp_path: Path) -> None:
    store = MemoryStore()
    store.down = True
    recorder = SampleRecorder()
    size = len(recorder.sealer().open()) * 3

    def overwritten(items: tuple[Item, ...]) -> None:
        spool.put(*recorder.overwritten(items))

    names: list[str] = []
    spool = Spool(
        store,
        tmp_path,
        Disk(),
        limit=size,
        policy="overwrite_oldest",
        held=lambda name: name == names[0],
        on_overwrite=overwritten,
    )
    for _ in range(8):
        name, data = recorder.segment()
        names.append(name)
        spool.put(name, data)
        assert sum(len(spool.get(n)) for n in spool.pending() if n.endswith(".seg")) <= size
    left = [name for name in spool.pending() if name.endswith(".seg")]
    assert left[0] == names[0]
    assert left[1:] == names[-len(left) + 1 :]
    store.down = False
    spool.start()
    assert spool.wait_empty(20)
    spool.close()
    report = check(
        store,
        trusted={recorder.recorder: (recorder.signer.public,)},
        now=recorder.now,
        pending=[],
    )
    assert {(f.verdict, f.meaning) for f in report.findings} == {("overwritten", "disk_full")}
    assert report.exit_code == 0


def test_what_waits_is_a_store_of_its_own(tmp_path: Path) -> None:
    store = MemoryStore()
    recorder = SampleRecorder()
    spool = spool_of(store, tmp_path)
    name, data = recorder.segment()
    store.put(*recorder.segment())
    room = spool.room()
    spool.here.put(name, data)
    assert spool.room() == room - len(data)
    assert [item.name for item in spool.here.list()] == [name]
    assert spool.here.get(name) == data
    assert spool.here.read(name, 1, 3) == data[1:4]
    spool.here.delete(name)
    assert spool.pending() == ()
    assert len(store.objects) == 1


def test_if_all_is_held_the_spool_refuses(tmp_path: Path) -> None:
    store = MemoryStore()
    store.down = True
    recorder = SampleRecorder()
    name, data = recorder.segment()
    spool = Spool(
        store, tmp_path, Disk(), limit=len(data), policy="overwrite_oldest", held=lambda n: True
    )
    spool.put(name, data)
    with pytest.raises(SpoolFullError):
        spool.put(*recorder.segment())
    assert spool.get(name) == data


def test_what_the_store_holds_otherwise_is_kept_aside(tmp_path: Path) -> None:
    store = MemoryStore()
    recorder = SampleRecorder()
    name, data = recorder.segment()
    store.objects[name] = b"something else"
    spool = spool_of(store, tmp_path)
    spool.put(name, data)
    spool.start()
    assert spool.wait_empty(20)
    spool.close()
    assert spool.state().refused == 1
    assert (tmp_path / "refused" / name).read_bytes() == data
    assert store.objects[name] == b"something else"


def test_one_unreadable_file_does_not_hold_up_the_rest(tmp_path: Path) -> None:
    bad: list[str] = []

    class Picky(MemoryStore):
        def put(self, name: str, source: Path | bytes) -> None:
            if name in bad:
                raise OSError("input/output error")
            super().put(name, source)

    store = Picky()
    recorder = SampleRecorder()
    spool = spool_of(store, tmp_path)
    bad.append(recorder.segment()[0])
    spool.put(bad[0], b"damaged")
    for _ in range(10):
        spool.put(*recorder.segment())
    spool.start()
    deadline = time.monotonic() + 20
    while len(store.objects) < 10 and time.monotonic() < deadline:
        time.sleep(0.02)
    bad.clear()
    assert spool.wait_empty(20)
    spool.close()
    assert len(store.objects) == 11


CHILD = """
import sys, time
from pathlib import Path
from machimori.footage.spool import Spool
from machimori.footage.store import DirectoryStore
from machimori.footage.testing import SampleRecorder
from machimori.kernel.durable import Disk

root = Path(sys.argv[1])
class Slow(DirectoryStore):
    def put(self, name, source):
        time.sleep(0.002)
        super().put(name, source)
spool = Spool(Slow(root / "store", Disk()), root / "spool", Disk(), limit=10**9, policy="stop")
spool.start()
recorder = SampleRecorder(camera=sys.argv[2])
while True:
    name, data = recorder.segment([bytes(20_000)])
    spool.put(name, data)
    print(name, flush=True)
"""


def test_kill_9_loses_nothing_that_was_put(tmp_path: Path) -> None:
    promised: list[str] = []
    for round_number in range(3):
        command = [sys.executable, "-c", CHILD, str(tmp_path), f"cam-000{round_number}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            timer = threading.Timer(0.3, os.kill, (child.pid, signal.SIGKILL))
            promised.append(child.stdout.readline().strip())
            timer.start()
            promised.extend(line.strip() for line in child.stdout if line.endswith("\n"))
            child.wait()
            timer.join()
    store = DirectoryStore(tmp_path / "store", Disk())
    spool = Spool(store, tmp_path / "spool", Disk(), limit=10**9, policy="stop")
    spool.start()
    assert spool.wait_empty(60)
    spool.close()
    assert set(promised) <= {item.name for item in store.list()}
    trusted = {SampleRecorder().recorder: (SampleRecorder().signer.public,)}
    report = check(store, trusted=trusted, now=SampleRecorder().now, pending=[])
    assert report.findings == []
