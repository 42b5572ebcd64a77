# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fragmented MP4: FFmpeg shows the pictures that went in, at the times that were asked for."""

import io
from functools import cache
from itertools import pairwise

import av
from hypothesis import given, settings
from hypothesis import strategies as st

from machimori.footage.mp4 import boxes, fragments
from machimori.footage.mp4.entries import h264_entry
from machimori.footage.mp4.fragments import TimedSample
from machimori.footage.mp4.testing import encode
from machimori.footage.mp4.writer import length_prefixed
from machimori.footage.rtp.parameters import ParameterSets

RATE = 90_000


@cache
def film(reordered: int = 2) -> tuple[bytes, list[TimedSample]]:
    """A sample entry and three seconds of H.264 with so many B-frames in a row."""
    coding = f"keyint=15:bframes={reordered}:repeat-headers=1"
    options = {"preset": "medium", "x264-params": coding}
    pictures = encode("h264", count=45, options=options)
    sets = ParameterSets("h264")
    sets.update(pictures[0].units)
    samples = [
        TimedSample(data=length_prefixed(one.units), pts=one.pts, key=one.key) for one in pictures
    ]
    return h264_entry(sets), samples


def written(entry: bytes, samples: list[TimedSample], *, start: int, shortest: int) -> bytes:
    parts = [fragments.head(entry, (320, 192), RATE)]
    first = min(sample.pts for sample in samples)
    for number, group in enumerate(fragments.groups(samples, shortest=shortest), 1):
        at = start + min(sample.pts for sample in group) - first
        parts.append(fragments.fragment(number, group, start=at, last_duration=6000))
    return b"".join(parts)


@settings(max_examples=12, deadline=None)
@given(
    start=st.integers(0, 86_400 * RATE),
    shortest=st.integers(1, 4 * RATE),
    reordered=st.integers(0, 2),
)
def test_a_player_shows_every_picture_when_it_is_due(
    start: int, shortest: int, reordered: int
) -> None:
    entry, samples = film(reordered)
    data = written(entry, samples, start=start, shortest=shortest)
    with av.open(io.BytesIO(data), "r", format="mp4") as source:
        shown = [frame.pts for frame in source.decode(video=0) if frame.pts is not None]
    assert len(shown) == len(samples)
    assert [b - a for a, b in pairwise(shown)] == [6000] * (len(samples) - 1)
    # FFmpeg moves a whole film by its most negative composition offset; players do not.
    assert reordered or shown[0] == start


def test_a_fragment_begins_with_a_key_frame_and_says_where_its_samples_are() -> None:
    _, samples = film()
    made = list(fragments.groups(samples, shortest=RATE))
    assert [group[0].key for group in made] == [True, True, True]
    assert [sample for group in made for sample in group] == samples
    data = fragments.fragment(1, made[0], start=0, last_duration=6000)
    run = boxes.child(data, b"moof", b"traf", b"trun")
    offset = int.from_bytes(run[8:12], "big")
    assert data[offset:] == b"".join(sample.data for sample in made[0])
