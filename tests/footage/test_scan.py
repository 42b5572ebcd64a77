# SPDX-License-Identifier: AGPL-3.0-or-later
"""The tolerant walk finds what is whole, and cannot be kept busy."""

import struct
import time

from hypothesis import given
from hypothesis import strategies as st

from machimori.footage.scan import Scan, scan
from machimori.footage.testing import SampleRecorder
from machimori.vault.sealing.layout import CORE


def walk(data: bytes) -> Scan:
    return scan(lambda offset, length: data[offset : offset + length], len(data))


@given(st.integers(0, 4), st.binary(min_size=1, max_size=200))
def test_chunks_behind_a_damage_are_found_again(where: int, garbage: bytes) -> None:
    _, data = SampleRecorder().segment([bytes([n]) * 50 for n in range(5)])
    chunks = walk(data).chunks
    at = chunks[where].offset
    damaged = data[:at] + garbage + data[chunks[where].end :]
    found = walk(damaged)
    whole = [chunk.header.index for chunk in found.chunks if chunk.whole]
    assert whole == [n for n in range(5) if n != where]
    assert [chunk.header.index for chunk in found.prefix] == list(range(where))
    assert found.end is not None


def test_a_file_full_of_marks_costs_no_more_than_its_size() -> None:
    _, data = SampleRecorder().segment([b"x"])
    header = data[: walk(data).header_size]
    size = 3_000_000
    mark = CORE.pack(b"CHNK", 1, 2, 3, size // 2, b"d" * 32, 0) + struct.pack(">I", 7)
    started = time.process_time()
    found = walk(header + mark * (size // len(mark)))
    assert time.process_time() - started < 5
    assert found.prefix == ()
