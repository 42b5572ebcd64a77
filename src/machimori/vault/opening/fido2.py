# SPDX-License-Identifier: AGPL-3.0-or-later
"""FIDO2 signatures: an assertion of WebAuthn Level 2, section 7.2, over a statement's digest.

The challenge is SHA-256 of the statement's DSSE encoding, so that the authenticator signs this
statement and no other. Origin and RP id are pinned at the vault's init; user presence and user
verification must both be set; the counter is returned for the caller to judge.
"""

import hashlib
import json
from base64 import urlsafe_b64encode

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from machimori.kernel.envelope import Signature
from machimori.vault.client.signers import OfficerKey
from machimori.vault.errors import VaultRefusedError

EDDSA = -8
ES256 = -7
RS256 = -257
_USER_PRESENT = 0x01
_USER_VERIFIED = 0x04
_MAX_CLIENT_DATA = 8192


def verify(
    key: OfficerKey,
    signature: Signature,
    challenge: bytes,
    *,
    rp_id: str,
    origins: tuple[str, ...],
) -> int:
    """The authenticator's counter, if this is the key's assertion over `challenge`.

    Raises VaultRefusedError: `fido2_client_data`, `fido2_challenge`, `fido2_origin`, `fido2_rp`,
    `fido2_user`, `bad_signature`.
    """
    _check_client_data(signature.client_data, challenge, origins)
    data = signature.authenticator_data
    if len(data) < 37:
        raise VaultRefusedError("fido2_client_data", "authenticator data is cut off")
    if not rp_id or data[:32] != hashlib.sha256(rp_id.encode()).digest():
        raise VaultRefusedError("fido2_rp", "the assertion was made for another relying party")
    flags = data[32]
    if not flags & _USER_PRESENT or not flags & _USER_VERIFIED:
        raise VaultRefusedError("fido2_user", "presence or verification of the user is missing")
    check_signature(key, signature.sig, data + hashlib.sha256(signature.client_data).digest())
    return int.from_bytes(data[33:37], "big")


def _check_client_data(raw: bytes, challenge: bytes, origins: tuple[str, ...]) -> None:
    try:
        client = json.loads(raw) if len(raw) <= _MAX_CLIENT_DATA else None
    except (ValueError, RecursionError):
        client = None
    if not isinstance(client, dict) or client.get("type") != "webauthn.get":
        raise VaultRefusedError("fido2_client_data", "client data are no assertion's")
    if client.get("challenge") != urlsafe_b64encode(challenge).rstrip(b"=").decode():
        raise VaultRefusedError("fido2_challenge", "the assertion is over another statement")
    if client.get("origin") not in origins or client.get("crossOrigin", False) is not False:
        raise VaultRefusedError("fido2_origin", "the assertion was made at another origin")


def check_signature(key: OfficerKey, signature: bytes, message: bytes) -> None:
    """Raise VaultRefusedError `bad_signature` unless the key made it, by its own algorithm."""
    try:
        public = load_der_public_key(key.public)
        if key.algorithm == ES256 and isinstance(public, ec.EllipticCurvePublicKey):
            if isinstance(public.curve, ec.SECP256R1):
                return public.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        elif key.algorithm == EDDSA and isinstance(public, ed25519.Ed25519PublicKey):
            return public.verify(signature, message)
        elif (
            key.algorithm == RS256
            and isinstance(public, rsa.RSAPublicKey)
            and public.key_size >= 2048
        ):
            return public.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        pass
    raise VaultRefusedError("bad_signature", "a signature does not verify")
