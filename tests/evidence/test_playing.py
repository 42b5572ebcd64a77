# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is played: released chunks as H.264 in fragments, whatever the camera sent."""

import io

import av
import pytest

from machimori.evidence.ordering import authorised_keys
from machimori.evidence.playing import play
from machimori.evidence.testing import Codec, at, recorded
from machimori.kernel.clock import ManualClock
from machimori.kernel.instants import Micros


def shown(codec: Codec, *, since: Micros | None = None) -> list[list[float]]:
    """Seconds from the interval's start of each picture, segment by segment."""
    city, _ = recorded(codec)
    footage, keys = authorised_keys(
        client=city.vault,
        ledger=city.ledger,
        store=city.store,
        order=city.order(at(0), at(10)),
        reader=city.reader,
        clock=ManualClock(at(20)),
    )
    found = []
    for sealed in footage[0].segments:
        data = b"".join(play(sealed, keys[sealed.id], origin=at(0), since=since))
        times: list[float] = []
        if data:
            with av.open(io.BytesIO(data), "r", format="mp4") as source:
                assert source.streams.video[0].codec_context.name == "h264"
                times = [frame.time for frame in source.decode(video=0) if frame.time is not None]
        found.append(times)
    return found


@pytest.mark.parametrize("codec", ["h264", "h265", "jpeg"])
def test_every_picture_is_played_where_it_was_recorded(codec: Codec) -> None:
    segments = shown(codec)
    times = [time for segment in segments for time in segment]
    # Pictures that refer to the segment before (H.265's open groups) are passed over.
    assert 88 <= len(times) <= 90
    assert codec == "h265" or len(times) == 90
    assert len(segments) >= 2
    for segment in segments:
        assert segment == sorted(segment)
    assert times[0] <= 0.6
    assert 5.4 <= times[-1] <= 6.6


def test_what_ends_before_is_left_out() -> None:
    first, *others = shown("h264", since=Micros(at(2)))
    assert 1 <= min(first) < max(first)
    assert all(others)
