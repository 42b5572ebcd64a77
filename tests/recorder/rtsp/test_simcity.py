# SPDX-License-Identifier: AGPL-3.0-or-later
"""The simulated city's cameras and their habits, opened and kept alive by our client."""

import asyncio
import contextlib
import select
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from machimori.kernel import canonical
from machimori.kernel.clock import SystemClock
from machimori.kernel.ids import CameraId
from machimori.recorder.camera import CameraConfig
from machimori.recorder.errors import (
    CameraError,
    CameraLost,
    CameraMalformed,
    CameraRefused,
    CameraSilent,
)
from machimori.recorder.rtsp.opener import Limits, RtspOpener
from machimori.recorder.rtsp.parser import measure
from machimori.recorder.rtsp.session import Session
from machimori.simcity.city import SimCity
from machimori.simcity.faults import Value

PATIENT = Limits(response=20.0, total=60.0)
"""What is to succeed has time, on a machine that is busy."""
SHORT = Limits(connect=2.0, tls=2.0, response=0.4, total=5.0)
CODECS = {"h264": "h264", "h265": "h265", "mjpeg": "jpeg"}
"""What the city calls them, and what a session does."""


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


@pytest.fixture(scope="module")
def city(clips: Path) -> Iterator[SimCity]:
    with SimCity(1, auth="digest-sha256", sound=True, clips=clips, seconds=1.0) as started:
        yield started


def config(city: SimCity, camera: int = 1, *, password: str | None = None) -> CameraConfig:
    url = city.url(camera)
    return CameraConfig(
        id=CameraId(f"cam-{camera:04}"),
        url=url,
        username=city.credentials.username,
        password=city.credentials.password if password is None else password,
        ca=city.ca if url.startswith("rtsps:") else None,
    )


def opened(camera: CameraConfig, limits: Limits = PATIENT) -> Session:
    return asyncio.run(RtspOpener(SystemClock(), limits=limits).open(camera))


def watch(session: Session, *, keepalives: int = 1, seconds: float = 0.6) -> tuple[int, int]:
    """Send keep-alives and walk what comes: (frames of the video, messages). Closes the socket."""
    data = bytearray(session.pending)
    frames = messages = position = 0
    with session.socket as line:
        for _ in range(keepalives):
            line.send(session.keepalive())
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                try:
                    part = line.recv(1 << 20)
                except (BlockingIOError, ssl.SSLWantReadError):
                    select.select([line], [], [], 0.05)
                    continue
                assert part, "the camera closed the connection"
                data += part
                while len(data) >= position + 4:
                    if data[position] == ord("$"):
                        size: int | None = 4 + int.from_bytes(data[position + 2 : position + 4])
                        if len(data) < position + (size or 0):
                            break
                        frames += data[position + 1] == session.video.rtp_channel
                    else:
                        size = measure(data, position)
                        if size is None:
                            break
                        messages += 1
                        session.on_message(bytes(data[position : position + size]))
                        line.send(session.outbox() or b"")
                    position += size or 0
    return frames, messages


@contextlib.contextmanager
def faulty(city: SimCity, name: str, **arguments: Value) -> Iterator[None]:
    city.fault(1, name, **arguments)
    try:
        yield
    finally:
        city.clear(1)


@pytest.mark.parametrize("auth", ["none", "basic", "digest-md5", "digest-sha256"])
def test_every_codec_and_every_way_to_sign_in(auth: str, clips: Path) -> None:
    with SimCity(3, codecs=tuple(CODECS), auth=auth, sound=True, clips=clips, seconds=1.0) as city:
        for number, codec in enumerate(CODECS.values(), start=1):
            session = opened(config(city, number))
            assert session.video.codec == codec
            assert watch(session, seconds=0.4)[0] > 3
            assert city.credentials.password.encode() not in session.description
        if auth != "none":
            with pytest.raises(CameraRefused, match="refuses user name and password") as caught:
                opened(config(city, password="wrong horse"))
            assert "wrong horse" not in f"{caught.value!r} {caught.value}"
            with pytest.raises(CameraRefused, match="asks for a user name"):
                opened(CameraConfig(id=CameraId("cam-0001"), url=city.url(1)))


def test_rtsps(clips: Path) -> None:
    with SimCity(1, auth="digest-sha256", tls=True, clips=clips, seconds=1.0) as city:
        session = opened(config(city))
        assert isinstance(session.socket, ssl.SSLSocket)
        assert watch(session)[0] > 3
        with pytest.raises(CameraRefused, match="does not verify"):
            opened(CameraConfig(id=CameraId("cam-0001"), url=city.url(1)))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("unauthorized", {"at": "options"}),
        ("unauthorized", {"at": "describe"}),
        ("unauthorized", {"at": "setup"}),
        ("unauthorized", {"at": "play"}),
        ("unauthorized", {"at": "keepalive"}),
        ("stale_nonce", {"uses": 1}),
        ("stale_nonce", {"uses": 2}),
        ("redirect", {}),
        ("content_base", {"form": "missing"}),
        ("content_base", {"form": "relative"}),
        ("content_base", {"form": "location"}),
        ("control", {"form": "absolute"}),
        ("control", {"form": "path"}),
        ("channels", {"rtp": 4, "rtcp": 5}),
        ("trailing_garbage", {"where": "after"}),
        ("trailing_garbage", {"where": "body"}),
        ("no_content_type", {}),
        ("no_get_parameter", {}),
        ("odd_headers", {}),
        ("wrong_session", {"how": "answer"}),
        ("message", {"kind": "request"}),
        ("message", {"kind": "response"}),
        ("slow", {"seconds": 0.1}),
        ("status", {"at": "options", "code": 501}),
    ],
)
def test_habits_of_real_cameras(city: SimCity, name: str, arguments: dict[str, Value]) -> None:
    with faulty(city, name, **arguments):
        session = opened(config(city))
        frames, messages = watch(session, keepalives=3, seconds=0.15)
        assert frames > 3
        assert messages >= 2
        if name == "channels":
            assert (session.video.rtp_channel, session.video.rtcp_channel) == (4, 5)
            assert canonical.load_object(session.description)["channels"] == {"rtp": 4, "rtcp": 5}


@pytest.mark.parametrize("state", ["options", "describe", "setup", "play"])
@pytest.mark.parametrize("partial", [False, True], ids=["silent", "half an answer"])
def test_hanging_in_any_state(city: SimCity, state: str, partial: bool) -> None:
    with faulty(city, "hang", at=state, partial=partial):
        with pytest.raises(CameraSilent) as caught:
            opened(config(city), SHORT)
        assert (caught.value.state, caught.value.cause) == (state, "stalled")


@pytest.mark.parametrize("state", ["options", "describe", "setup", "play"])
def test_a_head_without_end(city: SimCity, state: str) -> None:
    with faulty(city, "endless", at=state), pytest.raises(CameraMalformed) as caught:
        opened(config(city))
    assert (caught.value.state, caught.value.cause) == (state, "camera_lost")


def test_an_answer_that_drips(city: SimCity) -> None:
    with faulty(city, "drip", seconds=0.05), pytest.raises(CameraSilent):
        opened(config(city), SHORT)


@pytest.mark.parametrize("state", ["options", "describe", "setup", "play"])
def test_a_401_without_end_is_a_refusal(city: SimCity, state: str) -> None:
    with faulty(city, "unauthorized", at=state, times=0), pytest.raises(CameraRefused) as caught:
        opened(config(city))
    assert caught.value.state == state


def test_a_session_that_the_camera_forgets(city: SimCity) -> None:
    with faulty(city, "wrong_session", how="forget"), pytest.raises(CameraError) as caught:
        watch(opened(config(city)))
    assert isinstance(caught.value, CameraLost)
    assert caught.value.cause == "camera_lost"


def test_a_busy_camera_and_one_that_refuses(city: SimCity) -> None:
    with (
        faulty(city, "status", at="setup", code=453),
        pytest.raises(CameraRefused, match="too many clients"),
    ):
        opened(config(city))
    with faulty(city, "refuse"), pytest.raises(CameraError) as caught:
        opened(config(city))
    assert caught.value.state == "connect"


def test_a_session_is_kept_alive_past_its_time(city: SimCity) -> None:
    with faulty(city, "session_timeout", seconds=2):
        session = opened(config(city))
        assert session.keepalive_every == 1.0
        assert watch(session, keepalives=4, seconds=session.keepalive_every)[0] > 30


def test_forty_cameras_are_opened_at_once(clips: Path) -> None:
    async def all_of(city: SimCity) -> list[Session]:
        opener = RtspOpener(SystemClock())
        return list(
            await asyncio.gather(*(opener.open(config(city, number + 1)) for number in range(40)))
        )

    with SimCity(40, auth="digest-sha256", clips=clips, seconds=1.0) as city:
        sessions = asyncio.run(all_of(city))
        for session in sessions:
            session.socket.shutdown(socket.SHUT_RDWR)
            session.socket.close()
    assert {session.camera for session in sessions} == {f"cam-{n:04}" for n in range(1, 41)}
