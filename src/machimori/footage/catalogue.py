# SPDX-License-Identifier: AGPL-3.0-or-later
"""Remember what was put into a store, so that closing a day need not read a day back.

A thousand cameras put a million and a half segments a day; asking a distant store for the trailer
of each at midnight would take hours. The catalogue is a cache in the recorder's own directory: what
it lacks, after a crash, is read from the store; what the listing contradicts is not believed.
"""

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from machimori.footage import items
from machimori.footage.anchors import Head, is_heads
from machimori.footage.items import Item
from machimori.footage.naming import ManifestName, parse
from machimori.footage.store import Abilities, Store, StoredObject
from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import CameraId


class Catalogue:
    """A store that notes each segment and record it is given."""

    def __init__(self, store: Store, directory: Path) -> None:
        self._store = store
        self._directory = directory
        self._heads: dict[tuple[CameraId, str], Head] = {}
        self._lock = threading.Lock()

    def heads(self) -> tuple[Head, ...]:
        """The end of each chain that was put into during this run, as the store has it."""
        with self._lock:
            return tuple(self._heads.values())

    def known(self, camera: CameraId, day: str) -> dict[str, Item]:
        """The items of a camera's day that were noted, by name."""
        try:
            text = self._path(day, camera).read_text(encoding="ascii")
        except FileNotFoundError:
            return {}
        found = {}
        for line in text.splitlines():
            try:
                item = Item(**json.loads(line))
            except (ValueError, TypeError):
                continue  # torn by a crash
            found[item.name] = item
        return found

    def days(self) -> tuple[str, ...]:
        """The days of which something was noted and that were not forgotten: not closed yet."""
        if not self._directory.is_dir():
            return ()
        return tuple(sorted(path.name for path in self._directory.iterdir()))

    def cameras(self, day: str) -> tuple[CameraId, ...]:
        """The cameras of which something of the day was noted."""
        return tuple(
            sorted(CameraId(path.stem) for path in (self._directory / day).glob("*.jsonl"))
        )

    def forget(self, day: str) -> None:
        """The day is closed."""
        shutil.rmtree(self._directory / day, ignore_errors=True)

    def put(self, name: str, source: Path | bytes) -> None:
        """Put, then note."""
        self._store.put(name, source)
        if is_heads(name):
            return
        parsed = parse(name)
        if isinstance(parsed, ManifestName):
            return
        # The object is safe already; a cache that cannot be written fails nobody.
        with suppress(OSError, MalformedError):
            item = items.identify_source(name, source)
            self._advance(item)
            path = self._path(parsed.day, parsed.camera)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="ascii") as file:
                file.write(json.dumps(asdict(item)) + "\n")

    def _advance(self, item: Item) -> None:
        head = Head(
            camera=item.camera, session=item.session, sequence=item.sequence + 1, head=item.head
        )
        key = (item.camera, item.session)
        with self._lock:
            last = self._heads.get(key)
            if item.session and (last is None or last.sequence < head.sequence):
                self._heads[key] = head

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """The store's."""
        return self._store.list(prefix)

    def folders(self, prefix: str = "") -> Iterator[str]:
        """The store's."""
        return self._store.folders(prefix)

    def get(self, name: str) -> bytes:
        """The store's."""
        return self._store.get(name)

    def read(self, name: str, offset: int, length: int) -> bytes:
        """The store's."""
        return self._store.read(name, offset, length)

    def delete(self, name: str) -> None:
        """The store's."""
        self._store.delete(name)

    def probe(self) -> Abilities:
        """The store's."""
        return self._store.probe()

    def _path(self, day: str, camera: CameraId) -> Path:
        return self._directory / day / f"{camera}.jsonl"


def items_of_day(
    store: Store, camera: CameraId, day: str, known: dict[str, Item]
) -> Iterator[Item]:
    """The items of one camera's day, from `known` where the listing agrees."""
    for stored in store.list(f"{day}/{camera}/"):
        item = known.get(stored.name)
        if item is not None and item.size == stored.size:
            yield item
            continue
        try:
            yield items.identify(store, stored)
        except MalformedError:
            continue
