# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a recorder offers present pictures: a local socket, to whoever shows the vault's grant.

HTTP over a Unix socket: `POST /` with `{"after": N, "camera": ID, "grant": DSSE}`. The answer is
fragmented MP4, with the number to ask for next in `Fragment` and the codec in `Codec`; 204 if
nothing has come since, 503 if too many cameras are turned into H.264 already. Bounded in requests,
their size and their time: whoever does not take an answer loses it.
"""

import contextlib
import json
import logging
import socketserver
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Final, cast

from machimori.kernel import canonical
from machimori.kernel.clock import Clock
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MalformedError, RefusedError, UsageError
from machimori.kernel.ids import CameraId, SchemeId
from machimori.kernel.signing import PublicKey
from machimori.recorder.drain import Drain
from machimori.recorder.errors import LiveBusyError
from machimori.recorder.lane import Lane
from machimori.recorder.live.relay import Reading, Relay
from machimori.vault.client.live import LiveGrant

log = logging.getLogger(__name__)

LARGEST: Final = 1 << 20
"""Bytes of a question: a grant may name a thousand cameras."""
QUESTIONS: Final = 64
"""Questions that are answered at once."""
RELAYS: Final = 64
"""Cameras that are watched at once."""


class Live:
    """The relays of a recorder's cameras, each made when it is asked for."""

    def __init__(
        self,
        *,
        scheme: SchemeId,
        vault: PublicKey,
        drain: Drain,
        clock: Clock,
        converted: int,
    ) -> None:
        """At most `converted` cameras are turned into H.264 at once."""
        self._scheme = scheme
        self._vault = vault
        self._drain = drain
        self._clock = clock
        self._free = threading.BoundedSemaphore(converted)
        self._relays: dict[CameraId, tuple[Relay, Lane]] = {}
        self._lock = threading.Lock()
        self._closed = False

    def read(self, camera: CameraId, grant: Envelope, after: int) -> Reading | None:
        """The camera's picture after this fragment.

        Raises MalformedError (no grant of the vault's), RefusedError (not this camera, not now),
        LiveBusyError (too many are turned into H.264), KeyError (not a camera of this recorder).
        """
        LiveGrant.verified(grant, self._vault).check(self._scheme, camera, self._drain.now())
        lane = next((one for one in self._drain.lanes if one.camera.id == camera), None)
        if lane is None:
            raise KeyError(camera)
        relay = self._relay(camera, lane)
        found = relay.read(after)
        if found is None and relay.refused:
            raise LiveBusyError("too many cameras are turned into H.264", where=camera)
        return found

    def close(self) -> None:
        """End all of them."""
        with self._lock:
            self._closed = True
            relays = [relay for relay, _ in self._relays.values()]
        for relay in relays:
            relay.end()

    def _relay(self, camera: CameraId, lane: Lane) -> Relay:
        with self._lock:
            relay, tapped = self._relays.get(camera, (None, None))
            if relay is None:
                if self._closed or len(self._relays) >= RELAYS:
                    raise RefusedError("no more cameras can be watched now", where=camera)
                relay = Relay(
                    clock=self._clock, free=self._free, on_end=partial(self._ended, camera)
                )
            if tapped is not lane:
                # New, or the register gave the camera another lane.
                self._relays[camera] = (relay, lane)
                self._drain.call(partial(lane.watch, relay.offer))
            return relay

    def _ended(self, camera: CameraId) -> None:
        with self._lock:
            _, lane = self._relays.pop(camera)
            self._drain.call(partial(lane.watch, None))


class LiveServer:
    """Serves `live` on a Unix socket until `close`. Raises UsageError if it cannot."""

    def __init__(self, path: Path, live: Live) -> None:
        self._live = live
        self._path = path
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        try:
            self._server = _Server(str(path), partial(_Handler, live=live))
            path.chmod(0o600)
        except OSError as error:
            raise UsageError(
                f"present pictures cannot be offered: {error.strerror}",
                where=str(path),
                remedy="another path in [recorder] live",
            ) from error
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.2,), name="live")
        self._thread.start()

    def close(self) -> None:
        """Stop serving; the socket goes."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._live.close()
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, path: str, handler: Any) -> None:
        self._slots = threading.BoundedSemaphore(QUESTIONS)
        super().__init__(path, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._slots.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("a watcher's connection broke")


class _Handler(BaseHTTPRequestHandler):
    timeout = 5.0
    server_version = "machimori"
    sys_version = ""

    def __init__(self, *args: Any, live: Live) -> None:
        self._live = live
        super().__init__(*args)

    def do_POST(self) -> None:
        """Answer one question."""
        try:
            asked = self._asked()
            found = self._live.read(
                CameraId(canonical.field(asked, "camera", str)),
                Envelope.decode(canonical.field(asked, "grant", str).encode()),
                canonical.field(asked, "after", int),
            )
        except MalformedError:
            self._answer(400)
        except RefusedError:
            self._answer(403)
        except LiveBusyError:
            self._answer(503)
        except KeyError:
            self._answer(404)
        else:
            self._show(found)

    def _asked(self) -> dict[str, Any]:
        size = self.headers.get("Content-Length", "")
        if not size.isascii() or not size.isdigit() or int(size) > LARGEST:
            raise MalformedError("a question has a length")
        try:
            found = json.loads(self.rfile.read(int(size)))
        except ValueError as error:
            raise MalformedError("a question is JSON") from error
        if not isinstance(found, dict):
            raise MalformedError("a question is an object")
        return cast(dict[str, Any], found)

    def _show(self, found: Reading | None) -> None:
        if found is None:
            self._answer(204)
            return
        headers = {"Fragment": str(found.number), "Codec": found.codec}
        if found.joined:
            headers["Joined"] = "1"
        self._answer(200, found.data, headers)

    def _answer(
        self, status: int, data: bytes = b"", headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def address_string(self) -> str:
        """A Unix socket's peer has none."""
        return ""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 – the base class's name
        """Says nothing: a question names a camera."""
