# SPDX-License-Identifier: AGPL-3.0-or-later
"""A jump into the midst of a segment: the same pictures at the same instants, without reading what
lies before."""

import io
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import av
import pytest

from machimori.evidence.ordering import authorised_keys
from machimori.evidence.playing import play
from machimori.evidence.selection import Sealed
from machimori.evidence.testing import ENCODINGS, SECOND, Codec, SampleCity, at
from machimori.footage.mp4.testing import RATE, Picture, chunks_of, encode, sent
from machimori.footage.rtp.testing import description
from machimori.footage.testing import SAMPLE_START
from machimori.kernel.clock import ManualClock
from machimori.vault.client.release import SegmentKeys

SECONDS = 30
WRAP = 1 << 32


@cache
def filmed(codec: Codec, x264: str = "") -> list[Picture]:
    """A key picture a second, unless the encoder is told otherwise."""
    options = {"x264-params": x264} if x264 else None
    return encode(codec, count=15 * SECONDS, size=(160, 96), options=options)


def bare(picture: Picture) -> Picture:
    """Without parameter sets (H.264's types 7 and 8)."""
    return replace(picture, units=tuple(one for one in picture.units if one[0] & 31 not in (7, 8)))


def segment(
    codec: Codec = "h264",
    pictures: Sequence[Picture] | None = None,
    *,
    shift: int = 0,
    jump: int = 0,
) -> tuple[Sealed, SegmentKeys]:
    """One segment of 30 seconds, a drain a second. `shift` is added to the RTP time stamps, and
    `jump` to those of the second half."""
    city = SampleCity()
    pictures = list(pictures or filmed(codec))
    half = SECONDS * RATE // 2
    stamped = [
        replace(one, pts=one.pts + shift + (jump if one.pts >= half else 0)) for one in pictures
    ]
    times = [when for when, _ in sent(codec, pictures)]
    pieces = list(zip(times, (data for _, data in sent(codec, stamped)), strict=True))
    recorder = city.recorder()
    chunks = chunks_of(pieces, start=SAMPLE_START)
    city.record(recorder, description(ENCODINGS[codec]), chunks, every=2 * SECONDS * SECOND)
    city.anchor(recorder)
    footage, keys = authorised_keys(
        client=city.vault,
        ledger=city.ledger,
        store=city.store,
        order=city.order(at(0), at(SECONDS + 1)),
        reader=city.reader,
        clock=ManualClock(at(SECONDS + 10)),
    )
    [sealed] = footage[0].segments
    return sealed, keys[sealed.id]


def shown(
    found: tuple[Sealed, SegmentKeys], since: float = 0, until: float | None = None
) -> list[float]:
    """Seconds after the recording's start of each picture that is played."""
    end = None if until is None else at(until)
    data = b"".join(play(*found, origin=at(0), since=at(since), until=end))
    with av.open(io.BytesIO(data), "r", format="mp4") as source:
        return [frame.time for frame in source.decode(video=0) if frame.time is not None]


def without(found: tuple[Sealed, SegmentKeys], first: int, last: int) -> tuple[Sealed, SegmentKeys]:
    """The same, but keys of those chunks are wanting: reading one of them fails."""
    sealed, keys = found
    left = {index: key for index, key in keys.chunks.items() if not first <= index <= last}
    return sealed, replace(keys, chunks=left)


@pytest.mark.parametrize(
    ("codec", "shift"), [("h264", 0), ("h264", WRAP - 10 * RATE), ("h265", 0), ("jpeg", 0)]
)
def test_a_jump_shows_the_same_pictures_at_the_same_instants(codec: Codec, shift: int) -> None:
    found = segment(codec, shift=shift)
    whole = shown(found)
    for since in (3.2, 11.0, 20.5):
        part = shown(found, since)
        assert part[0] <= since
        assert part == pytest.approx(whole[-len(part) :], abs=0.001)


def test_what_lies_before_a_jump_is_not_read() -> None:
    found = without(segment(), 2, 14)
    assert shown(found, 20)[0] <= 20


def test_a_rare_key_picture_is_looked_for_further_back() -> None:
    found = segment(pictures=filmed("h264", "keyint=150:min-keyint=150:scenecut=0"))
    assert shown(found, 19)[0] == pytest.approx(shown(found)[150], abs=0.001)
    assert shown(without(found, 2, 2), 29)[0] <= 29


def test_parameter_sets_that_came_once_are_found_at_the_beginning() -> None:
    first, *others = filmed("h264")
    found = segment(pictures=[first, *map(bare, others)])
    assert shown(found, 25)[0] <= 25


def test_after_a_jump_of_the_camera_s_clock_arrival_tells_the_time() -> None:
    found = segment(jump=3600 * RATE)
    whole = shown(found)
    assert max(whole) < SECONDS + 1
    part = shown(found, 27)
    assert part == pytest.approx(whole[-len(part) :], abs=1.001)


def test_no_more_is_sent_than_was_asked_for() -> None:
    found = segment()
    part = shown(found, 10, 15)
    assert part[0] <= 10
    assert 15 - 0.2 <= part[-1] <= 16
    rest = shown(found, part[-1] + 1 / 15)
    assert rest[0] == pytest.approx(part[-1] + 1 / 15, abs=0.001)


def test_where_nothing_is_until_then_the_first_picture_behind_is_sent() -> None:
    found = segment()
    assert shown(found, -5, -2)[0] == pytest.approx(0, abs=0.001)
