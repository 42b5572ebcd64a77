# SPDX-License-Identifier: AGPL-3.0-or-later
"""Both halves of the package's zip, and strangers' programs on it."""

import hashlib
import os
import subprocess
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.evidence import zipping
from machimori.evidence.errors import PackageError
from machimori.evidence.room import FileRoom
from machimori.evidence.verifier.container import (
    CutOffError,
    FolderSource,
    ZipSource,
    check_path,
    whole,
)
from machimori.evidence.zipping import PackageZip
from machimori.kernel.durable import Disk
from machimori.kernel.errors import DurabilityError
from machimori.kernel.instants import Micros

MADE = Micros(1_795_000_000_000_000)
names = st.from_regex(r"[a-z0-9]{1,8}(/[A-Za-z0-9][A-Za-z0-9._-]{0,8}){0,2}", fullmatch=True)


def write(path: Path, files: dict[str, bytes], tail: bytes = b"") -> dict[str, str]:
    """A zip of the files, and one written as a tail; returns the SHA-256 of each."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    try:
        package = PackageZip(FileRoom(descriptor, path=path, disk=Disk()), made=MADE)
        slots = [package.reserve(name, len(data)) for name, data in files.items()]
        if tail:
            end = package.tail("tail/of-it.bin")
            end.write(bytes(8))
            end.write(tail[8:])
            end.seek(0)
            end.write(tail[:8])
            slots.append(package.seal(end))
        for slot, data in zip(slots, files.values(), strict=False):
            for start in range(0, len(data), 1000):
                slot.write(data[start : start + 1000])
        package.finish()
    finally:
        os.close(descriptor)
    return {slot.name: slot.written().sha256 for slot in slots}


@given(st.dictionaries(names, st.binary(max_size=3000), max_size=6), st.binary(min_size=8))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes], tail: bytes
) -> None:
    files = {
        name: data
        for name, data in files.items()
        if not any(other != name and other.lower() == name.lower() for other in files)
    }
    path = tmp_path_factory.mktemp("zip") / "package.zip"
    digests = write(path, files, tail)
    expected = {**files, "tail/of-it.bin": tail}
    with ZipSource(path) as source:
        assert dict(source.files) == {name: len(data) for name, data in expected.items()}
        for name, data in expected.items():
            assert whole(source, name, limit=1 << 20) == data
            assert digests[name] == hashlib.sha256(data).hexdigest()
    with zipfile.ZipFile(path) as stranger:
        assert stranger.testzip() is None
        assert {name: stranger.read(name) for name in stranger.namelist()} == expected


def test_sizes_over_4_gib_are_written_and_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same code with a limit of 64 bytes, and one sparse file of 5 GiB."""
    path = tmp_path / "large.zip"
    with monkeypatch.context() as patch:
        patch.setattr(zipping, "_ZIP64_FROM", 64)
        write(path, {"a": bytes(100), "b": b"x", "c": bytes(64)}, tail=bytes(200))
    with ZipSource(path) as source:
        assert source.files["a"] == 100
    assert zipfile.ZipFile(path).testzip() is None

    descriptor = os.open(path, os.O_RDWR | os.O_TRUNC)
    package = PackageZip(FileRoom(descriptor, path=path, disk=Disk()), made=MADE)
    huge = package.reserve("huge", 5 << 30)
    package.add("behind", b"end")
    package.settle()
    huge._filled = huge.size  # its zeros are the file's hole
    package.finish()
    os.close(descriptor)
    with ZipSource(path) as source:
        assert source.files["huge"] == 5 << 30
        assert whole(source, "behind", limit=10) == b"end"
        assert source.read("huge", (5 << 30) - 4, 100) == bytes(4)
    with zipfile.ZipFile(path) as stranger:
        assert stranger.read("behind") == b"end"
    listing = subprocess.run(["unzip", "-l", path], capture_output=True, text=True, check=True)
    assert str(5 << 30) in listing.stdout


def test_a_slot_holds_exactly_what_was_reserved(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    package = PackageZip(FileRoom(descriptor, path=path, disk=Disk()), made=MADE)
    slot = package.reserve("a", 3)
    slot.write(b"ab")
    with pytest.raises(ValueError, match="shorter"):
        slot.written()
    with pytest.raises(ValueError, match="longer"):
        slot.write(b"cd")
    package.close()
    os.close(descriptor)


def test_a_write_that_fails_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.touch()
    descriptor = os.open(path, os.O_RDONLY)
    package = PackageZip(FileRoom(descriptor, path=path, disk=Disk()), made=MADE)
    package.add("a", b"abc")
    with pytest.raises(DurabilityError):
        package.finish()
    package.close()
    os.close(descriptor)


@pytest.mark.parametrize(
    "name",
    ["../a", "/a", "a/../b", "a//b", "a/", ".hidden", "C:a", "a\\b", "a b", "é", "", "a" * 999],
)
def test_names_that_could_lead_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(PackageError):
        check_path(name)


def _stranger_zip(path: Path, edit: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        if edit == "deflated":
            archive.writestr("a", bytes(100_000), zipfile.ZIP_DEFLATED)
        elif edit == "duplicate":
            archive.writestr("a", b"1")
            with pytest.warns(UserWarning, match="Duplicate"):
                archive.writestr("a", b"2")
        elif edit == "case":
            archive.writestr("a", b"1")
            archive.writestr("A", b"2")
        elif edit == "traversal":
            archive.writestr("../../etc/passwd", b"1")
        elif edit == "symlink":
            info = zipfile.ZipInfo("a")
            info.external_attr = 0o120777 << 16
            archive.writestr(info, b"/etc/passwd")
        elif edit == "comment":
            archive.writestr("a", b"1")
            archive.comment = b"hidden"
        elif edit == "folder":
            archive.mkdir("a")
    return path


@pytest.mark.parametrize(
    "edit", ["deflated", "duplicate", "case", "traversal", "symlink", "comment", "folder"]
)
def test_zips_of_another_kind_are_refused(tmp_path: Path, edit: str) -> None:
    with pytest.raises(PackageError):
        ZipSource(_stranger_zip(tmp_path / "x.zip", edit))


def test_overlapping_and_hidden_content_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    write(path, {"a": b"first", "b": b"second"})
    data = path.read_bytes()
    for changed in (b"MZ" + data, data[:5] + b"!" + data[5:], data + b"\0", data[:-1]):
        path.write_bytes(changed)
        with pytest.raises(PackageError):
            ZipSource(path)
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(CutOffError):
        ZipSource(path)


def test_every_flipped_bit_of_the_structure_is_noticed_or_harmless(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    write(path, {"a": b"first", "b/c": b"second"})
    data = path.read_bytes()
    with ZipSource(path) as source:
        sound = dict(source.files)
    for position in range(len(data)):
        path.write_bytes(data[:position] + bytes([data[position] ^ 0x41]) + data[position + 1 :])
        try:
            with ZipSource(path) as source:
                assert dict(source.files) == sound
        except PackageError:
            pass


def test_folders_are_read_without_following_links(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"x")
    source = FolderSource(tmp_path)
    assert dict(source.files) == {"a/b": 1}
    assert source.read("a/b", 0, 10) == b"x"
    (tmp_path / "link").symlink_to("/etc/passwd")
    with pytest.raises(PackageError):
        FolderSource(tmp_path)
