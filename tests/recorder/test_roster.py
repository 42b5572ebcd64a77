# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cameras are added, changed and withdrawn while a recorder runs, against simulated cameras."""

from collections.abc import Iterator

import pytest

from machimori.kernel.durable import Disk
from machimori.kernel.ids import CameraId
from machimori.recorder.feed import FedCamera, encode, load_keys, seal
from machimori.recorder.lane import Lane
from machimori.recorder.node import Node
from machimori.recorder.testing_place import Place, until
from machimori.simcity.city import SimCity


@pytest.fixture(scope="module", name="city")
def cameras() -> Iterator[SimCity]:
    with SimCity(3, codecs=("h264",), size=(320, 240), auth="digest-sha256") as city:
        yield city


class Register:
    """What the office does: the file of cameras, whole, with sealed passwords."""

    def __init__(self, place: Place, city: SimCity) -> None:
        self._place, self._city = place, city
        self.directory = place.directory / "rec"
        Disk().make_directory(self.directory)

    def camera(self, name: str, url: str | None = None) -> FedCamera:
        credentials = self._city.credentials
        address = url or self._city.url(name)
        public = load_keys(self.directory, Disk()).public
        sealed = seal(
            credentials.password, public=public, recorder="rec-1", camera=name, url=address
        )
        return FedCamera(
            id=CameraId(name), url=address, username=credentials.username, sealed=sealed
        )

    def say(self, *cameras: FedCamera) -> None:
        Disk().replace(self.directory / "cameras.json", encode(cameras))


def lane(node: Node, name: str) -> Lane:
    (found,) = (one for one in node.lanes if one.camera.id == name)
    return found


def recorded(node: Node, name: str) -> bool:
    return any(one.camera.id == name and one.bytes > 5000 for one in node.lanes)


def test_cameras_come_change_and_go_and_no_other_is_disturbed(place: Place, city: SimCity) -> None:
    first, second, third = sorted(city.cameras)
    register = Register(place, city)
    place.write({}, more=['cameras = "rec/cameras.json"'])
    place.write_keys((first, second, third))
    register.say(register.camera(first))
    node = Node(place.write({}, more=['cameras = "rec/cameras.json"']))
    place.write_keys((first, second, third))
    node.start()
    try:
        until(lambda: recorded(node, first))
        untouched = lane(node, first)
        # Added: it plays within seconds, without a restart.
        register.say(register.camera(first), register.camera(second))
        assert until(lambda: recorded(node, second)) < 15
        # Changed: to where nothing listens, and back. The other plays on.
        register.say(register.camera(first), register.camera(second, "rtsp://127.0.0.1:1/x"))
        until(lambda: lane(node, second).session is None)
        until(lambda: lane(node, second).gap_from is not None)
        sessions = lane(node, second).sessions
        register.say(register.camera(first), register.camera(second))
        until(lambda: lane(node, second).sessions == sessions + 1)
        # A file that cannot be obeyed changes nothing.
        (register.directory / "cameras.json").write_text("{")
        until(lambda: node.events.counts["cameras_failed"] == 1)
        assert {one.camera.id for one in node.lanes} == {first, second}
        # Withdrawn, and a third at once.
        register.say(register.camera(first), register.camera(third))
        until(lambda: recorded(node, third))
        assert {one.camera.id for one in node.lanes} == {first, third}
        # Back again.
        register.say(*(register.camera(name) for name in (first, second, third)))
        until(lambda: recorded(node, second))
        assert lane(node, first) is untouched
        assert untouched.sessions == 1
        assert untouched.lost == untouched.dropped == 0
    finally:
        node.stop()
    assert place.problems() == []
    causes = [cause for cause, _ in place.gaps()]
    assert causes.count("withdrawn") >= 3
    assert not [
        item
        for item in place.store.list()
        if f"/{first}/" in item.name
        and ".gap.rec" in item.name
        and "withdrawn" in place.store.get(item.name).decode(errors="ignore")
    ]


def test_a_restart_takes_the_cameras_from_the_file(place: Place, city: SimCity) -> None:
    (first, *_) = sorted(city.cameras)
    register = Register(place, city)
    register.say(register.camera(first))
    config = place.write({}, more=['cameras = "rec/cameras.json"'])
    place.write_keys((first,))
    for _ in range(2):
        node = Node(config)
        node.start()
        try:
            until(lambda node=node: recorded(node, first))  # type: ignore[misc]
        finally:
            node.stop()
    assert place.problems() == []
    assert {cause for cause, _ in place.gaps()} <= {"recorder_down"}
