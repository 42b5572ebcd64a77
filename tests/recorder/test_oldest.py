# SPDX-License-Identifier: AGPL-3.0-or-later
"""The oldest segments of a large store: in order, without listing more than the day at hand."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.footage.errors import StoreUnavailableError
from machimori.footage.naming import SegmentName, parse
from machimori.footage.store import StoredObject
from machimori.footage.testing import SAMPLE_START, MemoryStore
from machimori.kernel.ids import CameraId
from machimori.kernel.instants import Micros, local_day
from machimori.recorder.oldest import BATCH, Held, Oldest

MINUTE = 60_000_000
DAY = 86_400_000_000


class CountingStore(MemoryStore):
    """Notes what is listed."""

    def __init__(self) -> None:
        super().__init__()
        self.listed: list[str] = []

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        self.listed.append(prefix)
        return super().list(prefix)

    def record(self, camera: str, minute: float, *, day: int = 0) -> str:
        """A segment of a byte, a minute long."""
        first = SAMPLE_START + day * DAY + round(minute * MINUTE)
        name = SegmentName(
            day=local_day(Micros(first)).isoformat(),
            camera=CameraId(camera),
            first=Micros(first),
            last=Micros(first + MINUTE),
        )
        self.put(str(name), b"x")
        return str(name)


def take(
    store: MemoryStore, oldest: Oldest, holds: tuple[Held, ...] = (), needed: int = 10**9
) -> list[str]:
    """The names of a batch, which are removed."""
    batch = oldest.batch(holds, needed)
    for stored, _ in batch:
        store.delete(stored.name)
    return [stored.name for stored, _ in batch]


def take_all(store: MemoryStore, oldest: Oldest, holds: tuple[Held, ...] = ()) -> list[str]:
    names: list[str] = []
    while found := take(store, oldest, holds):
        names += found
    return names


def held(camera: str, first: int, last: int) -> Held:
    """Minutes of the sample's day."""
    return Held(
        cameras=frozenset({camera}),
        first=Micros(SAMPLE_START + first * MINUTE + 1),
        last=Micros(SAMPLE_START + last * MINUTE - 1),
    )


def start(name: str) -> Micros:
    segment = parse(name)
    assert isinstance(segment, SegmentName)
    return segment.first


def test_no_camera_loses_its_newest_footage_before_another_its_oldest() -> None:
    store = CountingStore()
    for camera in ("cam-0001", "cam-0002", "cam-0003"):
        for minute in range(48):
            store.record(camera, minute)
    names = take_all(store, Oldest(store))
    assert len(names) == 3 * 48
    # A slice of this day is 47 minutes by 24.
    for earlier, later in pairwise(names):
        assert start(later) > start(earlier) - 2 * MINUTE


def test_only_the_day_at_hand_is_listed() -> None:
    store = CountingStore()
    for day in range(14):
        for minute in range(5):
            store.record("cam-0001", minute, day=day)
    oldest = Oldest(store)
    first = local_day(SAMPLE_START).isoformat()
    for _ in range(5):
        take(store, oldest, needed=1)
    assert {prefix[:10] for prefix in store.listed} == {first}


def test_a_slice_is_listed_once_for_all_that_it_gives() -> None:
    store = CountingStore()
    for camera in range(20):
        store.record(f"cam-{camera:04}", 0)
    oldest = Oldest(store)
    for _ in range(20):
        assert len(take(store, oldest, needed=1)) == 1
    day = local_day(SAMPLE_START).isoformat()
    assert store.listed.count(f"{day}/") == 1
    assert "" not in store.listed


def test_a_batch_is_no_more_than_needed_and_no_more_than_one_record_stands_for() -> None:
    store = CountingStore()
    for number in range(100):
        store.record("cam-0001", number / 200)
    oldest = Oldest(store)
    assert [len(take(store, oldest, needed=needed)) for needed in (2, 999, 999)] == [2, BATCH, 34]


def test_what_is_held_is_passed_by_and_given_when_the_hold_ends() -> None:
    store = CountingStore()
    names = [store.record("cam-0001", minute) for minute in range(10)]
    oldest = Oldest(store)
    hold = (held("cam-0001", 2, 4),)
    assert take_all(store, oldest, hold) == [*names[:2], *names[4:]]
    assert take_all(store, oldest) == names[2:4]


def test_a_new_hold_counts_at_once() -> None:
    store = CountingStore()
    names = [store.record("cam-0001", minute) for minute in range(6)]
    oldest = Oldest(store)
    assert take(store, oldest, needed=1) == names[:1]
    assert take_all(store, oldest, (held("cam-0001", 0, 5),)) == names[5:]


def test_what_is_recorded_after_the_last_look_is_found() -> None:
    store = CountingStore()
    store.record("cam-0001", 0)
    oldest = Oldest(store)
    take_all(store, oldest)
    later = store.record("cam-0001", 1)
    assert take(store, oldest) == [later]
    tomorrow = store.record("cam-0001", 0, day=1)
    assert take(store, oldest) == [tomorrow]


def test_days_may_vanish_between_two_batches() -> None:
    store = CountingStore()
    expired = [store.record("cam-0001", minute) for minute in range(5)]
    kept = store.record("cam-0001", 0, day=1)
    oldest = Oldest(store)
    take(store, oldest, needed=1)
    for name in expired:
        store.delete(name)
    assert take(store, oldest) == [kept]
    assert take(store, oldest) == []


def test_a_store_that_did_not_answer_is_not_taken_for_an_empty_one() -> None:
    store = CountingStore()
    names = [store.record("cam-0001", 0), store.record("cam-0002", 0)]
    oldest = Oldest(store)
    assert take(store, oldest, needed=1) == names[:1]
    store.down = True
    with pytest.raises(StoreUnavailableError):
        take(store, oldest)
    store.down = False
    assert take(store, oldest) == names[1:]


def test_what_is_no_segment_is_never_given() -> None:
    store = CountingStore()
    day = local_day(SAMPLE_START).isoformat()
    foreign = [f"{day}/cam-0001/manifest.json", f"{day}/cam-0001/x.seg", "0/1", "probe/1.seg"]
    for name in foreign:
        store.put(name, b"x")
    kept = store.record("cam-0001", 0)
    assert take_all(store, Oldest(store)) == [kept]
    assert sorted(store.objects) == sorted(foreign)


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(-3, 3), st.integers(0, 200)), max_size=40),
    st.lists(st.tuples(st.integers(1, 3), st.integers(0, 200), st.integers(1, 60)), max_size=3),
    st.integers(1, 70),
)
def test_everything_unheld_is_given_once_and_nothing_else(
    recorded: list[tuple[int, int, int]], holds: list[tuple[int, int, int]], needed: int
) -> None:
    store = CountingStore()
    names = {store.record(f"cam-{camera}", minute, day=day) for camera, day, minute in recorded}
    held_now = tuple(held(f"cam-{c}", first, first + length) for c, first, length in holds)
    oldest = Oldest(store)
    given_names: list[str] = []
    while found := take(store, oldest, held_now, needed):
        given_names += found
    expected = set()
    for text in names:
        name = parse(text)
        assert isinstance(name, SegmentName)
        if not any(hold.touches(name) for hold in held_now):
            expected.add(text)
    assert len(given_names) == len(expected)
    assert set(given_names) == expected
    days = [name[:10] for name in given_names]
    assert days == sorted(days)
