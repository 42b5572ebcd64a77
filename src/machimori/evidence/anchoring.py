# SPDX-License-Identifier: AGPL-3.0-or-later
"""Find what shows by when a package's footage existed: heads that the ledger holds, and the way
to them.

For the last item of each chain the first anchor that it leads to is taken; what that does not
cover, since links are missing in between, gets an anchor of its own. Neither the store nor its
lists are trusted: an anchor is taken only if the verifier's own code accepts it, so whatever was
planted or lost costs the anchor, never the package.
"""

import datetime as dt
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from machimori.evidence.selection import CameraFootage
from machimori.evidence.verifier.anchors import (
    MAX_LINKS,
    AnchoredHead,
    Chain,
    Existence,
    Link,
    existence,
)
from machimori.footage import anchors, items, records
from machimori.footage.anchors import HORIZON, Heads, HeadsName, heads_prefix, parse_heads_name
from machimori.footage.errors import NoSuchObjectError
from machimori.footage.naming import ManifestName, parse
from machimori.footage.store import Store, StoredObject
from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import Micros, local_day
from machimori.ledger import tree
from machimori.ledger.errors import NotIncludedError, ProofError
from machimori.ledger.interface import LedgerInterface
from machimori.ledger.proof import Inclusion

_BACK = 62
"""Days before the footage in which records of overwriting are looked for: they stand on the day of
what they removed, and in the chain where the disk was full."""


@dataclass(frozen=True, kw_only=True)
class CameraAnchors:
    """A camera's anchors as they go into the package, by path, and what they show."""

    files: Mapping[str, AnchoredHead]
    shown: tuple[Existence, ...]

    def path_of(self, link: Link) -> str:
        """The anchor that shows first that this item existed, or ""."""
        return next((one.path for one in self.shown if link.place in one.places), "")


def find_anchors(store: Store, ledger: LedgerInterface, footage: CameraFootage) -> CameraAnchors:
    """The anchors of one camera's footage. Raises what store and ledger raise."""
    chains: dict[Chain, list[Link]] = {}
    links = list(_links(footage))
    for link in links:
        chains.setdefault((link.recorder, link.session), []).append(link)
    lists = _Lists(store, ledger)
    between = _Between(store, footage)
    found = [
        head
        for chain in chains.values()
        for head in _chain_anchors(footage.camera, chain, lists, between, ledger)
    ]
    found.sort(key=lambda head: (head.anchor(ledger.key).at, head.session, head.sequence))
    files = {
        f"data/anchors/{footage.camera}-{number:02d}.json": head
        for number, head in enumerate(found, start=1)
    }
    return CameraAnchors(files=files, shown=existence(footage.camera, links, files, ledger.key))


def _links(footage: CameraFootage) -> Iterator[Link]:
    for sealed in footage.segments:
        yield Link.of_segment(sealed.skeleton, str(sealed.name))
    for stored in footage.records:
        record, envelope = records.decode(stored.data)
        if record.session:
            yield Link.of_record(record, envelope, str(record.name))


def _chain_anchors(
    camera: str,
    chain: list[Link],
    lists: "_Lists",
    between: "_Between",
    ledger: LedgerInterface,
) -> Iterator[AnchoredHead]:
    """For the last item, then for the last one that is not covered yet, the first anchor."""
    chain.sort(key=lambda link: link.sequence)
    done: set[int] = set()
    for target in reversed(chain):
        if target.sequence in done:
            continue
        for listed in lists.after(target):
            head = _head(camera, target, chain, listed, between)
            if head is None:
                continue
            try:
                covered = head.covered(camera, head.anchor(ledger.key), chain)
            except (MalformedError, ProofError):
                continue  # the list, or what lies between, is not what the ledger holds
            if target.place in covered:
                done |= {place[2] for place in covered}
                yield head
                break


def _head(
    camera: str, target: Link, chain: list[Link], listed: "_Listed", between: "_Between"
) -> AnchoredHead | None:
    """The list's head of this chain with the way to it, if it lies at or after the item."""
    rows = enumerate(listed.heads.heads)
    own = ((i, row) for i, row in rows if (row.camera, row.session) == (camera, target.session))
    index, row = next(own, (0, None))
    if row is None or row.sequence <= target.sequence:
        return None
    packaged = {link.sequence for link in chain}
    first = min(packaged)
    digests = between.digests(target, first, row.sequence, packaged, listed.heads.at)
    hashes: dict[tree.Node, bytes] = {}
    frontier = tree.Frontier(hashes.__setitem__)
    for each in listed.heads.heads:
        frontier.push(each.leaf())
    plan = tree.inclusion_plan(index, frontier.size)
    return AnchoredHead(
        session=target.session,
        sequence=row.sequence,
        index=index,
        size=frontier.size,
        path=tuple(tree.fill(plan, hashes.__getitem__)),
        links=tuple(sorted(digests.items())),
        entry=listed.entry,
        inclusion=listed.inclusion,
    )


@dataclass(frozen=True, kw_only=True)
class _Listed:
    """A list of heads whose entry the ledger has."""

    heads: Heads
    entry: bytes
    inclusion: Inclusion


class _Lists:
    """The lists of heads in a store, each read and looked up in the ledger at most once."""

    def __init__(self, store: Store, ledger: LedgerInterface) -> None:
        self._store = store
        self._ledger = ledger
        self._days: dict[str, list[HeadsName]] = {}
        self._known: dict[HeadsName, _Listed | None] = {}

    def after(self, item: Link) -> Iterator[_Listed]:
        """The lists of the item's recorder from its end on, in order of time."""
        day, until = local_day(item.last), Micros(item.last + HORIZON)
        while day <= local_day(until):
            names = self._names(day.isoformat())
            for name in names[bisect_left(names, item.last, key=lambda name: name.at) :]:
                if name.at > until:
                    return
                if name.recorder == item.recorder and (listed := self._listed(name)):
                    yield listed
            day += dt.timedelta(days=1)

    def _names(self, day: str) -> list[HeadsName]:
        if day not in self._days:
            found = []
            for stored in self._store.list(heads_prefix(day)):
                try:
                    found.append(parse_heads_name(stored.name))
                except MalformedError:
                    continue  # `footage check` reports it
            self._days[day] = sorted(found, key=lambda name: (name.at, name.entry))
        return self._days[day]

    def _listed(self, name: HeadsName) -> _Listed | None:
        """None if the ledger has no such entry (yet), or what is stored is no list."""
        if name not in self._known:
            self._known[name] = self._read(name)
        return self._known[name]

    def _read(self, name: HeadsName) -> _Listed | None:
        try:
            inclusion = self._ledger.inclusion(name.entry)
            heads, _ = anchors.decode(self._store.get(str(name)))
        except (NotIncludedError, NoSuchObjectError, MalformedError):
            return None
        return _Listed(heads=heads, entry=self._ledger.entry(name.entry), inclusion=inclusion)


class _Between:
    """Digests of the items of a camera that are not in its package, read only where needed."""

    def __init__(self, store: Store, footage: CameraFootage) -> None:
        self._store = store
        self._camera = footage.camera
        self._packaged = {str(sealed.name) for sealed in footage.segments}
        self._first = min(
            (s.name.first for s in footage.segments),
            default=min((r.record.first for r in footage.records), default=Micros(0)),
        )
        self._read: set[str] = set()
        self._known: dict[tuple[Chain, int], str] = {}
        self._searched = False

    def digests(
        self, item: Link, first: int, end: int, packaged: set[int], until: Micros
    ) -> dict[int, str]:
        """By sequence number, those of the item's chain from `first` to before `end` that the
        package lacks and the store had by `until`."""
        chain = (item.recorder, item.session)
        wanted = [
            number for number in range(first, min(end, first + MAX_LINKS)) if number not in packaged
        ]
        if any((chain, number) not in self._known for number in wanted):
            self._load(until)
        if not self._searched and any((chain, number) not in self._known for number in wanted):
            self._searched = True
            self._overwritten()
        return {n: self._known[chain, n] for n in wanted if (chain, n) in self._known}

    def _load(self, until: Micros) -> None:
        day = local_day(self._first) - dt.timedelta(days=1)
        while day <= local_day(until):
            for stored in self._store.list(f"{day.isoformat()}/{self._camera}/"):
                self._note(stored, until)
            day += dt.timedelta(days=1)

    def _overwritten(self) -> None:
        for back in range(2, _BACK):
            day = local_day(self._first) - dt.timedelta(days=back)
            for stored in self._store.list(f"{day.isoformat()}/{self._camera}/"):
                if stored.name.endswith(".overwritten.rec"):
                    self._note(stored, self._first)

    def _note(self, stored: StoredObject, until: Micros) -> None:
        if stored.name in self._read or stored.name in self._packaged:
            return
        try:
            name = parse(stored.name)
            if isinstance(name, ManifestName) or name.first > until:
                return
            if name.last < self._first and not stored.name.endswith(".overwritten.rec"):
                return
            self._read.add(stored.name)
            item = items.identify(self._store, stored)
        except (MalformedError, NoSuchObjectError):
            return  # not an item, or expired meanwhile
        self._known[(item.recorder, item.session), item.sequence] = item.digest
