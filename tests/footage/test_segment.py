# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the sealer writes, the reader reads; what was changed, it refuses."""

import dataclasses
import gc
import hashlib
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from machimori.footage import records
from machimori.footage.segment import SegmentReader
from machimori.footage.testing import SampleKeys, SampleRecorder
from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import Micros
from machimori.vault.sealing.layout import CHUNK_OVERHEAD, Header, SealedHeader
from machimori.vault.sealing.skeleton import Skeleton


@given(st.lists(st.binary(max_size=300), max_size=8))
def test_what_was_sealed_is_read_back(plains: list[bytes]) -> None:
    recorder = SampleRecorder()
    _, data = recorder.segment(plains)
    reader = SegmentReader.of_bytes(data)
    keys = recorder.keys[reader.segment_id.hex()]
    assert [reader.chunk(i, keys.chunks[i]) for i in range(len(plains))] == plains
    assert reader.description(keys.description) == b'{"sdp":"v=0"}'
    assert all(chunk.crc_matches() for chunk in reader.raw())
    skeleton = reader.skeleton()
    skeleton.check(recorder.signer.public)
    assert Skeleton.decode(skeleton.encode()) == skeleton
    assert reader.end.head() == recorder.head


def test_heads_follow_from_digests_as_the_format_says() -> None:
    """Computed here as docs/design/footage-format.md tells it."""
    recorder = SampleRecorder()
    first = SegmentReader.of_bytes(recorder.segment()[1]).end
    payload = first.trailer.encode()
    signed = b"DSSEv1 46 application/vnd.machimori.segment-trailer+json %d %s"
    digest = hashlib.sha256(signed % (len(payload), payload)).digest()
    head = hashlib.sha256(b"machimori chain v1\0" + digest).digest()
    assert recorder.head == head
    record, envelope = records.decode(recorder.record()[1])
    assert record.previous == head.hex()
    signed = b"DSSEv1 45 application/vnd.machimori.footage-record+json %d %s"
    digest = hashlib.sha256(signed % (len(envelope.payload), envelope.payload)).digest()
    chained = b"machimori chain v1\0" + digest + head.hex().encode()
    assert recorder.head == hashlib.sha256(chained).digest()


@given(st.data())
def test_A9_any_changed_byte_is_noticed(data: st.DataObject) -> None:
    """Originals are provably unaltered: no byte of a segment can change unseen."""
    recorder = SampleRecorder()
    _, original = recorder.segment([b"one", b"two" * 50])
    keys = recorder.keys[SegmentReader.of_bytes(original).segment_id.hex()]
    position = data.draw(st.integers(0, len(original) - 1))
    changed = bytearray(original)
    changed[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(MalformedError):
        read_all(bytes(changed), recorder, keys)


def read_all(data: bytes, recorder: SampleRecorder, keys: SampleKeys) -> None:
    reader = SegmentReader.of_bytes(data)
    reader.skeleton().check(recorder.signer.public)
    if not all(chunk.crc_matches() for chunk in reader.raw()):
        raise MalformedError("CRC32 differs")
    reader.description(keys.description)
    for index in range(2):
        reader.chunk(index, keys.chunks[index])


def test_a_chunk_does_not_open_with_the_key_of_another() -> None:
    recorder = SampleRecorder()
    _, data = recorder.segment([b"one", b"two"])
    reader = SegmentReader.of_bytes(data)
    keys = recorder.keys[reader.segment_id.hex()]
    with pytest.raises(MalformedError):
        reader.chunk(0, keys.chunks[1])


def test_the_callers_buffer_is_used_and_grows() -> None:
    recorder = SampleRecorder()
    sealer = recorder.sealer()
    out = bytearray(10)
    for size in (50, 20):
        view = sealer.chunk(
            bytes(size), arrived_from=recorder.now, arrived_to=recorder.now, out=out
        )
        assert len(view) == size + CHUNK_OVERHEAD
        assert view.obj is out
        view.release()
    assert len(out) == 50 + CHUNK_OVERHEAD


def test_chunks_go_forward_in_time() -> None:
    recorder = SampleRecorder()
    sealer = recorder.sealer()
    recorder.chunk(sealer, b"x")
    earlier = Micros(recorder.now - 10)
    with pytest.raises(MalformedError):
        sealer.chunk(b"y", arrived_from=earlier, arrived_to=earlier)


def test_the_data_key_is_gone_from_memory_after_finish() -> None:
    sealer = SampleRecorder().sealer()
    key = sealer._data_key
    copy = bytes(bytearray(key))
    assert copy != bytes(32)
    sealer.finish(reason="shutdown")
    gc.collect()
    assert key == bytes(32)
    assert copy not in [value for value in vars(sealer).values() if isinstance(value, bytes)]


@pytest.mark.parametrize(
    "change", [{"start": Micros(1)}, {"day": "2026-11-22"}, {"camera": "cam-0002"}, {"sequence": 9}]
)
def test_no_header_lends_its_sealed_key_to_another(change: dict[str, Any]) -> None:
    recorder = SampleRecorder()
    _, data = recorder.segment()
    sealed, size = SealedHeader.decode_from(data)
    other = dataclasses.replace(sealed, header=dataclasses.replace(sealed.header, **change))
    with pytest.raises(InvalidTag):
        recorder.learn(other.encode() + data[size:])
    keys = recorder.keys[sealed.segment_id().hex()]
    moved = SegmentReader.of_bytes(other.encode() + data[size:])
    with pytest.raises(MalformedError):
        moved.chunk(0, keys.chunks[0])
    with pytest.raises(MalformedError):
        moved.skeleton().check(recorder.signer.public)


@pytest.mark.parametrize("bound", [None, 0, 1500])
def test_a_clock_bound_is_known_or_not(bound: int | None) -> None:
    header = dataclasses.replace(a_header(), clock_bound=bound)
    assert Header.decode(header.encode()) == header


def test_a_clock_bound_is_never_negative() -> None:
    with pytest.raises(MalformedError):
        Header.decode(dataclasses.replace(a_header(), clock_bound=-1).encode())


def a_header() -> Header:
    _, data = SampleRecorder().segment()
    return SealedHeader.decode_from(data)[0].header
