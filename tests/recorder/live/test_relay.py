# SPDX-License-Identifier: AGPL-3.0-or-later
"""A relay: what the drain took comes out as MP4 that plays, and nobody can hold it up."""

import io
import time
from collections.abc import Iterator

import av
import pytest

from machimori.footage.mp4.testing import chunks_of, encode, sent
from machimori.footage.rtp.access import TimedChunk
from machimori.footage.rtp.testing import description
from machimori.kernel.clock import SystemClock
from machimori.recorder.live import relay as relays
from machimori.recorder.live.relay import WAITING, Reading, Relay

FPS = 10


@pytest.fixture
def relay() -> Iterator[Relay]:
    made = Relay(clock=SystemClock(), on_end=lambda: None)
    yield made
    made.end()


def chunks(codec: str = "H264", count: int = 8 * FPS) -> list[TimedChunk]:
    """Of a camera that sends a key picture every second; a chunk each quarter of a second."""
    kind = {"H264": "h264", "H265": "h265"}[codec]
    pictures = encode(kind, count=count, fps=FPS, options={"g": str(FPS)})  # type: ignore[arg-type]
    return chunks_of(sent(kind, pictures), period=0.25)  # type: ignore[arg-type]


def offer(relay: Relay, *some: TimedChunk, codec: str = "H264") -> None:
    for one in some:
        relay.offer(one.data, one.arrived_from, one.arrived_to, description(codec))


def read(relay: Relay, after: int = 0) -> Reading:
    for _ in range(500):
        found = relay.read(after)
        if found is not None:
            return found
        time.sleep(0.01)
    raise AssertionError("nothing came")


def pictures(data: bytes) -> int:
    with av.open(io.BytesIO(data), "r") as film:
        return len(list(film.decode(video=0)))


def test_what_came_is_shown_at_once_and_goes_on(relay: Relay) -> None:
    first, *later = chunks()
    offer(relay, first)
    begun = read(relay)
    assert begun.joined
    assert begun.codec.startswith("avc1.")
    assert pictures(begun.data) >= 1
    offer(relay, *later[:3])
    time.sleep(0.3)
    more = read(relay, begun.number)
    assert not more.joined
    assert pictures(begun.data + more.data) > pictures(begun.data)
    assert relay.read(more.number) is None


def test_who_comes_later_or_too_late_begins_at_the_last_key_picture(relay: Relay) -> None:
    """There is no replay: of what was before, at most the picture that decoding needs."""
    offer(relay, *chunks()[:20])
    time.sleep(0.5)
    joined = read(relay)
    assert joined.joined
    assert 1 <= pictures(joined.data) <= FPS + 3
    late = read(relay, after=-5)
    assert late.joined
    assert late.number == joined.number


def test_seconds_are_kept_and_no_more(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relays, "KEPT", 2_000_000)
    for one in chunks(count=10 * FPS):
        offer(relay, one)
        time.sleep(0.01)
    time.sleep(0.3)
    kept = list(relay._kept)
    assert kept[-1].arrived - kept[0].arrived <= 2_000_000


def test_a_thread_that_does_not_keep_up_costs_the_drain_nothing(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue is let go, not grown; the picture comes back at the next key picture."""
    relay.end()
    stuck = Relay.__new__(Relay)
    stuck.__dict__.update(relay.__dict__)
    some = chunks()
    begun = time.perf_counter()
    for _ in range(40):
        offer(stuck, *some)
    assert time.perf_counter() - begun < 1.0
    assert len(stuck._queue) <= WAITING + 1


def test_a_coding_that_browsers_do_not_play_is_said(relay: Relay) -> None:
    offer(relay, *chunks("H265")[:8], codec="H265")
    time.sleep(0.5)
    assert relay.read(0) is None
    assert relay.unshowable


def test_a_relay_that_nobody_asks_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relays, "IDLE", 0.1)
    ended: list[bool] = []
    made = Relay(clock=SystemClock(), on_end=lambda: ended.append(True))
    made._thread.join(5.0)
    assert ended
