# SPDX-License-Identifier: AGPL-3.0-or-later
"""The vault's socket: mode 0600 in a directory of mode 0700, one user, bounded in every way.

A thread serves a connection, so that a slow or hostile client holds up nobody: what arrives is
bounded in size and time, the number of connections is bounded, and the vault's lock is taken only
once a whole request is there. The peer must run as the same user or as root (SO_PEERCRED).
"""

import logging
import os
import socket
import struct
import threading
import traceback
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from machimori.kernel.canonical import Json
from machimori.kernel.errors import (
    DurabilityError,
    MachimoriError,
    MalformedError,
    UnavailableError,
)
from machimori.vault.client import protocol
from machimori.vault.client.protocol import Message
from machimori.vault.errors import (
    VaultFailedError,
    VaultMalformedError,
    VaultRefusedError,
    VaultUnavailableError,
)
from machimori.vault.opening.handlers import HANDLERS
from machimori.vault.opening.vault import Vault

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 32
REQUEST_TIME = 20.0
"""Seconds in which a request must arrive whole, and an answer be taken."""
IDLE_TIME = 300.0
LARGE = 1024 * 1024
"""A larger request waits for one of the few large slots, so that memory is bounded."""
MAX_LARGE = 4


class Server:
    """Serves a vault until `stop`. `expire_every` seconds apart it expires by itself."""

    def __init__(
        self,
        vault: Vault,
        path: Path,
        *,
        expire_every: float = 60.0,
        request_time: float = REQUEST_TIME,
    ) -> None:
        self._vault = vault
        self._path = path
        self._expire_every = expire_every
        self._request_time = request_time
        self._slots = threading.BoundedSemaphore(MAX_CONNECTIONS)
        self._large = threading.BoundedSemaphore(MAX_LARGE)
        self._stop = threading.Event()
        self._listener = _listen(path)

    def serve(self, ready: Callable[[], None] = lambda: None) -> None:
        """Accept until stopped."""
        if self._expire_every > 0:
            threading.Thread(target=self._expire_loop, name="expiry", daemon=True).start()
        ready()
        self._listener.settimeout(0.1)
        while not self._stop.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                break
            if not self._slots.acquire(blocking=False):
                # Turned away at once: waiting would let the idle hold up the busy.
                connection.close()
                continue
            threading.Thread(
                target=self._connection, args=(connection,), name="client", daemon=True
            ).start()
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def stop(self) -> None:
        """End `serve` within a tenth of a second."""
        self._stop.set()

    def _connection(self, connection: socket.socket) -> None:
        try:
            with connection:
                if not _same_user(connection):
                    return
                while not self._stop.is_set() and self._exchange(connection):
                    pass
        except MachimoriError:
            # The peer broke the protocol or went away: nobody is left to tell.
            return
        finally:
            self._slots.release()

    def _exchange(self, connection: socket.socket) -> bool:
        connection.settimeout(IDLE_TIME)
        try:
            if not connection.recv(1, socket.MSG_PEEK):
                return False
        except OSError:
            return False
        try:
            total = protocol.receive_size(connection, within=self._request_time)
            if total is None:
                return False
            with self._large if total > LARGE else nullcontext():
                request = protocol.receive_body(connection, total, within=self._request_time)
                answer = self._answer(request)
        except MalformedError as error:
            protocol.send(connection, _error(error))
            return False
        connection.settimeout(self._request_time)
        protocol.send(connection, answer)
        return True

    def _answer(self, request: Message) -> Message:
        handler = HANDLERS.get(str(request.body.get("op")))
        if handler is None:
            return _error(VaultMalformedError("the vault knows no such request"))
        try:
            return handler(self._vault, request)
        except MachimoriError as error:
            return _error(error)
        except Exception as error:
            _log_defect(str(request.body["op"]), error)
            return _error(
                VaultFailedError(
                    "the vault failed by a defect of its own", remedy="its log says where"
                )
            )

    def _expire_loop(self) -> None:
        while not self._stop.wait(self._expire_every):
            try:
                self._vault.expire()
            except MachimoriError:
                # Refusals are on record, and `status` shows that expiry stands still.
                continue
            except Exception as error:
                # The next round tries again: what is due must go, whatever this was.
                _log_defect("expiry", error)


def _listen(path: Path) -> socket.socket:
    directory = path.parent
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if directory.stat().st_mode & 0o077:
        raise VaultUnavailableError(
            "the socket's directory is open to others",
            where=str(directory),
            remedy="chmod 700 it, or name another one",
        )
    if len(os.fsencode(path)) > 107:
        raise VaultUnavailableError("the socket's path is too long", where=str(path))
    if path.is_socket():
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            if probe.connect_ex(str(path)) == 0:
                raise VaultUnavailableError("a vault serves this socket already", where=str(path))
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    old = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(old)
    listener.listen(64)
    return listener


def _log_defect(what: str, error: Exception) -> None:
    """Type and place only: what Python says of an error may quote secrets."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    log.error("%s: %s at %s:%s", what, type(error).__name__, place.filename, place.lineno)


def _same_user(connection: socket.socket) -> bool:
    size = struct.calcsize("3i")
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    _, uid, _ = struct.unpack("3i", raw)
    return uid in (0, os.geteuid())


def _error(error: MachimoriError) -> Message:
    kind = "failed"
    if isinstance(error, VaultRefusedError):
        kind = "refused"
    elif isinstance(error, UnavailableError):
        kind = "unavailable"
    elif isinstance(error, DurabilityError):
        kind = "durability"
    elif error.exit_code == VaultMalformedError.exit_code:
        kind = "malformed"
    body: dict[str, Json] = {
        "kind": kind,
        "message": error.message,
        "reason": getattr(error, "reason", ""),
        "remedy": error.remedy,
        "where": error.where,
    }
    return Message(body={"error": body})
