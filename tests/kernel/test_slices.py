# SPDX-License-Identifier: AGPL-3.0-or-later
"""The sliced digest, on one lane and on sixteen, against its definition."""

import ctypes
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.kernel import multibuffer
from machimori.kernel.multibuffer import MultiBuffer
from machimori.kernel.slices import slice_size, sliced_digest

CONTENT = bytes(index * 7 & 0xFF for index in range(2_000_000))
LENGTHS = st.one_of(
    st.integers(0, 3_000), st.integers(0, len(CONTENT)), st.just(16 * 65_472), st.just(1_048_576)
)


@pytest.fixture(scope="module")
def wide() -> MultiBuffer:
    loaded = MultiBuffer.load()
    assert loaded is not None, "apt-get install libipsec-mb1"
    return loaded


def defined(content: bytes) -> bytes:
    """As docs/design/footage-format.md says it."""
    share = 64 * -(-len(content) // 1024)
    slices = (content[place * share : (place + 1) * share] for place in range(16))
    leaves = b"".join(hashlib.sha256(part).digest() for part in slices)
    return hashlib.sha256(len(content).to_bytes(8, "big") + leaves).digest()


def test_the_published_value() -> None:
    assert sliced_digest(b"").hex() == (
        "226e548de78da239e4b283a2fc5123eb35948d7cdc0ec7bd706c85d4157427b1"
    )


@given(length=st.integers(0, 1 << 40))
def test_sixteen_slices_hold_everything_and_no_lane_much_more_than_its_share(length: int) -> None:
    size = slice_size(length)
    assert size % 64 == 0
    assert 16 * size >= length
    assert size < length / 16 + 64


@given(length=LENGTHS, start=st.integers(0, 100))
def test_both_ways_give_what_is_defined(wide: MultiBuffer, length: int, start: int) -> None:
    content = CONTENT[start : start + length]
    expected = defined(content)
    assert sliced_digest(content) == expected
    assert wide.digest(content) == expected
    writable = bytearray(CONTENT)
    with memoryview(writable) as view, view[start : start + length] as part:
        assert wide.digest(part) == expected
    assert writable == CONTENT


@given(content=st.binary(min_size=1, max_size=4096), place=st.integers(min_value=0))
def test_any_changed_byte_changes_the_digest(content: bytes, place: int) -> None:
    changed = bytearray(content)
    changed[place % len(content)] ^= 1
    assert sliced_digest(changed) != sliced_digest(content)
    assert sliced_digest(content + b"\0") != sliced_digest(content)


class FakeLibrary:
    """A library of another version, or one that is not there."""

    def __init__(self, version: int) -> None:
        self._version = version

    def imb_get_version(self) -> int:
        return self._version


@pytest.mark.parametrize("version", [0x010200, 0x010400, 0x020000])
def test_a_version_whose_layout_was_not_read_is_not_used(
    monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: FakeLibrary(version))
    assert MultiBuffer.load() is None


class Function:
    """A foreign function that gives one answer; its types may be set, as ctypes' may."""

    def __init__(self, answer: int) -> None:
        self._answer = answer

    def __call__(self, *_: object) -> int:
        return self._answer


@pytest.mark.parametrize("manager", ["none", "empty"])
def test_a_processor_that_the_library_has_nothing_for(
    monkeypatch: pytest.MonkeyPatch, manager: str
) -> None:
    """It then leaves its table of functions empty."""
    table = (ctypes.c_char * 4096)()
    library = FakeLibrary(0x010300)
    address = ctypes.addressof(table) if manager == "empty" else 0
    monkeypatch.setattr(library, "alloc_mb_mgr", Function(address), raising=False)
    monkeypatch.setattr(library, "init_mb_mgr_auto", Function(0), raising=False)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    assert MultiBuffer.load() is None


def test_without_the_library_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multibuffer, "_LIBRARY", "libthat-is-not-there.so")
    assert MultiBuffer.load() is None


def test_a_library_that_computes_something_else_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(multibuffer, "sliced_digest", lambda content: b"something else")
    assert MultiBuffer.load() is None
