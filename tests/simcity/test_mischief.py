# SPDX-License-Identifier: AGPL-3.0-or-later
"""Each fault of the stream, seen on the wire."""

import itertools
import struct
import time

import pytest

from machimori.simcity.city import SimCity
from machimori.simcity.probe import Packet, Probe


def gaps(packets: list[Packet]) -> int:
    """Packets missing by sequence number."""
    pairs = itertools.pairwise(packets)
    return sum((b.sequence - a.sequence - 1) & 0xFFFF for a, b in pairs)


def raw(probe: Probe, seconds: float) -> bytes:
    """Whatever comes, unparsed."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        probe.fill()
    return bytes(probe.buffer)


def falls_silent(probe: Probe) -> None:
    """Read what had been sent, and expect no more."""
    probe.socket.settimeout(0.4)
    with pytest.raises(TimeoutError):
        list(probe.frames(60))


def test_a_sound_camera_sends_whole_frames(city: SimCity) -> None:
    with Probe(city.url(1)) as probe:
        assert probe.play().status == 200
        packets = probe.packets(0.5)
        assert not probe.buffer or probe.buffer[0] == 0x24
    assert gaps(packets) == 0
    assert len({packet.ssrc for packet in packets}) == 1
    stamps = [packet.stamp for packet in packets if packet.marker]
    assert {(b - a) & 0xFFFFFFFF for a, b in itertools.pairwise(stamps)} == {3000}


def test_each_session_has_its_own_numbers(city: SimCity) -> None:
    with Probe(city.url(1)) as one, Probe(city.url(2)) as two:
        one.play(), two.play()
        a, b = one.packets(0.1)[0], two.packets(0.1)[0]
    assert (a.ssrc, a.sequence, a.stamp) != (b.ssrc, b.sequence, b.stamp)


def test_the_sound_track_comes_only_when_it_is_set_up(city: SimCity) -> None:
    with Probe(city.url(1)) as probe:
        probe.play(audio=True)
        frames = list(probe.frames(0.4))
    sounds = [Packet.decode(data) for channel, data in frames if channel == 2]
    assert len(sounds) >= 8
    assert {(packet.kind, len(packet.payload)) for packet in sounds} == {(0, 320)}
    with Probe(city.url(1)) as probe:
        probe.play()
        assert {channel for channel, _ in probe.frames(0.3)} == {0, 1}


def test_sender_reports_tell_the_camera_s_clock(city: SimCity) -> None:
    with Probe(city.url(1)) as probe:
        probe.play()
        frames = list(probe.frames(0.3))
    kind, ssrc, ntp, stamp = next(
        struct.unpack_from(">xBxxIQI", data) for channel, data in frames if channel == 1
    )
    first = Packet.decode(next(data for channel, data in frames if channel == 0))
    assert (kind, ssrc) == (200, first.ssrc)
    assert abs(ntp / 2**32 - 2_208_988_800 - time.time()) < 2
    assert abs(stamp - first.stamp) < 90_000


def test_stall_stops_pictures_but_not_rtsp(city: SimCity) -> None:
    with Probe(city.url(3)) as probe:
        probe.play()
        city.fault(3, "stall")
        falls_silent(probe)
        assert probe.request("OPTIONS").status == 200
        city.clear(3, "stall")
        assert probe.packets(0.2)


def test_loss_leaves_gaps_in_the_sequence(city: SimCity) -> None:
    city.fault(4, "loss", every=5)
    with Probe(city.url(4)) as probe:
        probe.play()
        assert gaps(probe.packets(0.5)) >= 2


def test_a_flood_repeats_each_picture(city: SimCity) -> None:
    city.fault(19, "flood", times=10)
    with Probe(city.url(19)) as probe:
        probe.play()
        packets = probe.packets(0.3)
    assert gaps(packets) == 0
    stamps = [packet.stamp for packet in packets if packet.marker]
    assert stamps.count(stamps[0]) == 10


def test_a_burst_comes_after_a_silence(city: SimCity) -> None:
    city.fault(5, "burst", seconds=0.6)
    with Probe(city.url(5)) as probe:
        probe.play()
        begun = time.monotonic()
        while len(probe.packets(0.01)) < 10:
            assert time.monotonic() < begun + 5
        assert time.monotonic() - begun > 0.5


@pytest.mark.parametrize("kind", ["request", "response"])
def test_a_message_stands_between_frames(city: SimCity, kind: str) -> None:
    city.fault(6, "message", kind=kind)
    with Probe(city.url(6)) as probe:
        probe.play()
        probe.packets(1)
        wanted = b"SET_PARAMETER rtsp://" if kind == "request" else b"RTSP/1.0 200 OK"
        assert probe.buffer.startswith(wanted)
    city.clear(6)


def test_reports_come_in_a_burst(city: SimCity) -> None:
    city.fault(7, "rtcp_burst", count=150)
    with Probe(city.url(7)) as probe:
        probe.play()
        assert sum(channel == 1 for channel, _ in probe.frames(0.4)) >= 150


def test_a_frame_is_shorter_than_it_says(city: SimCity) -> None:
    city.fault(8, "lost_sync", bytes=40)
    with Probe(city.url(8)) as probe:
        probe.play()
        starts = {(channel, data[:1]) for channel, data in probe.frames(0.5)}
        # Read by the declared lengths, the stream soon makes no sense: either something that is
        # no frame, or a frame that holds no RTP.
        lost = bool(probe.buffer) and probe.buffer[0] != 0x24
        assert lost or not {start for _, start in starts} <= {b"\x80", b"\x81"}
    city.clear(8)
    with Probe(city.url(8)) as probe:
        probe.play()
        assert gaps(probe.packets(0.3)) == 0


def test_garbage_stands_between_frames(city: SimCity) -> None:
    city.fault(9, "garbage", bytes=50)
    with Probe(city.url(9)) as probe:
        probe.play()
        probe.packets(1)
        assert probe.buffer
        assert probe.buffer[0] != 0x24


def test_a_frame_claims_an_absurd_length(city: SimCity) -> None:
    city.fault(10, "absurd_length", length=65535)
    with Probe(city.url(10)) as probe:
        probe.play()
        assert b"$\x00\xff\xff" in raw(probe, 0.3)


def test_a_frame_comes_on_a_strange_channel(city: SimCity) -> None:
    city.fault(11, "strange_channel", channel=99)
    with Probe(city.url(11)) as probe:
        probe.play()
        assert 99 in {channel for channel, _ in probe.frames(0.3)}


def test_a_fault_that_acts_once_may_recur(city: SimCity) -> None:
    city.fault(11, "strange_channel", channel=98, every=3)
    with Probe(city.url(11)) as probe:
        probe.play()
        assert sum(channel == 98 for channel, _ in probe.frames(0.6)) >= 3


def test_sequence_numbers_wrap(city: SimCity) -> None:
    city.fault(12, "sequence_wrap", packets=4)
    with Probe(city.url(12)) as probe:
        probe.play()
        packets = probe.packets(0.6)
    assert [packet.sequence for packet in packets[:6]] == [65532, 65533, 65534, 65535, 0, 1]
    assert gaps(packets) == 0


def test_time_stamps_wrap(city: SimCity) -> None:
    city.fault(12, "timestamp_wrap", seconds=0.2)
    with Probe(city.url(12)) as probe:
        probe.play()
        stamps = [packet.stamp for packet in probe.packets(0.6) if packet.marker]
    assert stamps[0] == 2**32 - 18_000
    assert stamps[6] == 0


def test_the_camera_s_clock_jumps(city: SimCity) -> None:
    with Probe(city.url(13)) as probe:
        probe.play()
        before = probe.packets(0.2)
        city.fault(13, "clock_jump", seconds=100.0)
        frames = list(probe.frames(0.4))
    stamps = [Packet.decode(data).stamp for channel, data in frames if channel == 0]
    assert (stamps[-1] - before[0].stamp) & 0xFFFFFFFF > 99 * 90_000
    report = [data for channel, data in frames if channel == 1][-1]
    seconds = struct.unpack_from(">Q", report, 8)[0] / 2**32 - 2_208_988_800
    assert 98 < seconds - time.time() < 101


def test_the_camera_s_clock_drifts(city: SimCity) -> None:
    city.fault(14, "drift", ppm=100_000.0)
    with Probe(city.url(14)) as probe:
        probe.play()
        stamps = [packet.stamp for packet in probe.packets(1.0) if packet.marker]
    ratio = ((stamps[-1] - stamps[0]) & 0xFFFFFFFF) / (3000 * (len(stamps) - 1))
    assert 1.08 < ratio < 1.12


def kinds(packets: list[Packet]) -> set[int]:
    """NAL unit types that stand alone or begin an aggregate."""
    return {packet.payload[0] & 0x1F for packet in packets}


def test_the_size_changes_in_mid_stream(city: SimCity) -> None:
    with Probe(city.url(15)) as probe:
        probe.play()
        probe.packets(0.2)
        city.fault(15, "resolution", width=128, height=96)
        packets = probe.packets(1.0)
    assert gaps(packets) == 0
    truth = city.truth(15)
    old, new = (clip.pictures[0].units[0] for clip in truth.clips)
    assert old != new
    sets = [packet.payload[3 : 3 + len(new)] for packet in packets if packet.payload[0] & 31 == 24]
    assert new in sets


def test_slices_b_frames_and_distant_keys(city: SimCity) -> None:
    city.fault(16, "slices", count=3)
    city.fault(16, "b_frames", count=2)
    with Probe(city.url(16)) as probe:
        probe.play()
        packets = probe.packets(0.6)
    by_stamp = [packet.stamp for packet in packets]
    assert any(b != a and (a - b) & 0xFFFFFFFF < 2**31 for a, b in itertools.pairwise(by_stamp))
    assert max(by_stamp.count(stamp) for stamp in set(by_stamp)) >= 3
    city.clear(16)
    city.fault(16, "long_gop", seconds=60.0)
    clip = city.truth(16).clip
    assert [picture.key for picture in clip.pictures] == [True] + [False] * 299


def test_half_open_is_silent_and_open(city: SimCity) -> None:
    with Probe(city.url(17)) as probe:
        probe.play()
        city.fault(17, "half_open")
        falls_silent(probe)
        with pytest.raises(TimeoutError):
            probe.request("OPTIONS")
        city.clear(17)
        with pytest.raises(ConnectionResetError):
            probe.fill()
