# SPDX-License-Identifier: AGPL-3.0-or-later
"""A camera that plays: the socket, what it sends, and how to keep it sending.

The drain owns the socket from here on. It sends `keepalive()` every `keepalive_every` seconds,
passes each message that it meets between frames to `on_message`, and then sends what `outbox()`
gives, if anything.
"""

import socket

from machimori.kernel import canonical
from machimori.kernel.ids import CameraId
from machimori.recorder.errors import (
    CameraError,
    CameraLost,
    CameraMalformed,
    RtspMalformed,
)
from machimori.recorder.rtsp.conversation import Conversation, meaning
from machimori.recorder.rtsp.handshake import Playing, stored_text
from machimori.recorder.rtsp.message import Frame, Request, Response
from machimori.recorder.rtsp.parser import Parser

MAX_OUTBOX = 16_384
"""Bytes of answers that wait to be sent. A camera that asks for more is hostile."""

_STATE = "playing"


class Session:
    """The result of a successful handshake. Not safe for two threads at once."""

    def __init__(
        self,
        *,
        connection: socket.socket,
        conversation: Conversation,
        playing: Playing,
        asked_at: float,
    ) -> None:
        self.socket = connection
        """Connected and non-blocking; an ssl.SSLSocket for RTSPS (read it until SSLWantRead: a TLS
        record that is already decrypted does not show in select)."""
        self.pending = playing.pending
        """Stream bytes already read, to be drained before the socket."""
        self.video = playing.video
        self.description = playing.description
        """Canonical JSON {sdp, track, channels, url_digest}; no credential in it."""
        self.keepalive_every = min(30.0, max(1.0, playing.timeout / 2))
        """Seconds: half of the session's life, so that one lost request is survived."""
        self.asked_at = asked_at
        """Monotonic clock before PLAY was sent: nothing of the stream arrived earlier."""
        self._conversation = conversation
        self._control = playing.control
        self._get_parameter = "GET_PARAMETER" in playing.methods
        self._outbox = bytearray()
        self._awaited = False

    @property
    def camera(self) -> CameraId:
        """Whose session this is."""
        return self._conversation.camera

    def keepalive(self) -> bytes:
        """The next request to send: GET_PARAMETER if the camera offers it, else OPTIONS.

        The one before not answered, the other method is tried: some cameras offer GET_PARAMETER
        and are deaf to it.
        """
        if self._awaited:
            self._get_parameter = not self._get_parameter
        self._awaited = True
        return self._conversation.request(self._method, self._control)

    def teardown(self) -> bytes:
        """The last request; its answer need not be waited for."""
        self._awaited = False
        return self._conversation.request("TEARDOWN", self._control)

    def outbox(self) -> bytes:
        """Take what is to be sent because of the messages so far; b"" mostly."""
        data = bytes(self._outbox)
        self._outbox.clear()
        return data

    def on_message(self, data: bytes) -> None:
        """One message (or several) found between frames, `parser.measure` long.

        Raises CameraLost if the camera ended the session (454, TEARDOWN, REDIRECT, a changed
        description), CameraDenied if it takes our credentials no longer, CameraMalformed if this
        is no message. Offsets count within `data`. The drain then closes the socket and opens the
        camera anew.
        """
        parser = Parser()
        try:
            parser.feed(data)
            while (item := parser.next()) is not None:
                if isinstance(item, Request):
                    self._asked(item, parser.offset)
                elif isinstance(item, Frame):
                    raise RtspMalformed("a frame is no message", offset=0)
                elif self._conversation.answers(item):
                    self._answered(item, parser.offset)
            if parser.rest():
                raise RtspMalformed("an incomplete message", offset=parser.offset)
        except RtspMalformed as error:
            raise self._failed(CameraMalformed, error.message, error.offset) from error

    @property
    def _method(self) -> str:
        return "GET_PARAMETER" if self._get_parameter else "OPTIONS"

    def _asked(self, request: Request, offset: int) -> None:
        reply = self._conversation.reply(request, state=_STATE, offset=offset)
        if request.method == "ANNOUNCE" and request.body and self._changed(request.body):
            raise self._failed(CameraLost, "it announces another stream", offset)
        if len(self._outbox) + len(reply) > MAX_OUTBOX:
            raise self._failed(CameraMalformed, "more requests than can be answered", offset)
        self._outbox += reply

    def _changed(self, body: bytes) -> bool:
        return bool(canonical.load_object(self.description)["sdp"] != stored_text(body))

    def _answered(self, response: Response, offset: int) -> None:
        if response.status < 200 or not self._awaited:
            return  # more is to come, or this answers TEARDOWN or nothing that we asked
        self._awaited = False
        if response.status < 300:
            return
        if response.status == 401:
            retry = self._conversation.again(response, self._method, self._control)
            if not retry:
                raise self._conversation.denied(_STATE, offset)
            self._outbox += retry
            self._awaited = True
        elif response.status < 400 or response.status == 454:
            raise self._failed(CameraLost, meaning(response.status), offset)
        else:
            # Offered and yet not understood: OPTIONS is what every camera answers.
            self._get_parameter = False

    def _failed(self, kind: type[CameraError], message: str, offset: int) -> CameraError:
        return self._conversation.failed(kind, message, state=_STATE, offset=offset)
