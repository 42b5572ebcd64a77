# SPDX-License-Identifier: AGPL-3.0-or-later
"""Connecting to a camera and leading the handshake, with a time limit on everything.

Sockets are our own and non-blocking, not asyncio's streams: after PLAY the socket, plain or TLS,
goes to the drain, which reads it on a timer without asyncio. SO_RCVBUF is never set: the kernel's
own tuning of the window is what lets a slow drain keep up.
"""

import asyncio
import hashlib
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from machimori.kernel.clock import Clock
from machimori.recorder.camera import CameraConfig
from machimori.recorder.errors import (
    CameraError,
    CameraRefused,
    CameraSilent,
    CameraUnreachable,
)
from machimori.recorder.rtsp import sockets, tls, urls
from machimori.recorder.rtsp.auth import Authenticator
from machimori.recorder.rtsp.conversation import Conversation
from machimori.recorder.rtsp.handshake import Handshake, Playing
from machimori.recorder.rtsp.session import Session
from machimori.recorder.rtsp.turns import Turns

MAX_REDIRECTS = 3


class Opener(Protocol):
    """Makes a camera play."""

    async def open(self, camera: CameraConfig) -> Session:
        """A session that plays. Raises CameraError."""
        ...


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Seconds each step may take."""

    connect: float = 5.0
    """Name, TCP connection to one address."""
    tls: float = 5.0
    response: float = 5.0
    """From a request to its complete answer, however slowly it drips."""
    total: float = 20.0
    """From the first packet to PLAY, redirects included; not the wait for a turn."""


class RtspOpener:
    """The real opener: TCP for `rtsp://`, TLS for `rtsps://`. For one event loop; any number of
    cameras may be opened at once, of which a bounded number is talked to at a time."""

    def __init__(
        self, clock: Clock, *, limits: Limits | None = None, turns: Turns | None = None
    ) -> None:
        self._clock = clock
        self._limits = limits or Limits()
        self._turns = turns or Turns()

    async def open(self, camera: CameraConfig) -> Session:
        """Connect and lead the handshake to PLAY.

        Raises CameraUnreachable, CameraSilent, CameraRefused, CameraMalformed, CameraLost, and
        UsageError if the camera's file of authorities cannot be read.
        """
        attempt = _Attempt(camera, self._clock, self._limits, self._turns)
        try:
            async with asyncio.timeout(self._limits.total) as deadline:
                connection, conversation, playing = await attempt.run(deadline)
        except TimeoutError:
            raise CameraSilent(
                f"no PLAY within {self._limits.total:g} s", camera=camera.id, state=attempt.state
            ) from None
        return Session(
            connection=connection,
            conversation=conversation,
            playing=playing,
            asked_at=attempt.asked_at,
        )


class _Attempt:
    """One opening of one camera, across redirects."""

    def __init__(self, camera: CameraConfig, clock: Clock, limits: Limits, turns: Turns) -> None:
        self.state = "connect"
        self.asked_at = 0.0
        """Monotonic clock before PLAY was first sent to the camera that took it."""
        self._camera = camera
        self._clock = clock
        self._limits = limits
        self._turns = turns

    async def run(self, deadline: asyncio.Timeout) -> tuple[socket.socket, Conversation, Playing]:
        home = urls.origin(self._camera.url)
        assert home is not None  # CameraConfig has checked it
        url, here = self._camera.url, home
        for _ in range(1 + MAX_REDIRECTS):
            # Another host is not the camera that the password was given for.
            trusted = here.host == home.host
            connection = await self._connect(here)
            try:
                conversation = Conversation(
                    camera=self._camera.id,
                    authenticator=Authenticator(
                        username=self._camera.username if trusted else "",
                        password=self._camera.password if trusted else "",
                    ),
                )
                handshake = Handshake(
                    url=url,
                    conversation=conversation,
                    url_digest=hashlib.sha256(self._camera.url.encode()).hexdigest(),
                )
                async with self._turn(deadline):
                    if here.tls:
                        connection = await self._encrypted(connection, here)
                    await self._converse(connection, handshake)
            except BaseException:
                connection.close()
                raise
            if handshake.playing is not None:
                return connection, conversation, handshake.playing
            connection.close()
            url, here = self._redirected(url, here, handshake.redirect or "")
        raise self._error(CameraRefused, f"more than {MAX_REDIRECTS} redirects")

    @asynccontextmanager
    async def _turn(self, deadline: asyncio.Timeout) -> AsyncIterator[None]:
        """A turn; the deadline stands still while we wait for it."""
        loop = asyncio.get_running_loop()
        asked = loop.time()
        when = deadline.when()
        deadline.reschedule(None)
        async with self._turns.one():
            if when is not None:
                deadline.reschedule(when + loop.time() - asked)
            yield

    def _redirected(self, url: str, here: urls.Origin, location: str) -> tuple[str, urls.Origin]:
        target = urls.base(url, content_base=location, content_location=None)
        there = urls.origin(target)
        if there is None or target == url:
            raise self._error(CameraRefused, "it redirects to nowhere")
        if here.tls and not there.tls:
            raise self._error(CameraRefused, "it redirects from TLS to an open line")
        return target, there

    async def _connect(self, target: urls.Origin) -> socket.socket:
        self.state = "connect"
        failure: OSError = OSError("the name has no address")
        try:
            async with asyncio.timeout(self._limits.connect):
                addresses = await sockets.addresses(target)
        except TimeoutError:
            raise self._error(CameraSilent, "its name does not resolve in time") from None
        except (OSError, UnicodeError):  # a label that is too long for a name is no OSError
            raise self._error(CameraUnreachable, "its name does not resolve") from None
        for family, address in addresses:
            try:
                async with asyncio.timeout(self._limits.connect):
                    connection = await sockets.connected(family, address)
            except TimeoutError:
                failure = TimeoutError()
                continue
            except OSError as error:
                failure = error
                continue
            return connection
        if isinstance(failure, ConnectionRefusedError):
            raise self._error(CameraRefused, "nothing listens on its port") from None
        if isinstance(failure, TimeoutError):
            raise self._error(
                CameraUnreachable, f"no connection within {self._limits.connect:g} s"
            ) from None
        raise self._error(CameraUnreachable, failure.strerror or str(failure)) from None

    async def _encrypted(self, connection: socket.socket, target: urls.Origin) -> ssl.SSLSocket:
        """The connection with TLS on it; the caller's socket is empty then. Closes it on error."""
        self.state = "tls"
        context = tls.context(self._camera)
        try:
            secured = context.wrap_socket(
                connection, do_handshake_on_connect=False, server_hostname=target.host
            )
        except (ValueError, OSError):
            raise self._error(CameraRefused, "no certificate can be for such a name") from None
        try:
            async with asyncio.timeout(self._limits.tls):
                await sockets.retry(secured, secured.do_handshake)
            if not tls.matches(self._camera, secured.getpeercert(binary_form=True)):
                raise self._error(
                    CameraRefused, "its certificate is not the one whose fingerprint is configured"
                )
        except BaseException as error:
            secured.close()
            if isinstance(error, ssl.SSLCertVerificationError):
                text = f"its certificate does not verify: {error.verify_message}"
                raise self._error(CameraRefused, text) from None
            if isinstance(error, TimeoutError):
                text = f"no TLS handshake within {self._limits.tls:g} s"
                raise self._error(CameraSilent, text) from None
            if isinstance(error, ssl.SSLError):
                raise self._error(CameraRefused, f"no TLS: {error.reason or 'closed'}") from None
            if isinstance(error, OSError):
                raise self._error(CameraUnreachable, "the connection broke") from None
            raise
        return secured

    async def _converse(self, connection: socket.socket, handshake: Handshake) -> None:
        out = handshake.begin()
        while handshake.playing is None and handshake.redirect is None:
            if handshake.state == "play" and self.state != "play":
                self.asked_at = self._clock.monotonic()
            self.state = handshake.state
            try:
                async with asyncio.timeout(self._limits.response):
                    await sockets.send(connection, out)
                    out = b""
                    while not out and handshake.playing is None and handshake.redirect is None:
                        data = await sockets.receive(connection)
                        if not data:
                            raise self._broken(handshake, "the camera closed the connection")
                        out = handshake.receive(data)
            except TimeoutError:
                raise CameraSilent(
                    f"no answer within {self._limits.response:g} s",
                    camera=self._camera.id,
                    state=handshake.state,
                    offset=handshake.offset,
                ) from None
            except OSError:
                raise self._broken(handshake, "the connection broke") from None

    def _broken(self, handshake: Handshake, text: str) -> CameraError:
        return CameraUnreachable(
            text, camera=self._camera.id, state=handshake.state, offset=handshake.offset
        )

    def _error(self, kind: type[CameraError], text: str) -> CameraError:
        return kind(text, camera=self._camera.id, state=self.state)
