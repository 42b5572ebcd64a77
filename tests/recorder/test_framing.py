# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whole frames come out whole, however the stream was cut; the rest is cut out and counted."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.kernel.errors import MalformedError
from machimori.recorder.framing import Walker
from machimori.recorder.testing import CONTROL, Stream, frame

ANSWER = b"RTSP/1.0 200 OK\r\nCSeq: 7\r\nContent-Length: 4\r\n\r\nbody"
REQUEST = b"GET_PARAMETER rtsp://x/ RTSP/1.0\r\nCSeq: 1\r\n\r\n"
SENDER_REPORT = frame(bytes((0x80, 200, 0, 6)) + bytes(24), channel=CONTROL)


def walk_all(walker: Walker, pieces: list[bytes]) -> tuple[bytes, list[bytes], int]:
    """Feed pieces as drains would: frames, messages, bytes left over."""
    kept, messages, tail = b"", [], b""
    for piece in pieces:
        buffer = bytearray(tail + piece)
        whole = walker.walk(buffer, len(buffer))
        kept += bytes(buffer[:whole])
        messages += walker.messages
        tail = bytes(buffer[walker.rest :])
    return kept, messages, len(tail)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges)]


@given(st.lists(st.integers(0, 10**6), max_size=12), st.integers(0, 2**16))
def test_any_cut_gives_the_same_frames_and_messages(places: list[int], first: int) -> None:
    stream = Stream(sequence=first)
    a, b, c = stream.picture(key=True), stream.picture(), stream.picture()
    data = a + ANSWER + b + SENDER_REPORT + REQUEST + c
    walker = Walker(0, 1)
    kept, messages, left = walk_all(walker, cut(data, places))
    assert kept == a + b + SENDER_REPORT + c
    assert messages == [ANSWER, REQUEST]
    assert left == 0
    assert walker.packets == 11
    assert (walker.lost, walker.garbage, walker.jumps) == (0, 0, 0)


def test_loss_is_counted_across_the_wrap_of_sequence_numbers() -> None:
    stream = Stream(sequence=65_530)
    data = b"".join(stream.packet(b"x" * 20) for _ in range(4))
    stream.sequence += 5
    data += b"".join(stream.packet(b"x" * 20) for _ in range(4))
    walker = Walker(0, 1)
    walk_all(walker, [data])
    assert (walker.packets, walker.lost) == (8, 5)


def test_a_late_packet_and_a_restarted_source_are_no_loss() -> None:
    stream = Stream(sequence=100)
    data = stream.packet(b"x" * 20) + stream.packet(b"x" * 20)
    data += Stream(sequence=100).packet(b"x" * 20)  # a duplicate
    data += stream.packet(b"x" * 20)
    data += Stream(sequence=40_000).packet(b"x" * 20)
    walker = Walker(0, 1)
    walk_all(walker, [data])
    assert (walker.lost, walker.jumps, walker.packets) == (0, 1, 5)


def test_garbage_between_frames_is_cut_out_and_the_next_frame_found() -> None:
    stream = Stream()
    a, b = stream.picture(key=True), stream.picture()
    noise = bytes(random.Random(1).randbytes(500)).replace(b"$", b"%")
    walker = Walker(0, 1)
    kept, _, _ = walk_all(walker, [a + noise + b])
    assert kept == a + b
    assert walker.garbage == len(noise)
    assert walker.resyncs >= 1


def test_lost_sync_costs_the_damaged_frame_only() -> None:
    stream = Stream()
    packets = [stream.packet(bytes((0x41,)) + b"\x55" * 900) for _ in range(20)]
    damaged = packets[5][:400]
    walker = Walker(0, 1)
    kept, _, _ = walk_all(walker, [b"".join([*packets[:5], damaged, *packets[6:]])])
    # The cut frame swallows the beginning of the next; everything behind is found again.
    assert kept.startswith(b"".join(packets[:5]))
    assert kept.endswith(b"".join(packets[8:]))


def test_a_frame_of_a_strange_channel_is_cut_out() -> None:
    stream = Stream()
    a, b = stream.picture(), stream.picture()
    walker = Walker(0, 1)
    kept, _, _ = walk_all(walker, [a + frame(b"\x80" + b"z" * 99, channel=77) + b])
    assert kept == a + b
    assert walker.foreign == 1


def test_an_absurd_length_delays_and_does_not_end_the_session() -> None:
    stream = Stream()
    walker = Walker(0, 1)
    pieces = [stream.picture(), b"\x24\x00\xff\xff\x80few"]
    pieces += [stream.picture(size=30_000) for _ in range(6)]
    kept, _, _ = walk_all(walker, pieces)
    assert len(kept) > 100_000


def test_nothing_but_noise_ends_the_session_with_bounded_effort() -> None:
    walker = Walker(0, 1)
    noise = random.Random(2).randbytes(1 << 20)
    with pytest.raises(MalformedError):
        walk_all(walker, [noise] * 4)


@given(st.binary(max_size=3000))
def test_any_bytes_make_frames_or_the_domain_error(data: bytes) -> None:
    walker = Walker(0, 1)
    buffer = bytearray(data)
    try:
        whole = walker.walk(buffer, len(buffer))
    except MalformedError:
        return
    assert 0 <= whole <= walker.rest <= len(data)


@given(
    st.lists(
        st.tuples(st.sampled_from([0, 0, 0, 0, 0, 1, 3]), st.sampled_from([1400] * 6 + [600, 40])),
        min_size=1,
        max_size=40,
    ),
    st.integers(0, 0xFFFF),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=3),
    st.integers(0, 2000),
)
def test_runs_of_equal_packets_give_what_single_steps_give(
    packets: list[tuple[int, int]], first: int, damages: list[tuple[int, int]], missing: int
) -> None:
    def packet(sequence: int, size: int) -> bytes:
        head = bytes((0x80, 96)) + (sequence & 0xFFFF).to_bytes(2, "big")
        return frame(head + bytes(size - 4))

    sequence, data = first, bytearray()
    for skipped, size in packets:
        sequence += skipped
        data += packet(sequence, size)
        sequence += 1
    for place, value in damages:
        data[place % len(data)] = value
    del data[max(1, len(data) - missing) :]
    warm_up = bytearray(packet(first - 2, 1400) + packet(first - 1, 1400))
    trained, fresh = Walker(0, 1), Walker(0, 1)
    trained.walk(warm_up, len(warm_up))
    fresh.walk(bytearray(packet(first - 1, 600)), 604)
    fresh.packets += 1
    outcomes = []
    for walker in (trained, fresh):
        buffer = bytearray(data)
        whole = walker.walk(buffer, len(buffer))
        outcomes.append(
            (bytes(buffer[:whole]), walker.packets, walker.lost, walker.rest, walker.small)
        )
    assert outcomes[0] == outcomes[1]
