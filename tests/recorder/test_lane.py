# SPDX-License-Identifier: AGPL-3.0-or-later
"""One lane with manual time: where segments end, what gaps say, and that the chain holds."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from machimori.footage.check import check
from machimori.kernel.ids import RecorderId
from machimori.kernel.instants import Micros, day_start
from machimori.recorder.testing import SPS, Rig, SampleKeyRing
from machimori.vault.sealing.layout import FLAG_KEY_FRAME

SECOND = 1_000_000
MIDNIGHT = day_start(dt.date(2026, 11, 22))


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    yield from running(Rig(tmp_path))


def running(rig: Rig) -> Iterator[Rig]:
    yield rig
    rig.discard()


def sound(rig: Rig) -> bool:
    """The store checks clean, keys included."""
    rig.plain(rig.segments()[0])
    report = check(
        rig.store,
        trusted={RecorderId("rec-1"): (rig.signer.public,)},
        keys=rig.keys.sample.keys,
        now=rig.now,
    )
    return not [f for f in report.findings if f.verdict not in ("sound", "overwritten")]


def test_what_the_camera_sent_comes_back_byte_for_byte(rig: Rig) -> None:
    sent = b""
    for number in range(5):
        picture = rig.stream.picture(key=number == 0)
        sent += picture
        rig.second(picture)
    rig.end()
    (segment,) = rig.segments()
    assert rig.plain(segment) == sent
    assert segment.end.trailer.reason == "shutdown"
    assert sound(rig)
    (closed,) = rig.records("closed")
    assert closed.cause == "shutdown"


def test_a_segment_ends_on_the_first_key_frame_after_a_minute(rig: Rig) -> None:
    for second in range(75):
        rig.second(key=second % 10 == 0)
    rig.end()
    first, second_one = rig.segments()
    assert first.end.trailer.reason == "duration"
    assert 60 <= (first.end.trailer.last - first.end.trailer.first) / SECOND <= 71
    assert second_one.skeleton().chunks[0].flags & FLAG_KEY_FRAME
    assert not second_one.sealed.header.needs_predecessor
    assert second_one.end.trailer.previous == first.end.head().hex()
    assert sound(rig)


def test_without_key_frames_a_segment_ends_hard_at_two_minutes(rig: Rig) -> None:
    for second in range(130):
        rig.second(key=second == 0)
    rig.end()
    first, after = rig.segments()
    assert first.end.trailer.last - first.end.trailer.first <= 120 * SECOND
    assert after.sealed.header.needs_predecessor
    assert sound(rig)


@pytest.mark.parametrize(("gop", "needs"), [(3, False), (1000, True)])
def test_midnight_ends_the_segment_on_a_key_frame_or_ten_seconds_later(
    tmp_path: Path, gop: int, needs: bool
) -> None:
    for rig in running(Rig(tmp_path, start=Micros(MIDNIGHT - 20 * SECOND))):
        for second in range(40):
            rig.second(key=second % gop == 0)
        rig.end()
        before, after = rig.segments()
        assert before.sealed.header.day == "2026-11-21"
        assert after.sealed.header.day == "2026-11-22"
        assert after.sealed.header.key.split("/")[1] == "2026-11-22"
        assert before.end.trailer.reason == "midnight"
        assert after.sealed.header.needs_predecessor is needs
        late = before.end.trailer.last - MIDNIGHT
        assert late <= (10 if needs else 4) * SECOND
        assert after.sealed.header.start >= MIDNIGHT
        assert sound(rig)


def test_new_parameter_sets_begin_a_segment(rig: Rig) -> None:
    for second in range(4):
        rig.second(key=second % 2 == 0)
    rig.stream.sps = SPS[:6] + b"\x11" + SPS[7:]
    old = rig.stream.picture()
    rig.second(old + rig.stream.picture(key=True))
    rig.end()
    first, after = rig.segments()
    assert first.end.trailer.reason == "parameters"
    assert rig.plain(first).endswith(old)
    assert rig.stream.sps in rig.plain(after)[:60]
    assert sound(rig)


def test_M4_a_line_that_drops_and_returns_leaves_a_gap_with_its_cause(rig: Rig) -> None:
    rig.second(key=True)
    rig.session.far.close()
    rig.pass_time(1.0)
    rig.drain()
    assert rig.lane.session is None
    assert rig.lane.gap_cause == "network"
    rig.pass_time(7.0)
    rig.play()
    rig.second(key=True)
    rig.end()
    first, after = rig.segments()
    assert first.end.trailer.reason == "reconnect"
    gap = next(record for record in rig.records() if record.cause == "network")
    assert gap.first == first.end.trailer.last
    assert gap.last == after.end.trailer.first
    assert sound(rig)


def test_a_gap_whose_cause_changes_is_two_gaps(rig: Rig) -> None:
    rig.second(key=True)
    rig.lane.lose("network", "gone", rig.now)
    rig.pass_time(90.0)
    rig.lane.still_gone("refused", "password", rig.now)
    rig.pass_time(10.0)
    rig.lane.still_gone("network", "for a moment", rig.now)
    rig.play()
    rig.second(key=True)
    rig.end()
    assert [(r.cause, (r.last - r.first) // SECOND) for r in rig.records()] == [
        ("network", 90),
        ("refused", 10),
    ]
    assert sound(rig)


def test_no_video_for_ten_seconds_is_a_stall(rig: Rig) -> None:
    rig.second(key=True)
    rig.pass_time(11.0)
    rig.drain()
    assert rig.lane.session is None
    assert rig.lane.gap_cause == "stalled"


def test_silence_inside_a_session_is_a_gap_too(rig: Rig) -> None:
    rig.second(key=True)
    for _ in range(7):
        rig.pass_time(1.0)
        rig.drain()
    rig.second(key=True)
    rig.end()
    assert [r.cause for r in rig.records()] == ["stalled"]
    assert sound(rig)


def test_messages_between_frames_reach_the_session_and_are_not_stored(rig: Rig) -> None:
    request = b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"
    a, b = rig.stream.picture(key=True), rig.stream.picture()
    rig.session.to_answer = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"
    rig.second(a + request + b)
    assert rig.session.messages == [request]
    assert rig.session.far.recv(1000) == b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"
    rig.end()
    assert rig.plain(rig.segments()[0]) == a + b


def test_keep_alives_are_sent_in_time(rig: Rig) -> None:
    for _ in range(35):
        rig.second()
    assert rig.session.far.recv(1000).startswith(b"OPTIONS")
    rig.end()


def test_what_came_with_the_answer_to_play_is_recorded(rig: Rig) -> None:
    early = rig.stream.picture(key=True)
    cut = len(early) // 2
    rig.play(pending=early[:cut])
    rig.second(early[cut:])
    rig.end()
    assert rig.plain(rig.segments()[0]) == early


def test_without_a_key_nothing_is_written_and_the_gap_says_so(tmp_path: Path) -> None:
    keys = SampleKeyRing(last=dt.date(2026, 11, 21))
    for rig in running(Rig(tmp_path, start=Micros(MIDNIGHT - 5 * SECOND), keys=keys)):
        for _ in range(20):
            rig.second(key=True)
        assert rig.lane.gap_cause == "no_key"
        keys.last = dt.date(2026, 11, 30)
        rig.second(key=True)
        rig.end()
        days = {reader.sealed.header.day for reader in rig.segments()}
        assert days == {"2026-11-21", "2026-11-22"}
        gap = next(record for record in rig.records() if record.cause == "no_key")
        assert gap.last - gap.first >= 14 * SECOND
        assert sound(rig)


def test_a_choked_disk_costs_a_gap_and_no_memory(rig: Rig) -> None:
    rig.second(key=True)
    for _ in range(5):
        rig.second(refusing="disk")
    assert rig.lane.dropped > 0
    rig.second(key=True)
    rig.end()
    first, _ = rig.segments()
    assert first.end.trailer.reason == "disk"
    gap = next(record for record in rig.records() if record.cause == "disk")
    assert (gap.last - gap.first) // SECOND == 5
    assert sound(rig)


def test_an_open_gap_is_written_down_at_the_end_of_the_day(tmp_path: Path) -> None:
    for rig in running(Rig(tmp_path, start=Micros(MIDNIGHT - 30 * SECOND))):
        rig.second(key=True)
        rig.lane.lose("network", "gone", rig.now)
        rig.pass_time(60.0)
        rig.lane.split_gap(MIDNIGHT)
        rig.end()
        gaps = [r for r in rig.records() if r.cause == "network"]
        assert [r.day for r in gaps] == ["2026-11-21", "2026-11-22"]
        assert gaps[0].last == gaps[1].first == MIDNIGHT
        assert sound(rig)


def test_a_camera_above_the_ceiling_is_slowed_down_and_not_lost(rig: Rig) -> None:
    rig.session.far.setblocking(False)
    rig.second(key=True)
    flood = rig.stream.picture(size=100_000)
    for _ in range(50):
        try:
            while True:
                rig.session.far.sendall(flood)
        except BlockingIOError:
            pass
        rig.pass_time(0.05)
        rig.drain()
        if rig.lane.session is None:
            break
    assert rig.lane.bytes < 14_000_000


def test_jpeg_segments(tmp_path: Path) -> None:
    for rig in running(Rig(tmp_path, codec="jpeg")):
        for _ in range(65):
            rig.second()
        rig.end()
        assert len(rig.segments()) == 2
        assert sound(rig)


def test_while_the_clock_is_not_believed_nothing_is_sealed(rig: Rig) -> None:
    rig.second(key=True)
    right = rig.now
    rig.now = Micros(right - 400 * 86_400 * SECOND)
    for _ in range(5):
        rig.second(key=True, refusing="clock")
    rig.now = Micros(right + 5 * SECOND)
    rig.second(key=True)
    rig.end()
    assert rig.lane.sessions == 1
    first, after = rig.segments()
    assert first.end.trailer.reason == "clock"
    assert after.sealed.header.day == first.sealed.header.day
    (gap,) = rig.records()
    assert (gap.cause, (gap.last - gap.first) // SECOND) == ("clock", 5)
    assert sound(rig)
