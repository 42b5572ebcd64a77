# SPDX-License-Identifier: AGPL-3.0-or-later
"""Make whole what a crash left: `open/<camera>/<start>.part` without a trailer.

The valid prefix of chunks is kept, a torn tail cut off, and the restarted recorder signs a trailer
that says `recovered`. No key is needed, and none is there: the data key died with the process.
Recording restarts before repair, so the files to repair are listed (`remains`) before the first
new one is opened.

Every step can be the last before the next crash: a second run finds the same prefix, or a complete
trailer, and goes on from there. A file that is in the store already is never written to.
"""

import hashlib
import heapq
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from machimori.footage import items
from machimori.footage.errors import StoreUnavailableError
from machimori.footage.naming import Name, RecordName, SegmentName, parse
from machimori.footage.scan import Scan, scan
from machimori.footage.sealer import sign_trailer
from machimori.footage.store import Store
from machimori.kernel.durable import Disk
from machimori.kernel.envelope import Signer
from machimori.kernel.errors import DurabilityError, MalformedError
from machimori.kernel.instants import Micros, day_start, local_day, parse_day
from machimori.vault.sealing.layout import Header, SignedTrailer, Trailer

Outcome = Literal["recovered", "finished", "published", "discarded"]
"""`finished`: it had its trailer, only the store lacked it; `published`: the store had it already;
`discarded`: no whole chunk, or no header and so no key: nothing that could ever be opened."""
OPEN = "open"
_NEAREST = 16


@dataclass(frozen=True, kw_only=True)
class Repaired:
    """What became of one file."""

    part: Path
    outcome: Outcome
    name: str
    """In the store; "" if discarded or not known."""
    cut: int
    """Bytes of a torn tail that were cut off."""
    last: Micros | None
    """Arrival of the last chunk kept: from here on nothing was saved."""
    header: Header | None


def remains(spool: Path) -> tuple[Path, ...]:
    """The open segments that a predecessor left, by camera and time. Call it before recording."""
    return tuple(sorted((spool / OPEN).glob("*/*.part")))


def repair(part: Path, *, store: Store, disk: Disk, signer: Signer) -> Repaired:
    """Repair one file and put it into the store.

    1. truncate to the valid prefix; 2. append the trailer; 3. fdatasync; 4. put into the store (its
    own steps); 5. unlink the part and fsync its directory. Raises DurabilityError, or what the
    store raises; the file can then be repaired again.
    """
    with part.open("rb", buffering=0) as file:
        state = os.fstat(file.fileno())
        found = scan(lambda offset, length: os.pread(file.fileno(), length, offset), state.st_size)
    header = found.sealed.header if found.sealed else None
    kept = found.prefix
    linked = state.st_nlink > 1
    if found.end is not None and _complete(found, found.end):
        name = _name(found, found.end)
        store.put(name, part)
        disk.remove(part)
        fresh: Outcome = "recovered" if found.end.trailer.recovered else "finished"
        return _done(part, "published" if linked else fresh, found, name=name, cut=0)
    if linked:
        # A store on the same file system holds it by a second link, damaged since: that is for
        # `footage check` to report, and not for us to write to.
        disk.remove(part)
        return _done(part, "published", found, cut=0)
    if header is None or not kept:
        disk.remove(part)
        return _done(part, "discarded", found, cut=found.size)
    end = sign_trailer(_trailer(found, head_before(store, header)), signer)
    _finish(part, kept[-1].end, end.encode(), disk)
    name = _name(found, end)
    store.put(name, part)
    disk.remove(part)
    return _done(part, "recovered", found, name=name, cut=found.size - kept[-1].end)


def repair_all(
    parts: tuple[Path, ...],
    *,
    store: Store,
    disk: Disk,
    signer: Signer,
    on_done: Callable[[Repaired], None] = lambda repaired: None,
) -> tuple[Repaired, ...]:
    """Repair every file of `remains`, oldest first, so that each finds its predecessor's head."""
    done = []
    for part in parts:
        if part.exists():
            repaired = repair(part, store=store, disk=disk, signer=signer)
            on_done(repaired)
            done.append(repaired)
    return tuple(done)


def head_before(store: Store, header: Header) -> str:
    """Head of the item before this segment, from the store; "" where none can be found.

    An unknown head is no reason to wait: the header's sequence number still says what is missing.
    The item before lies next to it in time, so only the few nearest names are looked at.
    """
    if header.sequence == 0:
        return ""
    before = local_day(Micros(day_start(parse_day(header.day)) - 1)).isoformat()
    try:
        near = [
            (abs(name.last - header.start), stored)
            for day in (header.day, before)
            for stored in store.list(f"{day}/{header.camera}/")
            if isinstance(name := _parsed(stored.name), SegmentName | RecordName)
        ]
        for _, stored in heapq.nsmallest(_NEAREST, near):
            with suppress(MalformedError):
                item = items.identify(store, stored)
                if (item.session, item.sequence) == (header.session, header.sequence - 1):
                    return item.head
    except StoreUnavailableError:
        return ""
    return ""


def _parsed(name: str) -> Name | None:
    try:
        return parse(name)
    except MalformedError:
        return None


def _trailer(found: Scan, previous: str) -> Trailer:
    assert found.sealed is not None
    kept = found.prefix
    total = hashlib.sha256()
    for chunk in kept:
        total.update(chunk.header.encode())
        total.update(chunk.tag)
    return Trailer(
        segment=found.sealed.segment_id().hex(),
        chunks=len(kept),
        length=sum(chunk.header.length for chunk in kept),
        first=kept[0].header.arrived_from,
        last=kept[-1].header.arrived_to,
        digest=total.hexdigest(),
        previous=previous,
        reason="recovered",
        recovered=True,
        lost=0,
    )


def _complete(found: Scan, end: SignedTrailer) -> bool:
    """Whether the trailer fits what is before it: the crash came after the file was finished."""
    return (
        found.sealed is not None
        and not found.gaps
        and len(found.prefix) == len(found.chunks) == end.trailer.chunks
        and end.trailer.segment == found.sealed.segment_id().hex()
    )


def _finish(part: Path, size: int, trailer: bytes, disk: Disk) -> None:
    descriptor = os.open(part, os.O_WRONLY)
    try:
        os.ftruncate(descriptor, size)
        view = memoryview(trailer)
        while view:
            written = os.pwrite(descriptor, view, size)
            view = view[written:]
            size += written
        disk.sync_file(descriptor, part)
    except OSError as error:
        raise DurabilityError(
            f"repair failed: {error.strerror}",
            where=str(part),
            remedy="repair it again; its whole chunks are untouched",
        ) from error
    finally:
        os.close(descriptor)


def _name(found: Scan, end: SignedTrailer) -> str:
    assert found.sealed is not None
    header = found.sealed.header
    return str(
        SegmentName(
            day=header.day, camera=header.camera, first=end.trailer.first, last=end.trailer.last
        )
    )


def _done(part: Path, outcome: Outcome, found: Scan, *, cut: int, name: str = "") -> Repaired:
    kept = found.prefix
    return Repaired(
        part=part,
        outcome=outcome,
        name=name,
        cut=cut,
        last=kept[-1].header.arrived_to if kept else None,
        header=found.sealed.header if found.sealed else None,
    )
