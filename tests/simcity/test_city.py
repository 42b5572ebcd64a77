# SPDX-License-Identifier: AGPL-3.0-or-later
"""Strangers look at the city's cameras: FFmpeg through PyAV and ffprobe, over real connections."""

import av
import pytest

from machimori.simcity.city import SimCity


@pytest.mark.parametrize("codec", ["h264", "h265", "mjpeg"])
def test_a_stranger_reads_each_codec(codec: str) -> None:
    with SimCity(codecs=(codec,)) as city:
        options = {"rtsp_transport": "tcp"}
        with av.open(city.url(), options=options) as container:
            stream = container.streams.video[0]
            assert (stream.codec_context.width, stream.codec_context.height) == (320, 240)
            frames = [frame for frame, _ in zip(container.decode(stream), range(10), strict=False)]
    assert len(frames) == 10
