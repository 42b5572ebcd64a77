# SPDX-License-Identifier: AGPL-3.0-or-later
"""A disk that fills up follows the city's rule: overwrite the oldest, or stop. Never what is held.

The rule acts while there is still room (`min_free`), because a record must be durable before what
it stands in for is removed. What is held is known from hold statements (DSSE) in a directory; any
of them protects, whoever signed it: a forged hold fills the disk, which raises an event, while a
hold that was disregarded would destroy evidence. When a hold ends its file is taken away.
"""

import logging
import os
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from machimori.footage import items
from machimori.footage.errors import NoSuchObjectError
from machimori.footage.store import Store
from machimori.kernel import canonical
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MachimoriError, MalformedError
from machimori.kernel.ids import CameraId, RecorderId
from machimori.kernel.instants import Micros, parse_rfc3339
from machimori.kernel.signing import SigningKey
from machimori.recorder.chain import Chain
from machimori.recorder.oldest import Batch, Held, Oldest

log = logging.getLogger(__name__)

Policy = Literal["overwrite", "stop"]
Removed = tuple[CameraId, int, Micros, Micros]
"""(camera, segments, first, last) that a record stands for."""
WIDTH = 16
"""Cameras whose segments are overwritten at once."""


def _instant(value: object) -> Micros:
    if isinstance(value, str):
        return parse_rfc3339(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return Micros(value)
    raise MalformedError("a hold's interval is not a time")


def read_holds(directory: Path) -> tuple[Held, ...]:
    """The holds in a directory. Raises MalformedError for a file that cannot be understood:
    nothing may be overwritten while it is unknown what is held."""
    found = []
    for path in sorted(directory.glob("*.json")) if directory.is_dir() else ():
        statement = Envelope.decode(path.read_bytes()).statement()
        cameras = canonical.field(statement, "cameras", list, where=path.name)
        found.append(
            Held(
                cameras=frozenset(map(str, cameras)),
                first=_instant(statement.get("from")),
                last=_instant(statement.get("to")),
            )
        )
    return tuple(found)


class Space:
    """Keeps `min_free` bytes free in a store's file system. One thread calls `keep`."""

    def __init__(
        self,
        *,
        store: Store,
        place: Path,
        holds: Path,
        policy: Policy,
        min_free: int,
        recorder: RecorderId,
        signer: SigningKey,
        tz: ZoneInfo,
        on_event: Callable[[str, str], None],
        free: Callable[[Path], int] | None = None,
    ) -> None:
        self._store = store
        self._segments = Oldest(store)
        self._place = place
        self._holds = holds
        self._policy = policy
        self._min_free = min_free
        self._recorder = recorder
        self._signer = signer
        self._tz = tz
        self._on_event = on_event
        self._free = free or free_bytes
        # A chain of its own per camera: the lanes' chains belong to the drain thread.
        self._session = secrets.token_hex(16)
        self._chains: dict[CameraId, Chain] = {}
        self._state = "ample"
        self.overwritten = 0
        """Segments removed so far."""
        self.removed: list[Removed] = []
        """By the last `keep`, for the ledger."""

    @property
    def state(self) -> str:
        """`ample`, `overwriting`, or `full` (nothing may be removed)."""
        return self._state

    def keep(self) -> None:
        """Overwrite the oldest unheld segments until there is room, if the policy says so."""
        self.removed = []
        if self._free(self._place) >= self._min_free:
            self._enter("ample", "there is room again")
            return
        if self._policy == "stop":
            self._enter("full", "the disk is full, and the rule is to stop")
            return
        self._enter("overwriting", "the disk is full, the oldest unheld footage goes")
        # A third more than the least, so that this does not run at every call.
        target = self._min_free + self._min_free // 3
        while (free := self._free(self._place)) < target:
            batches = self._oldest(target - free)
            if not batches:
                if self._free(self._place) < self._min_free:
                    self._enter("full", "the disk is full, and all that is left is held or new")
                return
            self._overwrite_all(batches)

    def _enter(self, state: str, detail: str) -> None:
        if state != self._state:
            self._state = state
            self._on_event(f"disk_{state}", detail)

    def _oldest(self, needed: int) -> list[Batch]:
        """The oldest segments that nobody holds: `needed` bytes of them, a batch of each of at
        most WIDTH cameras."""
        try:
            holds = read_holds(self._holds)
        except MachimoriError as error:
            self._on_event("holds_unreadable", error.message)
            return []
        return self._segments.batches(holds, needed, WIDTH)

    def _overwrite_all(self, batches: list[Batch]) -> None:
        """Each by a thread of its own, so that their syncs share the file system's commits: one
        after the other a slow disk frees less than a thousand cameras fill. What was removed is
        known whatever becomes of the others; the first failure is raised."""
        with ThreadPoolExecutor(WIDTH, thread_name_prefix="space") as pool:
            under_way = [pool.submit(self._overwrite, batch) for batch in batches]
        for one in under_way:
            if one.exception() is None and (removed := one.result()):
                self.overwritten += removed[1]
                self.removed.append(removed)
        for one in under_way:
            one.result()

    def _overwrite(self, batch: Batch) -> Removed | None:
        """1. put the signed record; 2. delete what it stands in for. A crash between the two
        leaves segments that the record calls gone; they are still good and go the next time."""
        camera, day = batch[0][1].camera, batch[0][1].day
        known = []
        here: Batch = []
        for stored, segment in batch:
            try:
                known.append(items.identify(self._store, stored))
            except MalformedError:
                log.warning("a damaged segment is overwritten: %s", stored.name)
            except NoSuchObjectError:
                continue  # it expired meanwhile, and expiry has its own record of that
            here.append((stored, segment))
        if not here:
            return None
        chain = self._chains.get(camera)
        if chain is None:
            chain = self._chains[camera] = Chain(
                camera=camera,
                recorder=self._recorder,
                session=self._session,
                signer=self._signer,
                tz=self._tz,
            )
        first, last = here[0][1].first, max(segment.last for _, segment in here)
        name, data = chain.record(
            "overwritten",
            day=day,
            first=first,
            last=last,
            cause="disk_full",
            detail=f"{len(here)} segments",
            removed=items.runs(known),
        )
        self._store.put(name, data)
        for stored, _ in here:
            self._store.delete(stored.name)
        return camera, len(here), first, last


def free_bytes(place: Path) -> int:
    """What an unprivileged process may still write to the file system of `place`."""
    status = os.statvfs(place)
    return status.f_bavail * status.f_frsize
