# SPDX-License-Identifier: AGPL-3.0-or-later
"""The whole recorder against simulated cameras over real sockets."""

import itertools
import json
import signal
import socket
import threading
import time
import urllib.request
from typing import Any

import pytest

from machimori.cli import record
from machimori.cli.main import build_parser
from machimori.footage.anchors import anchors_of
from machimori.kernel.durable import Disk
from machimori.kernel.errors import UsageError
from machimori.ledger.courier import carry_outbox
from machimori.ledger.entry import Entry
from machimori.ledger.testing import MemoryLedger
from machimori.recorder import memory
from machimori.recorder.errors import RecorderError
from machimori.recorder.node import Node
from machimori.recorder.space import Space
from machimori.recorder.testing_place import Place, until
from machimori.simcity.city import SimCity


def test_three_codecs_are_recorded_and_the_store_checks_clean(place: Place) -> None:
    with SimCity(3, codecs=("h264", "h265", "mjpeg"), auth="digest-sha256") as city:
        config = place.write(
            {name: city.url(name) for name in city.cameras},
            password=city.credentials.password,
            more=['listen = "127.0.0.1:0"'],
        )
        node = Node(config)
        node.start()
        until(lambda: all(lane.bytes > 5000 for lane in node.lanes))
        with urllib.request.urlopen(f"http://127.0.0.1:{node.port}/health") as answer:
            health = json.load(answer)
        with urllib.request.urlopen(f"http://127.0.0.1:{node.port}/metrics") as answer:
            metrics = answer.read().decode()
        node.stop()
    assert health["recorder"]["recording"] == 3
    assert health["recorder"]["key_days_left"] == 2
    assert 'machimori_camera_up{camera="cam-0002"} 1' in metrics
    assert "machimori_camera_lost_packets_total" in metrics
    assert all(camera["lost_packets"] == 0 for camera in health["cameras"].values())
    assert place.problems() == []
    assert place.check().segments == 3
    assert not list((place.directory / "rec" / "open").glob("*/*.part"))


def test_a_port_that_is_taken_is_named_before_anything_runs(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        node = Node(place.write({}, more=[f'listen = "{address}"']))
        with pytest.raises(UsageError, match="in use") as caught:
            node.start()
        assert caught.value.where == address
        assert not node.drain.thread.is_alive()
    node.start()
    node.stop()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_defect_in_housekeeping_ends_the_process(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(space: Space) -> None:
        raise RuntimeError(f"a defect of {type(space).__name__}")

    monkeypatch.setattr(Space, "keep", defect)
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)
    monkeypatch.setattr(record, "set_aside", lambda: None)
    with SimCity(1) as city:
        place.write({"cam-0001": city.url(1)})
        arguments = ["record", "--config", str(place.config)]
        args = build_parser().parse_args(arguments)
        with pytest.raises(RecorderError, match="housekeeping ended unexpectedly"):
            args.run(args)
    assert place.problems() == []


def test_housekeeping_collects_the_cycles_that_python_is_told_to_leave(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected = threading.Event()
    monkeypatch.setattr(memory, "collect", collected.set)
    node = Node(place.write({}))
    node.start()
    assert collected.wait(10)
    node.stop()


def test_A6_anchors_bind_the_heads_of_all_cameras(place: Place) -> None:
    """What a recorder stored is bound by its anchor in the ledger, to the last moment before an
    orderly end: a check compares the two."""
    ledger = MemoryLedger()
    with SimCity(1) as city:
        node = Node(place.write({"cam-0001": city.url(1)}))
        node.start()
        until(lambda: node.lanes[0].bytes > 0)
        node.stop()
    (path,) = (place.directory / "rec" / "outbox").glob("*.json")
    entry = Entry.decode(path.read_bytes())
    assert entry.type == "recorder.anchor"
    assert entry.data["cameras"] == 1
    assert carry_outbox(path.parent, ledger, Disk()).entries == 1
    report = place.check(anchors=anchors_of(ledger))
    assert (report.anchors, report.findings) == (1, [])
    for item in list(place.store.list()):
        if "/cam-0001/" in item.name:
            place.store.delete(item.name)
    found = [(f.verdict, f.meaning) for f in place.check(anchors=anchors_of(ledger)).findings]
    assert found == [("missing", "anchored_camera")]


def test_M4_after_a_reboot_it_plays_within_two_seconds(place: Place) -> None:
    with SimCity(1) as city:
        node = Node(place.write({"cam-0001": city.url(1)}))
        node.start()
        lane = node.lanes[0]
        until(lambda: lane.bytes > 0)
        city.fault(1, "reboot", seconds=3.0)
        begun = time.monotonic()
        until(lambda: lane.gap_from is not None)
        until(lambda: lane.session is not None and lane.gap_from is None)
        assert time.monotonic() - begun < 3.0 + 2.0 + 0.5
        node.stop()
    causes = [cause for cause, _ in place.gaps()]
    assert "network" in causes
    assert place.problems() == []


def interrupted(city: SimCity, node: Node) -> None:
    """Record, lose the camera for a moment, record again, end."""
    node.start()
    (lane,) = node.lanes
    until(lambda: lane.bytes > 0)
    city.fault(1, "refuse")

    def pull() -> None:
        lane.lose("network", "pulled", node.drain.now())
        node.connector.reopen(lane)

    node.drain.call(pull)
    until(lambda: lane.session is None)
    city.clear(1)
    until(lambda: lane.sessions > 1 and lane.gap_from is None)
    node.stop()


def test_I5_every_second_is_footage_or_an_explained_gap(place: Place) -> None:
    with SimCity(1) as city:
        config = place.write({"cam-0001": city.url(1)})
        for _ in range(2):
            interrupted(city, Node(config))
    spans: list[tuple[str, str]] = []
    for item in place.store.list():
        stem = item.name.rsplit("/", 1)[1]
        if stem.endswith((".seg", ".gap.rec")):
            first, last = stem.split(".")[0].split("-")
            spans.append((first, last))
    spans.sort()
    for (_, end), (begin, _) in itertools.pairwise(spans):
        assert begin <= end, "a hole between two items"
    assert {"recorder_down", "network"} <= {cause for cause, _ in place.gaps()}
    assert place.problems() == []


@pytest.mark.alone
def test_half_of_the_cameras_dead_or_hostile_the_others_without_a_gap(place: Place) -> None:
    hostile(place, cameras=24, seconds=15.0)


@pytest.mark.alone
@pytest.mark.soak
def test_half_of_200_cameras_dead_or_hostile(place: Place) -> None:
    hostile(place, cameras=200, seconds=120.0)


FAULTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("refuse", {}),
    ("hang", {"at": "describe"}),
    ("half_open", {}),
    ("stall", {}),
    ("flood", {}),
    ("garbage", {"every": 5, "bytes": 4000}),
    ("absurd_length", {"every": 3}),
    ("lost_sync", {"every": 3}),
    ("endless", {"at": "describe"}),
    ("drip", {}),
    ("unauthorized", {"at": "play", "times": 0}),
    ("message", {"every": 2}),
)


def hostile(place: Place, *, cameras: int, seconds: float) -> None:
    with SimCity(cameras) as city:
        for place_number, name in enumerate(city.cameras[::2]):
            fault, arguments = FAULTS[place_number % len(FAULTS)]
            city.fault(name, fault, **arguments)
        good = set(city.cameras[1::2])
        node = Node(place.write({name: city.url(name) for name in city.cameras}))
        node.start()
        lanes = [lane for lane in node.lanes if lane.camera.id in good]
        until(lambda: all(lane.bytes > 0 for lane in lanes), 30.0)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(0.5)
            assert node.drain.thread.is_alive()
        assert [lane.sessions for lane in lanes] == [1] * len(lanes)
        assert [lane.lost for lane in lanes] == [0] * len(lanes)
        assert all(lane.gap_from is None for lane in lanes)
        node.stop()
    assert place.problems() == []
