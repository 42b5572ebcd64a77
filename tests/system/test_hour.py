# SPDX-License-Identifier: AGPL-3.0-or-later
"""An hour of 1,000 cameras: one recorder process on one core, a real disk that is always full.

The cameras (1080p, 0.5 Mbit/s each) have the other core and a veth pair between them, as in
`bench record --capacity`. An hour of them is 230 GB, so the city's rule for a full disk works all
the time: the oldest goes, with a signed record. (At 2 Mbit/s it would be 250 MB/s for an hour: what
a recorder does then `bench record --capacity` shows; here the disk would be what is tested.) Every
minute the recorder's own health must say that nothing was lost; at the end the store must check
clean, and every moment of every camera must be footage or a signed record of its removal. Needs
root, two cores and 40 GB on the disk of pytest's `--basetemp`. Run
with `-s` to see a line a minute.
"""

import datetime as dt
import json
import os
import resource
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from machimori.footage import records
from machimori.footage.check import check
from machimori.footage.naming import RecordName, SegmentName, parse
from machimori.footage.store import DirectoryStore
from machimori.kernel.durable import Disk
from machimori.kernel.errors import UnavailableError
from machimori.kernel.ids import RecorderId
from machimori.kernel.instants import TOKYO, Micros
from machimori.kernel.signing import SigningKey
from machimori.recorder.drain import LATE
from machimori.simcity.bench.keys import write_bundles
from machimori.simcity.bench.wire import Wire
from machimori.simcity.city import SimCity

pytestmark = [pytest.mark.alone, pytest.mark.soak]

CAMERAS = 1000
BIT_RATE = 500_000
"""Bits a second of a camera."""
HOUR = 3600.0
SAMPLE_EVERY = 60.0
RECORDER_CPU, CITY_CPU = 0, 1
USED = 20 << 30
"""Bytes that recordings may take at the least: a minute of open segments (4 GB), and as much
again that is closed and may go."""
BUFFER = 1 << 30
"""Bytes that the recorder may hold while the disk hangs: eight seconds of what arrives."""
RESERVE = 20 << 30
"""Bytes of the disk that stay free whatever happens."""
GROWTH = 8.0
"""MB by which the recorder's memory may differ between the run's first third and its last."""
SYNC_LAG = 30.0
"""Seconds by which a sync may be late on a disk that virtual machines share; the events say when it
was, and the last line how often. Nothing else may come of it."""
HOLE = 1_000
"""Microseconds between two names of a camera that are no hole."""
PERIOD = 1_000_000
"""Microseconds from one drain to the next: what arrived last may be that old."""
EXPECTED = {"disk_overwriting", "disk_ample", "sync_late"}
"""Events that belong to a disk that is always full, and shared."""
START_TIME = 180.0


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What is asked once a minute."""

    recording: int
    lost: int
    reopened: int
    gaps: tuple[str, ...]
    """Causes of the gaps that are open, one for each camera without footage."""
    dropped: int
    throttled: int
    events: dict[str, int]
    late: float
    """Seconds by which the last drain was late; from LATE on the recorder calls itself
    overloaded."""
    sync_lag: float
    overwritten: int
    written: int
    pss: float
    """MB."""
    cpu: float
    """CPU seconds so far."""

    def line(self, since: float) -> str:
        """For whoever watches."""
        return (
            f"{since:6.0f} s: {self.recording} recording, {self.lost} lost, {self.reopened}"
            f" reopened, {len(self.gaps)} gaps {sorted(set(self.gaps))}, {self.dropped} bytes"
            f" dropped, {self.throttled} throttled, late {self.late:.3f} s,"
            f" sync lag {self.sync_lag:.2f} s,"
            f" {self.written / 1e9:.1f} GB written, {self.overwritten} segments overwritten,"
            f" PSS {self.pss:.1f} MB, CPU {self.cpu:.0f} s, events {self.events}\n"
        )

    def hold(self, cameras: int) -> None:
        """Nothing is lost, and nothing runs late."""
        assert (self.recording, self.gaps, self.dropped) == (cameras, (), 0)
        assert (self.lost, self.reopened, self.throttled) == (0, 0, 0)
        assert set(self.events) <= EXPECTED
        assert self.late < LATE
        assert self.sync_lag < SYNC_LAG


class Recorder:
    """`machimori record` as a process on one core."""

    def __init__(self, city: SimCity, place: Path) -> None:
        self._city = city
        self._directory = place
        self.store = DirectoryStore(place / "store", Disk())
        command = [sys.executable, "-m", "machimori.cli.main", "record"]
        command += ["--config", str(self._configured())]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        # Before it has threads: they inherit the core.
        os.sched_setaffinity(self._process.pid, {RECORDER_CPU})
        self._measured = psutil.Process(self._process.pid)
        assert self._process.stdout is not None
        self._port = int(self._process.stdout.readline().rpartition(":")[2])

    def _configured(self) -> Path:
        place, city = self._directory, self._city
        today = dt.datetime.now(TOKYO).date()
        # Enough days that no alarm is due.
        vault = write_bundles(place / "keys", city.cameras, first=today, days=16)
        free = shutil.disk_usage(place).free
        # The rule frees a third more than the least, which must not be all that there is.
        keep_free = free - max(USED, free // 2)
        if keep_free < RESERVE:
            raise UnavailableError(
                f"{(USED + RESERVE) >> 30} GB must be free for an hour of recording",
                where=str(place),
                remedy="give pytest another disk with --basetemp",
            )
        lines = [
            *("[recorder]", 'id = "hour"', 'scheme = "soak"', 'directory = "."'),
            *('store = "store"', 'keys = "keys"', f'vault_key = "{vault.raw.hex()}"'),
            *('listen = "127.0.0.1:0"', 'full_disk = "overwrite"'),
            f"min_free_mb = {keep_free >> 20}",
            f"buffer_mb = {BUFFER >> 20}",
        ]
        for camera in city.cameras:
            lines += ["[[camera]]", f'id = "{camera}"', f'url = "{city.url(camera)}"']
        path = place / "recorder.toml"
        path.write_text("\n".join(lines) + "\n")
        return path

    def health(self) -> dict[str, Any]:
        """What the recorder says of itself."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/health") as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def sample(self) -> Sample:
        """Health, and what the kernel and the cameras know."""
        health = self.health()
        recorder, cameras = health["recorder"], health["cameras"].values()
        times = self._measured.cpu_times()
        return Sample(
            recording=recorder["recording"],
            lost=sum(camera["lost_packets"] for camera in cameras),
            reopened=sum(camera["sessions"] for camera in cameras) - len(cameras),
            gaps=tuple(camera["gap"]["cause"] for camera in cameras if camera["gap"]),
            dropped=sum(camera["dropped_bytes"] for camera in cameras),
            throttled=self._city.stats()["throttled"],
            events=health["event_counts"],
            late=recorder["drain_late_seconds"],
            sync_lag=recorder["sync_lag_seconds"],
            overwritten=recorder["overwritten_segments"],
            written=recorder["written_bytes"],
            pss=self._measured.memory_full_info().pss / 1e6,
            cpu=times.user + times.system,
        )

    def wait_for_all(self) -> Micros:
        """Until every camera is recorded; returns when that was."""
        deadline = time.monotonic() + START_TIME
        while self.health()["recorder"]["recording"] < len(self._city.cameras):
            assert time.monotonic() < deadline, "not every camera is recorded"
            time.sleep(0.5)
        return now()

    def end(self) -> None:
        """The orderly end, with nothing left to repair."""
        self._process.terminate()
        assert self._process.wait(120) == 0
        assert not list((self._directory / "open").glob("*/*.part"))

    def kill(self) -> None:
        """Whatever happened, it does not live on."""
        self._process.kill()
        self._process.communicate()

    def trusted(self) -> dict[RecorderId, tuple[Any, ...]]:
        """Whose signatures count."""
        key = SigningKey((self._directory / "recorder.key").read_bytes())
        return {RecorderId("hour"): (key.public,)}


def now() -> Micros:
    """This machine's time."""
    return Micros(time.time_ns() // 1000)


@contextmanager
def many_files(count: int) -> Iterator[None]:
    """Let this process and its children open `count` files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def record(recorder: Recorder, cameras: int, seconds: float, every: float) -> list[Sample]:
    """Record for `seconds`; every `every` of them all must be well."""
    samples = []
    begun = time.monotonic()
    while (since := time.monotonic() - begun) < seconds:
        time.sleep(min(every, seconds - since))
        samples.append(recorder.sample())
        sys.stderr.write(samples[-1].line(time.monotonic() - begun))
        samples[-1].hold(cameras)
    return samples


def assert_every_moment_is_accounted_for(
    store: DirectoryStore, cameras: int, first: Micros, last: Micros
) -> None:
    """From `first` to `last` each camera has footage or a signed record that it was removed."""
    spans: dict[str, list[tuple[int, int]]] = {}
    for stored in store.list():
        if "/cam-" not in stored.name:
            continue
        name = parse(stored.name)
        if isinstance(name, SegmentName) or (
            isinstance(name, RecordName) and name.kind == "overwritten"
        ):
            spans.setdefault(name.camera, []).append((name.first, name.last))
        elif isinstance(name, RecordName) and name.kind == "gap":
            # Before all cameras were there for the first time, and never again.
            record, _ = records.decode(store.get(stored.name))
            assert record.last <= first, f"{name.camera}: {record.cause} until {record.last}"
    assert len(spans) == cameras
    for camera, found in spans.items():
        reached: int = first
        for begin, end in sorted(found):
            assert begin <= reached + HOLE, f"{camera} has a hole before {begin}"
            reached = max(reached, end)
        assert reached + PERIOD >= last, f"{camera} ends at {reached}"


def soak(place: Path, *, cameras: int, seconds: float, every: float, clips: Path) -> None:
    """Record, and check what was recorded. Leaves nothing on the disk."""
    place.mkdir()
    clips.mkdir(exist_ok=True)
    if len(os.sched_getaffinity(0)) < 2:
        raise UnavailableError("recorder and cameras need a core each")
    try:
        with (
            many_files(8 * cameras),
            Wire() as wire,
            SimCity(
                cameras,
                size=(1920, 1080),
                gop=30,
                bit_rate=BIT_RATE,
                clips=clips,
                cpu=CITY_CPU,
                host=wire.far_address,
                command=wire.command,
            ) as city,
        ):
            recorder = Recorder(city, place)
            try:
                first = recorder.wait_for_all()
                samples = record(recorder, cameras, seconds, every)
                last = now()
                recorder.end()
            finally:
                recorder.kill()
        assert_memory_is_bounded(samples)
        assert samples[-1].overwritten > 0 or samples[-1].written < USED
        begun = time.monotonic()
        report = check(recorder.store, trusted=recorder.trusted(), now=now())
        sys.stderr.write(
            f"{report.segments} segments, {report.records} records, {report.size / 1e9:.1f} GB"
            f" checked in {time.monotonic() - begun:.0f} s\n"
        )
        assert report.segments > 0
        assert {finding.verdict for finding in report.findings} <= {"overwritten"}
        assert_every_moment_is_accounted_for(recorder.store, cameras, first, last)
    finally:
        shutil.rmtree(place)


def assert_memory_is_bounded(samples: list[Sample]) -> None:
    """The last third of the run takes no more than the first."""
    third = max(1, len(samples) // 3)
    early = max(sample.pss for sample in samples[:third])
    assert max(sample.pss for sample in samples[-third:]) < early + GROWTH


@pytest.mark.timeout(600)
def test_a_minute_of_a_hundred_cameras(tmp_path: Path) -> None:
    soak(tmp_path / "run", cameras=100, seconds=60.0, every=10.0, clips=tmp_path / "clips")


@pytest.mark.timeout(7200)
def test_an_hour_of_a_thousand_cameras(tmp_path: Path) -> None:
    soak(
        tmp_path / "run",
        cameras=CAMERAS,
        seconds=HOUR,
        every=SAMPLE_EVERY,
        clips=tmp_path / "clips",
    )
