# SPDX-License-Identifier: AGPL-3.0-or-later
"""A client's connection, plain or TLS, without asyncio's transports.

Pictures are sent from buffers that the next camera overwrites, so whoever sends must know when the
kernel has copied the bytes, and what it did not take is copied here; asyncio's transports promise
neither. The raw socket also lets a fault reset a connection or let it fall silent.
"""

import asyncio
import contextlib
import socket
import ssl
import struct

_AGAIN = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_RECEIVE = 65_536


class Wire:
    """One connection: `read` waits, `send` never does."""

    def __init__(self, sock: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = sock
        self.pending = bytearray()
        """What the kernel has not taken yet. Media must not be sent past it."""
        self.closed = False
        self.silent = False
        """A fault's: nothing is read or sent any more, and nothing closed."""
        self._loop = loop
        self._waiter: asyncio.Future[None] | None = None
        self._writing = False

    @property
    def address(self) -> str:
        """The local address that the client reached, for URLs in answers."""
        host, port = self.socket.getsockname()[:2]
        return f"{host}:{port}"

    async def handshake(self) -> None:
        """Finish the TLS handshake, if there is one. Raises OSError."""
        while isinstance(self.socket, ssl.SSLSocket):
            try:
                self.socket.do_handshake()
            except ssl.SSLWantReadError:
                await self._readable()
            except ssl.SSLWantWriteError:
                await asyncio.sleep(0.005)
            else:
                return

    async def read(self) -> bytes:
        """Some bytes; none at the end, however the connection ended."""
        while not self.closed:
            if self.silent:
                await self._woken()
                continue
            try:
                return self.socket.recv(_RECEIVE)
            except _AGAIN:
                await self._readable()
            except OSError:
                break
        return b""

    async def _readable(self) -> None:
        self._loop.add_reader(self.socket, self._wake)
        try:
            await self._woken()
        finally:
            if not self.closed:
                self._loop.remove_reader(self.socket)

    async def _woken(self) -> None:
        self._waiter = self._loop.create_future()
        await self._waiter

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def fall_silent(self) -> None:
        """Neither read nor send from now on, and do not notice when the client ends."""
        self.silent = True
        self._wake()

    def send(self, data: bytes | bytearray) -> None:
        """Hand over `data`, a copy of what does not fit now waits for room."""
        if self.closed or self.silent:
            return
        if not self.pending:
            try:
                sent = self.socket.send(data)
            except _AGAIN:
                sent = 0
            except OSError:
                self.close()
                return
            if sent == len(data):
                return
            data = data[sent:]
        self.pending += data
        if not self._writing:
            self._writing = True
            self._loop.add_writer(self.socket, self._flush)

    def _flush(self) -> None:
        try:
            sent = self.socket.send(self.pending)
        except _AGAIN:
            return
        except OSError:
            self.close()
            return
        del self.pending[:sent]
        if not self.pending:
            self._loop.remove_writer(self.socket)
            self._writing = False

    def close(self, *, reset: bool = False) -> None:
        """End it: by FIN, or with `reset` by RST as from a camera that lost its state."""
        if self.closed:
            return
        self.closed = True
        self._loop.remove_reader(self.socket)
        self._loop.remove_writer(self.socket)
        with contextlib.suppress(OSError):
            if reset:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.socket.close()
        self._wake()
