# SPDX-License-Identifier: AGPL-3.0-or-later
import contextlib
import re
import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.footage.rtp.sdp import VideoTrack
from machimori.kernel import canonical
from machimori.kernel.ids import CameraId
from machimori.recorder.errors import CameraError, CameraLost, CameraMalformed, CameraRefused
from machimori.recorder.rtsp import session as limits
from machimori.recorder.rtsp.auth import Authenticator
from machimori.recorder.rtsp.conversation import Conversation
from machimori.recorder.rtsp.handshake import Playing
from machimori.recorder.rtsp.message import METHODS, Request
from machimori.recorder.rtsp.parser import Parser
from machimori.recorder.rtsp.session import Session
from machimori.recorder.rtsp.testing import SDP, frame

CONTROL = "rtsp://camera/live"
PASSWORD = "correct horse"
CHALLENGE = 'WWW-Authenticate: Digest realm="r", nonce="{}"{}'


@pytest.fixture
def line() -> Iterator[socket.socket]:
    with socket.socket() as connection:
        yield connection


def session(
    line: socket.socket,
    *,
    methods: frozenset[str] = frozenset({"GET_PARAMETER"}),
    timeout: int = 60,
    password: str = PASSWORD,
) -> Session:
    conversation = Conversation(
        camera=CameraId("cam-1"),
        authenticator=Authenticator(username="u" if password else "", password=password),
    )
    conversation.session_id = "abc"
    video = VideoTrack(
        codec="h264", payload_type=96, clock_rate=90_000, rtp_channel=0, rtcp_channel=1
    )
    return Session(
        connection=line,
        conversation=conversation,
        playing=Playing(
            video=video,
            description=canonical.dumps({"sdp": SDP}),
            control=CONTROL,
            methods=methods,
            timeout=timeout,
            pending=b"p",
        ),
        asked_at=5.0,
    )


def request(data: bytes) -> Request:
    parser = Parser()
    parser.feed(data)
    item = parser.next()
    assert isinstance(item, Request)
    assert not parser.rest()
    return item


def reply(to: bytes, status: int, *headers: str) -> bytes:
    lines = [f"RTSP/1.0 {status} x", f"CSeq: {request(to).cseq}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def test_keepalive_by_get_parameter_if_offered_else_options(line: socket.socket) -> None:
    assert request(session(line).keepalive()).method == "GET_PARAMETER"
    first = request(session(line, methods=frozenset()).keepalive())
    assert first.method == "OPTIONS"
    assert first.url == CONTROL
    assert first.headers.get("session") == "abc"


def test_a_camera_that_does_not_mean_its_offer_gets_options(line: socket.socket) -> None:
    for status in (400, 405, 451, 501):
        playing = session(line)
        playing.on_message(reply(playing.keepalive(), status))
        assert request(playing.keepalive()).method == "OPTIONS"
        assert not playing.outbox()


def test_a_camera_that_is_deaf_to_its_offer_gets_the_other_method(line: socket.socket) -> None:
    """As reported of cameras that end the session after a minute of unheard GET_PARAMETER."""
    playing = session(line)
    sent = [request(playing.keepalive()).method for _ in range(2)]
    assert sent == ["GET_PARAMETER", "OPTIONS"]
    third = playing.keepalive()
    assert request(third).method == "GET_PARAMETER"
    playing.on_message(reply(third, 200))
    assert request(playing.keepalive()).method == "GET_PARAMETER"


@pytest.mark.parametrize(("timeout", "every"), [(60, 30), (10, 5), (1, 1), (3600, 30)])
def test_keepalive_comes_well_before_the_time_out(
    line: socket.socket, timeout: int, every: float
) -> None:
    assert session(line, timeout=timeout).keepalive_every == every


def test_what_the_drain_needs_is_there(line: socket.socket) -> None:
    playing = session(line)
    assert playing.socket is line
    assert (playing.pending, playing.camera, playing.asked_at) == (b"p", "cam-1", 5.0)
    assert playing.video.codec == "h264"


def test_a_401_to_a_keepalive_is_answered_with_a_new_one(line: socket.socket) -> None:
    playing = session(line)
    playing.on_message(reply(playing.keepalive(), 401, CHALLENGE.format("1", "")))
    retry = playing.outbox()
    assert 'nonce="1"' in (request(retry).headers.get("authorization") or "")
    assert playing.outbox() == b""
    playing.on_message(reply(retry, 401, CHALLENGE.format("2", ", stale=true")))
    retry = playing.outbox()
    assert 'nonce="2"' in (request(retry).headers.get("authorization") or "")
    playing.on_message(reply(retry, 200))
    assert 'nonce="2"' in (request(playing.keepalive()).headers.get("authorization") or "")


def test_credentials_that_are_taken_no_longer_end_the_session(line: socket.socket) -> None:
    playing = session(line)
    playing.on_message(reply(playing.keepalive(), 401, CHALLENGE.format("1", "")))
    with pytest.raises(CameraRefused) as caught:
        playing.on_message(reply(playing.outbox(), 401, CHALLENGE.format("2", "")))
    assert PASSWORD not in f"{caught.value!r}{caught.value}"
    assert caught.value.state == "playing"


@pytest.mark.parametrize(("status", "text"), [(454, "no such session"), (302, "302")])
def test_a_session_that_is_gone_is_opened_anew(line: socket.socket, status: int, text: str) -> None:
    playing = session(line)
    with pytest.raises(CameraLost, match=text) as caught:
        playing.on_message(reply(playing.keepalive(), status, "Location: rtsp://b/"))
    assert caught.value.cause == "camera_lost"


def test_an_answer_to_what_was_asked_before_is_ignored(line: socket.socket) -> None:
    playing = session(line)
    old = playing.keepalive()
    playing.keepalive()
    playing.on_message(reply(old, 454))
    playing.on_message(reply(playing.keepalive(), 100))
    playing.on_message(reply(playing.teardown(), 454))


def test_nothing_is_believed_that_nobody_asked_for(line: socket.socket) -> None:
    session(line).on_message(b"RTSP/1.0 454 x\r\n\r\n")


@pytest.mark.parametrize(
    ("method", "answered"),
    [("OPTIONS", 200), ("GET_PARAMETER", 200), ("SET_PARAMETER", 200), ("RECORD", 501)],
)
def test_what_the_camera_asks_is_answered(line: socket.socket, method: str, answered: int) -> None:
    playing = session(line)
    playing.on_message(f"{method} rtsp://us/ RTSP/1.0\r\nCSeq: 77\r\n\r\n".encode())
    assert re.match(rf"RTSP/1.0 {answered} [^\r]+\r\nCSeq: 77\r\n".encode(), playing.outbox())


@pytest.mark.parametrize("method", ["TEARDOWN", "REDIRECT"])
def test_the_camera_may_end_it(line: socket.socket, method: str) -> None:
    with pytest.raises(CameraLost, match=method):
        session(line).on_message(f"{method} rtsp://us/ RTSP/1.0\r\nCSeq: 7\r\n\r\n".encode())


def test_an_announcement_of_the_same_stream_is_fine_and_of_another_is_not(
    line: socket.socket,
) -> None:
    def announce(sdp: str) -> bytes:
        body = sdp.encode()
        head = f"ANNOUNCE rtsp://us/ RTSP/1.0\r\nCSeq: 7\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    playing = session(line)
    playing.on_message(announce(SDP))
    playing.on_message(announce(""))
    assert playing.outbox().count(b"200 OK") == 2
    with pytest.raises(CameraLost, match="another stream"):
        playing.on_message(announce(SDP.replace("H264", "H265")))


def test_a_camera_that_asks_without_end_is_hostile(line: socket.socket) -> None:
    playing = session(line)
    with pytest.raises(CameraMalformed, match="more requests"):
        playing.on_message(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n" * limits.MAX_OUTBOX)


@pytest.mark.parametrize("data", [frame(0, b"x"), b"junk", b"RTSP/1.0 200 OK\r\n"])
def test_what_is_no_message_is_malformed(line: socket.socket, data: bytes) -> None:
    with pytest.raises(CameraMalformed):
        session(line).on_message(data)


@given(st.binary(max_size=200))
def test_whatever_comes_only_the_domain_error_leaves(data: bytes) -> None:
    with socket.socket() as line, contextlib.suppress(CameraError):
        session(line).on_message(b"RTSP/1.0 401 x\r\nWWW-Authenticate: " + data + b"\r\n\r\n")


@pytest.mark.parametrize("method", METHODS)
def test_M3_whatever_a_host_s_camera_asks_of_the_recorder_it_is_given_no_footage(
    line: socket.socket, method: str
) -> None:
    """The line between camera and recorder carries footage one way: to whatever the host's end
    asks there, by any method of the parser's own table, the recorder answers with a status at most,
    and with no stream, description or other body."""
    playing = session(line)
    with contextlib.suppress(CameraLost):
        playing.on_message(f"{method} rtsp://recorder/cam-2 RTSP/1.0\r\nCSeq: 7\r\n\r\n".encode())
    answer = playing.outbox()
    if method in ("TEARDOWN", "REDIRECT"):
        assert answer == b"", "the session is over"
        return
    assert re.fullmatch(
        rb"RTSP/1\.0 (200 OK|501 Not Implemented)\r\nCSeq: 7\r\n"
        rb"((Public: [A-Z_, ]+|Session: abc)\r\n)?\r\n",
        answer,
    )
