# SPDX-License-Identifier: AGPL-3.0-or-later
"""Segments and skeletons: the strict reader, the tolerant scan, and the whole inspection."""

import json
from pathlib import Path

from machimori.footage.inspection import inspect_segment
from machimori.footage.naming import SegmentName, parse
from machimori.footage.scan import scan
from machimori.footage.segment import SegmentReader
from machimori.footage.store import StoredObject
from machimori.footage.testing import MemoryStore, SampleRecorder
from machimori.kernel.errors import MalformedError
from machimori.vault.sealing.skeleton import Skeleton

VECTORS = Path(__file__).parents[2] / "docs" / "ref" / "vectors" / "footage"
VECTOR = json.loads((VECTORS / "sound.json").read_text(encoding="utf-8"))
NAME: str = VECTOR["name"]
SOUND = bytes.fromhex(VECTOR["segment"])
RECORDER = SampleRecorder()
RECORDER.learn(SOUND)
TRUSTED = {RECORDER.recorder: (RECORDER.signer.public,)}


def one_input(data: bytes) -> None:
    try:
        skeleton = Skeleton.decode(data)
        assert skeleton.encode() == data
    except MalformedError:
        pass
    try:
        reader = SegmentReader.of_bytes(data)
        reader.skeleton()
        list(reader.raw())
    except MalformedError:
        pass
    found = scan(lambda offset, length: data[offset : offset + length], len(data))
    assert all(chunk.end <= len(data) for chunk in found.chunks)
    assert len(found.prefix) <= len(found.chunks)
    store = MemoryStore()
    store.objects[NAME] = data
    name = parse(NAME)
    assert isinstance(name, SegmentName)
    inspected = inspect_segment(
        store,
        name,
        StoredObject(name=NAME, size=len(data)),
        trusted=TRUSTED,
        keys=RECORDER.keys,
        content=True,
    )
    # Only what the recorder wrote passes without a finding.
    assert inspected.findings or data == SOUND


def seeds() -> list[bytes]:
    return [SOUND, SegmentReader.of_bytes(SOUND).skeleton().encode(), SOUND[:-60]]
