# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori bench evidence`: ten minutes to a verified package, and the first picture of an hour.

One camera, 1080p, 15 pictures and 2 Mbit/s, H.264. A few seconds are rendered and repeated with
running sequence numbers and time stamps, sealed and stored as a recorder does. Measured is the
warm process: from the sealed segments to a package on disk, fsynced and verified; and from an
authorisation to the first decoded picture of an hour.
"""

import gc
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from machimori.evidence.glimpse import first_picture
from machimori.evidence.make import make
from machimori.evidence.testing import SampleCity
from machimori.footage.rtp.access import TimedChunk
from machimori.footage.store import DirectoryStore
from machimori.footage.testing import SAMPLE_START
from machimori.kernel import canonical
from machimori.kernel.clock import ManualClock
from machimori.kernel.durable import Disk
from machimori.kernel.instants import Micros
from machimori.simcity.bench.figures import Figure
from machimori.simcity.clips import CLOCK, ClipSpec, render
from machimori.simcity.runs import Reel
from machimori.simcity.sdp import describe

SPEC = ClipSpec(
    codec="h264",
    name="cam-0001",
    width=1920,
    height=1080,
    rate=15,
    seconds=4.0,
    gop=30,
    bit_rate=2_000_000,
    noise=4,
)
_SSRC = 0x1234_5678


def chunks(reel: Reel, seconds: int) -> Iterator[TimedChunk]:
    """What a drain once a second takes from such a camera, for `seconds`."""
    sequence = 0
    base = 0
    pending = bytearray()
    second = 0
    elapsed = 0
    while second < seconds:
        for run in reel.runs:
            while elapsed >= (second + 1) * CLOCK and second < seconds:
                yield TimedChunk(
                    arrived_from=Micros(SAMPLE_START + second * 1_000_000),
                    arrived_to=Micros(SAMPLE_START + (second + 1) * 1_000_000),
                    data=bytes(pending),
                )
                pending.clear()
                second += 1
            sequence = run.patch(sequence, (base + run.picture.pts) & 0xFFFF_FFFF, _SSRC)
            pending += run.buffer
            elapsed = base + run.picture.dts
        base += reel.clip.duration


def city_with(seconds: int, root: Path) -> SampleCity:
    """A city whose one camera was recorded for `seconds`, on disk."""
    clip = render(SPEC)
    description = canonical.dumps(
        {
            "channels": {"rtcp": 1, "rtp": 0},
            "sdp": describe(clip, controls=("", "", ""), sound=False, host="127.0.0.1"),
            "track": 0,
        }
    )
    city = SampleCity(store=DirectoryStore(root, Disk()))
    city.record(city.recorder(), description, chunks(Reel(clip, 0), seconds))
    return city


def _timed(runs: int, work: Callable[[int], None]) -> list[float]:
    work(-1)  # warm: imports, page cache, tables
    times = []
    for number in range(runs):
        gc.collect()
        start = time.perf_counter()
        work(number)
        times.append(time.perf_counter() - start)
    return times


def run(*, quick: bool = False) -> list[Figure]:
    """Measure each figure five times; `quick` once, with a minute for the hour."""
    runs, seconds, hour = (1, 20, 60) if quick else (5, 600, 3600)
    with tempfile.TemporaryDirectory(prefix="machimori-bench-") as directory:
        root = Path(directory)
        city = city_with(hour, root / "store")
        clock = ManualClock(Micros(SAMPLE_START + hour * 1_000_000))
        ten = city.order(SAMPLE_START, Micros(SAMPLE_START + seconds * 1_000_000))
        whole = city.order(SAMPLE_START, Micros(SAMPLE_START + hour * 1_000_000))
        sizes = []

        def package(number: int) -> None:
            path = root / f"{number}.zip"
            made = make(
                client=city.vault,
                ledger=city.ledger,
                store=city.store,
                order=ten,
                reader=city.reader,
                out=path,
                clock=clock,
            )
            sizes.append(made.size)
            path.unlink()

        def picture(number: int) -> None:
            del number
            first_picture(
                client=city.vault,
                ledger=city.ledger,
                store=city.store,
                order=whole,
                reader=city.reader,
                clock=clock,
            )

        packages = _timed(runs, package)
        pictures = _timed(runs, picture)
    return [
        Figure(
            name="package_10min_s",
            unit="s",
            better="less",
            samples=tuple(packages),
            must=2.0,
            aim=1.0,
        ),
        Figure(
            name="first_frame_s",
            unit="s",
            better="less",
            samples=tuple(pictures),
            must=0.12,
            aim=0.06,
        ),
        Figure(
            name="package_mb",
            unit="MB",
            better="less",
            samples=tuple(size / 1e6 for size in sizes),
        ),
    ]
