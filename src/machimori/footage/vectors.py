# SPDX-License-Identifier: AGPL-3.0-or-later
"""Published test vectors of the segment format, each with the verdict that is expected.

`python -m machimori.footage.vectors DIRECTORY` writes them. Sealing is random, so the sound segment
in `sound.json` is made once and kept; everything else follows from it and fixed keys, byte for
byte. For whoever writes a second reader: the vectors hold the recorder's public key, the private
key that opens the sealed data key, and what the camera sent.
"""

import json
import struct
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from machimori.footage.inspection import inspect_segment
from machimori.footage.naming import SegmentName, parse
from machimori.footage.records import RECORD_TYPE
from machimori.footage.scan import scan
from machimori.footage.sealer import sign_trailer
from machimori.footage.segment import SegmentReader
from machimori.footage.store import StoredObject
from machimori.footage.testing import MemoryStore, SampleKeys, SampleRecorder
from machimori.kernel.canonical import Json
from machimori.kernel.ids import RecorderId
from machimori.kernel.signing import SigningKey
from machimori.vault.sealing.layout import CORE_SIZE, SignedTrailer, Trailer

PLAINS = (b"$\x00\x00\x04first chunk of the camera", b"", b"$\x00\x00\x04third chunk" * 4)
_BODY = CORE_SIZE + 4


@dataclass(frozen=True, kw_only=True)
class Vector:
    """One file of bytes and what must be said of it."""

    name: str
    comment: str
    data: bytes
    without_keys: tuple[tuple[str, str, int | None], ...]
    """(verdict, reason, chunk) of each finding; none: sound."""
    with_keys: tuple[tuple[str, str, int | None], ...]


def make_sound() -> tuple[str, bytes]:
    """A fresh sound segment: its name and bytes."""
    return SampleRecorder().segment(PLAINS)


def vectors(name: str, sound: bytes) -> Iterator[Vector]:
    """All vectors that follow from a sound segment."""
    recorder = SampleRecorder()
    recorder.learn(sound)
    for label, comment, data in _variants(sound):
        yield Vector(
            name=label,
            comment=comment,
            data=data,
            without_keys=judge(name, data),
            with_keys=judge(name, data, recorder.keys),
        )


def judge(
    name: str, data: bytes, keys: Mapping[str, SampleKeys] | None = None
) -> tuple[tuple[str, str, int | None], ...]:
    """What `footage check` finds in one segment that stands under `name`."""
    recorder = SampleRecorder()
    store = MemoryStore()
    store.put(name, data)
    parsed = parse(name)
    assert isinstance(parsed, SegmentName)
    inspected = inspect_segment(
        store,
        parsed,
        StoredObject(name=name, size=len(data)),
        trusted={RecorderId("rec-1"): (recorder.signer.public,)},
        keys=keys or {},
        content=True,
    )
    return tuple((f.verdict, f.meaning, f.chunk) for f in inspected.findings)


def document(vector: Vector, name: str) -> dict[str, Json]:
    """The vector as it is published."""
    return {
        "comment": vector.comment,
        "name": name,
        "recorder": SampleRecorder().signer.public.raw.hex(),
        "segment": vector.data.hex(),
        "with_keys": [list(finding) for finding in vector.with_keys],
        "without_keys": [list(finding) for finding in vector.without_keys],
    }


def constants() -> dict[str, Json]:
    """What all vectors share: keys, and what the camera sent."""
    return {
        "camera_bytes": [plain.hex() for plain in PLAINS],
        "description": b'{"sdp":"v=0"}'.hex(),
        "private_key": {"mlkem768_seed": (b"k" * 64).hex(), "x25519": (b"x" * 32).hex()},
        "record_type": RECORD_TYPE,
        "recorder_seed": SampleRecorder().signer.seed().hex(),
    }


def write(directory: Path) -> None:
    """Write all vectors; the sound segment is made only if it is not there."""
    directory.mkdir(parents=True, exist_ok=True)
    kept = directory / "sound.json"
    if kept.exists():
        source = json.loads(kept.read_text(encoding="utf-8"))
        name, sound = source["name"], bytes.fromhex(source["segment"])
    else:
        name, sound = make_sound()
    for vector in vectors(name, sound):
        _write(directory / f"{vector.name}.json", document(vector, name))
    _write(directory / "constants.json", constants())


def _write(path: Path, value: Mapping[str, Json]) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    path.write_text(text, encoding="utf-8")


def _variants(sound: bytes) -> Iterator[tuple[str, str, bytes]]:
    found = scan(lambda offset, length: sound[offset : offset + length], len(sound))
    header = sound[: found.header_size]
    chunks = [sound[chunk.offset : chunk.end] for chunk in found.chunks]
    end = found.chunks[-1].end
    trailer = sound[end:]
    third = found.chunks[2].offset
    yield "sound", "as recorded", sound
    for label, comment, at in (
        ("header-flipped", "one bit of the header's JSON", 40),
        ("sealed-key-flipped", "one bit of the sealed data key", found.header_size - 200),
        ("description-flipped", "one bit of the encrypted description", found.header_size - 8),
        ("digest-flipped", "one bit of a chunk's SHA-256", third + 30),
        ("crc-flipped", "one bit of a chunk's CRC32", third + CORE_SIZE),
        ("ciphertext-flipped", "one bit of a chunk's ciphertext", third + _BODY + 3),
        ("tag-flipped", "one bit of a chunk's tag", found.chunks[2].end - 1),
        ("length-flipped", "one bit of a chunk's length", third + 27),
        ("trailer-flipped", "one bit of the trailer's JSON", end + 40),
        ("signature-flipped", "one bit of the signature", len(sound) - 40),
        ("end-flipped", "one bit of the end mark", len(sound) - 1),
    ):
        yield label, comment, sound[:at] + bytes([sound[at] ^ 1]) + sound[at + 1 :]
    yield "cut-empty", "nothing is left", b""
    yield "cut-in-header", "cut off inside the header", header[:100]
    yield "cut-in-chunk", "cut off inside the third chunk", sound[: third + 50]
    yield "cut-before-trailer", "all chunks, no trailer", sound[:end]
    yield "cut-in-trailer", "cut off inside the trailer", sound[:-30]
    yield "chunks-exchanged", "chunks 0 and 2 exchanged", _join(header, chunks, (2, 1, 0), trailer)
    yield "chunk-doubled", "chunk 0 twice", _join(header, chunks, (0, 0, 1, 2), trailer)
    yield "chunk-removed", "chunk 1 cut out", _join(header, chunks, (0, 2), trailer)
    yield (
        "crc-adapted",
        "ciphertext changed together with its CRC32: shows with keys only",
        header + chunks[0] + chunks[1] + _adapted(chunks[2]) + trailer,
    )
    yield "resigned-by-another", "signed by another key", _resigned(sound, end, _another)
    yield (
        "recovered",
        "closed after a crash by the same recorder",
        _resigned(sound, end, _recovered),
    )


def _join(header: bytes, chunks: list[bytes], order: tuple[int, ...], trailer: bytes) -> bytes:
    return header + b"".join(chunks[index] for index in order) + trailer


def _adapted(chunk: bytes) -> bytes:
    changed = bytearray(chunk)
    changed[_BODY] ^= 1
    crc = zlib.crc32(changed[_BODY:], zlib.crc32(changed[:CORE_SIZE]))
    struct.pack_into(">I", changed, CORE_SIZE, crc)
    return bytes(changed)


def _resigned(sound: bytes, end: int, change: Callable[[Trailer], SignedTrailer]) -> bytes:
    return sound[:end] + change(SegmentReader.of_bytes(sound).end.trailer).encode()


def _another(trailer: Trailer) -> SignedTrailer:
    return sign_trailer(trailer, SigningKey(b"a key that nobody has enrolled !"))


def _recovered(trailer: Trailer) -> SignedTrailer:
    source = {name: getattr(trailer, name) for name in trailer.__dataclass_fields__}
    changed = Trailer(**source | {"reason": "recovered", "recovered": True})
    return sign_trailer(changed, SampleRecorder().signer)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
