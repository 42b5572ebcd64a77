# SPDX-License-Identifier: AGPL-3.0-or-later
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.footage.rtp import testing
from machimori.footage.rtp.access import AccessUnit, Assembler, TimedChunk
from machimori.footage.rtp.sdp import VideoTrack
from machimori.footage.rtp.testing import Sender, description
from machimori.kernel.instants import Micros

IDR = b"\x65\x88"
P = b"\x41\x9a"
SEI = b"\x06\x05\x04abcd\x80"
IDR_265 = b"\x26\x01\xaf"


def units(
    frames: Iterable[bytes], encoding: str = "H264", fmtp: str = ""
) -> tuple[list[AccessUnit], Assembler]:
    assembler = Assembler(VideoTrack.read(description(encoding, fmtp=fmtp)), synchronised=True)
    found = []
    for index, frame in enumerate(frames):
        chunk = TimedChunk(
            arrived_from=Micros(index * 10), arrived_to=Micros(index * 10 + 10), data=frame
        )
        found += assembler.feed(chunk)
    return found + assembler.flush(), assembler


nal_264 = st.binary(min_size=1, max_size=300).flatmap(
    lambda body: st.sampled_from((IDR, P, SEI)).map(lambda head: head + body)
)
pictures_264 = st.lists(
    st.lists(nal_264, min_size=1, max_size=4).map(lambda nals: (*nals, P + b"\0")),
    min_size=1,
    max_size=5,
)


@given(pictures_264, st.integers(20, 200), st.integers(0, 0xFFFF), st.integers(0, 2**32 - 1))
def test_h264_comes_back_nal_by_nal_over_every_wrap(
    pictures: list[tuple[bytes, ...]], mtu: int, sequence: int, timestamp: int
) -> None:
    sender = Sender(sequence=sequence)
    frames: list[bytes] = []
    for index, nals in enumerate(pictures):
        frames += sender.frames(testing.h264_payloads(nals, mtu), timestamp + 6000 * index)
    found, assembler = units(frames)
    assert [unit.units for unit in found] == pictures
    assert [unit.pts - timestamp for unit in found] == [6000 * i for i in range(len(pictures))]
    assert assembler.counts.lost == 0


@given(
    st.lists(st.binary(min_size=3, max_size=200).map(IDR_265.__add__), min_size=1, max_size=6),
    st.integers(20, 150),
    st.booleans(),
)
def test_h265_comes_back_nal_by_nal(nals: list[bytes], mtu: int, numbered: bool) -> None:
    sender = Sender()
    number = 65_534 if numbered else None
    again = None if number is None else (number + len(nals)) & 0xFFFF
    frames = [
        *sender.frames(testing.h265_payloads(nals, mtu, number=number), 0),
        *sender.frames([testing.h265_aggregate(nals, number=again)], 3000),
    ]
    fmtp = "sprop-max-don-diff=2;sprop-depack-buf-nalus=2" if numbered else ""
    found, _ = units(frames, "H265", fmtp)
    assert [unit.units for unit in found] == [tuple(nals), tuple(nals)]
    assert all(unit.key and unit.complete for unit in found)


def test_aggregates_of_h264() -> None:
    sender = Sender()
    nals = (SEI, IDR + b"1", IDR + b"2")
    found, _ = units(sender.frames([testing.stap_a(nals)], 0))
    assert [unit.units for unit in found] == [nals]
    assert found[0].key


def test_interleaved_h264_is_put_into_decoding_order() -> None:
    sender = Sender()
    long = P + bytes(range(1, 200))
    payloads: Sequence[bytes] = (
        testing.stap_b(65_534, [SEI, IDR + b"0"]),
        testing.mtap(1, [(0, 0, P + b"\x802"), (1, 3000, P + b"\x803")]),
        testing.stap_b(0, [P + b"\x801"]),
        testing.mtap(3, [(0, 3000, P + b"\x804")], wide=True),
        *testing.fu_b(4, long, 100),
    )
    times = (0, 6000, 3000, 9000, *(15_000 for _ in payloads[4:]))
    frames = [
        sender.frame(payload, time, marker=True)
        for payload, time in zip(payloads, times, strict=True)
    ]
    found, _ = units(frames, fmtp="packetization-mode=2;sprop-interleaving-depth=3")
    assert [(unit.pts, unit.units) for unit in found] == [
        (0, (SEI, IDR + b"0")),
        (3000, (P + b"\x801",)),
        (6000, (P + b"\x802",)),
        (9000, (P + b"\x803",)),
        (12_000, (P + b"\x804",)),
        (15_000, (long,)),
    ]


def picture(sender: Sender, timestamp: int, size: int = 500) -> list[bytes]:
    return sender.frames(testing.h264_payloads([IDR + bytes([7]) * size], 100), timestamp)


def test_a_lost_packet_is_counted_and_the_picture_kept_and_flagged() -> None:
    sender = Sender(sequence=65_534)
    first, second, third = (picture(sender, 3000 * index) for index in range(3))
    sei = sender.frame(SEI, 9000, marker=False)
    fourth = [sei, *picture(sender, 9000)]
    del second[2], fourth[3]
    found, assembler = units([*first, *second, *third, *fourth])
    assert assembler.counts.lost == 2
    assert [unit.pts for unit in found] == [0, 3000, 6000, 9000]
    assert [unit.complete for unit in found] == [True, False, True, False]
    assert [unit.shown for unit in found] == [True, False, True, False]
    assert [unit.lost_before for unit in found] == [0, 1, 0, 1]
    assert found[3].units == (SEI,)


def test_whole_pictures_lost_leave_their_neighbours_complete() -> None:
    sender = Sender()
    first, lost, third = (picture(sender, 3000 * index) for index in range(3))
    found, _ = units([*first, *third])
    assert [(unit.complete, unit.lost_before) for unit in found] == [(True, 0), (True, len(lost))]


def test_a_picture_without_its_last_packet_is_incomplete() -> None:
    sender = Sender()
    frames = [
        *sender.frames([IDR + b"\x01", IDR[:1] + b"\x10rest"], 0),
        *picture(sender, 3000),
    ]
    del frames[1]
    found, _ = units(frames)
    assert [unit.complete for unit in found] == [False, True]
    assert found[0].units == (IDR + b"\x01",)


def test_late_and_repeated_packets_are_left_out() -> None:
    sender = Sender()
    frames = [frame for index in range(3) for frame in picture(sender, index * 3000)]
    found, assembler = units([*frames[:8], frames[7], frames[2], *frames[8:]])
    assert len(found) == 3
    assert all(unit.complete for unit in found)
    assert assembler.counts.late == 2


def test_a_new_source_needs_two_packets_and_restarts_the_clock() -> None:
    sender, other = Sender(), Sender(ssrc=99, sequence=500)
    stray = Sender(ssrc=7).frame(P, 5, marker=True)
    frames = [
        *picture(sender, 90_000),
        stray,
        *picture(sender, 93_000),
        *picture(other, 123),
        *picture(other, 3123),
    ]
    found, assembler = units(frames)
    assert len(found) == 4
    assert [unit.restarted for unit in found] == [False, False, True, False]
    assert all(unit.complete for unit in found)
    assert found[2].pts > found[1].pts
    assert found[3].pts - found[2].pts == 3000
    assert assembler.counts.foreign == 1


def test_a_sequence_that_starts_over_is_a_restart_not_a_loss() -> None:
    sender = Sender(sequence=30_000)
    frames = picture(sender, 0)
    sender.sequence = 5
    found, assembler = units([*frames, *picture(sender, 3000)])
    assert [unit.restarted for unit in found] == [False, True]
    assert assembler.counts.lost == 0


def test_packets_that_are_none_are_counted() -> None:
    sender = Sender()
    frames = [
        testing.interleaved(0, b"\x80"),
        testing.interleaved(0, b"\x00" * 40),
        testing.interleaved(1, b"no RTCP"),
        Sender(payload_type=0).frame(b"sound", 0, marker=False),
        *picture(sender, 0),
    ]
    found, assembler = units(frames)
    assert len(found) == 1
    assert assembler.counts.malformed == 3
    assert assembler.counts.foreign == 1


def test_parameter_sets_under_a_time_of_their_own_join_the_next_picture() -> None:
    sender = Sender()
    sps = b"\x67\x42\xc0\x0a"
    frames = [sender.frame(sps, 0, marker=True), *sender.frames([IDR], 3000)]
    found, _ = units(frames)
    assert [(unit.pts, unit.units) for unit in found] == [(3000, (sps, IDR))]


def test_recovery_points_are_places_to_begin() -> None:
    sender = Sender()
    exact = b"\x06\x06\x01\x84\x80"
    later = b"\x06\x06\x01\x20\x80"
    found, _ = units([*sender.frames([exact, P], 0), *sender.frames([later, P], 3000)])
    assert [unit.key for unit in found] == [True, False]


def test_the_cameras_clock_comes_from_its_reports() -> None:
    sender = Sender()
    wall = 1_790_000_000_000_000
    frames = [*picture(sender, 90_000), sender.report(90_000, wall), *picture(sender, 180_000)]
    again = sender.report(2**32 - 90_000, wall - 2_000_000)
    found, _ = units([*frames, again, *picture(sender, 0)])
    assert [unit.camera for unit in found] == [wall, wall + 1_000_000, wall - 1_000_000]


@pytest.mark.parametrize(
    ("encoding", "payload"),
    [
        ("H264", b"\x00"),
        ("H264", b"\x1e\x01\x02"),
        ("H264", b"\x7c\x85"),
        ("H264", b"\x7c\x45tail"),
        ("H264", b"\x78\x00\x09cut"),
        ("H264", b"\x79\x00"),
        ("H264", b"\x7a\x00\x00\x00\x01\x00"),
        ("H265", b"\x26\x01"),
        ("H265", b"\x60\x01\x00\x09cut"),
        ("H265", b"\x62\x01\x53tail"),
        ("H265", b"\x64\x01PACI"),
        ("JPEG", b"\0\0\0\0\x05\x32\x08\x08scan"),
        ("JPEG", b"\0\0\0\0\x01\x64\x08\x08scan"),
        ("JPEG", b"\0\0\0\0\x01\xff\x08\x08\0\0\0\0"),
        ("JPEG", b"\0\0\0\x09\x01\x32\x08\x08scan"),
        ("JPEG", b"\0\0\0\0\x41\x32\x08\x08\0\0"),
        ("JPEG", b"\0\0\0\0\x01\x32\x00\x00scan"),
    ],
)
def test_malformed_payloads_cost_their_picture_only(encoding: str, payload: bytes) -> None:
    sender = Sender()
    if encoding == "H264":
        good = [IDR]
    elif encoding == "H265":
        good = [IDR_265 + b"\x01\x02"]
    else:
        good = [b"\0\0\0\0\x01\x32\x08\x08scan"]
    frames = [*sender.frames([payload], 0), *sender.frames(good, 3000)]
    found, _ = units(frames, encoding)
    assert found[-1].complete
    assert not any(unit.complete for unit in found[:-1])
