# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the offline verifier parses: the zip, the bag's lists, statement, identity, time stamp.

The first byte of an input says which parser gets the rest.
"""

import os
from collections.abc import Callable

from machimori.evidence.testing import SampleCity, at, read_package_bytes
from machimori.evidence.verifier import bag
from machimori.evidence.verifier.anchors import AnchoredHead
from machimori.evidence.verifier.container import ZipSource
from machimori.evidence.verifier.scope import Scope
from machimori.evidence.verifier.stamp import Stamp
from machimori.evidence.verifier.statement import IDENTITY, STATEMENT, Statement
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MalformedError
from machimori.ledger.errors import ProofError
from machimori.vault.client.identity import Identity


def _zip(data: bytes) -> None:
    descriptor = os.memfd_create("package")
    os.write(descriptor, data)
    with ZipSource(descriptor) as source:
        for name, size in source.files.items():
            assert len(source.read(name, 0, size)) == size <= len(data)


def _manifest(data: bytes) -> None:
    assert bag.write_manifest(bag.read_manifest(data, "manifest")) == data


def _statement(data: bytes) -> None:
    envelope = Envelope(payload_type=_TYPE, payload=data)
    assert Statement.decode(envelope).envelope().payload == data


def _anchor(data: bytes) -> None:
    head = AnchoredHead.decode(data)
    assert head.encode() == data
    try:
        head.covered("cam-0001", head.anchor(_LEDGER), ())
    except ProofError:
        return


PARSERS: tuple[Callable[[bytes], object], ...] = (
    _zip,
    _manifest,
    _statement,
    Stamp.decode,
    Identity.decode,
    lambda data: Scope.of(Envelope.decode(data)),
    _anchor,
)
_LEDGER = SampleCity().ledger.key
_TYPE = "application/vnd.machimori.evidence-statement+json"


def one_input(data: bytes) -> None:
    if not data:
        return
    try:
        PARSERS[data[0] % len(PARSERS)](data[1:])
    except MalformedError:
        return


def _der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + body


def _oid(hexadecimal: str) -> bytes:
    return _der(6, bytes.fromhex(hexadecimal))


def _stamp() -> bytes:
    """A time-stamp response in form, with an RSA certificate and a signature that is none."""
    sha256 = _der(0x30, _oid("608648016503040201"))
    info = _der(
        0x30,
        b"\x02\x01\x01",
        _oid("2a03"),
        _der(0x30, sha256, _der(4, bytes(32))),
        b"\x02\x01\x05",
        _der(0x18, b"20261121050000Z"),
    )
    issuer = _der(0x30)
    key = _der(0x30, _der(2, b"\0" + b"\xff" * 256), b"\x02\x03\x01\x00\x01")
    body = _der(
        0x30,
        _der(0xA0, b"\x02\x01\x02"),
        b"\x02\x01\x07",
        _der(0x30),
        issuer,
        _der(0x30),
        _der(0x30),
        _der(0x30, _der(0x30, _oid("2a864886f70d010101")), _der(3, b"\0", key)),
    )
    digest = _der(0x30, _oid("2a864886f70d010904"), _der(0x31, _der(4, bytes(32))))
    signer = _der(
        0x30,
        b"\x02\x01\x01",
        _der(0x30, issuer, b"\x02\x01\x07"),
        sha256,
        _der(0xA0, digest),
        _der(0x30, _oid("2a864886f70d010101")),
        _der(4, bytes(256)),
    )
    content = _der(0x30, _oid("2a864886f70d0109100104"), _der(0xA0, _der(4, info)))
    certificates = _der(0xA0, _der(0x30, body))
    signed = _der(
        0x30, b"\x02\x01\x03", _der(0x31, sha256), content, certificates, _der(0x31, signer)
    )
    token = _der(0x30, _oid("2a864886f70d010702"), _der(0xA0, signed))
    return _der(0x30, _der(0x30, b"\x02\x01\x00"), token)


def seeds() -> list[bytes]:
    files = read_package_bytes()
    order = SampleCity().order(at(0), at(1))
    assert Stamp.decode(_stamp()).signed is False
    return [
        b"\0" + files["package.zip"],
        b"\1" + files[bag.MANIFEST],
        b"\2" + Envelope.decode(files[STATEMENT]).payload,
        b"\3" + _stamp(),
        b"\4" + files[IDENTITY],
        b"\5" + order.authorisation.encode(),
        b"\6" + files["data/anchors/cam-0001-01.json"],
    ]
