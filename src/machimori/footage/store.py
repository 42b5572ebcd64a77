# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where sealed footage is kept: an interface, and a directory.

A store holds ciphertext and signed records only and is not trusted with more than keeping them: its
owner can withhold and destroy, which `footage check` reports, but neither read nor alter unseen.
An object is created once and never changed; `footage.s3` is the S3-compatible store.
"""

import hashlib
import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from machimori.footage.errors import NoSuchObjectError, ObjectDiffersError, StoreUnavailableError
from machimori.kernel.durable import Disk
from machimori.kernel.errors import DurabilityError, MalformedError

_NAME = re.compile(r"(?!.*\.\.)[a-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*\Z")
_BLOCK = 1 << 20
PROBE = "probe"
"""First part of the names of a probe's objects."""


@dataclass(frozen=True, kw_only=True, order=True)
class StoredObject:
    """An entry of a listing."""

    name: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Abilities:
    """What a store was seen to do when it was set up; an answer of 200 proves nothing."""

    create_if_absent: bool
    """A second put of a name fails instead of replacing the first."""
    concurrent_create: bool
    """Of several puts at once, exactly one succeeds."""
    versioned: bool
    """Deleted objects live on as versions: expiry then rests on the keys alone."""
    read_after_write: bool
    """A listing and a read see what was put, at once."""
    ranges: bool
    """Part of an object can be read."""

    def problems(self) -> tuple[str, ...]:
        """What speaks against using this store, in words for whoever sets it up."""
        checks = (
            (
                self.create_if_absent and self.concurrent_create,
                "it replaces objects that exist: originals are protected by signature only",
            ),
            (
                not self.versioned,
                "it keeps versions of deleted objects: files outlive their expiry as ciphertext",
            ),
            (self.read_after_write, "a listing does not show what was just written"),
            (self.ranges, "it cannot read part of an object: releases read whole segments"),
        )
        return tuple(text for fine, text in checks if not fine)


class Store(Protocol):
    """An object store. Every method may raise StoreUnavailableError."""

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """Objects whose name begins with `prefix`, by name."""
        ...

    def folders(self, prefix: str = "") -> Iterator[str]:
        """What stands up to the next slash in the names below `prefix`, sorted: of footage its
        days, or below `<day>/` its cameras. `prefix` is empty or ends with a slash. Costs no
        listing of what is in them, and may name one of which the last object has just gone.
        """
        ...

    def get(self, name: str) -> bytes:
        """The whole object. Raises NoSuchObjectError."""
        ...

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Bytes of an object, fewer only at its end. Raises NoSuchObjectError."""
        ...

    def put(self, name: str, source: Path | bytes) -> None:
        """Create an object; it is durable on return. The same bytes again are a success.

        Raises ObjectDiffersError, and changes nothing, if the name holds other bytes.
        """
        ...

    def delete(self, name: str) -> None:
        """Remove an object, durably; one that is not there is a success."""
        ...

    def probe(self) -> Abilities:
        """Try out what the store can do, with objects of its own that are removed again."""
        ...


def check_object_name(name: str) -> str:
    """`name`, if every store can hold it and it stays inside one. Raises MalformedError."""
    if len(name) > 512 or not _NAME.match(name):
        raise MalformedError("not a name for an object", where=repr(name[:80]))
    return name


def source_blocks(source: Path | bytes) -> Iterator[bytes]:
    """What is to be put, a megabyte at a time."""
    if isinstance(source, bytes):
        yield source
        return
    with source.open("rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            yield block


def digest_of(source: Path | bytes) -> bytes:
    """SHA-256 of what is to be put."""
    total = hashlib.sha256()
    for block in source_blocks(source):
        total.update(block)
    return total.digest()


class DirectoryStore:
    """A directory on a local file system (or a mounted one that honours fsync and link)."""

    def __init__(self, root: Path, disk: Disk) -> None:
        self._open_name = ""
        self._open_file = -1
        self._reading = threading.Lock()
        self._root = root
        self._disk = disk
        disk.make_directory(root)

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """Objects by name. A file that vanishes meanwhile is left out."""
        if not self._root.is_dir():
            raise StoreUnavailableError("the store's directory is gone", where=str(self._root))
        directory, _, _ = prefix.rpartition("/")
        for name, size in self._walk(directory):
            if name.startswith(prefix):
                yield StoredObject(name=name, size=size)

    def folders(self, prefix: str = "") -> Iterator[str]:
        """The directories in one directory."""
        if not self._root.is_dir():
            raise StoreUnavailableError("the store's directory is gone", where=str(self._root))
        try:
            with os.scandir(self._root / prefix) as entries:
                found = [e.name for e in entries if e.is_dir(follow_symlinks=False)]
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise self._down(error) from error
        yield from sorted(name for name in found if not name.startswith("."))

    def get(self, name: str) -> bytes:
        """The whole object."""
        path = self._path(name)
        try:
            return path.read_bytes()
        except OSError as error:
            raise self._error(name, error) from error

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Bytes of an object. The object read last stays open: skeletons are many small reads."""
        with self._reading:
            try:
                if name != self._open_name:
                    self._forget()
                    self._open_file = os.open(self._path(name), os.O_RDONLY | os.O_CLOEXEC)
                    self._open_name = name
                return os.pread(self._open_file, length, offset)
            except OSError as error:
                raise self._error(name, error) from error

    def close(self) -> None:
        """Let go of the object read last, so that its file system can be unmounted."""
        with self._reading:
            self._forget()

    def __del__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        """Close the object read last. Objects never change, but they may be gone by now."""
        if self._open_name:
            self._open_name = ""
            os.close(self._open_file)

    def put(self, name: str, source: Path | bytes) -> None:
        """Create an object: 1. mkdir with fsync of each parent; 2. the steps of `Disk.publish`
        (a file, linked where that is possible) or `Disk.create` (bytes). If the object is there
        already its content is compared and 3. it and its directory are fsynced again, because
        whoever put it may have died before."""
        path = self._path(name)
        for attempt in range(3):
            # A delete may remove an empty directory before this is done with it.
            try:
                self._disk.make_directory(path.parent)
            except DurabilityError:
                if attempt == 2:
                    raise
                continue
            try:
                if isinstance(source, bytes):
                    self._disk.create(path, source, mode=0o440)
                else:
                    self._disk.publish(source, path, mode=0o440)
            except FileExistsError:
                self._same(name, path, source)
            except DurabilityError:
                if attempt == 2 or path.parent.is_dir():
                    raise
                continue
            return

    def delete(self, name: str) -> None:
        """1. unlink; 2. fsync the directory; 3. remove directories that are empty now."""
        path = self._path(name)
        with self._reading:
            self._forget()
        try:
            self._disk.remove(path)
        except DurabilityError:
            # Whoever deleted the directory's last object meanwhile removed the directory too.
            if path.parent.is_dir():
                raise
        for parent in path.parents:
            if parent == self._root:
                return
            try:
                parent.rmdir()
            except FileNotFoundError:
                continue
            except OSError:
                return
            try:
                self._disk.sync_directory(parent.parent)
            except DurabilityError:
                if parent.parent.is_dir():
                    raise

    def probe(self) -> Abilities:
        """A directory's abilities are its file system's: link must refuse an existing name."""
        name = f"{PROBE}/{os.urandom(8).hex()}"
        try:
            self.put(name, b"first")
            try:
                self.put(name, b"second")
                exclusive = False
            except ObjectDiffersError:
                exclusive = True
            seen = [item.name for item in self.list(name)] == [name]
            ranged = self.read(name, 1, 3) == b"irs"
        finally:
            self.delete(name)
        return Abilities(
            create_if_absent=exclusive,
            concurrent_create=exclusive,
            versioned=False,
            read_after_write=seen,
            ranges=ranged,
        )

    def _same(self, name: str, path: Path, source: Path | bytes) -> None:
        if digest_of(path) != digest_of(source):
            raise ObjectDiffersError(
                "the store holds other bytes under this name",
                where=name,
                remedy="run `machimori footage check`; nothing was written over",
            )
        with path.open("rb", buffering=0) as file:
            self._disk.sync_file(file.fileno(), path)
        self._disk.sync_directory(path.parent)

    def _path(self, name: str) -> Path:
        return self._root / check_object_name(name)

    def _walk(self, directory: str) -> Iterator[tuple[str, int]]:
        try:
            with os.scandir(self._root / directory) as entries:
                found = sorted(entries, key=lambda e: e.name + "/" if e.is_dir() else e.name)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise self._down(error) from error
        for entry in found:
            name = f"{directory}/{entry.name}" if directory else entry.name
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(name)
            else:
                try:
                    yield name, entry.stat(follow_symlinks=False).st_size
                except FileNotFoundError:
                    continue

    def _error(self, name: str, error: OSError) -> NoSuchObjectError | StoreUnavailableError:
        absent = isinstance(error, FileNotFoundError | NotADirectoryError | IsADirectoryError)
        if absent and self._root.is_dir():
            return NoSuchObjectError("no such object in the store", where=name)
        return self._down(error, name)

    def _down(self, error: OSError, name: str = "") -> StoreUnavailableError:
        return StoreUnavailableError(
            f"the store's directory does not answer: {error.strerror}",
            where=name or str(self._root),
        )
