# SPDX-License-Identifier: AGPL-3.0-or-later
"""An operator confirms the clock: what is refused and why, and that a death at any step is safe."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from machimori.cli.main import main
from machimori.footage.records import Record, decode
from machimori.footage.store import DirectoryStore
from machimori.footage.testing import SAMPLE_START
from machimori.kernel import canonical
from machimori.kernel.clock import ManualClock, SystemClock
from machimori.kernel.durable import Disk, Moment
from machimori.kernel.ids import RecorderId
from machimori.kernel.instants import TOKYO, Micros, local_day, rfc3339
from machimori.ledger.entry import Entry
from machimori.recorder.config import RecorderConfig
from machimori.recorder.confirming import ANSWER, QUESTION, Confirmations, ask
from machimori.recorder.errors import ConfirmationRefusedError, RecorderError
from machimori.recorder.node import Node
from machimori.recorder.timefloor import TimeFloor
from machimori.simcity.city import SimCity

HOUR = 3_600_000_000
DAY = 24 * HOUR
NUMBER = "0123456789abcdef" * 2


class Scene:
    """A recorder's directory, its clock, and what of a recorder confirms."""

    def __init__(self, directory: Path, *, disk: Disk | None = None) -> None:
        self.directory = directory
        self.clock = ManualClock(SAMPLE_START)
        self.events: list[tuple[str, str]] = []
        self.days = {local_day(SAMPLE_START), local_day(Micros(SAMPLE_START + 2 * DAY))}
        self.disk = disk or Disk()
        self.start()

    def start(self) -> None:
        """The recorder starts, perhaps after its death."""
        self.floor = TimeFloor(
            self.directory / "floor.json", clock=self.clock, disk=self.disk, tz=TOKYO
        )
        self.confirmations = Confirmations(
            self.directory,
            recorder=RecorderId("rec-1"),
            floor=self.floor,
            has_key=self.days.__contains__,
            adopt=self.floor.adopt,
            on_event=lambda event, detail: self.events.append((event, detail)),
            disk=self.disk,
        )

    def jump(self, by: int) -> None:
        self.clock.set(Micros(self.clock.now() + by))
        self.floor.watch(self.clock.monotonic())

    def question(self, stated: int | None = None) -> None:
        stated = self.clock.now() if stated is None else stated
        data = canonical.dumps({"id": NUMBER, "stated": stated})
        (self.directory / QUESTION).write_bytes(data)

    def answer(self) -> dict[str, Any]:
        self.confirmations.look()
        assert not (self.directory / QUESTION).exists()
        return dict(json.loads((self.directory / ANSWER).read_bytes()))

    @property
    def now(self) -> Micros:
        return self.floor.at(self.clock.monotonic())

    def entries(self) -> list[Entry]:
        return [Entry.decode(p.read_bytes()) for p in (self.directory / "outbox").glob("*.json")]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


@pytest.mark.parametrize("by", [HOUR, 2 * DAY, -HOUR], ids=["hour", "days", "back"])
def test_the_clock_is_confirmed_noted_and_kept(scene: Scene, by: int) -> None:
    scene.jump(by)
    assert scene.now == SAMPLE_START
    scene.question()
    assert scene.answer() == {"id": NUMBER, "own": SAMPLE_START, "wall": SAMPLE_START + by}
    assert (scene.now, scene.floor.problem) == (SAMPLE_START + by, "")
    (entry,) = scene.entries()
    assert (entry.type, entry.subject) == ("recorder.time_confirmed", {"recorder": "rec-1"})
    assert entry.data == {"from": SAMPLE_START, "to": SAMPLE_START + by}
    assert scene.events == [
        ("time_confirmed", f"{rfc3339(SAMPLE_START)} became {rfc3339(Micros(SAMPLE_START + by))}")
    ]
    scene.clock.set(Micros(SAMPLE_START - 3 * DAY))
    scene.start()
    assert not scene.floor.confirmed, "the floor is on disk"


def refusal(scene: Scene) -> str:
    """What the recorder answers; nothing was changed."""
    before = scene.now
    answer = scene.answer()
    assert scene.now == before
    assert scene.entries() == []
    assert [event for event, _ in scene.events] == ["time_not_confirmed"]
    return str(answer["refused"])


def test_without_a_jump_there_is_nothing_to_confirm(scene: Scene) -> None:
    scene.jump(60_000_000)
    scene.question()
    assert "nothing to confirm" in refusal(scene)


def test_a_clock_before_the_floor_s_day_is_not_confirmed(scene: Scene) -> None:
    scene.floor.save()
    scene.jump(-DAY)
    scene.question()
    assert "before the floor" in refusal(scene)


def test_a_clock_before_the_floor_s_day_at_the_start_is_not_confirmed(scene: Scene) -> None:
    scene.floor.save()
    scene.clock.set(Micros(SAMPLE_START - DAY))
    scene.start()
    scene.question()
    assert "before the floor" in refusal(scene)


@pytest.mark.parametrize("off", [-301_000_000, 301_000_000])
def test_the_operator_s_watch_is_believed_and_not_the_clock(scene: Scene, off: int) -> None:
    scene.jump(HOUR)
    scene.question(scene.clock.now() + off)
    assert "was stated" in refusal(scene)


def test_a_day_without_a_key_is_not_confirmed(scene: Scene) -> None:
    """It would raise the floor to where nothing can be recorded, for ever."""
    scene.jump(30 * DAY)
    scene.question()
    assert "no key" in refusal(scene)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b'{"id":1,"stated":1}',
        b'{"id":"a","stated":"now"}',
        b'{"id":"a","stated":-1}',
        b'{"id":"a","stated":9007199254740991}',
        b'{"id":"a"}' + b" " * 5000,
    ],
)
def test_what_is_no_question_is_noted_and_removed(scene: Scene, data: bytes) -> None:
    scene.jump(HOUR)
    (scene.directory / QUESTION).write_bytes(data)
    scene.confirmations.look()
    assert not (scene.directory / QUESTION).exists()
    assert [event for event, _ in scene.events] == ["time_not_confirmed"]
    assert scene.now == SAMPLE_START


class Killed(BaseException):
    """The recorder dies here."""


def dying(at: int, taken: list[str]) -> Disk:
    """A disk on which the recorder dies at a moment, counted from 0; it notes them."""

    def on_step(step: str, path: Path, moment: Moment) -> None:
        if len(taken) == at:
            raise Killed
        taken.append(f"{moment} {step} {path.name.split('.')[1 if path.name[0] == '.' else 0]}")

    return Disk(on_step)


def test_a_death_at_any_moment_has_confirmed_it_or_not(tmp_path: Path) -> None:
    """Killed before and after each step that persists. Afterwards the recorder starts with a clock
    that fell back a day: what was kept is not undone, and what was not kept binds nobody."""
    outcomes: set[tuple[bool, bool, bool]] = set()
    at = 0
    while True:
        directory = tmp_path / str(at)
        directory.mkdir()
        scene = Scene(directory)
        scene.jump(2 * DAY)
        scene.question()
        taken: list[str] = []
        scene.confirmations._disk = scene.floor._disk = dying(at, taken)
        try:
            scene.confirmations.look()
        except Killed:
            pass
        else:
            break
        kept, noted = (directory / "floor.json").exists(), bool(scene.entries())
        adopted = scene.now == scene.clock.now()
        assert kept >= noted >= adopted, "kept, then noted, then gone by"
        outcomes.add((kept, noted, adopted))
        scene.clock.set(Micros(SAMPLE_START + DAY))
        scene.start()
        assert scene.floor.confirmed == (not kept)
        scene.clock.set(Micros(SAMPLE_START + 2 * DAY))
        scene.start()
        assert scene.floor.confirmed
        scene.confirmations.look()
        assert not (directory / QUESTION).exists(), "no question is left for another day"
        assert bool(scene.entries()) == noted
        at += 1
    assert outcomes == {
        (False, False, False),
        (True, False, False),
        (True, True, False),
        (True, True, True),
    }
    assert scene.now == SAMPLE_START + 2 * DAY


def test_without_a_recorder_nothing_is_asked(tmp_path: Path) -> None:
    (tmp_path / "lock").touch()
    for directory in (tmp_path, tmp_path / "none"):
        with pytest.raises(ConfirmationRefusedError, match="no recorder runs"):
            ask(directory, SAMPLE_START, clock=SystemClock(), disk=Disk())
    assert not (tmp_path / QUESTION).exists()


class Settable(SystemClock):
    """The machine's clock, which somebody sets."""

    shift = 0

    def now(self) -> Micros:
        return Micros(super().now() + self.shift)


class Place(Protocol):
    """`conftest.Place`."""

    directory: Path
    config: Path

    @property
    def store(self) -> DirectoryStore: ...
    def write(self, cameras: dict[str, str], **more: Any) -> RecorderConfig: ...
    def problems(self) -> list[str]: ...


def until(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def running(place: Place) -> Iterator[tuple[Node, Settable]]:
    """A recorder of one camera that records."""
    with SimCity(1) as city:
        clock = Settable()
        node = Node(place.write({"cam-0001": city.url(1)}), clock=clock)
        node.start()
        until(lambda: node.lanes[0].bytes > 0)
        yield node, clock
        node.stop()
    assert place.problems() == []


def confirm(place: Place, stated: int) -> int:
    """The command's exit status."""
    words = ["record", "--config", str(place.config), "--confirm-time", rfc3339(Micros(stated))]
    return main(words)


@pytest.mark.parametrize("by", [-HOUR, HOUR], ids=["back", "ahead"])
def test_the_command_makes_a_running_recorder_go_by_its_clock_again(
    place: Place,
    running: tuple[Node, Settable],
    capsys: pytest.CaptureFixture[str],
    by: int,
) -> None:
    node, clock = running
    assert confirm(place, clock.now()) == ConfirmationRefusedError.exit_code
    assert "nothing to confirm" in capsys.readouterr().err
    # An hour that stays within the day, whenever the test runs.
    if local_day(Micros(clock.now() + by)) != local_day(clock.now()):
        by = -by
    clock.shift = by
    until(lambda: "jumped" in node.floor.problem)
    assert confirm(place, clock.now() - by) == ConfirmationRefusedError.exit_code
    assert confirm(place, clock.now()) == 0
    assert "confirmed" in capsys.readouterr().out
    assert node.floor.problem == ""
    seen = node.lanes[0].bytes
    until(lambda: node.lanes[0].bytes > seen and node.lanes[0].gap_from is None)
    assert abs(node.lanes[0].arrived - clock.now()) < 10_000_000
    assert node.lanes[0].sessions == 1, "the camera plays on"
    until(lambda: any(name.endswith(".seg") for name in names(place)))
    if by > 0:
        # Another thread writes the record.
        until(lambda: clock_gaps(place) != [])
        (gap,) = clock_gaps(place)
        assert gap.last - gap.first == pytest.approx(by, abs=10_000_000)
    assert "time_confirmed" in node.events.counts


def clock_gaps(place: Place) -> list[Record]:
    """The gaps in the store whose cause is the clock."""
    gaps = [decode(place.store.get(n))[0] for n in names(place) if n.endswith(".gap.rec")]
    return [gap for gap in gaps if gap.cause == "clock"]


def names(place: Place) -> list[str]:
    return [item.name for item in place.store.list()]


def test_two_operators_do_not_answer_for_each_other(
    place: Place, running: tuple[Node, Settable]
) -> None:
    _, clock = running
    question = place.directory / "rec" / QUESTION
    results: list[BaseException | None] = []

    def first() -> None:
        try:
            ask(question.parent, clock.now(), clock=clock, disk=Disk())
        except RecorderError as error:
            results.append(error)

    thread = threading.Thread(target=first)
    thread.start()
    until(question.exists)
    with pytest.raises(RecorderError, match="another confirmation"):
        ask(question.parent, clock.now(), clock=clock, disk=Disk())
    thread.join()
    assert isinstance(results[0], ConfirmationRefusedError)


def test_a_time_without_a_zone_is_not_taken(place: Place) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["record", "--config", str(place.config), "--confirm-time", "2026-11-21T22:00"])
    assert caught.value.code == 2
