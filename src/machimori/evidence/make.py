# SPDX-License-Identifier: AGPL-3.0-or-later
"""Make evidence packages: from sealed segments to a verified zip, each in one pass.

1. ask the ledger and the vault: the opening is on record before keys leave, and take from the
ledger what shows by when the footage existed; 2. decrypt, hash, write
and remux each chunk once; 3. state what is here and what is not, signed by the vault; 4. write the
bag's lists; 5. fsync; 6. verify with the very verifier that the recipient gets; 7. only then give
the package its name. What fails before that leaves nothing behind.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from machimori.evidence.anchoring import find_anchors
from machimori.evidence.errors import DamagedSegmentError, UnsoundPackageError
from machimori.evidence.ordering import (
    Bounds,
    Opening,
    Order,
    Vault,
    bounds_of,
    open_order,
    stored_footage,
    trust_of,
    usable,
)
from machimori.evidence.room import FilePlace, Place, Room
from machimori.evidence.selection import CameraFootage
from machimori.evidence.verifier.ahead import quick_turns
from machimori.evidence.verifier.check import Progress, verify_bytes
from machimori.evidence.verifier.statement import Statement
from machimori.evidence.verifier.trust import Trust
from machimori.evidence.verifier.verdict import Judgement, Verdict
from machimori.evidence.writing import Stamper, Writing
from machimori.footage.store import Store
from machimori.kernel.clock import Clock
from machimori.kernel.durable import Disk
from machimori.kernel.instants import Micros
from machimori.ledger.entry import Entry
from machimori.ledger.interface import LedgerInterface
from machimori.vault.client.reader import Reader

__all__ = ["Made", "Making", "Order", "Package", "Stamper", "Vault", "make"]


@dataclass(frozen=True, kw_only=True)
class Made:
    """A package that was written and verified."""

    statement: Statement
    judgement: Judgement
    size: int


@dataclass(frozen=True, kw_only=True)
class Package(Made):
    """One that lies in a file."""

    path: Path


def make(
    *,
    client: Vault,
    ledger: LedgerInterface,
    store: Store,
    order: Order,
    reader: Reader,
    out: Path,
    clock: Clock,
    disk: Disk | None = None,
    stamper: Stamper | None = None,
    progress: Progress | None = None,
    mark: bytes | None = None,
) -> Package:
    """Write the package to `out`, which must not exist. With a `mark`, a PNG, every film has a
    viewing copy beside it, with the mark over its pictures.

    Raises NotDeliverableError if the order goes beyond its authorisation (A15) or nothing was
    recorded, RefusedError if the vault refuses, UnsoundPackageError if what was written does not
    verify, FileExistsError, DurabilityError, and what store and ledger raise. Nothing is left at
    `out` then.
    """
    place = FilePlace(out, disk or Disk())
    if place.taken():
        raise FileExistsError(str(out))
    making = Making.opened(
        client=client,
        ledger=ledger,
        store=store,
        order=order,
        reader=reader,
        clock=clock,
        stamper=stamper,
        progress=progress,
        mark=mark,
    )
    made = making.package(place)
    return Package(path=out, statement=made.statement, judgement=made.judgement, size=made.size)


@dataclass(frozen=True, kw_only=True)
class Making:
    """An order that the vault has opened, once; its packages can be made."""

    client: Vault
    ledger: LedgerInterface
    store: Store
    order: Order
    reader: Reader
    clock: Clock
    trust: Trust
    footage: tuple[CameraFootage, ...]
    opening: Opening
    stamper: Stamper | None = None
    progress: Progress | None = None
    mark: bytes | None = None

    @classmethod
    def opened(
        cls,
        *,
        client: Vault,
        ledger: LedgerInterface,
        store: Store,
        order: Order,
        reader: Reader,
        clock: Clock,
        stamper: Stamper | None = None,
        progress: Progress | None = None,
        mark: bytes | None = None,
    ) -> "Making":
        """Put the opening on record and have the keys released. Raises as `make` does."""
        bounds = bounds_of(order)
        trust = trust_of(client.identity())
        footage = stored_footage(store, bounds, trust)
        return cls(
            client=client,
            ledger=ledger,
            store=store,
            order=order,
            reader=reader,
            clock=clock,
            trust=trust,
            footage=footage,
            opening=open_order(client, ledger, order, footage, clock),
            stamper=stamper,
            progress=progress,
            mark=mark,
        )

    def package(self, place: Place, start: Micros | None = None, end: Micros | None = None) -> Made:
        """The package of the order, or of its part [start, end), written to `place`.

        Raises as `make` does, and what `place` raises.
        """
        part = replace(self.order, start=start or self.order.start, end=end or self.order.end)
        bounds = bounds_of(part)
        footage = self.footage_of(bounds.start, bounds.end)
        try:
            room = place.begin()
            try:
                return self._package(place, room, part, bounds, footage)
            finally:
                room.close()
        finally:
            place.abandon()

    def footage_of(self, start: Micros, end: Micros) -> tuple[CameraFootage, ...]:
        """What is stored of [start, end), a part of the order."""
        bounds = bounds_of(replace(self.order, start=start, end=end))
        whole = bounds_of(self.order)
        if (start, end) == (whole.start, whole.end):
            return self.footage
        return stored_footage(self.store, bounds, self.trust)

    def _package(
        self,
        place: Place,
        room: Room,
        part: Order,
        bounds: Bounds,
        footage: tuple[CameraFootage, ...],
    ) -> Made:
        made = self.clock.now()
        writing = Writing(
            room, bounds=bounds, opening=self.opening, order=part, made=made, mark=self.mark
        )
        statement = self._write(writing, footage)
        with ThreadPoolExecutor(1, "package-sync") as beside:
            synced = beside.submit(room.sync)
            city = self.trust.city.fingerprint()
            judgement = verify_bytes(room, city=city, progress=self.progress)
            synced.result()
        if judgement.verdict is not Verdict.SOUND:
            raise UnsoundPackageError(
                "the package does not verify",
                where="; ".join(f"{f.code} {f.where}" for f in judgement.findings[:5]),
                remedy="nothing was handed out; check the store with: machimori footage check",
            )
        size = room.size
        place.finish(room)
        self.ledger.append(_made(statement, size, self.clock.now()))
        return Made(statement=statement, judgement=judgement, size=size)

    def _write(self, writing: Writing, footage: tuple[CameraFootage, ...]) -> Statement:
        """Write it. A segment that turns out damaged is set aside, and it starts over."""
        try:
            while True:
                try:
                    with quick_turns():
                        return writing.run(
                            self.client,
                            self.reader,
                            footage,
                            tuple(find_anchors(self.store, self.ledger, one) for one in footage),
                            self.stamper,
                            self.progress,
                        )
                except DamagedSegmentError as error:
                    remaining = [camera.without({error.segment}) for camera in footage]
                    footage = usable(remaining, writing.case)
                    writing.start_over()
        finally:
            writing.zip.close()


def _made(statement: Statement, size: int, at: Micros) -> Entry:
    return Entry(
        type="evidence.made",
        at=at,
        subject={"case": statement.case, "package": statement.package},
        data={
            "authorisation": statement.authorisation,
            "bytes": size,
            "release": statement.release,
            "statement": statement.envelope().digest().hex(),
        },
    )
