# SPDX-License-Identifier: AGPL-3.0-or-later
"""The RFC 3161 time stamp of the statement: an authority outside the city saw it at that time.

Judged here: the stamp is over exactly this statement, and the certificate in it signed it (CMS,
RFC 5652, 5.4; RSA or ECDSA on P-256). Whether that certificate is to be trusted is for
`openssl ts -verify` with the authority's root, which the reader must have from elsewhere.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass

from machimori.evidence.errors import PackageError
from machimori.evidence.verifier import der, p256, rsa
from machimori.evidence.verifier import statement as names
from machimori.evidence.verifier.container import Source, whole
from machimori.evidence.verifier.der import Node
from machimori.evidence.verifier.statement import Statement
from machimori.evidence.verifier.verdict import Judgement
from machimori.kernel.errors import MalformedError

MAX_STAMP = 1024 * 1024
_GENERALIZED_TIME = 0x18
_CONTEXT0, _CONTEXT1, _CONTEXT2 = 0xA0, 0xA1, 0xA2
_SIGNED_DATA = "1.2.840.113549.1.7.2"
_TST_INFO = "1.2.840.113549.1.9.16.1.4"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_RSA, _PSS, _EC = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.10045.2.1"
_P256 = "1.2.840.10045.3.1.7"
_DIGESTS = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_RSA_WITH = {
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
}
_ECDSA_WITH = {
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
}


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """What a time-stamp response says."""

    digest: str
    """Name of the hash of what was stamped."""
    imprint: bytes
    time: str
    """RFC 3339, UTC, as precise as the authority gave it."""
    signed: bool | None
    """Whether the enclosed certificate signed it; None: an algorithm this verifier lacks."""

    @classmethod
    def decode(cls, data: bytes) -> "Stamp":
        """From a DER TimeStampResp. Raises MalformedError."""
        try:
            return _decode(data)
        except (IndexError, ValueError) as error:
            raise PackageError("not a time stamp", where=names.STAMP) from error


def check_stamp(source: Source, statement: Statement, judgement: Judgement) -> None:
    """Compare the stamp with the statement it is over."""
    if not statement.stamped:
        judgement.add("note", "no_stamp")
        return
    if names.STAMP not in source.files:
        judgement.add("missing", "file", names.STAMP)
        return
    try:
        stamp = Stamp.decode(whole(source, names.STAMP, limit=MAX_STAMP))
    except MalformedError as error:
        judgement.add("altered", "stamp_form", names.STAMP, error.message)
        return
    data = whole(source, names.STATEMENT, limit=64 * 1024 * 1024)
    if hashlib.new(stamp.digest, data).digest() != stamp.imprint or stamp.signed is False:
        judgement.add("altered", "stamp", names.STAMP)
        return
    if stamp.signed is None:
        judgement.add("note", "stamp_algorithm", names.STAMP)
    else:
        judgement.signatures += 1
    judgement.stamp = stamp.time


def _decode(data: bytes) -> Stamp:
    status, token = der.parse(data).expect(der.SEQUENCE).children()
    if status.children()[0].integer() not in (0, 1):
        raise PackageError("the time-stamp authority refused", where=names.STAMP)
    kind, content = token.children()
    if kind.oid() != _SIGNED_DATA:
        raise PackageError("not signed data", where=names.STAMP)
    signed = content.expect(_CONTEXT0).children()[0].children()
    inner = signed[2].children()
    if inner[0].oid() != _TST_INFO:
        raise PackageError("not a time stamp's content", where=names.STAMP)
    info = inner[1].expect(_CONTEXT0).children()[0].expect(der.OCTET_STRING).content
    fields = der.parse(info).children()
    algorithm, imprint = fields[2].children()
    certificates = [n for node in signed[3:] if node.tag == _CONTEXT0 for n in node.children()]
    signer = signed[-1].expect(der.SET).children()[0].children()
    return Stamp(
        digest=_digest(algorithm),
        imprint=imprint.expect(der.OCTET_STRING).content,
        time=_time(fields[4].expect(_GENERALIZED_TIME).content.decode("ascii")),
        signed=_signed(signer, info, certificates),
    )


def _digest(algorithm: Node) -> str:
    name = _DIGESTS.get(algorithm.children()[0].oid())
    if name is None:
        raise PackageError("a time stamp with an unknown hash", where=names.STAMP)
    return name


def _time(text: str) -> str:
    whole_seconds, _, fraction = text.removesuffix("Z").partition(".")
    moment = dt.datetime.strptime(whole_seconds, "%Y%m%d%H%M%S").replace(tzinfo=dt.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + (f".{fraction}" if fraction else "") + "Z"


def _signed(signer: list[Node], info: bytes, certificates: list[Node]) -> bool | None:
    digest = _digest(signer[2])
    attributes = signer[3].expect(_CONTEXT0)
    said = None
    for attribute in attributes.children():
        name, values = attribute.children()
        if name.oid() == _MESSAGE_DIGEST:
            said = values.children()[0].expect(der.OCTET_STRING).content
    if said != hashlib.new(digest, info).digest():
        return False
    # RFC 5652, 5.4: signed as a SET OF, though it stands there with a context tag.
    message = bytes((der.SET,)) + attributes.raw[1:]
    key = _key(signer[1], certificates)
    method = signer[4].children()
    oid, signature = method[0].oid(), signer[5].expect(der.OCTET_STRING).content
    if isinstance(key, rsa.PublicKey):
        if oid == _PSS:
            return _pss(key, method[1], signature, message)
        digest = digest if oid == _RSA else _RSA_WITH.get(oid, "")
        return key.verify_pkcs1(signature, message, digest=digest) if digest else None
    if isinstance(key, p256.PublicKey) and oid in _ECDSA_WITH:
        return key.verify(signature, message, digest=_ECDSA_WITH[oid])
    return None


def _pss(key: rsa.PublicKey, parameters: Node, signature: bytes, message: bytes) -> bool | None:
    found = {node.tag: node.children()[0] for node in parameters.children()}
    if _CONTEXT0 not in found or _CONTEXT1 not in found:
        return None  # the defaults are SHA-1
    mask = found[_CONTEXT1].children()[1]
    salt = found[_CONTEXT2].integer() if _CONTEXT2 in found else 20
    return key.verify_pss(
        signature, message, digest=_digest(found[_CONTEXT0]), mgf=_digest(mask), salt=salt
    )


def _key(signer: Node, certificates: list[Node]) -> rsa.PublicKey | p256.PublicKey | None:
    """The key of the certificate that issuer and serial number name."""
    for certificate in certificates:
        body = certificate.children()[0].children()
        fields = body[1:] if body[0].tag == _CONTEXT0 else body
        if signer.tag == der.SEQUENCE:
            issuer, serial = signer.children()
            if (issuer.raw, serial.raw) != (fields[2].raw, fields[0].raw):
                continue
        algorithm, bits = fields[5].children()
        names_ = algorithm.children()
        if names_[0].oid() == _RSA:
            return rsa.PublicKey.decode(bits.bits())
        if names_[0].oid() == _EC and names_[1].tag == der.OID and names_[1].oid() == _P256:
            return p256.PublicKey(bits.bits())
        return None
    raise PackageError("the time stamp lacks its signer's certificate", where=names.STAMP)
