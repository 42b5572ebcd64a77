# SPDX-License-Identifier: AGPL-3.0-or-later
"""Strangers look at the city's cameras: FFmpeg through PyAV and ffprobe, over real connections."""

import shutil
import subprocess

import av
import pytest

from machimori.simcity.city import SimCity
from machimori.simcity.faults import Arguments


@pytest.mark.parametrize("codec", ["h264", "h265", "mjpeg"])
def test_a_stranger_reads_each_codec(codec: str) -> None:
    with SimCity(codecs=(codec,)) as city:
        options = {"rtsp_transport": "tcp", "analyzeduration": "300000"}
        with av.open(city.url(), options=options) as container:
            stream = container.streams.video[0]
            assert (stream.codec_context.width, stream.codec_context.height) == (320, 240)
            frames = [frame for frame, _ in zip(container.decode(stream), range(10), strict=False)]
    assert len(frames) == 10


HABITS: list[tuple[str, Arguments]] = [
    ("content_base", {"form": "missing"}),
    ("content_base", {"form": "relative"}),
    ("content_base", {"form": "location"}),
    ("control", {"form": "absolute"}),
    ("control", {"form": "path"}),
    ("control", {"form": "none"}),
    ("channels", {}),
    ("no_content_type", {}),
    ("redirect", {}),
    ("trailing_garbage", {"where": "body"}),
    ("odd_headers", {}),
    ("stale_nonce", {}),
    ("sequence_wrap", {}),
    ("timestamp_wrap", {}),
    ("message", {}),
    ("strange_channel", {}),
]
"""What a client that is used to real cameras puts up with."""


def test_ffprobe_puts_up_with_the_habits_and_sees_both_tracks() -> None:
    ffprobe = shutil.which("ffprobe")
    assert ffprobe, "install it: sudo apt-get install ffmpeg"
    with SimCity(len(HABITS), sound=True, auth="digest-md5", rate=30, gop=10, seconds=2) as city:
        probes = []
        for number, (fault, arguments) in enumerate(HABITS, 1):
            city.fault(number, fault, **arguments)
            command = [ffprobe, "-v", "error", "-rtsp_transport", "tcp"]
            command += ["-analyzeduration", "300000", "-probesize", "40000"]
            command += ["-show_entries", "stream=codec_name,width", "-of", "csv=p=0"]
            command.append(city.url(number, signed_in=True))
            probes.append(subprocess.Popen(command, stdout=subprocess.PIPE))
        for (fault, arguments), probe in zip(HABITS, probes, strict=True):
            seen, _ = probe.communicate(timeout=30)
            assert seen.split() == [b"h264,320", b"pcm_mulaw"], (fault, arguments)


def test_rtsps_to_a_stranger() -> None:
    with SimCity(tls=True, codecs=("h265",)) as city:
        options = {"rtsp_transport": "tcp", "ca_file": str(city.ca), "tls_verify": "1"}
        with av.open(city.url(), options=options) as container:
            assert container.streams.video[0].codec_context.name == "hevc"
