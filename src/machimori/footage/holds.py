# SPDX-License-Identifier: AGPL-3.0-or-later
"""Holds on the side of the files: headers to the vault at once, sealed segments to the case later.

The vault keeps what a hold covers readable by re-sealing data keys from headers alone; the files
stay where they are until they are copied, still sealed, to the case's store, at the latest before
expiry removes them. docs/design/retention.md has the procedures.

The cases' store holds `holds/<case>.<digest>.json` (the signed statement, written first, so that no
crash lets expiry remove what a hold covers), `holds/<case>.<digest>.<n>.brought.json` (segments
whose headers the vault has) and `cases/<case>/<name of the segment>`.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol, TypeVar

from machimori.footage.errors import StoreUnavailableError
from machimori.footage.naming import SegmentName, parse
from machimori.footage.pace import Pace
from machimori.footage.segment import read_header
from machimori.footage.store import Store, StoredObject
from machimori.kernel import canonical
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MachimoriError, MalformedError, RefusedError
from machimori.kernel.ids import CaseId
from machimori.kernel.instants import Micros, day_start, local_day, parse_day
from machimori.vault.client.client import Status
from machimori.vault.client.release import CaseKeys
from machimori.vault.client.statements import Hold
from machimori.vault.sealing.bundle import split_key_id

_HOLDS = "holds/"
_BROUGHT = ".brought.json"
_LONGEST_SEGMENT = 130 * 1_000_000
"""Microseconds: what began before a hold's interval may reach into it (vault.opening.holding)."""
_BATCH = 2000
"""Headers in one message to the vault: about 5 MB."""
_KEYS = 5000
"""Key ids in one message: at most 0.5 MB of its JSON, which may have 1 MB."""
_T = TypeVar("_T")


class HoldingVault(Protocol):
    """The part of `VaultClient` that places holds."""

    def hold(
        self,
        envelope: Envelope,
        headers: Iterable[bytes],
        *,
        unreachable: Iterable[str] = (),
        until: str = "",
        complete: Iterable[str] = (),
    ) -> CaseKeys: ...
    def status(self) -> Status: ...
    def epochs(self) -> dict[str, Micros]: ...
    def living(self, epoch: str) -> frozenset[str]: ...


@dataclass(frozen=True, kw_only=True)
class PlacedHold:
    """A hold statement as the cases' store has it."""

    statement: Hold
    envelope: Envelope
    brought: frozenset[str]
    """Names of the segments whose headers the vault has."""
    parts: int
    """`brought` objects so far."""

    @property
    def key(self) -> str:
        """What its objects' names begin with."""
        return f"{_HOLDS}{self.statement.case}.{self.envelope.digest().hex()[:32]}"

    def covers(self, name: SegmentName) -> bool:
        """Whether the hold asks for this segment."""
        hold = self.statement
        return name.camera in hold.cameras and name.first < hold.end and name.last >= hold.start


class Holds:
    """The holds of one installation and the copies made for them."""

    def __init__(self, store: Store, cases: Store, pace: Pace) -> None:
        self._store = store
        self._cases = cases
        self._pace = pace

    def place(self, vault: HoldingVault, envelope: Envelope) -> CaseKeys:
        """Place a hold: 1. the statement, durably; 2. its segments' headers to the vault; 3. which
        they were, durably. Placing it again brings what has been stored since. If the store does
        not answer, the vault keeps the keys of the camera-days until their headers are brought.

        Raises VaultRefusedError, and forgets the statement if it was new, MalformedError,
        VaultUnavailableError, StoreUnavailableError.
        """
        statement = Hold.decode(envelope)
        hold = PlacedHold(statement=statement, envelope=envelope, brought=frozenset(), parts=0)
        known = {placed.key: placed for placed in self.placed()}
        if hold.key not in known:
            self._cases.put(f"{hold.key}.json", envelope.encode())
        # What the case's earlier holds brought the vault has, and may have from nowhere else: the
        # keys of its day are gone when a hold is prolonged after the retention.
        today = local_day(vault.status().now).isoformat()
        earlier = (
            one.brought
            for one in known.values()
            if one.statement.case == statement.case and one.statement.last_day >= today
        )
        hold = replace(hold, brought=frozenset().union(*earlier))
        try:
            keys = self._bring(vault, known.get(hold.key, hold), known=False)
        except RefusedError:
            if hold.key not in known:
                self._cases.delete(f"{hold.key}.json")
            raise
        assert keys is not None
        return keys

    def bring_up(self, vault: HoldingVault) -> list[str]:
        """Bring the vault the headers of held segments stored since; returns what went wrong."""
        problems = []
        for hold in self.placed():
            try:
                self._bring(vault, hold, known=hold.parts > 0)
            except MachimoriError as error:
                if isinstance(error, RefusedError) and not hold.parts:
                    # Placing it was cut off before the vault could say no.
                    self._cases.delete(f"{hold.key}.json")
                problems.append(f"hold of case {hold.statement.case}: {error.message}")
        return problems

    def placed(self) -> tuple[PlacedHold, ...]:
        """Every hold that was placed and not ended."""
        envelopes: dict[str, Envelope] = {}
        brought: dict[str, list[str]] = {}
        parts: dict[str, int] = {}
        for stored in self._cases.list(_HOLDS):
            key = ".".join(stored.name.split(".")[:2])
            data = self._cases.get(stored.name)
            if stored.name.endswith(_BROUGHT):
                names = canonical.field(canonical.load_object(data), "segments", list)
                brought.setdefault(key, []).extend(names)
                parts[key] = parts.get(key, 0) + 1
            else:
                envelopes[key] = Envelope.decode(data)
        return tuple(
            PlacedHold(
                statement=Hold.decode(envelope),
                envelope=envelope,
                brought=frozenset(brought.get(key, ())),
                parts=parts.get(key, 0),
            )
            for key, envelope in envelopes.items()
        )

    def copy(self, case: CaseId, name: str) -> bool:
        """Copy one sealed segment to the case; False if it is there already."""
        target = f"cases/{case}/{name}"
        if any(stored.name == target for stored in self._cases.list(target)):
            return False
        data = self._store.get(name)
        self._pace.spend(operations=2, size=2 * len(data))
        self._cases.put(target, data)
        return True

    def copy_all(self) -> int:
        """Copy what is held and still stored; how many segments. For the hours before expiry."""
        return sum(
            self.copy(hold.statement.case, name)
            for hold in self.placed()
            for name, _ in self._covered(hold)
        )

    def end(self, case: CaseId) -> int:
        """Remove a case's copies and holds, after the vault destroyed its keys; how many files."""
        count = 0
        for prefix in (f"cases/{case}/", f"{_HOLDS}{case}."):
            for stored in list(self._cases.list(prefix)):
                self._pace.spend()
                self._cases.delete(stored.name)
                count += 1
        return count

    def _missing(self, hold: PlacedHold) -> list[StoredObject]:
        return [stored for name, stored in self._covered(hold) if name not in hold.brought]

    def _bring(self, vault: HoldingVault, hold: PlacedHold, *, known: bool) -> CaseKeys | None:
        """Bring what is missing; a hold that is `known` and complete is left alone (None)."""
        try:
            headers = self._headers(hold)
        except StoreUnavailableError as error:
            self._keep(vault, hold)
            raise StoreUnavailableError(
                error.message,
                where=error.where,
                remedy="the hold is in force, and its headers follow when the store answers",
            ) from error
        if known and not headers:
            return None
        data = list(headers.values())
        *before, rest = _batches(data, _BATCH)
        for part in before:
            vault.hold(hold.envelope, part)
        complete, *more = _batches(self._complete(vault, hold), _KEYS)
        keys = vault.hold(hold.envelope, rest, complete=complete)
        for ids in more:
            keys = vault.hold(hold.envelope, (), complete=ids)
        brought = headers.keys() if hold.parts else headers.keys() | hold.brought
        self._cases.put(
            f"{hold.key}.{hold.parts}{_BROUGHT}", canonical.dumps({"segments": sorted(brought)})
        )
        return keys

    def _headers(self, hold: PlacedHold) -> dict[str, bytes]:
        """The headers that the vault does not have yet, by the segments' names."""
        headers: dict[str, bytes] = {}
        for stored in self._missing(hold):
            self._pace.spend(size=8192)
            try:
                sealed, _ = read_header(partial(self._store.read, stored.name), stored.size)
            except MalformedError:
                # Nobody can open it any more, and `footage check` names it.
                continue
            if sealed.header.start < hold.statement.end:
                headers[stored.name] = sealed.encode()
        return headers

    def _keep(self, vault: HoldingVault, hold: PlacedHold) -> None:
        """The store does not answer: have the vault keep the whole camera-days meanwhile."""
        keys = self._day_keys(vault, hold)
        for ids in _batches(keys, _KEYS) if keys else ():
            vault.hold(hold.envelope, (), unreachable=ids, until=hold.statement.last_day)

    def _complete(self, vault: HoldingVault, hold: PlacedHold) -> list[str]:
        """The keys that need be kept no longer, once nothing more can fall under the hold."""
        over = vault.status().now >= hold.statement.end + _LONGEST_SEGMENT
        return self._day_keys(vault, hold) if over else []

    def _day_keys(self, vault: HoldingVault, hold: PlacedHold) -> list[str]:
        """Key ids of the living camera-days that the hold touches."""
        found = []
        for epoch in vault.epochs():
            if not epoch.startswith("day."):
                continue
            day = parse_day(epoch.rpartition(".")[2])
            end = day_start(day + dt.timedelta(days=1))
            if hold.statement.start < end and day_start(day) < hold.statement.end:
                living = vault.living(epoch)
                found += [k for k in living if split_key_id(k)[0] in hold.statement.cameras]
        return sorted(found)

    def _covered(self, hold: PlacedHold) -> Iterator[tuple[str, StoredObject]]:
        statement = hold.statement
        day = local_day(Micros(max(0, statement.start - _LONGEST_SEGMENT)))
        last = local_day(Micros(statement.end - 1))
        while day <= last:
            for camera in statement.cameras:
                for stored in self._store.list(f"{day.isoformat()}/{camera}/"):
                    try:
                        name = parse(stored.name)
                    except MalformedError:
                        continue
                    if isinstance(name, SegmentName) and hold.covers(name):
                        yield stored.name, stored
            day += dt.timedelta(days=1)


def _batches(items: list[_T], size: int) -> list[list[_T]]:
    """The items, at most `size` at a time; one empty batch if there are none."""
    return [items[at : at + size] for at in range(0, len(items), size)] or [[]]
