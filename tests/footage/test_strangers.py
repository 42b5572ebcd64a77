# SPDX-License-Identifier: AGPL-3.0-or-later
"""What simulated cameras sent, exported, is what their encoder made, whatever happened."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from machimori.footage.export import ExportReport, TimedChunk, export
from machimori.footage.mp4.reader import Mp4File, units_of
from machimori.footage.mp4.testing import ffmpeg_decodes, ffprobe
from machimori.kernel.clock import SystemClock
from machimori.kernel.ids import CameraId
from machimori.kernel.instants import Micros
from machimori.recorder.camera import CameraConfig
from machimori.recorder.rtsp.opener import Limits, RtspOpener
from machimori.simcity.city import SimCity

CODECS = ("h264", "h265", "mjpeg")
FAULTS: tuple[tuple[str, dict[str, int | float | str | bool]], ...] = (
    ("", {}),
    ("sequence_wrap", {}),
    ("timestamp_wrap", {}),
    ("b_frames", {}),
    ("slices", {}),
    ("message", {"kind": "request", "every": 10}),
    ("message", {"kind": "response", "every": 10}),
    ("rtcp_burst", {}),
    ("strange_channel", {}),
    ("channels", {}),
    ("garbage", {}),
    ("absurd_length", {"length": 2000}),
    ("lost_sync", {}),
    ("loss", {"every": 25}),
)
UNHURT = FAULTS[:10]
SECONDS = 3.0

Recording = tuple[bytes, list[TimedChunk]]


async def record(camera: CameraConfig) -> Recording:
    """What a drain twice a second would store of one camera."""
    # All begin at once, on a machine that may be busy.
    limits = Limits(response=60.0, total=120.0)
    session = await RtspOpener(SystemClock(), limits=limits).open(camera)
    loop = asyncio.get_running_loop()
    start = loop.time()
    chunks = []
    now = 0
    data = session.pending
    while now < SECONDS * 1e6:
        while len(data) < 4_000:
            more = await loop.sock_recv(session.socket, 65_536)
            if not more:
                break
            data += more
        before, now = now, round((loop.time() - start) * 1e6)
        base = 1_790_000_000_000_000
        chunks.append(
            TimedChunk(arrived_from=Micros(base + before), arrived_to=Micros(base + now), data=data)
        )
        data = b""
    session.socket.close()
    return session.description, chunks


@pytest.fixture(scope="module")
def city() -> Iterator[tuple[SimCity, dict[tuple[str, int], Recording]]]:
    cameras = len(CODECS) * len(FAULTS)
    with SimCity(cameras, codecs=CODECS, own_ports=False, seconds=2.0, report_every=1.0) as city:
        for number, (fault, arguments) in enumerate(FAULTS):
            for index in range(len(CODECS)):
                if fault:
                    city.fault(1 + number * len(CODECS) + index, fault, **arguments)

        async def record_all() -> list[Recording]:
            configs = [CameraConfig(id=CameraId(name), url=city.url(name)) for name in city.cameras]
            return list(await asyncio.gather(*map(record, configs)))

        recordings = asyncio.run(record_all())
        keys = [(codec, number) for number in range(len(FAULTS)) for codec in CODECS]
        yield city, dict(zip(keys, recordings, strict=True))


def exported(
    recording: Recording, directory: Path
) -> tuple[list[tuple[bytes, ...]], ExportReport, list[Path]]:
    result = export(*recording)
    pictures: list[tuple[bytes, ...]] = []
    paths = []
    for clip in result:
        paths.append(directory / f"{clip.number}.mp4")
        clip.write(paths[-1])
        with paths[-1].open("rb") as file:
            film = Mp4File(file)
            pictures += [
                units_of(sample.data) if film.kind != "mp4v" else (sample.data,)
                for sample in film.samples()
            ]
    return pictures, result.report, paths


@pytest.mark.parametrize("number", range(len(UNHURT)), ids=lambda n: FAULTS[n][0] or "plain")
@pytest.mark.parametrize("codec", CODECS)
def test_the_film_is_the_encoders(
    codec: str,
    number: int,
    city: tuple[SimCity, dict[tuple[str, int], Recording]],
    tmp_path: Path,
) -> None:
    pictures, report, paths = exported(city[1][codec, number], tmp_path)
    match = city[0].truth(1 + number * len(CODECS) + CODECS.index(codec)).match(pictures)
    assert match.exact
    assert len(pictures) >= 20
    assert (report.lost, report.unusable, report.bytes_skipped) == (0, 0, 0)
    assert len(paths) == 1
    if number in (0, 3, 4):
        ffmpeg_decodes(paths[0])
        assert ffprobe(paths[0])["streams"][0]["nb_read_frames"] == str(len(pictures))
    assert report.clips[0].camera_to is not None


@pytest.mark.parametrize("number", range(len(UNHURT), len(FAULTS)), ids=lambda n: FAULTS[n][0])
@pytest.mark.parametrize("codec", CODECS)
def test_damage_costs_what_it_covers_and_is_counted(
    codec: str,
    number: int,
    city: tuple[SimCity, dict[tuple[str, int], Recording]],
    tmp_path: Path,
) -> None:
    pictures, report, _ = exported(city[1][codec, number], tmp_path)
    truth = city[0].truth(1 + number * len(CODECS) + CODECS.index(codec))
    known = [truth.find(units) for units in pictures]
    assert len(known) >= 10
    strange = known.count(None)
    incomplete = sum(clip.incomplete for clip in report.clips)
    assert strange <= incomplete
    hurt = report.lost + report.bytes_skipped
    assert hurt > 0
