# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cameras for tests: one that says exactly what it is told to, and GStreamer's RTSP server.

`ScriptedCamera` plays the habits of real cameras byte for byte. `GStreamerServer` is a server that
is not ours, so that both sides cannot share a misunderstanding.
"""

import contextlib
import datetime as dt
import hashlib
import ipaddress
import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from machimori.kernel.errors import UnavailableError
from machimori.recorder.errors import RtspMalformed
from machimori.recorder.rtsp.message import Request
from machimori.recorder.rtsp.parser import Parser

SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\na=control:*\r\n"
    "m=audio 0 RTP/AVP 0\r\na=control:trackID=1\r\n"
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=2\r\n"
)
"""A description as many cameras send it, sound before video."""

_APT = (
    "apt-get install --no-install-recommends gir1.2-gst-rtsp-server-1.0 python3-gi "
    "gstreamer1.0-rtsp gstreamer1.0-plugins-base gstreamer1.0-plugins-good "
    "gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly glib-networking"
)
_SYSTEM_PYTHON = "/usr/bin/python3"

Script = Callable[[Request], bytes | None]
"""Answers one request with raw bytes; None closes the connection."""


def answer(
    request: Request, status: int = 200, *, headers: Sequence[str] = (), body: str | bytes = b""
) -> bytes:
    """A well-formed answer: CSeq, the given header lines, Content-Length if there is a body."""
    data = body.encode() if isinstance(body, str) else body
    lines = [f"RTSP/1.0 {status} whatever", f"CSeq: {request.cseq}", *headers]
    if data:
        lines.append(f"Content-Length: {len(data)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + data


def well_behaved(request: Request) -> bytes | None:
    """The script of a camera without habits, one frame after PLAY."""
    replies: dict[str, bytes] = {
        "OPTIONS": answer(
            request, headers=["Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN"]
        ),
        "DESCRIBE": answer(request, headers=["Content-Type: application/sdp"], body=SDP),
        "SETUP": answer(
            request,
            headers=[
                "Session: 12345678;timeout=60",
                "Transport: RTP/AVP/TCP;unicast;interleaved=0-1",
            ],
        ),
        "PLAY": answer(request, headers=["Session: 12345678"]) + frame(0, b"packet"),
    }
    return replies.get(request.method, answer(request))


def frame(channel: int, payload: bytes) -> bytes:
    """An interleaved frame."""
    return b"$" + bytes([channel]) + len(payload).to_bytes(2, "big") + payload


class ScriptedCamera:
    """A server on this machine that answers each request by `script`; a context manager.

    `requests` holds what came, across connections.
    """

    def __init__(
        self,
        script: Script = well_behaved,
        *,
        certificate: "Certificate | None" = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self._script = script
        self._certificate = certificate
        self._host = f"[{host}]" if ":" in host else host
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family)
        self.port: int = self._listener.getsockname()[1]
        """Where it listens."""
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    @property
    def url(self) -> str:
        """Its stream."""
        scheme = "rtsps" if self._certificate else "rtsp"
        return f"{scheme}://{self._host}:{self.port}/live"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # shutdown wakes the threads that block in accept and recv; close alone does not.
        for connection in [self._listener, *self._open]:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        for thread in self._threads:
            thread.join(timeout=5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        self._open.append(connection)
        # A caller that is no RTSP client, or hangs up, is the test's intention.
        with contextlib.suppress(OSError, RtspMalformed):
            if self._certificate is not None:
                connection = self._certificate.server_context().wrap_socket(
                    connection, server_side=True
                )
                self._open.append(connection)
            with connection:
                for request in _requests(connection):
                    self.requests.append(request)
                    reply = self._script(request)
                    if reply is None:
                        return
                    connection.sendall(reply)


def _requests(connection: socket.socket) -> Iterator[Request]:
    parser = Parser()
    parser.interleaved = True
    while data := connection.recv(65_536):
        parser.feed(data)
        while (item := parser.next()) is not None:
            if isinstance(item, Request):
                yield item


class Certificate:
    """A self-signed certificate for `host`, written to `directory` as `camera.pem` (key and
    certificate) and `ca.pem` (certificate)."""

    def __init__(self, directory: Path, *, host: str = "127.0.0.1") -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test camera")])
        try:
            names: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            names = x509.DNSName(host)
        now = dt.datetime.now(dt.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        public = certificate.public_bytes(serialization.Encoding.PEM)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        self.pem = directory / "camera.pem"
        self.pem.write_bytes(private + public)
        self.ca = directory / "ca.pem"
        self.ca.write_bytes(public)
        self.fingerprint = hashlib.sha256(
            certificate.public_bytes(serialization.Encoding.DER)
        ).hexdigest()

    def server_context(self) -> ssl.SSLContext:
        """For the camera's side."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.pem)
        return context


class GStreamerServer:
    """GStreamer's RTSP server with one live test picture; a context manager.

    Raises UnavailableError with the command to install it if it is not there.
    """

    def __init__(
        self,
        codec: Literal["h264", "h265", "jpeg"],
        *,
        sound: bool = False,
        credentials: tuple[str, str] | None = None,
        digest: bool = True,
        certificate: Certificate | None = None,
    ) -> None:
        script = Path(__file__).with_name("gstreamer_server.py")
        self._command = [_SYSTEM_PYTHON, str(script), codec]
        if sound:
            self._command.append("--sound")
        if credentials is not None:
            self._command += ["--user", credentials[0], "--password", credentials[1]]
            if digest:
                self._command.append("--digest")
        if certificate is not None:
            self._command += ["--certificate", str(certificate.pem)]
        self._scheme = "rtsps" if certificate else "rtsp"
        self._process: subprocess.Popen[str] | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """Its stream."""
        return f"{self._scheme}://127.0.0.1:{self._port}/camera"

    def __enter__(self) -> Self:
        # The bindings must not find our virtual environment's packages instead of Debian's.
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("PYTHON")
        }
        try:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=environment,
            )
        except OSError:
            raise _absent() from None
        assert self._process.stdout is not None
        word, _, port = self._process.stdout.readline().partition(" ")
        if word != "port":
            self._end()
            raise _absent()
        self._port = int(port)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def _absent() -> UnavailableError:
    return UnavailableError("GStreamer's RTSP server does not start", remedy=_APT)
