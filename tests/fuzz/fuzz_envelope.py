# SPDX-License-Identifier: AGPL-3.0-or-later
"""DSSE envelopes and canonical JSON."""

from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MalformedError
from machimori.kernel.signing import SigningKey


def one_input(data: bytes) -> None:
    try:
        envelope = Envelope.decode(data)
    except MalformedError:
        return
    assert envelope.encode() == data


def seeds() -> list[bytes]:
    plain = Envelope.of("application/x", {"a": 1, "b": ["街", None, True]})
    return [plain.encode(), plain.signed_by("k", SigningKey(bytes(32))).encode()]
