# SPDX-License-Identifier: AGPL-3.0-or-later
"""From OPTIONS to PLAY, without a socket: bytes in, bytes out (RFC 2326 section 10).

OPTIONS → DESCRIBE → SETUP of the first video track that can be stored → PLAY. A 401 may come in
any state, a redirect too. Only video is set up: sound is neither asked for nor stored.
"""

import hashlib
import re
from dataclasses import dataclass, replace

from machimori.footage.rtp.sdp import Description, VideoTrack
from machimori.kernel import canonical
from machimori.kernel.errors import MalformedError
from machimori.recorder.errors import (
    CameraError,
    CameraMalformed,
    CameraRefused,
    RtspMalformed,
)
from machimori.recorder.rtsp import urls
from machimori.recorder.rtsp.conversation import Conversation, meaning
from machimori.recorder.rtsp.message import Frame, Request, Response
from machimori.recorder.rtsp.parser import Parser

MAX_MESSAGES = 64
"""Messages that a camera may send before PLAY is answered."""
MAX_EARLY = 524_288
"""Bytes of frames that may come before the answer to PLAY. With what is read beside them they must
fit the drain's buffer of a megabyte."""
MAX_DESCRIPTION = 60_000
"""Bytes of the stored description: it must fit a segment header with its tag."""
DEFAULT_TIMEOUT = 60
"""Seconds a session lives without a request if the camera does not say (RFC 2326 12.37)."""

_TRY_ANOTHER = frozenset({400, 404, 451, 457, 459, 460, 500})
"""Statuses that may mean: not under this URL, not with this header."""
_INTERLEAVED = re.compile(r"interleaved\s*=\s*(\d{1,3})(?:\s*-\s*(\d{1,3}))?", re.IGNORECASE)
_TIMEOUT = re.compile(r"timeout\s*=\s*(\d{1,6})(?!\d)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Playing:
    """What a handshake leaves behind."""

    video: VideoTrack
    """The track that is set up, its channels as the camera chose them."""
    description: bytes
    """Canonical JSON {sdp, track, channels, url_digest}; never a credential."""
    control: str
    """The URL that PLAY was accepted for."""
    methods: frozenset[str]
    """What OPTIONS offered, upper case; empty if it did not say."""
    timeout: int
    """Seconds of the session without a request."""
    pending: bytes
    """Stream bytes that came with or before the answer to PLAY, frame borders intact."""


@dataclass(frozen=True, kw_only=True)
class _Asked:
    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()


class Handshake:
    """Drive it with `begin`, then `receive` until `playing` or `redirect` is set.

    Every error is a CameraError that names camera, state and byte offset.
    """

    def __init__(self, *, url: str, conversation: Conversation, url_digest: str = "") -> None:
        self.state = "options"
        self.playing: Playing | None = None
        self.redirect: str | None = None
        """Where the camera sends us instead; the caller decides whether to go."""
        self._url = url
        self._url_digest = url_digest or hashlib.sha256(url.encode()).hexdigest()
        self._conversation = conversation
        self._parser = Parser()
        self._messages = 0
        self._methods: frozenset[str] = frozenset()
        self._early = bytearray()
        self._frames = 0
        self._asked = _Asked(method="OPTIONS", url=url)
        self._alternatives: tuple[_Asked, ...] = ()
        self._timeout = DEFAULT_TIMEOUT
        self._sdp = ""
        self._track = 0
        self._video: VideoTrack | None = None
        self._session_controls: tuple[str, ...] = ()

    @property
    def offset(self) -> int:
        """Bytes of the camera's stream that are understood so far."""
        return self._parser.offset

    def begin(self) -> bytes:
        """The first request."""
        return self._ask("options", self._asked)

    def receive(self, data: bytes) -> bytes:
        """Take what the camera sent; return what to send next, perhaps nothing.

        Raises CameraRefused, CameraLost or CameraMalformed.
        """
        out = bytearray()
        try:
            self._parser.feed(data)
            while self.playing is None and self.redirect is None:
                item = self._parser.next()
                if item is None:
                    break
                if isinstance(item, Frame):
                    self._keep(item)
                    continue
                self._messages += 1
                if self._messages > MAX_MESSAGES:
                    raise self._failed(CameraMalformed, "more messages than a handshake needs")
                if isinstance(item, Request):
                    out += self._conversation.reply(item, state=self.state, offset=self.offset)
                else:
                    out += self._answered(item)
        except RtspMalformed as error:
            raise CameraMalformed(
                error.message,
                camera=self._conversation.camera,
                state=self.state,
                offset=error.offset,
            ) from error
        return bytes(out)

    def _keep(self, frame: Frame) -> None:
        """Keep a frame that is sent because of PLAY; another session's are let go."""
        self._frames += len(frame.raw)
        if self._frames > MAX_EARLY:
            raise self._failed(CameraMalformed, "it streams without answering")
        if self.state == "play":
            self._early += frame.raw

    def _answered(self, response: Response) -> bytes:
        if response.status < 200 or not self._conversation.answers(response):
            return b""
        if response.status == 401:
            asked = self._asked
            retry = self._conversation.again(response, asked.method, asked.url, *asked.headers)
            if not retry:
                raise self._conversation.denied(self.state, self.offset)
            return retry
        if response.status < 300:
            return self._done(response)
        location = response.headers.get("location")
        if response.status < 400 and location:
            self.redirect = location
            return b""
        if self.state == "options":
            # Some cameras know no OPTIONS; nothing depends on it.
            return self._describe()
        if self._alternatives and response.status in _TRY_ANOTHER:
            return self._ask(self.state, *self._alternatives)
        raise self._failed(CameraRefused, meaning(response.status))

    def _done(self, response: Response) -> bytes:
        """The state's request has succeeded; the next one."""
        if self.state == "options":
            return self._options_done(response)
        if self.state == "describe":
            return self._describe_done(response)
        if self.state == "setup":
            return self._setup_done(response)
        return self._play_done()

    def _options_done(self, response: Response) -> bytes:
        public = ",".join(response.headers.all("public"))
        self._methods = frozenset(item.strip().upper() for item in public.split(","))
        return self._describe()

    def _describe(self) -> bytes:
        headers = (("Accept", "application/sdp"),)
        return self._ask("describe", _Asked(method="DESCRIBE", url=self._url, headers=headers))

    def _describe_done(self, response: Response) -> bytes:
        content = (response.headers.get("content-type") or "").partition(";")[0].strip().lower()
        if content not in ("", "application/sdp") and not response.body.lstrip().startswith(b"v="):
            raise self._failed(CameraRefused, "it describes its stream in a form other than SDP")
        self._sdp = stored_text(response.body)
        try:
            description = Description.parse(self._sdp)
        except MalformedError as error:
            raise self._failed(CameraMalformed, error.message) from error
        base = urls.base(
            self._asked.url,
            content_base=response.headers.get("content-base"),
            content_location=response.headers.get("content-location"),
        )
        control = dict(description.attributes).get("control")
        self._session_controls = urls.controls(base, control)
        for index, media in enumerate(description.media):
            if media.kind.lower() != "video":
                continue
            try:
                self._video = VideoTrack.of(media, rtp_channel=0, rtcp_channel=1)
            except MalformedError:
                continue  # analytics as a second video, for instance
            self._track = index
            self._parser.interleaved = True
            return self._set_up(base, media.attribute("control"))
        raise self._failed(CameraRefused, "it offers no H.264, H.265 or JPEG video")

    def _set_up(self, base: str, control: str | None) -> bytes:
        # Some clients read an absolute session-level control as the base; so do some cameras.
        targets = (
            *urls.controls(base, control),
            *urls.controls(self._session_controls[0], control),
        )
        headers = (("Transport", "RTP/AVP/TCP;unicast;interleaved=0-1"),)
        return self._ask(
            "setup",
            *(_Asked(method="SETUP", url=url, headers=headers) for url in dict.fromkeys(targets)),
        )

    def _setup_done(self, response: Response) -> bytes:
        transport = response.headers.get("transport") or ""
        match = _INTERLEAVED.search(transport)
        if match:
            rtp = int(match[1])
            rtcp = int(match[2]) if match[2] else rtp + 1
            if max(rtp, rtcp) > 255 or rtp == rtcp:
                raise self._failed(CameraMalformed, "impossible channels in Transport")
            assert self._video is not None
            self._video = replace(self._video, rtp_channel=rtp, rtcp_channel=rtcp)
        elif transport and "TCP" not in transport.upper():
            raise self._failed(CameraRefused, meaning(461))
        session = response.headers.get("session") or ""
        identifier, _, parameters = session.partition(";")
        self._conversation.session_id = identifier.strip()
        limit = _TIMEOUT.search(parameters)
        if limit and int(limit[1]):
            self._timeout = int(limit[1])
        return self._play()

    def _play(self) -> bytes:
        """PLAY for the session's own URL; without a range; for the track's; for the one we were
        given: the first that the camera takes."""
        session = self._session_controls[0]
        headers = (("Range", "npt=0.000-"),)
        tries = [_Asked(method="PLAY", url=session, headers=headers)]
        for url in dict.fromkeys((session, self._asked.url, self._url)):
            tries.append(_Asked(method="PLAY", url=url))
        return self._ask("play", *tries)

    def _play_done(self) -> bytes:
        video = self._video
        assert video is not None
        description = canonical.dumps(
            {
                "sdp": self._sdp,
                "track": self._track,
                "channels": {"rtp": video.rtp_channel, "rtcp": video.rtcp_channel},
                "url_digest": self._url_digest,
            }
        )
        if len(description) > MAX_DESCRIPTION:
            raise self._failed(CameraMalformed, "a description too long to be stored")
        self.playing = Playing(
            video=video,
            description=description,
            control=self._asked.url,
            methods=self._methods,
            timeout=self._timeout,
            pending=bytes(self._early) + self._parser.rest(),
        )
        self.state = "playing"
        return b""

    def _ask(self, state: str, first: _Asked, *others: _Asked) -> bytes:
        """Send the first, keep the others in case the camera does not take it."""
        self.state = state
        self._asked = first
        self._alternatives = others
        return self._conversation.request(first.method, first.url, *first.headers)

    def _failed(self, kind: type[CameraError], message: str) -> CameraError:
        return self._conversation.failed(kind, message, state=self.state, offset=self.offset)


def stored_text(body: bytes) -> str:
    """The description as it is stored: as text (Latin-1 where it is not UTF-8, so that no byte is
    lost) and without the credentials that some cameras write into their control URLs."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = body.decode("latin-1")
    return urls.without_userinfo(text)
