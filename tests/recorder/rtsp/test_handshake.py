# SPDX-License-Identifier: AGPL-3.0-or-later
"""Transcripts of real cameras' habits, byte for byte."""

import contextlib
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.kernel import canonical
from machimori.kernel.ids import CameraId
from machimori.recorder.drain import READ
from machimori.recorder.errors import CameraError, CameraLost, CameraMalformed, CameraRefused
from machimori.recorder.rtsp import handshake as limits
from machimori.recorder.rtsp.auth import Authenticator
from machimori.recorder.rtsp.conversation import Conversation
from machimori.recorder.rtsp.handshake import Handshake, Playing
from machimori.recorder.rtsp.message import Request
from machimori.recorder.rtsp.parser import MAX_BODY, MAX_HEAD, Parser
from machimori.recorder.rtsp.sockets import RECEIVE
from machimori.recorder.rtsp.testing import SDP, answer, frame, well_behaved

PASSWORD = "correct horse"
URL = "rtsp://camera/live"

Script = Callable[[Request], bytes]


def start(*, username: str = "", password: str = "", url: str = URL) -> Handshake:
    authenticator = Authenticator(username=username, password=password, cnonce=lambda: "c")
    conversation = Conversation(camera=CameraId("cam-1"), authenticator=authenticator)
    return Handshake(url=url, conversation=conversation)


def converse(script: Script, handshake: Handshake | None = None) -> tuple[Handshake, list[Request]]:
    """Let `script` answer until the handshake ends or the script falls silent."""
    handshake = handshake or start()
    asked: list[Request] = []
    out = handshake.begin()
    while out:
        parser = Parser()
        parser.feed(out)
        out = b""
        while isinstance(request := parser.next(), Request):
            asked.append(request)
            out += handshake.receive(script(request))
    return handshake, asked


def play(script: Script, handshake: Handshake | None = None) -> tuple[Playing, list[Request]]:
    handshake, asked = converse(script, handshake)
    assert handshake.playing is not None
    return handshake.playing, asked


def changed(**replies: Callable[[Request], bytes]) -> Script:
    """A well-behaved camera but for these methods."""

    def script(request: Request) -> bytes:
        reply = replies.get(request.method)
        data = reply(request) if reply else well_behaved(request)
        assert data is not None
        return data

    return script


def described(sdp: str | bytes, *headers: str) -> Script:
    return changed(DESCRIBE=lambda request: answer(request, headers=headers, body=sdp))


def set_up(*headers: str) -> Script:
    return changed(SETUP=lambda request: answer(request, headers=headers))


def asked_for(requests: list[Request], method: str) -> list[str]:
    return [request.url for request in requests if request.method == method]


def test_the_ordinary_camera() -> None:
    playing, asked = play(changed())
    assert [request.method for request in asked] == ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"]
    assert asked[1].headers.get("accept") == "application/sdp"
    assert asked[2].headers.get("transport") == "RTP/AVP/TCP;unicast;interleaved=0-1"
    assert asked[3].headers.get("session") == "12345678"
    assert [request.cseq for request in asked] == [1, 2, 3, 4]
    assert playing.video.codec == "h264"
    assert (playing.video.payload_type, playing.video.clock_rate) == (96, 90_000)
    assert playing.timeout == 60
    assert "GET_PARAMETER" in playing.methods
    assert playing.pending == frame(0, b"packet")


def test_only_the_video_is_set_up() -> None:
    _, asked = play(changed())
    assert asked_for(asked, "SETUP") == ["rtsp://camera/live/trackID=2"]
    assert asked_for(asked, "PLAY") == ["rtsp://camera/live"]


def test_the_description_says_what_was_recorded_and_no_secret() -> None:
    sdp = SDP.replace(
        "a=control:*", f"a=control:rtsp://admin:{PASSWORD.replace(' ', '')}@camera/live"
    )
    playing, _ = play(described(sdp))
    value = canonical.load_object(playing.description)
    assert value["track"] == 1
    assert value["channels"] == {"rtp": 0, "rtcp": 1}
    assert re.fullmatch("[0-9a-f]{64}", value["url_digest"])
    assert value["sdp"] == sdp.replace("admin:correcthorse@", "")


@pytest.mark.parametrize(
    ("headers", "setup"),
    [
        ((), "rtsp://camera/live/trackID=2"),
        (("Content-Base: rtsp://camera/live/",), "rtsp://camera/live/trackID=2"),
        (("Content-Base: rtsp://192.168.0.9/b/",), "rtsp://192.168.0.9/b/trackID=2"),
        (("Content-Base: /relative/",), "rtsp://camera/relative/trackID=2"),
        (("content-base:rtsp://camera/x?a=b",), "rtsp://camera/x?a=b/trackID=2"),
        (("Content-Location: rtsp://camera/loc/",), "rtsp://camera/loc/trackID=2"),
        (("Content-Base: nonsense://",), "rtsp://camera/live/trackID=2"),
    ],
)
def test_content_base_missing_relative_or_strange(headers: tuple[str, ...], setup: str) -> None:
    _, asked = play(described(SDP, "Content-Type: application/sdp", *headers))
    assert asked_for(asked, "SETUP") == [setup]


def test_absolute_control_urls() -> None:
    sdp = SDP.replace("control:trackID=2", "control:rtsp://camera:554/abs/video").replace(
        "control:*", "control:rtsp://camera:554/abs"
    )
    _, asked = play(described(sdp))
    assert asked_for(asked, "SETUP") == ["rtsp://camera:554/abs/video"]
    assert asked_for(asked, "PLAY") == ["rtsp://camera:554/abs"]


def test_without_any_control_the_request_url_serves_for_all() -> None:
    sdp = "v=0\r\nm=video 0 RTP/AVP 26\r\n"
    playing, asked = play(described(sdp))
    assert {request.url for request in asked} == {URL}
    assert (playing.video.codec, playing.video.payload_type) == ("jpeg", 26)


def test_a_camera_that_reads_the_standard_literally_is_found_by_the_second_try() -> None:
    def script(request: Request) -> bytes:
        known = request.url == "rtsp://camera/trackID=2"
        return answer(request, 200 if known else 404, headers=["Session: 1"])

    _, asked = play(changed(SETUP=script))
    assert asked_for(asked, "SETUP") == ["rtsp://camera/live/trackID=2", "rtsp://camera/trackID=2"]


def test_play_falls_back_to_the_url_that_was_configured() -> None:
    def script(request: Request) -> bytes:
        return answer(request, 200 if request.url == URL else 404)

    playing, asked = play(
        changed(
            DESCRIBE=lambda request: answer(
                request, headers=["Content-Base: rtsp://camera/live/"], body=SDP
            ),
            PLAY=script,
        )
    )
    assert asked_for(asked, "PLAY") == [
        "rtsp://camera/live/",
        "rtsp://camera/live/",
        "rtsp://camera/live/trackID=2",
        URL,
    ]
    assert playing.control == URL


def test_a_camera_that_knows_no_range_is_asked_without() -> None:
    playing, asked = play(
        changed(PLAY=lambda request: answer(request, 457 if request.headers.get("range") else 200))
    )
    assert [request.headers.get("range") for request in asked[3:]] == ["npt=0.000-", None]
    assert playing.control == URL


def test_a_session_control_may_be_the_base_of_the_tracks() -> None:
    sdp = SDP.replace("control:*", "control:rtsp://camera/session")

    def script(request: Request) -> bytes:
        return answer(request, 200 if request.url == "rtsp://camera/session/trackID=2" else 404)

    _, asked = play(changed(DESCRIBE=lambda request: answer(request, body=sdp), SETUP=script))
    assert asked_for(asked, "SETUP")[0] == "rtsp://camera/live/trackID=2"
    assert asked_for(asked, "PLAY") == ["rtsp://camera/session"]


@pytest.mark.parametrize(
    "kind", ["", "application/sdp; charset=utf-8", "text/plain", "Application/SDP"]
)
def test_content_type_missing_or_odd(kind: str) -> None:
    play(described(SDP, *([f"Content-Type: {kind}"] if kind else [])))


def test_a_body_that_is_no_description_is_refused() -> None:
    with pytest.raises(CameraRefused, match="form other than SDP"):
        converse(described("<html>", "Content-Type: text/html"))
    with pytest.raises(CameraMalformed, match="SDP"):
        converse(described("", "Content-Type: application/sdp"))


def test_trailing_garbage_after_the_description() -> None:
    playing, _ = play(
        changed(
            DESCRIBE=lambda request: answer(request, body=SDP) + b"a=tail:of the body\r\n\0\0\r\n"
        )
    )
    assert playing.video.codec == "h264"


@pytest.mark.parametrize(
    ("transport", "channels"),
    [
        ("Transport: RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=1234", (0, 1)),
        ("Transport: RTP/AVP/TCP;unicast;Interleaved = 4-5", (4, 5)),
        ("Transport: RTP/AVP/TCP;interleaved=2", (2, 3)),
        ("transport:RTP/AVP;unicast;interleaved=6-7", (6, 7)),
        ("Transport: RTP/AVP/TCP;unicast", (0, 1)),
        ("X: no transport at all", (0, 1)),
    ],
)
def test_transports_that_answer_with_other_channels(
    transport: str, channels: tuple[int, int]
) -> None:
    playing, _ = play(set_up("Session: 1", transport))
    assert (playing.video.rtp_channel, playing.video.rtcp_channel) == channels
    described_channels = canonical.load_object(playing.description)["channels"]
    assert described_channels == {"rtp": channels[0], "rtcp": channels[1]}


@pytest.mark.parametrize("channels", ["256-257", "255", "3-3", "999"])
def test_impossible_channels(channels: str) -> None:
    with pytest.raises(CameraMalformed, match="channels"):
        converse(set_up(f"Transport: RTP/AVP/TCP;interleaved={channels}"))


def test_a_camera_that_insists_on_udp_is_refused() -> None:
    with pytest.raises(CameraRefused, match="does not send over the RTSP connection"):
        converse(set_up("Transport: RTP/AVP;unicast;client_port=0-1"))


@pytest.mark.parametrize(
    ("header", "session", "timeout"),
    [
        ("Session: abc;timeout=90", "abc", 90),
        ("Session: abc ; timeout = 5", "abc", 5),
        ("session:abc", "abc", 60),
        ("Session: abc;timeout=0", "abc", 60),
        ("Session: abc;timeout=99999999", "abc", 60),
        ("X: none", None, 60),
    ],
)
def test_sessions(header: str, session: str | None, timeout: int) -> None:
    playing, asked = play(set_up(header))
    assert asked[-1].headers.get("session") == session
    assert playing.timeout == timeout


def test_a_camera_without_options_is_taken_anyway() -> None:
    playing, _ = play(changed(OPTIONS=lambda request: answer(request, 501)))
    assert playing.methods == frozenset()


def test_cseq_missing_or_behind() -> None:
    def without(request: Request) -> bytes:
        data = well_behaved(request)
        assert data is not None
        return re.sub(rb"CSeq: \d+\r\n", b"", data)

    play(without)
    old = b"RTSP/1.0 404 whatever\r\nCSeq: 0\r\n\r\n"
    play(changed(DESCRIBE=lambda request: old + answer(request, body=SDP)))


def test_a_provisional_answer_is_not_the_answer() -> None:
    play(changed(DESCRIBE=lambda request: answer(request, 100) + answer(request, body=SDP)))


def test_frames_before_the_answer_to_play_are_kept_in_order() -> None:
    playing, _ = play(
        changed(
            PLAY=lambda request: (
                frame(0, b"early")
                + frame(1, b"report")
                + answer(request)
                + frame(0, b"late")
                + b"$\0\0"
            )
        )
    )
    assert playing.pending == (
        frame(0, b"early") + frame(1, b"report") + frame(0, b"late") + b"$\0\0"
    )


def test_frames_of_a_dead_session_are_let_go() -> None:
    """Servers older than live555 2017.06.04 send them to whoever got the old socket's number."""

    def haunted(request: Request) -> bytes:
        data = well_behaved(request)
        assert data is not None
        return frame(0, b"RTSP/1.0 ghost") + data if request.method != "PLAY" else data

    playing, _ = play(haunted)
    assert playing.pending == frame(0, b"packet")
    ghosts = frame(2, bytes(65_000)) * (limits.MAX_EARLY // 65_000 + 1)
    with pytest.raises(CameraMalformed, match="without answering"):
        converse(lambda _: ghosts)


def test_a_camera_that_streams_without_answering_is_bounded() -> None:
    flood = frame(0, bytes(65_000)) * (limits.MAX_EARLY // 65_000 + 1)
    with pytest.raises(CameraMalformed, match="without answering"):
        converse(changed(PLAY=lambda request: flood))


def test_what_is_pending_fits_the_drain() -> None:
    """What was kept before the answer to PLAY, and what came in the same read behind it."""
    most = frame(0, bytes(65_531)) * (limits.MAX_EARLY // 65_535)

    def script(request: Request) -> bytes:
        return most + answer(request) + bytes(RECEIVE)

    playing, _ = play(changed(PLAY=script))
    assert len(playing.pending) > limits.MAX_EARLY
    assert limits.MAX_EARLY + 2 * RECEIVE + MAX_HEAD + MAX_BODY < READ


def test_messages_are_bounded() -> None:
    with pytest.raises(CameraMalformed, match="more messages"):
        converse(changed(OPTIONS=lambda request: answer(request, 100) * 100))


def test_a_redirect_is_reported_not_followed() -> None:
    for method in ("OPTIONS", "DESCRIBE", "SETUP", "PLAY"):
        moved = {method: lambda request: answer(request, 302, headers=["Location: rtsp://b/c"])}
        handshake, _ = converse(changed(**moved))
        assert handshake.redirect == "rtsp://b/c"
        assert handshake.playing is None
    with pytest.raises(CameraRefused, match="302"):
        converse(changed(DESCRIBE=lambda request: answer(request, 302)))


@pytest.mark.parametrize("method", ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"])
@pytest.mark.parametrize("scheme", ["Basic", "Digest"])
def test_a_401_in_any_state(method: str, scheme: str) -> None:
    def guarded(request: Request) -> bytes:
        if (request.headers.get("authorization") or "").startswith(scheme):
            data = well_behaved(request)
            assert data is not None
            return data
        challenge = f'WWW-Authenticate: {scheme} realm="cam", nonce="abc"'
        return answer(request, 401, headers=[challenge])

    _, asked = play(changed(**{method: guarded}), start(username="u", password=PASSWORD))
    assert len(asked) == 5
    cseqs = [request.cseq for request in asked]
    assert cseqs == sorted(set(cseqs), key=lambda number: number or 0)


def test_a_nonce_that_grows_old_with_each_request() -> None:
    served = 0

    def script(request: Request) -> bytes:
        nonlocal served
        if f'nonce="{served}"' in (request.headers.get("authorization") or ""):
            served += 1
            data = well_behaved(request)
            assert data is not None
            return data
        challenge = f'WWW-Authenticate: Digest realm="r", nonce="{served}", stale=true'
        return answer(request, 401, headers=[challenge])

    _, asked = play(script, start(username="u", password=PASSWORD))
    assert len(asked) == 8


def test_a_wrong_password_is_tried_once_and_named_nowhere() -> None:
    def script(request: Request) -> bytes:
        return answer(
            request, 401, headers=[f'WWW-Authenticate: Digest realm="r", nonce="{request.cseq}"']
        )

    sent: list[Request] = []

    def recorded(request: Request) -> bytes:
        sent.append(request)
        return script(request)

    with pytest.raises(CameraRefused, match="refuses user name and password") as caught:
        converse(recorded, start(username="u", password=PASSWORD))
    assert len(sent) == 2
    text = f"{caught.value!r} {caught.value} {caught.value.__dict__}"
    for secret in (PASSWORD, "response", "nonce", "rtsp://"):
        assert secret not in text
    assert caught.value.state == "options"
    assert caught.value.cause == "refused"


def test_without_a_password_the_error_says_that_one_is_needed() -> None:
    with pytest.raises(CameraRefused, match="asks for a user name"):
        converse(
            changed(
                DESCRIBE=lambda request: answer(
                    request, 401, headers=['WWW-Authenticate: Basic realm="r"']
                )
            )
        )


@pytest.mark.parametrize(
    ("method", "status", "text"),
    [
        ("DESCRIBE", 404, "knows no such stream"),
        ("SETUP", 461, "does not send over the RTSP connection"),
        ("PLAY", 453, "too many clients"),
        ("PLAY", 599, "599"),
    ],
)
def test_refusals_name_state_and_status(method: str, status: int, text: str) -> None:
    with pytest.raises(CameraRefused, match=text) as caught:
        converse(changed(**{method: lambda request: answer(request, status)}))
    assert caught.value.state == method.lower()
    assert caught.value.camera == "cam-1"
    assert caught.value.offset


def test_no_video_is_a_refusal() -> None:
    for sdp in (
        "v=0\r\nm=audio 0 RTP/AVP 0\r\n",
        "v=0\r\nm=video 0 RTP/AVP 97\r\na=rtpmap:97 MP4V-ES/90000\r\n",
    ):
        with pytest.raises(CameraRefused, match="it offers no"):
            converse(described(sdp))


def test_the_first_readable_of_several_videos_is_taken() -> None:
    sdp = (
        "v=0\r\nm=video 0 RTP/AVP 98\r\na=rtpmap:98 VP8/90000\r\na=control:1\r\n"
        "m=video 0 RTP/AVP 99\r\na=rtpmap:99 h265/90000\r\na=control:2\r\n"
    )
    playing, asked = play(described(sdp))
    assert playing.video.codec == "h265"
    assert asked_for(asked, "SETUP") == ["rtsp://camera/live/2"]


def test_a_camera_that_asks_in_mid_handshake_is_answered() -> None:
    question = b"OPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\n"
    handshake = start()
    handshake.begin()
    out = handshake.receive(question)
    assert out.startswith(b"RTSP/1.0 200 OK\r\nCSeq: 9\r\n")
    assert handshake.receive(b"RECORD x RTSP/1.0\r\n\r\n").startswith(b"RTSP/1.0 501")
    with pytest.raises(CameraLost, match="TEARDOWN"):
        handshake.receive(b"TEARDOWN x RTSP/1.0\r\n\r\n")


def test_an_error_says_at_which_byte() -> None:
    handshake = start()
    handshake.begin()
    with pytest.raises(CameraMalformed) as caught:
        handshake.receive(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n" + b"?" * 9_000)
    assert caught.value.offset
    assert "camera cam-1, describe, byte" in str(caught.value)


@given(st.binary(max_size=300), st.integers(0, 3))
def test_whatever_comes_only_the_domain_error_leaves(data: bytes, good: int) -> None:
    replies = 0

    def script(request: Request) -> bytes:
        nonlocal replies
        replies += 1
        normal = well_behaved(request)
        assert normal is not None
        return normal if replies <= good else data

    with contextlib.suppress(CameraError):
        converse(script)
