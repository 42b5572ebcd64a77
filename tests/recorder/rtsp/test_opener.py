# SPDX-License-Identifier: AGPL-3.0-or-later
"""The opener against cameras on a real socket."""

import asyncio
import contextlib
import select
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from machimori.kernel.clock import SystemClock
from machimori.kernel.errors import UsageError
from machimori.kernel.ids import CameraId
from machimori.recorder.camera import CameraConfig
from machimori.recorder.errors import (
    CameraError,
    CameraMalformed,
    CameraRefused,
    CameraSilent,
    CameraUnreachable,
)
from machimori.recorder.rtsp.message import Request
from machimori.recorder.rtsp.opener import MAX_REDIRECTS, Limits, RtspOpener
from machimori.recorder.rtsp.session import Session
from machimori.recorder.rtsp.testing import (
    Certificate,
    ScriptedCamera,
    answer,
    frame,
    well_behaved,
)

PATIENT = Limits(response=20.0, total=60.0)
"""What is to succeed, or to be refused by the camera, has time on a machine that is busy."""
SHORT = Limits(connect=0.3, tls=0.3, response=0.3, total=2.0)
PASSWORD = "correct horse"


def config(
    url: str, *, password: str = "", ca: Path | None = None, fingerprint: str | None = None
) -> CameraConfig:
    return CameraConfig(
        id=CameraId("cam-1"),
        url=url,
        username="u" if password else "",
        password=password,
        ca=ca,
        fingerprint=fingerprint,
    )


@contextlib.contextmanager
def opened(camera: CameraConfig, limits: Limits = PATIENT) -> Iterator[Session]:
    session = asyncio.run(RtspOpener(SystemClock(), limits=limits).open(camera))
    with session.socket:
        yield session


def refused(
    camera: CameraConfig, kind: type[CameraError], limits: Limits | None = None
) -> CameraError:
    limits = limits or (SHORT if kind is CameraSilent else PATIENT)
    with pytest.raises(kind) as caught, opened(camera, limits):
        pass
    return caught.value


def received(session: Session, size: int) -> bytes:
    """As the drain reads: pending first and once, then the socket until it would block."""
    data, session.pending = session.pending, b""
    deadline = time.monotonic() + 5
    while len(data) < size and time.monotonic() < deadline:
        try:
            data += session.socket.recv(65_536)
        except (BlockingIOError, ssl.SSLWantReadError):
            select.select([session.socket], [], [], 1)
    return data


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate(tmp_path_factory.mktemp("tls"))


ANSWERS = b"RTSP/1.0 200 whatever\r\nCSeq: 5\r\n\r\nRTSP/1.0 200 whatever\r\nCSeq: 6\r\n\r\n"


def test_a_session_that_plays() -> None:
    with ScriptedCamera() as camera, opened(config(camera.url)) as session:
        assert received(session, 10) == frame(0, b"packet")
        assert session.socket.getblocking() is False
        session.socket.send(session.keepalive())
        session.socket.send(session.teardown())
        answers = received(session, len(ANSWERS))
        assert answers == ANSWERS
    assert [request.method for request in camera.requests][-2:] == ["GET_PARAMETER", "TEARDOWN"]


def test_ipv6(tmp_path: Path) -> None:
    with ScriptedCamera(host="::1") as camera, opened(config(camera.url)) as session:
        assert session.socket.family is socket.AF_INET6
    identity = Certificate(tmp_path, host="::1")
    with (
        ScriptedCamera(host="::1", certificate=identity) as camera,
        opened(config(camera.url, ca=identity.ca)) as session,
    ):
        assert received(session, 10) == frame(0, b"packet")


def test_half_open_lines_are_noticed_and_the_window_is_left_to_the_kernel() -> None:
    with ScriptedCamera() as camera, opened(config(camera.url)) as session:

        def option(name: int, level: int = socket.IPPROTO_TCP) -> int:
            return session.socket.getsockopt(level, name)

        assert option(socket.SO_KEEPALIVE, socket.SOL_SOCKET) == 1
        idle, interval, count = (
            option(name) for name in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        )
        assert idle + interval * count <= 25
        assert option(socket.TCP_USER_TIMEOUT) == 25_000
        with socket.socket() as untouched:
            default = untouched.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        assert option(socket.SO_RCVBUF, socket.SOL_SOCKET) >= default


def test_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    error = refused(config(f"rtsp://127.0.0.1:{port}/"), CameraRefused)
    assert (error.state, error.cause) == ("connect", "refused")


def test_nobody_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        port = server.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        error = refused(config(f"rtsp://127.0.0.1:{port}/"), CameraUnreachable, SHORT)
        for filler in fillers:
            filler.close()
    assert (error.state, error.cause) == ("connect", "network")


def test_a_name_that_does_not_resolve() -> None:
    error = refused(config("rtsp://camera.invalid/"), CameraError, Limits(connect=2.0, total=3.0))
    assert error.state == "connect"
    assert "resolve" in str(error)


@pytest.mark.parametrize("host", ["a" * 70, "..", ".camera", "%00", "999.1.1.1", "[::ffff:0:0]"])
@pytest.mark.parametrize("scheme", ["rtsp", "rtsps"])
def test_a_redirect_to_an_impossible_name(host: str, scheme: str) -> None:
    with moved(f"{scheme}://{host}/") as camera:
        refused(config(camera.url), CameraError, Limits(connect=2.0, tls=0.3, response=0.3))


@pytest.mark.parametrize("method", ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"])
def test_a_camera_that_hangs_in_any_state(method: str) -> None:
    def script(request: Request) -> bytes | None:
        return b"" if request.method == method else well_behaved(request)

    with ScriptedCamera(script) as camera:
        error = refused(config(camera.url), CameraSilent)
    assert (error.state, error.cause) == (method.lower(), "stalled")
    assert "no answer within 0.3 s" in str(error)


def test_an_answer_that_drips_is_late_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"rtsp://127.0.0.1:{server.getsockname()[1]}/"

        async def drip() -> None:
            loop = asyncio.get_running_loop()
            server.setblocking(False)
            connection, _ = await loop.sock_accept(server)
            with connection, contextlib.suppress(OSError):
                for byte in b"RTSP/1.0 200 OK\r\n" * 100:
                    await loop.sock_sendall(connection, bytes([byte]))
                    await asyncio.sleep(0.02)

        async def both() -> None:
            task = asyncio.create_task(drip())
            try:
                await RtspOpener(SystemClock(), limits=SHORT).open(config(url))
            finally:
                task.cancel()

        started = time.monotonic()
        with pytest.raises(CameraSilent):
            asyncio.run(both())
    assert time.monotonic() - started < 1


def test_the_whole_is_limited_too() -> None:
    def slow(request: Request) -> bytes | None:
        time.sleep(0.15)
        return well_behaved(request)

    with ScriptedCamera(slow) as camera:
        error = refused(config(camera.url), CameraSilent, Limits(response=0.3, total=0.4))
    assert "no PLAY within 0.4 s" in str(error)


@pytest.mark.parametrize("method", ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"])
def test_a_camera_that_hangs_up_in_any_state(method: str) -> None:
    def script(request: Request) -> bytes | None:
        return None if request.method == method else well_behaved(request)

    with ScriptedCamera(script) as camera:
        error = refused(config(camera.url), CameraUnreachable)
    assert (error.state, error.cause) == (method.lower(), "network")
    assert error.offset is not None


def test_something_else_on_the_port() -> None:
    with ScriptedCamera(lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n") as camera:
        error = refused(config(camera.url), CameraMalformed)
    assert error.offset == 0


def test_a_session_knows_when_its_camera_was_asked_to_play() -> None:
    """Nothing of the stream can have arrived earlier, however long the camera took to answer."""
    arrived: dict[str, float] = {}

    def hesitating(request: Request) -> bytes | None:
        time.sleep(0.05)
        arrived[request.method] = time.monotonic()
        return well_behaved(request)

    with ScriptedCamera(hesitating) as camera, opened(config(camera.url)) as session:
        assert arrived["SETUP"] < session.asked_at < arrived["PLAY"] - 0.05


def test_a_dead_camera_does_not_hold_up_the_others() -> None:
    async def all_of(urls: list[str]) -> list[Session | BaseException]:
        opener = RtspOpener(SystemClock(), limits=SHORT)
        return await asyncio.gather(
            *(opener.open(config(url)) for url in urls), return_exceptions=True
        )

    began = time.monotonic()
    with ScriptedCamera() as alive, ScriptedCamera(lambda _: b"") as dead:
        results = asyncio.run(all_of([alive.url, dead.url] * 10))
    for index, result in enumerate(results):
        assert isinstance(result, CameraSilent if index % 2 else Session)
        if isinstance(result, Session):
            # Whoever waited for a dead camera waited until it was given up.
            assert result.asked_at < began + SHORT.response
            result.socket.close()


def test_cancelling_leaves_no_socket_open() -> None:
    async def cancel(url: str) -> None:
        task = asyncio.create_task(RtspOpener(SystemClock()).open(config(url)))
        await asyncio.sleep(0.1)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    with ScriptedCamera(lambda _: b"") as camera:
        asyncio.run(cancel(camera.url))  # a ResourceWarning would fail the test


def moved(location: str, status: int = 302) -> ScriptedCamera:
    return ScriptedCamera(
        lambda request: answer(request, status, headers=[f"Location: {location}"])
    )


@pytest.mark.parametrize("status", [301, 302, 303, 305, 307])
def test_a_redirect_is_followed(status: int) -> None:
    with ScriptedCamera() as there, moved(there.url, status) as here:
        with opened(config(here.url)) as session:
            assert session.video.codec == "h264"
        assert here.connections == 1


def test_redirects_end() -> None:
    with moved("/round") as one, moved(one.url) as two, moved(two.url) as three:
        error = refused(config(three.url), CameraRefused)
    assert "redirect" in str(error)
    places = iter(f"/{number}" for number in range(100))
    with ScriptedCamera(
        lambda request: answer(request, 302, headers=[f"Location: {next(places)}"])
    ) as camera:
        assert f"more than {MAX_REDIRECTS} redirects" in str(
            refused(config(camera.url), CameraRefused)
        )


@pytest.mark.parametrize("location", ["http://127.0.0.1/", "rtsp://", "rtsp://[::"])
def test_a_redirect_to_nowhere(location: str) -> None:
    with moved(location) as camera:
        assert "nowhere" in str(refused(config(camera.url), CameraRefused))


def guarded(request: Request) -> bytes | None:
    if request.headers.get("authorization"):
        return well_behaved(request)
    return answer(request, 401, headers=['WWW-Authenticate: Basic realm="r"'])


def test_credentials_follow_on_the_same_host() -> None:
    with ScriptedCamera(guarded) as there, moved(there.url) as here:
        with opened(config(here.url, password=PASSWORD)):
            pass
        assert any(request.headers.get("authorization") for request in there.requests)


def test_another_host_gets_no_credentials() -> None:
    with ScriptedCamera(guarded) as there:
        elsewhere = there.url.replace("127.0.0.1", "localhost")
        with moved(elsewhere) as here:
            error = refused(config(here.url, password=PASSWORD), CameraRefused)
        assert "asks for a user name" in str(error)
        assert there.requests
        assert not any(request.headers.get("authorization") for request in there.requests)


def test_a_wrong_password_is_refused_without_naming_it() -> None:
    with ScriptedCamera(
        lambda request: answer(
            request, 401, headers=['WWW-Authenticate: Digest realm="r", nonce="n"']
        )
    ) as camera:
        error = refused(config(camera.url, password=PASSWORD), CameraRefused)
        assert len(camera.requests) == 2
    assert PASSWORD not in f"{error!r} {error} {error.__dict__}"
    assert camera.url not in str(error)


def test_tls_with_the_given_authority(certificate: Certificate) -> None:
    with (
        ScriptedCamera(certificate=certificate) as camera,
        opened(config(camera.url, ca=certificate.ca)) as session,
    ):
        assert isinstance(session.socket, ssl.SSLSocket)
        assert received(session, 10) == frame(0, b"packet")
        with pytest.raises(ssl.SSLWantReadError):
            session.socket.recv(1)
        session.socket.send(session.keepalive())


def test_tls_with_the_pinned_certificate(certificate: Certificate) -> None:
    with ScriptedCamera(certificate=certificate) as camera:
        with opened(config(camera.url, fingerprint=certificate.fingerprint)) as session:
            assert received(session, 10) == frame(0, b"packet")
        error = refused(config(camera.url, fingerprint="ab" * 32, password=PASSWORD), CameraRefused)
        assert (error.state, error.cause) == ("tls", "refused")
        assert "fingerprint" in str(error)


def test_tls_without_either_trusts_the_system_only(certificate: Certificate) -> None:
    with ScriptedCamera(certificate=certificate) as camera:
        error = refused(config(camera.url), CameraRefused)
        assert "does not verify" in str(error)
        assert not camera.requests


def test_tls_for_another_name_is_refused(tmp_path: Path) -> None:
    other = Certificate(tmp_path, host="camera.example")
    with ScriptedCamera(certificate=other) as camera:
        error = refused(config(camera.url, ca=other.ca), CameraRefused)
    assert "does not verify" in str(error)


def test_tls_where_none_is_spoken(certificate: Certificate) -> None:
    with ScriptedCamera() as camera:
        url = camera.url.replace("rtsp:", "rtsps:")
        assert refused(config(url, ca=certificate.ca), CameraError).state == "tls"


def test_tls_that_hangs(certificate: Certificate) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"rtsps://127.0.0.1:{server.getsockname()[1]}/"
        error = refused(config(url, ca=certificate.ca), CameraSilent)
    assert (error.state, error.cause) == ("tls", "stalled")


def test_a_redirect_never_leaves_tls(certificate: Certificate) -> None:
    with ScriptedCamera(guarded) as there:
        script = lambda request: answer(request, 302, headers=[f"Location: {there.url}"])  # noqa: E731
        with ScriptedCamera(script, certificate=certificate) as here:
            camera = config(here.url, ca=certificate.ca, password=PASSWORD)
            assert "open line" in str(refused(camera, CameraRefused))
        assert there.connections == 0


def test_an_authority_file_that_cannot_be_read(tmp_path: Path) -> None:
    with ScriptedCamera() as camera:
        url = camera.url.replace("rtsp:", "rtsps:")
        with (
            pytest.raises(UsageError, match="authorities"),
            opened(config(url, ca=tmp_path / "absent.pem")),
        ):
            pass
