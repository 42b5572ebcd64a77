# SPDX-License-Identifier: AGPL-3.0-or-later
"""Connecting to a camera and leading the handshake, with a time limit on everything.

Sockets are our own and non-blocking, not asyncio's streams: after PLAY the socket, plain or TLS,
goes to the drain, which reads it on a timer without asyncio. SO_RCVBUF is never set: the kernel's
own tuning of the window is what lets a slow drain keep up.
"""

import asyncio
import hashlib
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from machimori.kernel.clock import Clock
from machimori.recorder.camera import CameraConfig
from machimori.recorder.errors import (
    CameraError,
    CameraRefused,
    CameraSilent,
    CameraUnreachable,
)
from machimori.recorder.rtsp import tls, urls
from machimori.recorder.rtsp.auth import Authenticator
from machimori.recorder.rtsp.conversation import Conversation
from machimori.recorder.rtsp.handshake import Handshake, Playing
from machimori.recorder.rtsp.session import Session
from machimori.recorder.rtsp.turns import Turns

MAX_REDIRECTS = 3
RECEIVE = 65_536
"""Bytes per read during the handshake."""

_OPTIONS = (
    # A half-open line (camera unplugged, NAT forgotten) shows within 25 s although it only reads.
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 25_000),
    # Requests are small and single: nothing is gained by waiting for more.
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
)

T = TypeVar("T")


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
        attempt = _Attempt(camera, self._limits, self._turns)
        started = self._clock.monotonic()
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
            opened_at=self._clock.now(),
            handshake_seconds=self._clock.monotonic() - started,
        )


class _Attempt:
    """One opening of one camera, across redirects."""

    def __init__(self, camera: CameraConfig, limits: Limits, turns: Turns) -> None:
        self.state = "connect"
        self._camera = camera
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
                addresses = await _addresses(target)
        except TimeoutError:
            raise self._error(CameraSilent, "its name does not resolve in time") from None
        except (OSError, UnicodeError):  # a label that is too long for a name is no OSError
            raise self._error(CameraUnreachable, "its name does not resolve") from None
        for family, address in addresses:
            try:
                async with asyncio.timeout(self._limits.connect):
                    connection = await _connected(family, address)
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
                await _retry(secured, secured.do_handshake, write=False)
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
            self.state = handshake.state
            try:
                async with asyncio.timeout(self._limits.response):
                    await _send(connection, out)
                    out = b""
                    while not out and handshake.playing is None and handshake.redirect is None:
                        data = await _retry(
                            connection, partial(connection.recv, RECEIVE), write=False
                        )
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


async def _addresses(target: urls.Origin) -> list[tuple[int, tuple[str, int]]]:
    try:
        literal = ipaddress.ip_address(target.host)
    except ValueError:
        # A thread of the loop's pool; addresses pass by it, so that a dead resolver holds up none
        # of the cameras that are configured by address.
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        return [(family, (str(address[0]), target.port)) for family, _, _, _, address in found]
    family = socket.AF_INET if literal.version == 4 else socket.AF_INET6
    return [(family, (target.host, target.port))]


async def _connected(family: int, address: tuple[str, int]) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        for level, option, value in _OPTIONS:
            connection.setsockopt(level, option, value)
        await asyncio.get_running_loop().sock_connect(connection, address)
    except BaseException:
        connection.close()
        raise
    return connection


async def _send(connection: socket.socket, data: bytes) -> None:
    view = memoryview(data)
    while view:
        sent = await _retry(connection, partial(connection.send, view), write=True)
        view = view[sent:]


async def _retry(connection: socket.socket, act: Callable[[], T], *, write: bool) -> T:
    """Do `act` as soon as the non-blocking socket allows it. TLS may have to write in order to
    read, and the other way round."""
    while True:
        try:
            return act()
        except ssl.SSLWantReadError:
            await _ready(connection, write=False)
        except ssl.SSLWantWriteError:
            await _ready(connection, write=True)
        except (BlockingIOError, InterruptedError):
            await _ready(connection, write=write)


async def _ready(connection: socket.socket, *, write: bool) -> None:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()
    watch, forget = (
        (loop.add_writer, loop.remove_writer) if write else (loop.add_reader, loop.remove_reader)
    )

    def wake() -> None:
        if not future.done():
            future.set_result(None)

    number = connection.fileno()
    watch(number, wake)
    try:
        await future
    finally:
        forget(number)
