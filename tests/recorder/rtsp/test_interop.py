# SPDX-License-Identifier: AGPL-3.0-or-later
"""GStreamer's RTSP server, which nobody here has written, plays to our client."""

import asyncio
import select
import ssl
import time
from pathlib import Path
from typing import Literal

import pytest

from machimori.kernel.clock import SystemClock
from machimori.kernel.errors import UnavailableError
from machimori.kernel.ids import CameraId
from machimori.recorder.camera import CameraConfig
from machimori.recorder.errors import CameraDenied, CameraRefused
from machimori.recorder.rtsp import testing
from machimori.recorder.rtsp.opener import RtspOpener
from machimori.recorder.rtsp.parser import measure
from machimori.recorder.rtsp.session import Session
from machimori.recorder.rtsp.testing import Certificate, GStreamerServer

Codec = Literal["h264", "h265", "jpeg"]
PASSWORD = "correct horse"


def played(camera: CameraConfig, seconds: float = 0.7) -> tuple[Session, dict[int, int], int]:
    """Open, keep alive at once, and walk what comes: packets per channel, messages."""
    session = asyncio.run(RtspOpener(SystemClock()).open(camera))
    data = bytearray(session.pending)
    with session.socket:
        session.socket.send(session.keepalive())
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                part = session.socket.recv(65_536)
            except (BlockingIOError, ssl.SSLWantReadError):
                select.select([session.socket], [], [], 0.1)
                continue
            assert part, "the server closed the connection"
            data += part
        session.socket.send(session.teardown())
    packets: dict[int, int] = {}
    messages = position = 0
    while position + 4 <= len(data):
        if data[position] == ord("$"):
            size: int | None = 4 + int.from_bytes(data[position + 2 : position + 4], "big")
            if position + (size or 0) <= len(data):
                packets[data[position + 1]] = packets.get(data[position + 1], 0) + 1
        else:
            size = measure(data, position)
            assert size is not None
            session.on_message(bytes(data[position : position + size]))
            messages += 1
        position += size or 0
    return session, packets, messages


@pytest.mark.parametrize("codec", ["h264", "h265", "jpeg"])
@pytest.mark.parametrize("digest", [True, False], ids=["digest", "basic"])
def test_every_codec_with_a_sound_track_and_a_password(codec: Codec, digest: bool) -> None:
    with GStreamerServer(
        codec, sound=True, credentials=("viewer", PASSWORD), digest=digest
    ) as server:
        camera = CameraConfig(
            id=CameraId("cam-1"), url=server.url, username="viewer", password=PASSWORD
        )
        session, packets, messages = played(camera)
        wrong = CameraConfig(id=camera.id, url=camera.url, username="viewer", password="wrong")
        with pytest.raises(CameraDenied, match="refuses user name and password"):
            asyncio.run(RtspOpener(SystemClock()).open(wrong))
    assert session.video.codec == codec
    assert packets[session.video.rtp_channel] > 5
    assert set(packets) <= {session.video.rtp_channel, session.video.rtcp_channel}
    assert messages == 1
    assert session.outbox() == b""
    assert PASSWORD.encode() not in session.description


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_S7_the_line_is_encrypted_and_its_end_verified(codec: Codec, tmp_path: Path) -> None:
    certificate = Certificate(tmp_path)
    with GStreamerServer(
        codec, credentials=("viewer", PASSWORD), certificate=certificate
    ) as server:
        for ca, fingerprint in ((certificate.ca, None), (None, certificate.fingerprint)):
            camera = CameraConfig(
                id=CameraId("cam-1"),
                url=server.url,
                username="viewer",
                password=PASSWORD,
                ca=ca,
                fingerprint=fingerprint,
            )
            session, packets, messages = played(camera)
            assert isinstance(session.socket, ssl.SSLSocket)
            assert packets[session.video.rtp_channel] > 5
            assert messages == 1
        stranger = CameraConfig(id=CameraId("cam-1"), url=server.url)
        with pytest.raises(CameraRefused, match="does not verify"):
            asyncio.run(RtspOpener(SystemClock()).open(stranger))


def test_a_missing_server_names_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(testing, "_SYSTEM_PYTHON", "/nonexistent/python3")
    with pytest.raises(UnavailableError, match="apt-get install"), GStreamerServer("h264"):
        pass
