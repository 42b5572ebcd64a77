# SPDX-License-Identifier: AGPL-3.0-or-later
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from machimori.footage.rtp.interleaved import Splitter, split
from machimori.footage.rtp.testing import Sender, interleaved

RTP = b"\x80\x60"
frames = st.lists(
    st.tuples(st.sampled_from((0, 1)), st.binary(min_size=10, max_size=60).map(RTP.__add__)),
    max_size=12,
)


def stream(parts: list[tuple[int, bytes]]) -> bytes:
    return b"".join(interleaved(channel, payload) for channel, payload in parts)


def found(splitter: Splitter, pieces: list[bytes]) -> list[tuple[int, bytes]]:
    out = []
    for piece in pieces:
        buffer, places = splitter.feed(piece)
        out += [(channel, buffer[start:stop]) for channel, start, stop in places]
    splitter.finish()
    return out


def cut(data: bytes, at: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in at)})
    return [data[a:b] for a, b in pairwise(edges)]


@given(frames, st.lists(st.integers(0, 10_000), max_size=8))
def test_frames_are_found_wherever_the_stream_is_cut(
    parts: list[tuple[int, bytes]], at: list[int]
) -> None:
    pieces = cut(stream(parts), at)
    assert [(c, bytes(p)) for c, p in split(pieces)] == parts
    splitter = Splitter(synchronised=True)
    assert found(splitter, pieces) == parts
    assert splitter.skipped == 0


@given(frames, st.lists(st.integers(0, 10_000), max_size=8))
def test_messages_between_frames_are_passed_over(
    parts: list[tuple[int, bytes]], at: list[int]
) -> None:
    message = b"RTSP/1.0 200 OK\r\nCSeq: 7\r\ncontent-length: 4\r\n\r\n$\0\0\x04"
    request = b"GET_PARAMETER * RTSP/1.0\r\nCSeq: 3\r\n\r\n"
    data = message.join([stream([part]) for part in parts] or [b""]) + request
    splitter = Splitter(synchronised=True)
    assert found(splitter, cut(data, at)) == parts
    assert splitter.skipped == 0
    assert splitter.messages == max(0, len(parts) - 1) + 1


@given(st.integers(1, 300), st.lists(st.integers(0, 10_000), max_size=4))
def test_a_stream_that_begins_inside_a_frame_is_found(start: int, at: list[int]) -> None:
    sender = Sender()
    whole = [sender.frame(bytes([index]) * 90, 0, marker=False) for index in range(20)]
    data = b"".join(whole)[start:]
    expected = [frame[4:] for frame in whole[-(-start // len(whole[0])) :]]
    splitter = Splitter()
    assert [payload for _, payload in found(splitter, cut(data, at))] == expected
    assert splitter.skipped == -start % len(whole[0])


def test_garbage_and_absurd_lengths_cost_what_they_cover() -> None:
    sender = Sender()
    before, after = sender.frame(b"a" * 50, 0, marker=False), sender.frame(b"b", 1, marker=True)
    tail = sender.frames([b"c" * 9] * 3, 2)
    garbage = b"\x00\xff\x13garbage$\x09\xff\xff"
    splitter = Splitter(synchronised=True)
    assert [payload for _, payload in found(splitter, [before + garbage + after, *tail])] == [
        frame[4:] for frame in (before, after, *tail)
    ]
    assert splitter.skipped == len(garbage)


def test_other_channels_are_stepped_over() -> None:
    sender = Sender()
    video = sender.frames([b"v" * 30, b"w" * 30], 0)
    data = video[0] + interleaved(2, b"\x80sound") + video[1]
    splitter = Splitter(synchronised=True)
    assert len(found(splitter, [data])) == 2
    assert splitter.skipped == 0
