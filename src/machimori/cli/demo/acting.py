# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is done in a city again and again: wait for footage, have it approved, open it, pack it.

Supported for the tests of the whole system and for rehearsals; the demo's story has its own words.
"""

import time
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from machimori.cli.demo.city import SCHEME, City
from machimori.evidence.make import Order, Package, make
from machimori.evidence.verifier.statement import Approval
from machimori.footage.mp4.reader import Mp4File, units_of
from machimori.footage.naming import SegmentName, parse
from machimori.footage.segment import SegmentReader
from machimori.footage.store import Store
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import UnavailableError
from machimori.kernel.instants import Micros
from machimori.vault.client.asking import Recorded, ask_release
from machimori.vault.client.reader import Reader
from machimori.vault.client.statements import Authorisation
from machimori.vault.client.testing import POST, authorisation, signed

SECOND = 1_000_000
PATIENCE = 90.0
"""Seconds for which something is waited for: long, because the machine may be busy."""

T = TypeVar("T")


def until(
    what: str, found: Callable[[], T | None], *, seconds: float = PATIENCE, every: float = 0.1
) -> T:
    """What `found` returns as soon as that is neither None nor False nor empty.

    Raises UnavailableError, which says `what` did not come.
    """
    deadline = time.monotonic() + seconds
    while not (result := found()):
        if time.monotonic() > deadline:
            raise UnavailableError(f"this did not come within {seconds:g} s: {what}")
        time.sleep(every)
    return result


def received(city: City, cameras: Iterable[str]) -> dict[str, int]:
    """Bytes recorded of each camera by the running recorder."""
    health = city.health()["cameras"]
    return {camera: health[camera]["bytes"] for camera in cameras}


def wait_for_footage(city: City, *cameras: str, seconds: float, limit: float = PATIENCE) -> None:
    """Wait until each camera (all, if none is named) has been recorded for `seconds` from now on:
    its footage grows for so long. Raises UnavailableError."""
    names = cameras or tuple(city.cameras)
    before = received(city, names)
    until(
        "footage of " + ", ".join(names),
        lambda: all(now > before[name] for name, now in received(city, names).items()),
        seconds=limit,
    )
    start = city.clock.now()
    until(
        f"{seconds:g} s of footage",
        lambda: all(
            last >= start + seconds * SECOND for last in _last_arrivals(city, names).values()
        ),
        seconds=limit,
    )


def _last_arrivals(city: City, cameras: Iterable[str]) -> dict[str, float]:
    now = city.clock.now()
    health = city.health()["cameras"]
    return {camera: now - health[camera]["lag_seconds"] * SECOND for camera in cameras}


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A segment in a store."""

    name: SegmentName
    reader: SegmentReader


def segments(store: Store, *cameras: str, day: str = "") -> list[Stored]:
    """The sealed segments of a store, of these cameras (or all), of one day (or all)."""
    found = []
    for item in store.list(f"{day}/" if day else ""):
        if not item.name.endswith(".seg"):
            continue
        name = parse(item.name)
        if isinstance(name, SegmentName) and (not cameras or name.camera in cameras):
            read = partial(store.read, item.name)
            found.append(Stored(name=name, reader=SegmentReader(read, item.size)))
    return found


def authorise(
    city: City, reader: Reader, cameras: Iterable[str], start: Micros, end: Micros, *, case: str
) -> Authorisation:
    """An authorisation of one opening, not yet signed, for the cameras and [start, end)."""
    return authorisation(
        scheme=SCHEME,
        cameras=cameras,
        start=start,
        end=end,
        reader=reader.public.raw,
        now=city.clock.now(),
        case=case,
    )


def approve(city: City, statement: Authorisation) -> Envelope:
    """The statement with the signatures of two officers."""
    return signed(statement, *city.officers[:2])


def ask(
    city: City, approved: Envelope, stored: Iterable[Stored], *, timeout: float = 30.0
) -> Recorded:
    """Ask the vault for the segments' keys, with everything that it demands on record."""
    skeletons = [segment.reader.skeleton().encode() for segment in stored]
    return ask_release(
        city.vault, city.ledger, approved, skeletons, clock=city.clock, timeout=timeout
    )


def pack(
    city: City, reader: Reader, approved: Envelope, out: Path, *, store: Store | None = None
) -> Package:
    """An evidence package of everything that is approved, at `out`; verified before it is there."""
    return make(
        client=city.vault,
        ledger=city.ledger,
        store=store or city.store,
        order=Order(
            authorisation=approved,
            approvals=tuple(
                Approval(officer=officer.id, post=POST, keyid=officer.keyid)
                for officer in city.officers[:2]
            ),
        ),
        reader=reader,
        out=out,
        clock=city.clock,
    )


def unpack(package: Path, directory: Path) -> Path:
    """The package's files, in `directory`."""
    with zipfile.ZipFile(package) as archive:
        archive.extractall(directory)
    return directory


def pictures(film: Path) -> list[tuple[bytes, ...]]:
    """The NAL units of each picture of an MP4 in decoding order; of MJPEG, one JPEG each."""
    with film.open("rb") as file:
        movie = Mp4File(file)
        return [
            (sample.data,) if movie.kind == "mp4v" else units_of(sample.data)
            for sample in movie.samples()
        ]
