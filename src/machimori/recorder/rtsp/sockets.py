# SPDX-License-Identifier: AGPL-3.0-or-later
"""Non-blocking sockets under asyncio, plain or TLS, that nobody but us reads.

asyncio's streams own their socket and buffer what it gives; the drain needs the socket itself after
PLAY. So asyncio only says here when a socket is ready.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from machimori.recorder.rtsp.urls import Origin

RECEIVE = 65_536
"""Bytes per read."""

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


async def addresses(target: Origin) -> list[tuple[int, tuple[str, int]]]:
    """Family and address of each place that may be the target. Raises OSError or UnicodeError."""
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


async def connected(family: int, address: tuple[str, int]) -> socket.socket:
    """A connected, non-blocking socket with the options above. Raises OSError."""
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


async def send(connection: socket.socket, data: bytes) -> None:
    """Send all of it. Raises OSError."""
    view = memoryview(data)
    while view:
        sent = await retry(connection, partial(connection.send, view), write=True)
        view = view[sent:]


async def receive(connection: socket.socket) -> bytes:
    """At most RECEIVE bytes, as soon as there are any; b"" at the end. Raises OSError."""
    return await retry(connection, partial(connection.recv, RECEIVE))


async def retry(connection: socket.socket, act: Callable[[], T], *, write: bool = False) -> T:
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
