# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asking recorders for a present picture (`live.server` is the other half)."""

import http.client
import json
import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from machimori.kernel.envelope import Envelope
from machimori.recorder.errors import LiveBusyError, LiveRefusedError, RecorderError
from machimori.recorder.live.relay import Reading

ANSWER_TIME = 2.0
"""Seconds for an answer."""


class LiveClient:
    """Asks the recorders at the sockets that `sockets` finds; remembers which of them has which
    camera. Safe between threads."""

    def __init__(self, sockets: Callable[[], Sequence[Path]]) -> None:
        self._sockets = sockets
        self._known: dict[str, Path] = {}
        self._lock = threading.Lock()

    def read(self, camera: str, grant: Envelope, after: int) -> Reading | None:
        """What came after this fragment; None if nothing has come since.

        Raises LiveRefusedError if the grant does not hold, LiveBusyError if the recorder turns as
        many cameras into H.264 as it may, RecorderError if none answers for this camera.
        """
        body = json.dumps({"after": after, "camera": camera, "grant": grant.encode().decode()})
        with self._lock:
            known = self._known.get(camera)
        for path in [known] if known and known.exists() else self._sockets():
            status, headers, data = _post(path, body.encode())
            if status == 404:
                continue
            with self._lock:
                self._known[camera] = path
            if status == 204:
                return None
            if status == 503:
                raise LiveBusyError("too many cameras are turned into H.264", where=camera)
            if status != 200:
                raise LiveRefusedError("the recorder shows nothing for this grant", where=camera)
            return Reading(
                number=int(headers["Fragment"]),
                codec=headers["Codec"],
                joined="Joined" in headers,
                data=data,
            )
        with self._lock:
            self._known.pop(camera, None)
        raise RecorderError("no recorder offers this camera's present picture", where=camera)


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=ANSWER_TIME)
        self._path = path

    def connect(self) -> None:
        """Over the Unix socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(ANSWER_TIME)
        self.sock.connect(str(self._path))


def _post(path: Path, body: bytes) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = _Connection(path)
    try:
        connection.request("POST", "/", body)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise RecorderError("a recorder does not answer", where=path.name) from error
    finally:
        connection.close()
