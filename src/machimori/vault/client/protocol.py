# SPDX-License-Identifier: AGPL-3.0-or-later
"""The vault's socket protocol: one request, one answer, over a local stream socket.

A message is `u32 total ‖ u32 n ‖ n bytes of canonical JSON ‖ (u32 size ‖ bytes)*`, big-endian;
`total` counts what follows it. Bytes travel beside the JSON, not inside it: an hour of skeletons
needs no base64. An answer's JSON is {"ok": ...} or {"error": {...}}. Both sides bound what they
accept, because either may be hostile to the other.
"""

import socket
import struct
import time
from dataclasses import dataclass

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.vault.errors import VaultMalformedError, VaultUnavailableError

MAX_MESSAGE = 64 * 1024 * 1024
MAX_JSON = 1024 * 1024
MAX_BLOBS = 200_000
_SIZE = struct.Struct(">I")


@dataclass(frozen=True, kw_only=True)
class Message:
    """A JSON object and the byte strings that it speaks of, in order."""

    body: dict[str, Json]
    blobs: tuple[bytes, ...] = ()

    def encode(self) -> bytes:
        """The bytes on the wire. Raises MalformedError if they would exceed the bounds."""
        body = canonical.dumps(self.body)
        parts = [_SIZE.pack(len(body)), body]
        for blob in self.blobs:
            parts.append(_SIZE.pack(len(blob)))
            parts.append(blob)
        payload = b"".join(parts)
        if len(payload) > MAX_MESSAGE or len(body) > MAX_JSON or len(self.blobs) > MAX_BLOBS:
            raise VaultMalformedError(
                "message to the vault is too large", remedy="ask for fewer segments at a time"
            )
        return _SIZE.pack(len(payload)) + payload

    @classmethod
    def decode(cls, payload: bytes) -> "Message":
        """The message in what follows the total. Raises MalformedError."""
        if not 4 <= len(payload) <= MAX_MESSAGE:
            raise VaultMalformedError("message has an impossible length")
        (size,) = _SIZE.unpack_from(payload, 0)
        if size > MAX_JSON or 4 + size > len(payload):
            raise VaultMalformedError("message body has an impossible length")
        body = canonical.load_object(payload[4 : 4 + size])
        blobs: list[bytes] = []
        position = 4 + size
        while position < len(payload):
            if position + 4 > len(payload) or len(blobs) >= MAX_BLOBS:
                raise VaultMalformedError("message is cut off or has too many parts")
            (size,) = _SIZE.unpack_from(payload, position)
            position += 4
            if position + size > len(payload):
                raise VaultMalformedError("message is cut off")
            blobs.append(payload[position : position + size])
            position += size
        return cls(body=body, blobs=tuple(blobs))


def send(connection: socket.socket, message: Message) -> None:
    """Send one message. Raises VaultUnavailableError if the other side is gone or slow."""
    try:
        connection.sendall(message.encode())
    except OSError as error:
        raise VaultUnavailableError("the connection to the vault broke") from error


def receive(connection: socket.socket, *, within: float) -> Message | None:
    """One message, or None if the other side closed before its first byte.

    The whole message must arrive `within` seconds. Raises VaultUnavailableError if it does not,
    and MalformedError if it is too large or has no form.
    """
    total = receive_size(connection, within=within)
    return None if total is None else receive_body(connection, total, within=within)


def receive_size(connection: socket.socket, *, within: float) -> int | None:
    """The size of the message that follows. Raises as `receive` does."""
    head = _exactly(connection, 4, time.monotonic() + within, first=True)
    if head is None:
        return None
    (total,) = _SIZE.unpack(head)
    if total > MAX_MESSAGE:
        raise VaultMalformedError("message is too large", where=f"{total} bytes")
    return int(total)


def receive_body(connection: socket.socket, total: int, *, within: float) -> Message:
    """The message of that size. Raises as `receive` does."""
    payload = _exactly(connection, total, time.monotonic() + within, first=False)
    return Message.decode(payload or b"")


def _exactly(connection: socket.socket, size: int, deadline: float, *, first: bool) -> bytes | None:
    # Grows with what arrives: a length that is only claimed costs no memory.
    data = bytearray()
    while len(data) < size:
        left = deadline - time.monotonic()
        if left <= 0:
            raise VaultUnavailableError("the other side of the vault's socket is too slow")
        connection.settimeout(left)
        try:
            part = connection.recv(min(size - len(data), 1 << 20))
        except OSError as error:
            raise VaultUnavailableError("the connection to the vault broke") from error
        if not part:
            if first and not data:
                return None
            raise VaultUnavailableError("the connection to the vault ended inside a message")
        data += part
    return bytes(data)
