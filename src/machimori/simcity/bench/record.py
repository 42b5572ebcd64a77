# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori bench record`: CPU and memory per camera, beside ffmpeg and beside doing nothing.

Simulated cameras (1080p, 15 pictures a second, 2 Mbit/s) have one core, what is measured has the
other. Between them is a veth pair with MTU 1500 and without offloads (`wire.py`; needs root), as
cameras are on an Ethernet: over loopback packets of 64 KB flatter every reader of sockets. Each
round runs, in turns: the recorder as it is, the recorder without AES, the recorder without any
sealing, `recv` and `write` alone, and `ffmpeg -c copy -f segment`, a process per camera as
recorders built on it do. Every way of ours reads each camera once a second and writes one growing
file per camera to the same file system; only the recorder with SHA-256 and signatures syncs. CPU
is what the kernel charged the measured processes, user and system, over a window after all cameras
were recorded; so throughput at the limit is its inverse. What is measured dies with the benchmark.

`--capacity` raises the number of cameras on one core until a packet is lost, a session has to be
opened anew, a camera is throttled or a byte dropped; the last number without any of it counts.
"""

import contextlib
import ctypes
import datetime as dt
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

from machimori.kernel.errors import UnavailableError
from machimori.kernel.instants import TOKYO
from machimori.simcity.bench.figures import Figure, ratios
from machimori.simcity.bench.keys import write_bundles
from machimori.simcity.bench.processor import charged
from machimori.simcity.bench.wire import Wire
from machimori.simcity.city import SimCity

ROUNDS = 5
WINDOW = 12.0
"""Seconds of CPU time taken per run."""
SETTLE = 4.0
"""Seconds after the last camera began: the windows of TCP have grown by then."""
RECORDER_CPU, CITY_CPU = 0, 1
STEPS = (300, 450, 600, 700, 800, 900, 1000, 1100, 1200)
START_TIME = 180.0
_PR_SET_PDEATHSIG = 1
"""linux/prctl.h."""
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One run of one recorder."""

    cpu: float
    """CPU seconds per second and camera."""
    pss: float
    """Proportional set size of all measured processes, MB."""
    tcp: float
    """Kernel memory of TCP that came with the run, at both ends, MB."""
    lost: int
    """Packets lost and sessions opened anew."""
    dropped: int
    """Bytes received and not written."""
    busy: float
    """Share of the core."""


def run(*, cameras: int = 300, capacity: bool = False, quick: bool = False) -> list[Figure]:
    """Measure. Raises UnavailableError if a peer, a core or a privilege is missing."""
    if len(os.sched_getaffinity(0)) < 2:
        raise UnavailableError("recorder and cameras need a core each")
    raise_limit(8 * max(cameras, STEPS[-1]))
    with tempfile.TemporaryDirectory(prefix="machimori-bench-", dir=_scratch()) as name:
        place = Path(name)
        if capacity:
            return [_capacity(place, steps=STEPS[:1] if quick else STEPS)]
        count = min(cameras, 4) if quick else cameras
        return _against_peers(place, count, rounds=1 if quick else ROUNDS, quick=quick)


def _against_peers(place: Path, cameras: int, *, rounds: int, quick: bool) -> list[Figure]:
    if shutil.which("ffmpeg") is None:
        raise UnavailableError("ffmpeg is the peer", remedy="apt-get install ffmpeg")
    samples: dict[str, list[Sample]] = {}
    ways = ("full", "ffmpeg", "floor", "without-aes", "without-sealing")
    window, settle = (2.0, 1.0) if quick else (WINDOW, SETTLE)
    with Wire() as wire, _city(place, cameras, wire) as city:
        for _ in range(rounds):
            for way in ways:
                begin = _ffmpeg if way == "ffmpeg" else _own(way)
                samples.setdefault(way, []).append(
                    _measured(begin, city, place / "run", window=window, settle=settle)
                )

    def cpu(way: str) -> list[float]:
        return [sample.cpu for sample in samples[way]]

    def figure(
        name: str,
        values: Sequence[float],
        unit: str = "",
        *,
        better: Literal["less", "more"] = "less",
        must: float | None = None,
        aim: float | None = None,
    ) -> Figure:
        return Figure(
            name=name, unit=unit, better=better, samples=tuple(values), must=must, aim=aim
        )

    return [
        figure("cpu_vs_ffmpeg", ratios(cpu("full"), cpu("ffmpeg")), must=0.33, aim=0.20),
        figure("cpu_vs_floor", ratios(cpu("full"), cpu("floor")), must=1.9, aim=1.6),
        figure(
            "encryption_ratio",
            ratios(cpu("without-aes"), cpu("full")),
            better="more",
            must=0.93,
            aim=0.96,
        ),
        figure(
            "sealing_ratio",
            ratios(cpu("without-sealing"), cpu("full")),
            better="more",
            must=0.75,
            aim=0.85,
        ),
        figure("pss_mb", [sample.pss for sample in samples["full"]], "MB", must=80, aim=48),
        figure("tcp_mem_mb", [sample.tcp for sample in samples["full"]], "MB"),
        figure("cpu_per_camera", [100 * value for value in cpu("full")], "% of a core"),
        figure("ffmpeg_cpu_per_camera", [100 * value for value in cpu("ffmpeg")], "% of a core"),
        figure("ffmpeg_pss_mb", [sample.pss for sample in samples["ffmpeg"]], "MB"),
        figure("lost", [float(sample.lost + sample.dropped) for sample in samples["full"]]),
    ]


def _capacity(place: Path, *, steps: tuple[int, ...]) -> Figure:
    reached = 0
    with Wire() as wire:
        for cameras in steps:
            with _city(place, cameras, wire) as city:
                sample = _measured(
                    _own("full"), city, place / "run", window=WINDOW, settle=2 * SETTLE
                )
                throttled = city.stats()["throttled"]
            sys.stderr.write(
                f"{cameras} cameras: {100 * sample.busy:.0f} % of the core, {sample.lost} lost or"
                f" reopened, {sample.dropped} bytes dropped, {throttled} pictures throttled\n"
            )
            if sample.lost or sample.dropped or throttled:
                break
            reached = cameras
    return Figure(
        name="cameras_per_core",
        unit="cameras",
        better="more",
        samples=(float(reached),),
        must=600,
        aim=1000,
    )


def _city(place: Path, cameras: int, wire: Wire) -> SimCity:
    # The clips stay for the next city: rendering them takes longer than a measurement.
    clips = place / "clips"
    clips.mkdir(exist_ok=True)
    return SimCity(
        cameras,
        load=True,
        clips=clips,
        cpu=CITY_CPU,
        host=wire.far_address,
        command=wire.command,
    )


Begun = tuple[list[psutil.Process], Callable[[], tuple[int, int]]]
"""The measured processes, and what ends them: packets lost or sessions reopened, bytes dropped."""
Begin = Callable[[SimCity, Path], Begun]


def _measured(begin: Begin, city: SimCity, place: Path, *, window: float, settle: float) -> Sample:
    place.mkdir()
    before = _tcp_memory()
    processes, end = begin(city, place)
    try:
        time.sleep(settle)
        start, clock = _cpu(processes), time.monotonic()
        time.sleep(window)
        spent, elapsed = _cpu(processes) - start, time.monotonic() - clock
        pss = sum(process.memory_full_info().pss for process in processes) / 1e6
        tcp = _tcp_memory() - before
    finally:
        lost, dropped = end()
    shutil.rmtree(place)
    return Sample(
        cpu=spent / elapsed / len(city.cameras),
        pss=pss,
        tcp=tcp,
        lost=lost,
        dropped=dropped,
        busy=spent / elapsed,
    )


def _own(mode: str) -> Begin:
    def begin(city: SimCity, place: Path) -> Begun:
        config = _configured(city, place)
        process = subprocess.Popen(
            [sys.executable, "-m", "machimori.simcity.bench.recorders", mode, str(config)],
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=_bound_child,
        )
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            raise UnavailableError(f"the recorder to measure ({mode}) did not start")

        def end() -> tuple[int, int]:
            process.terminate()
            words = process.communicate(timeout=START_TIME)[0].split()
            return int(words[1]), int(words[2])

        return [psutil.Process(process.pid)], end

    return begin


def _ffmpeg(city: SimCity, place: Path) -> Begun:
    processes: list[psutil.Popen] = []
    for camera in city.cameras:
        target = place / camera
        target.mkdir()
        processes.append(
            psutil.Popen(
                [
                    *("ffmpeg", "-nostdin", "-v", "error", "-rtsp_transport", "tcp"),
                    *("-i", city.url(camera), "-c", "copy", "-f", "segment"),
                    *("-segment_time", "60", "-reset_timestamps", "1", str(target / "%05d.mp4")),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                preexec_fn=_bound_child,
            )
        )
    deadline = time.monotonic() + START_TIME
    while any(not list((place / camera).iterdir()) for camera in city.cameras):
        if time.monotonic() > deadline:
            raise UnavailableError("ffmpeg does not record every camera")
        time.sleep(0.5)

    def end() -> tuple[int, int]:
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        for process in processes:
            process.wait(START_TIME)
        return 0, 0

    return [psutil.Process(process.pid) for process in processes], end


def _bound_child() -> None:
    """Runs in the child before exec: the measured core, and death with the parent."""
    os.sched_setaffinity(0, {RECORDER_CPU})
    if _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL):
        os._exit(1)


def _configured(city: SimCity, place: Path) -> Path:
    today = dt.datetime.now(TOKYO).date()
    vault = write_bundles(place / "keys", city.cameras, first=today)
    lines = [
        *("[recorder]", 'id = "bench"', 'scheme = "bench"', 'directory = "."', 'store = "store"'),
        *('keys = "keys"', f'vault_key = "{vault.raw.hex()}"', "min_free_mb = 64"),
    ]
    for camera in city.cameras:
        lines += ["[[camera]]", f'id = "{camera}"', f'url = "{city.url(camera)}"']
    path = place / "recorder.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def _cpu(processes: list[psutil.Process]) -> float:
    return sum(charged(process.pid) for process in processes)


def _tcp_memory() -> float:
    """MB that TCP holds in the kernel's buffers, on the whole machine."""
    for line in Path("/proc/net/sockstat").read_text().splitlines():
        if line.startswith("TCP:"):
            return int(line.split()[-1]) * resource.getpagesize() / 1e6
    raise UnavailableError("the kernel does not say what TCP holds", where="/proc/net/sockstat")


def raise_limit(files: int) -> None:
    """Let this process and its children have `files` files open, as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(files, hard)), hard))


def _scratch() -> str | None:
    """Where recordings of a benchmark go: a real disk, so that syncing costs what it costs."""
    return os.environ.get("MACHIMORI_BENCH_DIRECTORY")
