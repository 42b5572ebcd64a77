# SPDX-License-Identifier: AGPL-3.0-or-later
"""The socket: who is shown a picture, and who is not."""

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from machimori.footage.mp4.testing import chunks_of, encode, sent
from machimori.footage.rtp.testing import description
from machimori.kernel.clock import SystemClock
from machimori.kernel.envelope import Envelope
from machimori.kernel.ids import CameraId, SchemeId
from machimori.kernel.instants import Micros
from machimori.kernel.signing import SigningKey
from machimori.recorder.config import RecorderConfig
from machimori.recorder.drain import Drain
from machimori.recorder.errors import LiveBusyError, LiveRefusedError, RecorderError
from machimori.recorder.lane import Tap
from machimori.recorder.live.client import LiveClient
from machimori.recorder.live.server import Live, LiveServer
from machimori.vault.client.live import LiveGrant

NOW = Micros(1_790_000_000_000_000)
VAULT = SigningKey.generate()
GRANT = LiveGrant(
    scheme=SchemeId("streets"),
    shift="w-1",
    cameras=(CameraId("cam-1"), CameraId("cam-2")),
    valid_from=Micros(NOW - 1),
    valid_to=Micros(NOW + 1),
)


@dataclass
class Camera:
    """A lane as far as live view knows it."""

    camera: Any
    tap: Tap | None = None

    def watch(self, tap: Tap | None) -> None:
        self.tap = tap


@dataclass
class FakeDrain:
    lanes: list[Camera] = field(default_factory=list)

    def now(self) -> Micros:
        return NOW

    def call(self, act: Callable[[], None]) -> None:
        act()


@pytest.fixture
def drain() -> FakeDrain:
    return FakeDrain([Camera(SimpleNamespace(id="cam-1"))])


@pytest.fixture
def client(tmp_path: Path, drain: FakeDrain) -> Iterator[LiveClient]:
    path = tmp_path / "live.sock"
    live = Live(
        scheme=SchemeId("streets"),
        vault=VAULT.public,
        drain=cast(Drain, drain),
        clock=SystemClock(),
        converted=0,
    )
    server = LiveServer(path, live)
    assert path.stat().st_mode & 0o777 == 0o600
    yield LiveClient(lambda: [path])
    server.close()
    assert not path.exists()
    assert all(one.tap is None for one in drain.lanes)


def signed(grant: LiveGrant = GRANT, key: SigningKey = VAULT) -> Envelope:
    return grant.envelope().signed_by("city", key)


def test_a_granted_camera_is_tapped_when_it_is_asked_for_and_shown(
    client: LiveClient, drain: FakeDrain
) -> None:
    assert [one.tap for one in drain.lanes] == [None]
    assert client.read("cam-1", signed(), 0) is None
    tap = drain.lanes[0].tap
    assert tap is not None
    for one in chunks_of(sent("h264", encode("h264", count=10, fps=10)), period=0.25):
        tap(one.data, one.arrived_from, one.arrived_to, description("H264"))
    for _ in range(300):
        found = client.read("cam-1", signed(), 0)
        if found is not None:
            break
        time.sleep(0.01)
    assert found is not None
    assert found.joined
    assert found.data[4:8] == b"ftyp"


def test_a_camera_too_many_to_become_h264_is_refused_with_its_reason(
    client: LiveClient, drain: FakeDrain
) -> None:
    assert client.read("cam-1", signed(), 0) is None
    tap = drain.lanes[0].tap
    assert tap is not None
    for one in chunks_of(sent("jpeg", encode("jpeg", count=3, fps=10)), period=0.25):
        tap(one.data, one.arrived_from, one.arrived_to, description("JPEG"))
    refused: LiveBusyError | None = None
    for _ in range(6000):
        try:
            assert client.read("cam-1", signed(), 0) is None
        except LiveBusyError as error:
            refused = error
            break
        time.sleep(0.01)
    assert refused is not None
    assert refused.where == "cam-1"


@pytest.mark.parametrize(
    "grant",
    [
        signed(key=SigningKey.generate()),
        signed(replace(GRANT, valid_to=NOW)),
        signed(replace(GRANT, valid_from=Micros(NOW + 1), valid_to=Micros(NOW + 2))),
        signed(replace(GRANT, scheme=SchemeId("park"))),
        signed(replace(GRANT, cameras=(CameraId("cam-2"),))),
        replace(signed(), payload_type="application/vnd.machimori.key-bundle+json"),
    ],
    ids=["forged", "over", "not begun", "another scheme", "another camera", "another type"],
)
def test_without_a_grant_in_force_nothing_is_tapped(
    client: LiveClient, drain: FakeDrain, grant: Envelope
) -> None:
    with pytest.raises(LiveRefusedError):
        client.read("cam-1", grant, 0)
    assert drain.lanes[0].tap is None


def test_a_camera_of_another_recorder_is_said_to_be_none(client: LiveClient) -> None:
    with pytest.raises(RecorderError, match="no recorder offers"):
        client.read("cam-2", signed(), 0)


def test_garbage_ends_its_connection_and_no_other(client: LiveClient, tmp_path: Path) -> None:
    for data in (b"\x00" * 100, b"POST / HTTP/1.0\r\nContent-Length: 9999999999\r\n\r\n", b""):
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.connect(str(tmp_path / "live.sock"))
            stranger.sendall(data)
    assert client.read("cam-1", signed(), 0) is None


def test_I9_a_recorder_without_live_in_its_configuration_offers_nothing(tmp_path: Path) -> None:
    """There is no socket to ask at: `Node` makes a server where this says a path, and nowhere
    else."""
    table = {
        "id": "rec-1",
        "scheme": "streets",
        "directory": "rec",
        "vault_key": VAULT.public.raw.hex(),
    }
    assert RecorderConfig.parse({"recorder": table}, base=tmp_path).live is None
    said = RecorderConfig.parse({"recorder": table | {"live": "live.sock"}}, base=tmp_path)
    assert said.live == tmp_path / "live.sock"
