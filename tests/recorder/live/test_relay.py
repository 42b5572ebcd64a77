# SPDX-License-Identifier: AGPL-3.0-or-later
"""A relay: what the drain took comes out as MP4 that plays, and nobody can hold it up."""

import io
import itertools
import signal
import threading
import time
from collections.abc import Callable, Iterator

import av
import pytest

from machimori.footage.mp4.testing import Codec, chunks_of, encode, sent
from machimori.footage.rtp.access import TimedChunk
from machimori.footage.rtp.testing import description
from machimori.kernel.clock import SystemClock
from machimori.recorder.live import coder
from machimori.recorder.live import relay as relays
from machimori.recorder.live.relay import WAITING, Reading, Relay

FPS = 10
KINDS: dict[str, Codec] = {"H264": "h264", "H265": "h265", "JPEG": "jpeg"}


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no failure: what is late counts where a test says so."""
    monkeypatch.setattr(coder, "LATE", 60.0)
    monkeypatch.setattr(coder, "PAST", 60.0)


@pytest.fixture
def relay() -> Iterator[Relay]:
    made = Relay(clock=SystemClock(), free=threading.BoundedSemaphore(1), on_end=lambda: None)
    yield made
    made.end()


def chunks(codec: str = "H264", count: int = 8 * FPS) -> list[TimedChunk]:
    """Of a camera that sends a key picture every second; a chunk each quarter of a second."""
    kind = KINDS[codec]
    return chunks_of(sent(kind, encode(kind, count=count, fps=FPS)), period=0.25)


def offer(relay: Relay, *some: TimedChunk, codec: str = "H264") -> None:
    for one in some:
        relay.offer(one.data, one.arrived_from, one.arrived_to, description(codec))


def read(relay: Relay, after: int = 0) -> Reading:
    for _ in range(6000):
        found = relay.read(after)
        if found is not None:
            return found
        time.sleep(0.01)
    raise AssertionError("nothing came")


def until(there: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def reached(relay: Relay, chunk: TimedChunk) -> bool:
    """Whether what came in this chunk can be read."""
    return bool(relay._kept) and relay._kept[-1].arrived >= chunk.arrived_from


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
    until(lambda: reached(relay, later[2]))
    more = read(relay, begun.number)
    assert not more.joined
    assert pictures(begun.data + more.data) > pictures(begun.data)
    assert relay.read(more.number) is None


def test_who_comes_later_or_too_late_begins_at_the_last_key_picture(relay: Relay) -> None:
    """There is no replay: of what was before, at most the picture that decoding needs."""
    five_seconds = chunks()[:20]
    offer(relay, *five_seconds)
    until(lambda: reached(relay, five_seconds[-1]))
    joined = read(relay)
    assert joined.joined
    assert 1 <= pictures(joined.data) <= FPS + 3
    late = read(relay, after=-5)
    assert late.joined
    assert late.number == joined.number


def test_seconds_are_kept_and_no_more(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relays, "KEPT", 2_000_000)
    ten_seconds = chunks(count=10 * FPS)
    for one in ten_seconds:
        offer(relay, one)
        time.sleep(0.01)
    until(lambda: reached(relay, ten_seconds[-1]))
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


@pytest.mark.parametrize("codec", ["H265", "JPEG"])
def test_what_browsers_do_not_play_becomes_h264(relay: Relay, codec: str) -> None:
    """Picture by picture, each where it belongs, a key picture every second, in a process that
    ends with the relay."""
    some = chunks(codec, count=3 * FPS)
    offer(relay, *some[:4], codec=codec)
    begun = read(relay)
    assert begun.codec.startswith("avc1.")
    offer(relay, *some[4:], codec=codec)
    film, last = begun.data, begun.number
    times: list[float] = []
    while len(times) < 2.5 * FPS:
        more = read(relay, last)
        assert not more.joined
        film, last = film + more.data, more.number
        with av.open(io.BytesIO(film), "r") as shown:
            assert shown.streams.video[0].codec_context.name == "h264"
            times = [float(one.time or 0) for one in shown.decode(video=0)]
    steps = {round(later - one, 2) for one, later in itertools.pairwise(times)}
    assert steps == {1 / FPS}
    assert sum(one.key for one in relay._kept) == 3
    process = relay._coder._process
    assert process is not None
    relay.end()
    assert process.returncode == -signal.SIGKILL


def test_a_process_that_does_not_keep_up_loses_pictures_and_one_that_ends_begins_again(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is shown is never later than the bound; nothing piles up."""
    monkeypatch.setattr(coder, "AGAIN", 0.0)
    some = chunks("JPEG", count=12 * FPS)
    offer(relay, some[0], codec="JPEG")
    assert read(relay).joined
    until(lambda: not relay._coder._asked)
    process = relay._coder._process
    assert process is not None
    process.send_signal(signal.SIGSTOP)
    offer(relay, *some[1:3], codec="JPEG")
    until(lambda: len(relay._coder._asked) >= 4)
    number = relay._number
    monkeypatch.setattr(coder, "LATE", 0.2)
    monkeypatch.setattr(coder, "PAST", 0.4)
    time.sleep(0.5)
    waiting = len(relay._coder._asked)
    offer(relay, *some[3:20], codec="JPEG")
    time.sleep(0.3)
    assert len(relay._coder._asked) == waiting
    process.send_signal(signal.SIGCONT)
    until(lambda: not relay._coder._asked)
    assert relay._number == number
    monkeypatch.setattr(coder, "PAST", 60.0)
    offer(relay, *some[20:24], codec="JPEG")
    assert read(relay, number).number > number
    process.kill()
    process.wait()
    number = relay._number
    for one in some[24:]:
        offer(relay, one, codec="JPEG")
        time.sleep(0.1)
    assert read(relay, number).number > number
    assert relay._coder._process is not process


def test_where_every_place_is_taken_it_is_said_and_the_next_is_taken_when_it_is_free() -> None:
    free = threading.BoundedSemaphore(1)
    one, other = (Relay(clock=SystemClock(), free=free, on_end=lambda: None) for _ in range(2))
    some = chunks("JPEG", count=2 * FPS)
    offer(one, *some[:2], codec="JPEG")
    assert read(one).joined
    offer(other, *some[:2], codec="JPEG")
    until(lambda: other.refused)
    assert other.read(0) is None
    one.end()
    offer(other, *some[2:4], codec="JPEG")
    assert read(other).joined
    assert not other.refused
    other.end()


def test_a_relay_that_nobody_asks_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relays, "IDLE", 0.1)
    ended: list[bool] = []
    free = threading.BoundedSemaphore(1)
    made = Relay(clock=SystemClock(), free=free, on_end=lambda: ended.append(True))
    made._thread.join(5.0)
    assert ended
