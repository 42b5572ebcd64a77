# SPDX-License-Identifier: AGPL-3.0-or-later
"""Epoch objects in named places: the few small things whose loss destroys footage.

An epoch (a retention class's day, or a case) has one object, mirrored in each place: a table of
32-byte secrets, one per key pair. A private key opens only with its secret *and* the root, so an
object can be cut down or destroyed without the root, and is worth nothing without it. Cutting one
secret out (a puncture) is writing the object anew without it and destroying the old one.

    "MMEPOCH1" ‖ u16 n ‖ name ‖ u32 generation ‖ u32 count ‖ count × (u32 leaf ‖ secret) ‖ SHA-256

Places are never backed up: see docs/design/key-custody.md.
"""

import hashlib
import re
import struct
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from machimori.kernel import canonical
from machimori.kernel.durable import Disk
from machimori.kernel.errors import DurabilityError
from machimori.vault.errors import VaultDurabilityError, VaultMalformedError, VaultRefusedError

_MAGIC = b"MMEPOCH1"
_FILE = re.compile(r"((?:day\.[a-z0-9-]+\.\d{4}-\d\d-\d\d)|(?:case\.[a-z0-9-]+))\.(\d+)\.epoch\Z")
_LEAF = struct.Struct(">I32s")
MARKER = "place.json"
OVERWRITTEN = "overwritten and unlinked"
ABSENT = "absent"
PENDING = "pending"
_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """The content of an epoch object. `repr` shows no secret."""

    name: str
    generation: int
    secrets: Mapping[int, bytes]

    def __repr__(self) -> str:
        return f"Epoch({self.name}, generation {self.generation}, {len(self.secrets)} keys)"

    def file(self) -> str:
        """The object's file name in every place."""
        return file_name(self.name, self.generation)

    def without(self, kept: frozenset[int]) -> "Epoch":
        """The next generation, with the secrets of `kept` leaves alone."""
        secrets = {leaf: s for leaf, s in self.secrets.items() if leaf in kept}
        return Epoch(name=self.name, generation=self.generation + 1, secrets=secrets)

    def encode(self) -> bytes:
        """The object's bytes; the same epoch always gives the same."""
        name = self.name.encode()
        body = b"".join(
            (
                _MAGIC,
                struct.pack(">H", len(name)),
                name,
                struct.pack(">II", self.generation, len(self.secrets)),
                *(_LEAF.pack(leaf, self.secrets[leaf]) for leaf in sorted(self.secrets)),
            )
        )
        return body + hashlib.sha256(body).digest()

    @classmethod
    def decode(cls, data: bytes) -> "Epoch":
        """The inverse of `encode`. Raises MalformedError."""
        body, digest = data[:-32], data[-32:]
        if body[:8] != _MAGIC or hashlib.sha256(body).digest() != digest:
            raise VaultMalformedError("epoch object is damaged")
        try:
            (size,) = struct.unpack_from(">H", body, 8)
            name = body[10 : 10 + size].decode("ascii")
            generation, count = struct.unpack_from(">II", body, 10 + size)
        except (UnicodeDecodeError, struct.error) as error:
            raise VaultMalformedError("epoch object is damaged") from error
        rows = body[18 + size :]
        if len(rows) != count * _LEAF.size:
            raise VaultMalformedError("epoch object is damaged")
        return cls(name=name, generation=generation, secrets=dict(_LEAF.iter_unpack(rows)))


def file_name(name: str, generation: int) -> str:
    """`<name>.<generation>.epoch`."""
    return f"{name}.{generation}.epoch"


class Places:
    """The named places, each a directory that mirrors the others. A place may be away.

    A place is there if its marker is: an empty mount point is not a place whose objects are gone,
    and another vault's place is not this one's.
    """

    def __init__(self, places: Mapping[str, Path], disk: Disk, *, charter: str) -> None:
        if not places:
            raise VaultDurabilityError("a vault needs at least one place for epoch objects")
        self._places = dict(places)
        self._disk = disk
        self._charter = charter
        self._pool = ThreadPoolExecutor(thread_name_prefix="place")

    def close(self) -> None:
        """Release the threads."""
        self._pool.shutdown()

    def names(self) -> tuple[str, ...]:
        """Every place that was named when the vault was made."""
        return tuple(self._places)

    def reachable(self) -> Iterator[tuple[str, Path]]:
        """The places that are there now."""
        for name, path in self._places.items():
            try:
                found = (path / MARKER).read_bytes()
            except OSError:
                continue
            if found == self._marker(name):
                yield name, path

    def adopt(self, name: str) -> None:
        """Mark an empty directory as the place of this name; the mirrors fill it.

        Raises VaultRefusedError `unknown_place`, or `exists` if something is in it.
        """
        path = self._places.get(name)
        if path is None:
            raise VaultRefusedError("unknown_place", "the charter names no such place", where=name)
        self._disk.make_directory(path, mode=0o700)
        if any(path.iterdir()):
            raise VaultRefusedError("exists", "the directory is not empty", where=str(path))
        self._disk.create(path / MARKER, self._marker(name), mode=0o600)

    def _marker(self, name: str) -> bytes:
        return canonical.dumps({"charter": self._charter, "place": name})

    def write(self, epoch: Epoch) -> None:
        """Put an object into every reachable place, each with fsync.

        Raises DurabilityError if no place took it. A place that fails is mended by `load`.
        """
        data = epoch.encode()

        def put(path: Path) -> bool:
            try:
                self._put(path / epoch.file(), data)
            except DurabilityError:
                return False
            return True

        if not any(self._everywhere(put).values()):
            raise VaultDurabilityError(
                "no place for epoch objects can be written",
                remedy="attach at least one of the vault's places",
            )

    def load(self, name: str, generation: int) -> Epoch | None:
        """The object, from the first place that has it whole; None if no place has."""
        for _, path in self.reachable():
            try:
                epoch = Epoch.decode((path / file_name(name, generation)).read_bytes())
            except (OSError, VaultMalformedError):
                continue
            if epoch.name == name and epoch.generation == generation:
                return epoch
        return None

    def mend(self, name: str, generation: int) -> None:
        """Copy an object into reachable places that lack it, or hold it damaged. Raises
        DurabilityError."""
        epoch = self.load(name, generation)
        if epoch is None:
            return
        data = epoch.encode()
        for _, path in self.reachable():
            target = path / epoch.file()
            if not _holds(target, data):
                self._put(target, data)

    def _put(self, target: Path, data: bytes) -> None:
        """Make an object. What has its name already, left by a crash or damaged, may hold secrets
        that are to die with the object: it loses its content and not only its name."""
        try:
            self._disk.create(target, data, mode=0o600)
        except FileExistsError:
            if not _holds(target, data):
                self._disk.erase(target)
                self._disk.create(target, data, mode=0o600)

    def erase(self, name: str, generation: int) -> dict[str, str]:
        """Destroy one object everywhere; returns each place's method.

        Per place: overwrite, fsync, unlink, fsync the directory; then the same for what a crash
        left under temporary names. A place that is away or fails is `pending`.
        """
        file = file_name(name, generation)

        def destroy(path: Path) -> str:
            found = False
            try:
                for target in [path / file, *path.glob(f".{file}.*.tmp")]:
                    found = found or target.exists()
                    self._disk.erase(target)
            except DurabilityError:
                return PENDING
            return OVERWRITTEN if found else ABSENT

        return {**dict.fromkeys(self._places, PENDING), **self._everywhere(destroy)}

    def sweep(self, living: Mapping[str, int]) -> tuple[tuple[str, str, int], ...]:
        """Destroy every object that is not the living generation of its epoch.

        What a crash left half made, and what a restored backup brought back. Returns
        (place, name, generation) of each whole object that was destroyed.
        """
        gone = []
        for place, path in self.reachable():
            for target in sorted(path.iterdir()):
                if target.name.startswith(".") and ".epoch." in target.name:
                    # A second name, left by a cut between link and unlink, shares the content of
                    # an object that may be living; the object's own name decides about that.
                    shared = target.stat().st_nlink > 1
                    (self._disk.remove if shared else self._disk.erase)(target)
                    continue
                match = _FILE.match(target.name)
                if match and living.get(match[1]) != int(match[2]):
                    self._disk.erase(target)
                    gone.append((place, match[1], int(match[2])))
        return tuple(gone)

    def _everywhere(self, act: Callable[[Path], _T]) -> dict[str, _T]:
        """Do something in every reachable place at once: their disks sync side by side."""
        running = {name: self._pool.submit(act, path) for name, path in self.reachable()}
        wait(running.values())
        return {name: future.result() for name, future in running.items()}


def _holds(target: Path, data: bytes) -> bool:
    """Whether a file has this content; not if it is absent or its disk does not give it."""
    try:
        return target.read_bytes() == data
    except OSError:
        return False
