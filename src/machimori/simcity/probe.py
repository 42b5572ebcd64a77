# SPDX-License-Identifier: AGPL-3.0-or-later
"""A plain RTSP client that shows what is on the wire, faults and all.

It hides nothing and repairs nothing, which is what a recorder must do: tests and benchmarks use it
to see the simulated cameras themselves.
"""

import base64
import hashlib
import math
import re
import socket
import ssl
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

from machimori.simcity.auth import Credentials
from machimori.simcity.errors import RequestError

_PARAMETER = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A camera's answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Packet:
    """An RTP packet (RFC 3550 5.1)."""

    marker: bool
    kind: int
    sequence: int
    stamp: int
    ssrc: int
    payload: bytes

    @classmethod
    def decode(cls, data: bytes) -> "Packet":
        """The packet in one interleaved frame."""
        _, second, sequence, stamp, ssrc = struct.unpack_from(">BBHII", data)
        return cls(
            marker=bool(second & 0x80),
            kind=second & 0x7F,
            sequence=sequence,
            stamp=stamp,
            ssrc=ssrc,
            payload=data[12:],
        )


class Probe:
    """One connection to a camera. Raises OSError (a timeout included) as the socket does."""

    def __init__(
        self,
        url: str,
        *,
        credentials: Credentials | None = None,
        ca: Path | None = None,
        timeout: float = 3.0,
    ) -> None:
        parts = urlsplit(url)
        self.url = url
        self.buffer = bytearray()
        """Bytes read and not yet looked at."""
        self._credentials = credentials
        self._challenge: dict[str, str] = {}
        self._scheme = ""
        self._sequence = 0
        self.session = ""
        assert parts.hostname is not None
        assert parts.port is not None
        sock = socket.create_connection((parts.hostname, parts.port), timeout)
        if parts.scheme == "rtsps":
            context = ssl.create_default_context(cafile=None if ca is None else str(ca))
            sock = context.wrap_socket(sock, server_hostname=parts.hostname)
        self.socket = sock

    def __enter__(self) -> "Probe":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.socket.close()

    def request(self, method: str, url: str = "", **headers: str) -> Reply:
        """Ask, sign in if credentials were given and are asked for, and return the answer."""
        reply = self._request(method, url or self.url, headers)
        if reply.status == 401 and self._credentials is not None:
            self._scheme, _, rest = reply.headers["www-authenticate"].partition(" ")
            self._challenge = {n.lower(): a or b for n, a, b in _PARAMETER.findall(rest)}
            reply = self._request(method, url or self.url, headers)
        return reply

    def play(self, *, audio: bool = False) -> Reply:
        """SETUP and PLAY; the answer to PLAY, or the first that is not 200."""
        tracks = ("video", "audio") if audio else ("video",)
        for number, track in enumerate(tracks):
            transport = f"RTP/AVP/TCP;unicast;interleaved={2 * number}-{2 * number + 1}"
            reply = self.request("SETUP", f"{self.url}/{track}", Transport=transport)
            if reply.status != 200:
                return reply
            self.session = reply.headers["session"].split(";")[0]
        return self.request("PLAY")

    def fill(self) -> None:
        """Read once. Raises EOFError when the camera has closed."""
        data = self.socket.recv(65_536)
        if not data:
            raise EOFError
        self.buffer += data

    def frames(self, seconds: float) -> Iterator[tuple[int, bytes]]:
        """Interleaved frames (channel, content); stops in front of anything else.

        The `seconds` count from when the first bytes are there; with 0 nothing is waited for.
        """
        end = time.monotonic() + seconds if self.buffer or not seconds else math.inf
        while True:
            while len(self.buffer) >= 4 and self.buffer[0] == 0x24:
                length = 4 + int.from_bytes(self.buffer[2:4], "big")
                if len(self.buffer) < length:
                    break
                frame = self.buffer[1], bytes(self.buffer[4:length])
                del self.buffer[:length]
                yield frame
            if self.buffer and self.buffer[0] != 0x24:
                return
            if time.monotonic() >= end:
                return
            self.fill()
            end = min(end, time.monotonic() + seconds)

    def packets(self, seconds: float, channel: int = 0) -> list[Packet]:
        """The RTP packets of one channel that come within so many seconds."""
        return [Packet.decode(data) for number, data in self.frames(seconds) if number == channel]

    def reply(self) -> Reply:
        """The next answer in the stream; interleaved frames before it are dropped."""
        while True:
            for _ in self.frames(0):
                pass
            end = self.buffer.find(b"\r\n\r\n")
            if end >= 0 and self.buffer[0] != 0x24:
                break
            self.fill()
        lines = self.buffer[:end].decode().split("\r\n")
        if not lines[0].startswith("RTSP/1.0 "):
            raise RequestError("not an RTSP answer")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        length = end + 4 + int(headers.get("content-length", "0"))
        while len(self.buffer) < length:
            self.fill()
        body = bytes(self.buffer[end + 4 : length])
        del self.buffer[:length]
        return Reply(status=int(lines[0].split(" ")[1]), headers=headers, body=body)

    def send(self, method: str, url: str, headers: dict[str, str]) -> None:
        """Send a request without waiting for its answer."""
        self._sequence += 1
        fields = {"CSeq": str(self._sequence), **headers}
        if self.session:
            fields["Session"] = self.session
        if self._scheme:
            fields["Authorization"] = self._authorization(method, url)
        lines = [f"{method} {url} RTSP/1.0", *(f"{n}: {v}" for n, v in fields.items())]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())

    def _request(self, method: str, url: str, headers: dict[str, str]) -> Reply:
        self.send(method, url, headers)
        return self.reply()

    def _authorization(self, method: str, url: str) -> str:
        who = self._credentials
        assert who is not None
        if self._scheme.lower() == "basic":
            pair = f"{who.username}:{who.password}".encode()
            return f"Basic {base64.b64encode(pair).decode()}"
        given = self._challenge
        algorithm = "sha256" if given.get("algorithm") == "SHA-256" else "md5"

        def digest(text: str) -> str:
            return hashlib.new(algorithm, text.encode()).hexdigest()

        nonce, realm = given["nonce"], given["realm"]
        secret = digest(f"{who.username}:{realm}:{who.password}")
        what = digest(f"{method}:{url}")
        fields = {"username": who.username, "realm": realm, "nonce": nonce, "uri": url}
        if "qop" in given:
            fields |= {"cnonce": "0a4f113b"}
            response = digest(f"{secret}:{nonce}:00000001:0a4f113b:auth:{what}")
            extra = ", qop=auth, nc=00000001, algorithm=SHA-256"
        else:
            response, extra = digest(f"{secret}:{nonce}:{what}"), ""
        fields["response"] = response
        return "Digest " + ", ".join(f'{n}="{v}"' for n, v in fields.items()) + extra
