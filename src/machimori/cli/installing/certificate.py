# SPDX-License-Identifier: AGPL-3.0-or-later
"""The certificate of the host name: key and request here, signature by the city's own CA.

tls/key.pem          P-256, made here, mode 0600; it never leaves the machine
tls/request.csr.pem  PKCS#10, for the CA
tls/certificate.pem  the chain that the CA gave back, once `install` has checked it
"""

import datetime as dt
import itertools
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from machimori.kernel.durable import Disk
from machimori.kernel.errors import RefusedError, UsageError

DIRECTORY: Final = "tls"
KEY: Final = "key.pem"
REQUEST: Final = "request.csr.pem"
CERTIFICATE: Final = "certificate.pem"
_LONGEST: Final = 1 << 20

INSTRUCTIONS: Final = """\
The certificate request is {request}
  1. Give it to the city's own certification authority (CA). It holds no secret and may be mailed.
  2. Ask for a TLS server certificate for {host}, as PEM, with the intermediate certificates.
  3. Compare this fingerprint of the request's public key by telephone:
     {fingerprint}
  4. Install what comes back:  machimori init {directory} --certificate FILE
The CA's root certificate must be trusted by the browsers of the city's computers. Do not export
{key}: it never leaves this machine."""


def make_key(directory: Path, disk: Disk) -> None:
    """Make the key unless there is one. Raises DurabilityError."""
    path = directory / DIRECTORY / KEY
    if path.exists():
        return
    disk.make_directory(path.parent, mode=0o700)
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    disk.create(path, pem, mode=0o600)


def make_request(directory: Path, *, host: str, city: str, disk: Disk) -> None:
    """Make the request for the key unless there is one. Raises UsageError, DurabilityError."""
    path = directory / DIRECTORY / REQUEST
    if path.exists():
        return
    names = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, city[:64]),
    ]
    if len(host) <= 64:  # what X.520 allows; the name that counts is the alternative one
        names.append(x509.NameAttribute(NameOID.COMMON_NAME, host))
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name(names))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(_key(directory), hashes.SHA256())
    )
    disk.create(path, request.public_bytes(serialization.Encoding.PEM), mode=0o644)


def instructions(directory: Path, host: str) -> str:
    """What to do with the request."""
    place = directory / DIRECTORY
    digest = hashes.Hash(hashes.SHA256())
    digest.update(_public(_key(directory).public_key()))
    return INSTRUCTIONS.format(
        request=place / REQUEST,
        key=place / KEY,
        host=host,
        directory=directory,
        fingerprint=digest.finalize().hex(" ", 4),
    )


def install(
    directory: Path, source: Path, *, host: str, now: dt.datetime, disk: Disk
) -> x509.Certificate:
    """Check a signed certificate and put it in its place, over the one before.

    Raises UsageError if the file cannot be read, RefusedError if it is of another key or name, not
    of these days, not for servers, or its chain is not in order.
    """
    try:
        data = source.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(source)) from error
    try:
        chain = x509.load_pem_x509_certificates(data[:_LONGEST])
    except ValueError as error:
        raise UsageError(
            "holds no certificates in PEM",
            where=str(source),
            remedy="convert it: openssl x509 -inform DER -in FILE -out FILE.pem",
        ) from error
    own = chain[0]
    _check(own, directory=directory, host=host, now=now, where=str(source))
    for lower, upper in itertools.pairwise(chain):
        try:
            lower.verify_directly_issued_by(upper)
        except Exception as error:
            raise RefusedError(
                "the chain is not in order: each certificate is followed by that of its issuer",
                where=str(source),
            ) from error
    whole = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in chain)
    disk.replace(directory / DIRECTORY / CERTIFICATE, whole, mode=0o644)
    return own


def _check(
    own: x509.Certificate, *, directory: Path, host: str, now: dt.datetime, where: str
) -> None:
    """The server's own certificate: key, name, days, purpose."""
    if _public(own.public_key()) != _public(_key(directory).public_key()):
        raise RefusedError(
            "the first certificate in it is of another key",
            where=where,
            remedy=f"have {directory / DIRECTORY / REQUEST} signed; the server's certificate comes"
            " first in the file",
        )
    try:
        named = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = [name.lower() for name in named.get_values_for_type(x509.DNSName)]
    except x509.ExtensionNotFound:
        names = []
    if host not in names:
        raise RefusedError(
            f"it is not for {host}, but for " + (", ".join(names)[:200] or "no host name"),
            where=where,
            remedy="browsers look at the subject's alternative name (SAN) alone",
        )
    if now >= own.not_valid_after_utc:
        raise RefusedError(f"it ended on {own.not_valid_after_utc:%Y-%m-%d}", where=where)
    if now < own.not_valid_before_utc:
        raise RefusedError(
            f"it begins on {own.not_valid_before_utc:%Y-%m-%d %H:%M} UTC",
            where=where,
            remedy="is this machine's clock right?",
        )
    try:
        usage = own.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return
    if ExtendedKeyUsageOID.SERVER_AUTH not in usage:
        raise RefusedError("it is not for TLS servers", where=where)


def _key(directory: Path) -> ec.EllipticCurvePrivateKey:
    path = directory / DIRECTORY / KEY
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise UsageError("the server's key cannot be read", where=str(path)) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise UsageError("the server's key is of another kind", where=str(path))
    return key


def _public(key: object) -> bytes:
    """SubjectPublicKeyInfo, DER: two equal ones are the same key."""
    return key.public_bytes(  # type: ignore[attr-defined,no-any-return]  # any kind has it
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
