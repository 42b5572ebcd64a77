# SPDX-License-Identifier: AGPL-3.0-or-later
"""Listening ports: one that all cameras share, and one of its own for each camera that wants it.

A camera with its own port can refuse connections as a dead one does, or let them hang in the TCP
handshake, which nothing that shares a port can.
"""

import asyncio
import socket
from collections.abc import Callable

_BACKLOG = 4096


class Door:
    """A listening socket that can be shut, clogged and opened again, always on the same port."""

    def __init__(self, host: str, port: int, accepted: Callable[[socket.socket], None]) -> None:
        """`accepted` is called with each new connection; port 0 lets the kernel choose."""
        self._host = host
        self._accepted = accepted
        self._loop = asyncio.get_running_loop()
        self._socket: socket.socket | None = None
        self._fillers: list[socket.socket] = []
        self._clogged = False
        self.port = port
        self.open()

    def open(self) -> None:
        """Listen, if it does not yet."""
        if self._socket is not None and not self._clogged:
            return
        self.shut()
        self._listen(_BACKLOG)
        assert self._socket is not None
        self._loop.add_reader(self._socket, self._accept)

    def _listen(self, backlog: int) -> None:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setblocking(False)
        sock.bind((self._host, self.port))
        sock.listen(backlog)
        self.port = sock.getsockname()[1]
        self._socket = sock

    def shut(self) -> None:
        """Stop listening: the kernel refuses connections from now on."""
        for filler in self._fillers:
            filler.close()
        self._fillers.clear()
        self._clogged = False
        if self._socket is not None:
            self._loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def clog(self) -> None:
        """Listen with a full queue: the kernel drops the SYNs of those who try to connect."""
        self.shut()
        self._listen(0)
        self._clogged = True
        for _ in range(3):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex((self._host, self.port))
            self._fillers.append(filler)

    def _accept(self) -> None:
        # Some at a time, so that a storm of clients does not keep the pictures waiting.
        for _ in range(16):
            try:
                assert self._socket is not None
                sock, _ = self._socket.accept()
            except OSError:
                return
            self._accepted(sock)
