# SPDX-License-Identifier: AGPL-3.0-or-later
"""A bound on the clock's error is claimed while all holds that it rests on, and not longer."""

import dataclasses
import json
import time
import urllib.request
from pathlib import Path
from typing import Any, Protocol

import pytest

from machimori.footage.segment import SegmentReader
from machimori.footage.store import DirectoryStore
from machimori.footage.testing import SAMPLE_START
from machimori.kernel.clock import ManualClock
from machimori.kernel.durable import Disk
from machimori.kernel.instants import TOKYO, Micros
from machimori.recorder.bound import STALE, ClockBound
from machimori.recorder.chrony import Tracking
from machimori.recorder.config import RecorderConfig
from machimori.recorder.errors import ChronySilent
from machimori.recorder.node import Node
from machimori.recorder.testing import Rig
from machimori.recorder.testing_chrony import Chronyd
from machimori.recorder.timefloor import READING, TimeFloor
from machimori.simcity.city import SimCity

SOUND = Tracking(
    reference="C0A80001",
    stratum=3,
    offset=-0.0004,
    residual=0.0,
    skew=0.0,
    delay=0.002,
    dispersion=0.0006,
    leap="Normal",
)
BOUND = 2_000 + READING


class Scene:
    """A bound, the clocks it rests on, and what chronyd is to say."""

    def __init__(self, directory: Path) -> None:
        self.clock = ManualClock(SAMPLE_START)
        self.floor = TimeFloor(directory / "floor.json", clock=self.clock, disk=Disk(), tz=TOKYO)
        self.says: Tracking | None = SOUND
        self.lost: list[str] = []
        self.bound = ClockBound(
            self._ask, clock=self.clock, floor=self.floor, on_lost=self.lost.append
        )

    def _ask(self) -> Tracking:
        if self.says is None:
            raise ChronySilent("it does not answer", where="chronyd")
        return self.says

    def now(self) -> int | None:
        return self.bound.at(self.clock.monotonic())

    def problem(self) -> str:
        return self.bound.problem(self.clock.monotonic())

    def step(self, seconds: float) -> None:
        """The wall clock is set, and the drain looks at it."""
        self.clock.set(Micros(self.clock.now() + round(seconds * 1e6)))
        self.floor.watch(self.clock.monotonic())


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_it_is_unknown_until_chronyd_has_given_it(scene: Scene) -> None:
    assert (scene.now(), scene.problem()) == (None, "chronyd was not asked")
    scene.bound.renew()
    assert (scene.now(), scene.problem()) == (BOUND, "")
    assert scene.lost == []


def test_it_grows_until_it_is_asked_for_again(scene: Scene) -> None:
    scene.bound.renew()
    scene.clock.advance(100.0)
    assert scene.now() == BOUND + 100
    scene.bound.renew()
    assert scene.now() == BOUND


def test_an_answer_that_does_not_come_leaves_the_last_one_until_it_is_stale(scene: Scene) -> None:
    scene.bound.renew()
    scene.says = None
    scene.clock.advance(STALE - 1)
    scene.bound.renew()
    assert scene.now() is not None
    scene.clock.advance(2.0)
    assert scene.problem() == "chronyd: it does not answer"
    assert scene.now() is None
    scene.bound.renew()
    scene.bound.renew()
    assert scene.lost == ["chronyd: it does not answer"]


@pytest.mark.parametrize(
    "says",
    [
        dataclasses.replace(SOUND, leap="Not synchronised"),
        dataclasses.replace(SOUND, leap="Insert second"),
        dataclasses.replace(SOUND, reference="00000000"),
        dataclasses.replace(SOUND, reference="7F7F0101"),
    ],
    ids=["unsynchronised", "leap", "no-reference", "own-clock"],
)
def test_what_chronyd_does_not_vouch_for_is_unknown_at_once(scene: Scene, says: Tracking) -> None:
    scene.bound.renew()
    scene.says = says
    scene.bound.renew()
    assert scene.problem() == says.problem
    assert scene.now() is None
    assert scene.lost == [says.problem]


def test_a_clock_that_is_set_voids_it_until_chronyd_is_asked_again(scene: Scene) -> None:
    scene.bound.renew()
    scene.step(2.0)
    assert "set since" in scene.problem()
    assert scene.now() is None
    scene.bound.renew()
    assert scene.now() == BOUND


def test_a_clock_that_jumped_has_none_whatever_chronyd_says(scene: Scene) -> None:
    scene.bound.renew()
    scene.step(3600.0)
    scene.bound.renew()
    assert (scene.now(), "jumped" in scene.problem()) == (None, True)
    scene.floor.adopt(scene.floor.propose())
    assert scene.now() is None
    scene.bound.renew()
    assert scene.now() == BOUND


def test_where_the_clock_is_not_the_machine_s_nobody_is_asked(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    bound = ClockBound(None, clock=scene.clock, floor=scene.floor, on_lost=scene.lost.append)
    bound.renew()
    assert bound.at(0.0) is None


def test_the_header_of_a_new_segment_has_it_and_the_open_one_s_stays(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    found: list[int | None] = [None, 1500]
    rig.lane._site = dataclasses.replace(rig.lane._site, clock_bound=lambda: found.pop(0))
    for second in range(75):
        rig.second(key=second % 10 == 0)
    rig.end()
    assert [segment.sealed.header.clock_bound for segment in rig.segments()] == [None, 1500]
    rig.discard()


class Place(Protocol):
    """`conftest.Place`."""

    directory: Path

    @property
    def store(self) -> DirectoryStore: ...
    def write(self, cameras: dict[str, str], **more: Any) -> RecorderConfig: ...
    def problems(self) -> list[str]: ...


def test_a_recorder_beside_a_real_chronyd_states_its_bound_everywhere(
    place: Place, tmp_path: Path
) -> None:
    for name in ("server", "client"):
        (tmp_path / name).mkdir()
    with (
        Chronyd(tmp_path / "server") as server,
        Chronyd(tmp_path / "client", server=server) as client,
        SimCity(1) as city,
    ):
        client.synchronised()
        config = place.write(
            {"cam-0001": city.url(1)},
            more=['listen = "127.0.0.1:0"', f'chrony = "{client.address}"'],
        )
        node = Node(config)
        node.bound.renew()
        node.start()
        deadline = time.monotonic() + 15.0
        while not node.lanes[0].bytes:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        with urllib.request.urlopen(f"http://127.0.0.1:{node.port}/health") as answer:
            health = json.load(answer)["recorder"]
        with urllib.request.urlopen(f"http://127.0.0.1:{node.port}/metrics") as answer:
            metrics = answer.read().decode()
        node.stop()
    assert 0.001 < health["clock_bound_seconds"] < 1.0
    assert health["clock_bound_problem"] == ""
    assert "\nmachimori_recorder_clock_bound_seconds 0." in metrics
    (segment,) = [item.name for item in place.store.list() if item.name.endswith(".seg")]
    header = SegmentReader.of_bytes(place.store.get(segment)).sealed.header
    assert header.clock_bound is not None
    assert READING < header.clock_bound < 1_000_000
    assert place.problems() == []
