# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every store promises; and the directory store's own durability."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.footage.errors import NoSuchObjectError, ObjectDiffersError
from machimori.footage.s3 import S3Config, S3Store
from machimori.footage.spool import Spool
from machimori.footage.store import DirectoryStore, Store, check_object_name
from machimori.footage.testing import MemoryStore
from machimori.footage.testing_rgw import RadosGateway
from machimori.kernel.durable import Disk
from machimori.kernel.errors import DurabilityError, MalformedError

NAME = "2026-11-21/cam-0001/a.seg"


def s3(gateway: RadosGateway, bucket: str = "footage") -> S3Store:
    config = S3Config(
        endpoint=gateway.endpoint,
        bucket=bucket,
        access_key=gateway.access_key,
        secret_key=gateway.secret_key,
        timeout=10,
    )
    return S3Store(config)


@pytest.fixture(
    params=[
        "memory",
        "directory",
        "spool",
        "s3",
        "s3, versioned",
    ]
)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    match request.param:
        case "memory":
            yield MemoryStore()
        case "directory":
            yield DirectoryStore(tmp_path / "store", Disk())
        case "spool":
            yield Spool(MemoryStore(), tmp_path / "spool", Disk(), limit=10**6, policy="stop")
        case kind:
            chosen = s3(
                request.getfixturevalue("gateway"),
                "versioned" if "versioned" in kind else "footage",
            )
            yield chosen
            for item in list(chosen.list()):
                chosen.delete(item.name)


def test_what_every_store_promises(store: Store, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"from a file")
    store.put(NAME, b"bytes")
    store.put(NAME, b"bytes")
    store.put("2026-11-21/cam-0002/b.seg", source)
    store.put("2026-11-21/cam-0002/b.seg", source)
    store.put("2026-11-22/cam-0001/c.seg", b"")
    assert [(item.name, item.size) for item in store.list()] == [
        (NAME, 5),
        ("2026-11-21/cam-0002/b.seg", 11),
        ("2026-11-22/cam-0001/c.seg", 0),
    ]
    assert [item.name for item in store.list("2026-11-21/cam-0001/")] == [NAME]
    assert [item.name for item in store.list("2026-11-21/cam-000")] == [
        NAME,
        "2026-11-21/cam-0002/b.seg",
    ]
    assert list(store.list("2026-12")) == []
    assert list(store.folders()) == ["2026-11-21", "2026-11-22"]
    assert list(store.folders("2026-11-21/")) == ["cam-0001", "cam-0002"]
    assert list(store.folders("2026-12-01/")) == []
    assert store.get("2026-11-21/cam-0002/b.seg") == b"from a file"
    assert store.read(NAME, 1, 3) == b"yte"
    assert store.read(NAME, 3, 100) == b"es"
    assert store.read(NAME, 5, 10) == b""
    assert store.read(NAME, 0, 0) == b""
    store.delete(NAME)
    store.delete(NAME)
    for act in (store.get, lambda name: store.read(name, 0, 1)):
        with pytest.raises(NoSuchObjectError):
            act(NAME)
    assert source.read_bytes() == b"from a file"


def test_A9_K11_an_original_is_never_written_over(store: Store, tmp_path: Path) -> None:
    """What is stored once stays byte for byte: no store takes other bytes under its name."""
    store.put(NAME, b"original")
    other = tmp_path / "other"
    other.write_bytes(b"edited")
    for source in (b"edited", b"original and more", b"", other):
        with pytest.raises(ObjectDiffersError):
            store.put(NAME, source)
    assert store.get(NAME) == b"original"


@pytest.mark.parametrize(
    "name",
    ["", "/etc/passwd", "../x", "a/../b", "a//b", "a/", ".hidden", "a/.b", "a\0", "a b", "あ"],
)
def test_no_name_leaves_the_store(name: str, tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "store", Disk())
    acts: list[Callable[[], Any]] = [
        lambda: store.put(name, b""),
        lambda: store.get(name),
        lambda: store.delete(name),
    ]
    for act in acts:
        with pytest.raises(MalformedError):
            act()


@given(st.text(max_size=40))
def test_names_are_refused_or_kept(text: str) -> None:
    try:
        assert check_object_name(text) == text
    except MalformedError:
        return
    assert not text.startswith("/")
    assert ".." not in text


def test_probe_finds_a_directory_fit(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path, Disk())
    abilities = store.probe()
    assert abilities.problems() == ()
    assert list(store.list()) == []


def test_a_file_on_the_same_file_system_is_linked_and_read_only(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "store", Disk())
    source = tmp_path / "part"
    source.write_bytes(b"x" * 1000)
    store.put(NAME, source)
    stored = tmp_path / "store" / NAME
    assert stored.samefile(source)
    assert stored.stat().st_mode & 0o222 == 0


def test_deleting_the_last_object_leaves_no_empty_directory(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "store", Disk())
    store.put(NAME, b"x")
    store.delete(NAME)
    assert list((tmp_path / "store").iterdir()) == []


class PowerCutError(Exception):
    pass


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_delete_that_removes_the_empty_directory_is_waited_for(
    tmp_path: Path, times: int
) -> None:
    """Of another object, in this process or in another, between the making of two directories."""
    removed: list[Path] = []

    def on_step(step: str, path: Path, moment: str) -> None:
        if (step, path.name, moment) == ("mkdir", "cam", "before") and len(removed) < times:
            path.parent.rmdir()
            removed.append(path.parent)

    store = DirectoryStore(tmp_path / "store", Disk(on_step))
    if times == 3:
        with pytest.raises(DurabilityError, match="mkdir failed"):
            store.put("2026-11-21/cam/a", b"data")
        return
    store.put("2026-11-21/cam/a", b"data")
    assert store.get("2026-11-21/cam/a") == b"data"
    assert len(removed) == times


@pytest.mark.parametrize("kind", ["bytes", "file"])
def test_a_put_cut_off_at_any_step_is_whole_or_not_there(tmp_path: Path, kind: str) -> None:
    taken = 0
    stop = -1

    def on_step(step: str, path: Path, moment: str) -> None:
        nonlocal taken
        if taken == stop:
            raise PowerCutError(step)
        taken += 1

    def attempt(number: int, disk: Disk) -> DirectoryStore:
        root = tmp_path / str(number)
        root.mkdir(exist_ok=True)
        source = root / "source"
        source.write_bytes(b"content")
        store = DirectoryStore(root / "store", disk)
        store.put(NAME, source if kind == "file" else b"content")
        return store

    attempt(-1, Disk(on_step))
    total = taken
    for stop in range(total):
        taken = 0
        with pytest.raises(PowerCutError):
            attempt(stop, Disk(on_step))
        found = [
            item.name for item in DirectoryStore(tmp_path / str(stop) / "store", Disk()).list()
        ]
        assert found in ([], [NAME])
        again = attempt(stop, Disk())
        assert again.get(NAME) == b"content"
