# SPDX-License-Identifier: AGPL-3.0-or-later
"""A sealed file: what was written comes back, nothing lies in clear, nothing altered opens."""

import hashlib
import os
import secrets
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import Micros
from machimori.office.handover import owners, packages
from machimori.office.handover.packages import SealedPlace
from machimori.office.handover.sealing import BLOCK, KEY, RECORD, SealedFile
from machimori.office.shared.config import OfficeConfig, config


def opened(path: Path, key: bytes, size: int | None = None) -> SealedFile:
    return SealedFile(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), key, path=path, size=size)


writes = st.lists(
    st.tuples(st.integers(0, 3 * BLOCK), st.integers(1, 2 * BLOCK), st.integers(0, 255)),
    min_size=1,
    max_size=6,
)


@given(writes=writes)
@settings(max_examples=25, deadline=None)
def test_what_is_written_anywhere_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, writes: list[tuple[int, int, int]]
) -> None:
    path, key = tmp_path_factory.mktemp("sealed") / "one", secrets.token_bytes(KEY)
    plain, file = bytearray(), opened(path, key)
    for offset, length, value in writes:
        data = bytes([value]) * length
        file.write_at((data[:7], data[7:]), offset)
        plain += bytes(max(0, offset + length - len(plain)))
        plain[offset : offset + length] = data
    assert file.read_at(0, len(plain) + 9) == plain
    # The holes of a package are written before it is finished; here they are filled with zeros.
    for at in range(0, len(plain), BLOCK):
        file.write_at((bytes(plain[at : at + BLOCK]),), at)
    file.sync()
    file.close()
    again = opened(path, key, len(plain))
    assert again.read_at(0, len(plain)) == plain
    assert again.read_at(len(plain), 1) == b""
    again.close()


def test_more_than_memory_holds_is_put_out_and_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("machimori.office.handover.sealing.HELD", 2)
    file = opened(tmp_path / "one", secrets.token_bytes(KEY))
    blocks = [bytes([n]) * BLOCK for n in range(9)]
    for number, block in enumerate(blocks):
        file.write_at((block,), number * BLOCK)
    file.write_at((b"!",), 5)
    assert file.read_at(0, 6) == bytes(5) + b"!"
    assert file.read_at(7 * BLOCK, BLOCK) == blocks[7]
    file.close()


@pytest.mark.parametrize("how", ["bit", "moved", "zeros", "cut", "key"])
def test_nothing_that_was_altered_opens(tmp_path: Path, how: str) -> None:
    path, key = tmp_path / "one", secrets.token_bytes(KEY)
    file = opened(path, key)
    secret = b"a face on a street " * (BLOCK // 8)
    file.write_at((secret,), 0)
    file.sync()
    file.close()
    stored = bytearray(path.read_bytes())
    assert len(stored) == 3 * RECORD
    assert b"street" not in stored
    if how == "bit":
        stored[RECORD + 100] ^= 1
    elif how == "moved":
        stored[RECORD : 2 * RECORD] = stored[:RECORD]
    elif how == "zeros":
        stored[RECORD : 2 * RECORD] = bytes(RECORD)
    elif how == "cut":
        del stored[RECORD:]
    else:
        key = secrets.token_bytes(KEY)
    path.write_bytes(stored)
    again = opened(path, key, len(secret))
    with pytest.raises(MalformedError):
        again.read_at(0, len(secret))
    again.close()


def packed(name: str, data: bytes) -> packages.Packed:
    place = SealedPlace(name, start=Micros(1), end=Micros(2))
    room = place.begin()
    room.write_at((data,), 0)
    room.sync()
    place.finish(room)
    room.close()
    place.abandon()
    found = packages.find(name)
    assert found is not None
    return found


def test_P9_without_its_key_a_package_is_gone(office_config: OfficeConfig) -> None:
    """The key is the package: erased first, what is left on the disk opens for nobody."""
    found = packed("test.one.1-1", b"footage" * 1000)
    assert found.digest == hashlib.sha256(b"footage" * 1000).hexdigest()
    file = found.open()
    assert file.read_at(7, 7) == b"footage"
    file.close()
    sealed = config().directory / "packages/test.one.1-1.sealed"
    key = config().directory / "package-keys/test.one.1-1.key"
    assert {one.stat().st_mode & 0o777 for one in (sealed, key)} == {0o600}
    assert b"footage" not in sealed.read_bytes()
    left = sealed.read_bytes()
    packages.discard(found.name)
    sealed.write_bytes(left)
    assert packages.find(found.name) is None
    with pytest.raises(FileNotFoundError):
        found.open()
    os.utime(sealed, (0, 0))
    assert packages.clear_leavings() == 1
    assert not sealed.exists()


def test_a_package_that_was_not_finished_leaves_no_key(office_config: OfficeConfig) -> None:
    place = SealedPlace("test.two.1-1", start=Micros(1), end=Micros(2))
    room = place.begin()
    room.write_at((b"footage",), 0)
    room.sync()
    room.close()
    assert packages.find("test.two.1-1") is None
    place.abandon()
    assert not list((config().directory / "packages").glob(".test.two*"))


def test_P9_a_package_ends_as_soon_as_its_owner_does_not_want_it(
    office: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each owner is asked about its own; what has no known owner stays."""
    monkeypatch.setattr(owners, "_owners", {"mine": lambda name, _at: name.endswith("2-1")})
    for name in ("mine.a.1-1", "mine.a.2-1", "yours.a.1-1"):
        packed(name, b"x")
    from machimori.office.people.acting import now

    assert owners.sweep(now()) == 1
    assert {"mine.a.2-1", "yours.a.1-1"} <= set(packages.names())
    for name in ("mine.a.2-1", "yours.a.1-1"):
        packages.discard(name)
