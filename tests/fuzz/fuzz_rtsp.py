# SPDX-License-Identifier: AGPL-3.0-or-later
"""A camera's side of a connection: a whole handshake, then frames and messages in between.

The first byte says how the stream is cut into reads, so that borders fall everywhere.
"""

from machimori.kernel.ids import CameraId
from machimori.recorder.errors import CameraError, RtspMalformed
from machimori.recorder.rtsp.auth import Authenticator
from machimori.recorder.rtsp.conversation import Conversation
from machimori.recorder.rtsp.handshake import Handshake, Playing
from machimori.recorder.rtsp.message import Frame
from machimori.recorder.rtsp.parser import Parser, measure
from machimori.recorder.rtsp.session import Session
from machimori.recorder.rtsp.testing import SDP, frame

SECRET = "correct-horse"


def one_input(data: bytes) -> None:
    step = 1 + (data[0] if data else 0)
    stream = data[1:]
    conversation = Conversation(
        camera=CameraId("cam-1"),
        authenticator=Authenticator(username="u", password=SECRET, cnonce=lambda: "c"),
    )
    handshake = Handshake(url="rtsp://camera/live", conversation=conversation)
    sent = handshake.begin()
    try:
        for start in range(0, len(stream), step):
            sent += handshake.receive(stream[start : start + step])
            if handshake.playing or handshake.redirect:
                break
        if handshake.playing is not None:
            assert SECRET.encode() not in handshake.playing.description
            assert handshake.playing.video.rtp_channel < 256
            _play(conversation, handshake.playing)
    except (CameraError, RtspMalformed) as error:
        shown = f"{error!r}{error}"
    else:
        shown = ""
    assert SECRET not in shown
    # Whatever the camera said, each line of what we sent is one of ours.
    for line in sent.split(b"\r\n"):
        assert not any(byte < 32 for byte in line)
    _walk(stream)


def _play(conversation: Conversation, playing: Playing) -> None:
    session = Session(
        connection=None,  # type: ignore[arg-type]  # nothing is sent
        conversation=conversation,
        playing=playing,
        asked_at=0.0,
    )
    parser = Parser()
    parser.interleaved = True
    session.keepalive()
    rest = session.pending
    while rest:
        if rest[0] == ord("$"):
            size = 4 + int.from_bytes(rest[2:4], "big") if len(rest) >= 4 else len(rest)
        else:
            found = measure(rest)
            if found is None:
                return
            assert 0 < found <= len(rest)
            session.on_message(rest[:found])
            session.outbox()
            size = found
        rest = rest[size:]


def _walk(stream: bytes) -> None:
    """What is read is all there was: frames and the offset account for every byte."""
    parser = Parser()
    parser.interleaved = True
    parser.feed(stream)
    try:
        while (item := parser.next()) is not None:
            if isinstance(item, Frame):
                assert item.raw[0] == ord("$")
                assert len(item.raw) == 4 + int.from_bytes(item.raw[2:4], "big")
    except RtspMalformed:
        return
    assert parser.offset + len(parser.rest()) == len(stream)


def seeds() -> list[bytes]:
    body = SDP.encode()
    described = (
        b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Base: rtsp://camera/live/\r\n"
        b"Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    )
    options = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: OPTIONS, GET_PARAMETER\r\n\r\n"
    setup = (
        b"RTSP/1.0 200 OK\r\nCSeq: 3\r\nSession: 12;timeout=60\r\n"
        b"Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n"
    )
    play = b"RTSP/1.0 200 OK\r\nCSeq: 4\r\n\r\n"
    after = (
        frame(0, b"packet")
        + b"OPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\n"
        + b'RTSP/1.0 401 No\r\nCSeq: 5\r\nWWW-Authenticate: Digest realm="r", nonce="n"\r\n\r\n'
        + frame(1, b"report")
    )
    refused = (
        b'RTSP/1.0 401 No\nCSeq: 1\nWWW-Authenticate: Basic realm="r"\n'
        b'WWW-Authenticate: Digest realm="r", nonce="n", algorithm=SHA-256, qop="auth"\n\n'
    )
    # Without CSeq every answer is taken, so that a damaged number does not end the run.
    free = (options + described + setup + play).replace(b"CSeq", b"X")
    moved = b"RTSP/1.0 302 Moved\r\nLocation: rtsp://elsewhere/\r\n\r\n"
    return [
        b"\xff" + options + described + setup + play + after,
        b"\x05" + free + after,
        b"\x40" + refused + free + after,
        b"\xff" + options.replace(b"CSeq", b"X") + moved,
    ]
