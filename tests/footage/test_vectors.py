# SPDX-License-Identifier: AGPL-3.0-or-later
"""The published vectors are what the code says, and a reader written from the document agrees."""

import hashlib
import hmac
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from machimori.footage.testing import SampleRecorder
from machimori.footage.vectors import constants, document, judge, vectors

DIRECTORY = Path(__file__).parents[2] / "docs" / "ref" / "vectors" / "footage"
NAMES = sorted(path.stem for path in DIRECTORY.glob("*.json") if path.stem != "constants")


def load(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((DIRECTORY / f"{name}.json").read_text(encoding="utf-8"))
    return value


def test_the_directory_holds_all_vectors_and_nothing_else() -> None:
    sound = load("sound")
    made = {
        vector.name: document(vector, sound["name"])
        for vector in vectors(sound["name"], bytes.fromhex(sound["segment"]))
    }
    assert sorted(made) == NAMES
    assert {name: load(name) for name in NAMES} == made
    assert load("constants") == constants()


@pytest.mark.parametrize("name", NAMES)
def test_each_vector_has_its_verdict(name: str) -> None:
    vector = load(name)
    data = bytes.fromhex(vector["segment"])
    recorder = SampleRecorder()
    recorder.learn(bytes.fromhex(load("sound")["segment"]))
    assert [list(f) for f in judge(vector["name"], data)] == vector["without_keys"]
    assert [list(f) for f in judge(vector["name"], data, recorder.keys)] == vector["with_keys"]


def test_a_reader_written_from_the_document_alone_agrees() -> None:
    """docs/design/footage-format.md, in fifty lines and without a single import of ours."""
    sound, fixed = load("sound"), load("constants")
    data = bytes.fromhex(sound["segment"])
    assert data[:8] == b"MMSEG\0\0\x01"
    (size,) = struct.unpack_from(">I", data, 8)
    header = data[12 : 12 + size]
    assert json.loads(header)["format"] == "machimori segment v1"
    at = 12 + size
    (sealed_size,) = struct.unpack_from(">H", data, at)
    sealed = data[at + 2 : at + 2 + sealed_size]
    at += 2 + sealed_size
    segment = hashlib.sha256(data[:at]).digest()
    (description_size,) = struct.unpack_from(">I", data, at)
    description = data[at + 4 : at + 4 + description_size]
    at += 4 + description_size
    assert struct.unpack_from(">I", data, at) == (zlib.crc32(data[:at]),)
    at += 4

    private = hpke.MLKEM768X25519PrivateKey(
        mlkem.MLKEM768PrivateKey.from_seed_bytes(
            bytes.fromhex(fixed["private_key"]["mlkem768_seed"])
        ),
        x25519.X25519PrivateKey.from_private_bytes(bytes.fromhex(fixed["private_key"]["x25519"])),
    )
    suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
    key = suite.decrypt(sealed, private, b"machimori segment v1\0" + header)
    about = AESGCM(hmac.digest(key, b"machimori description key v1", "sha256"))
    opened = about.decrypt(bytes(12), description, segment)
    assert opened.hex() == fixed["description"]

    digest = hashlib.sha256()
    for index, expected in enumerate(fixed["camera_bytes"]):
        core, crc = data[at : at + 64], data[at + 64 : at + 68]
        magic, number, _, _, length, plain_digest, _ = struct.unpack(">4sIQQI32sI", core)
        body = data[at + 68 : at + 68 + length + 16]
        assert (magic, number) == (b"CHNK", index)
        assert struct.pack(">I", zlib.crc32(core + body)) == crc
        chunk_key = hmac.digest(key, b"machimori chunk key v1" + struct.pack(">I", index), "sha256")
        plain = AESGCM(chunk_key).decrypt(bytes(12), body, segment + core)
        assert plain.hex() == expected
        share = 64 * -(-len(plain) // 1024)
        slices = [plain[share * place : share * (place + 1)] for place in range(16)]
        leaves = b"".join(hashlib.sha256(part).digest() for part in slices)
        assert hashlib.sha256(struct.pack(">Q", len(plain)) + leaves).digest() == plain_digest
        digest.update(core + body[-16:])
        at += 68 + length + 16

    assert data[at : at + 4] == b"TRLR"
    (size,) = struct.unpack_from(">I", data, at + 4)
    payload = data[at + 8 : at + 8 + size]
    signature = data[at + 8 + size : at + 72 + size]
    kind = b"application/vnd.machimori.segment-trailer+json"
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(sound["recorder"])).verify(signature, message)
    trailer = json.loads(payload)
    assert (trailer["segment"], trailer["digest"]) == (segment.hex(), digest.hexdigest())
    body = data[at : at + 72 + size]
    rest = struct.pack(">II", zlib.crc32(body), len(body) + 16) + b"MMSEGEND"
    assert data[at + 72 + size :] == rest
