# SPDX-License-Identifier: AGPL-3.0-or-later
"""Compare a store's chains with what the ledger holds of them.

A check walks a store day by day; the lists of a day's anchors are read when the walk enters the
day, and everything they name lies on that day or before, so it can be judged when the walk leaves.
Memory holds the anchors of one day.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from machimori.footage import anchors
from machimori.footage.anchors import (
    Anchor,
    Anchors,
    Heads,
    HeadsName,
    heads_prefix,
    parse_heads_name,
)
from machimori.footage.chain import Chains
from machimori.footage.items import Item
from machimori.footage.store import Store
from machimori.footage.verdicts import Finding, Verdict
from machimori.kernel.envelope import Envelope, Verifier
from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import CameraId, RecorderId
from machimori.kernel.instants import Micros, local_day

_Key = tuple[CameraId, str]
_RECENT = 64
"""Items of a chain that are remembered: an anchor of just after midnight may name one of these."""


class _Seen(NamedTuple):
    name: str
    head: str
    last: Micros


@dataclass(frozen=True, kw_only=True)
class _Anchored:
    head: str
    at: Micros
    index: int


@dataclass
class _Chain:
    """What was seen of one session's chain, and what is anchored of it today."""

    recent: dict[int, _Seen] = field(default_factory=dict)
    """The last few items, by sequence."""
    met: dict[int, _Seen] = field(default_factory=dict)
    """Those of today that are anchored."""
    expected: dict[int, _Anchored] = field(default_factory=dict)
    """What is anchored today, by the sequence of the item."""
    holes: list[tuple[int, int]] = field(default_factory=list)
    """Runs of items that are not there; `Chains` reports or explains them."""
    footage: bool = False
    """Not only records of overwriting, which stand on the days of what they removed."""
    top: int = -1
    end: _Seen | None = None

    def moved(self, number: int) -> bool:
        """Whether an item that is there was found too long before its anchor's day."""
        return self.footage and not any(first <= number <= last for first, last in self.holes)

    def saw(self, number: int, seen: _Seen) -> None:
        """An item, or what the one after it says of it."""
        self.recent[number] = seen
        if number in self.expected:
            self.met[number] = seen
        if len(self.recent) > _RECENT:
            del self.recent[next(iter(self.recent))]


class Comparison:
    """Takes the items of a store in the order of days and yields what contradicts the anchors."""

    def __init__(
        self,
        store: Store,
        held: Anchors,
        chains: Chains,
        *,
        trusted: Callable[[RecorderId], tuple[Verifier, ...]],
        partial: bool,
        late: Callable[[Anchor, str], str],
    ) -> None:
        """`late` says why the list of an anchor may yet arrive (a key of MEANINGS), or nothing;
        `partial` that only a part of the store is walked."""
        self._store = store
        self._held = held
        self._chains = chains
        self._trusted = trusted
        self._partial = partial
        self._late = late
        self._states: dict[_Key, _Chain] = {}
        self._cameras: set[CameraId] = set()
        self._judged: set[tuple[_Key, str]] = set()
        self._listed: set[str] = set()
        self.compared = 0
        """Anchors whose list was found and whose heads were compared."""
        self.until: Micros | None = None
        """The time of the last of them."""

    def enter(self, day: str, camera: str) -> Iterator[Finding]:
        """Read the day's lists; only the rows of `camera` unless that is empty."""
        for stored in self._store.list(heads_prefix(day)):
            try:
                name = parse_heads_name(stored.name)
            except MalformedError:
                continue  # the walk reports it
            try:
                listed, envelope = anchors.decode(self._store.get(stored.name))
            except MalformedError:
                self._listed.add(name.entry)
                yield Finding(verdict="damaged", name=stored.name, meaning="heads")
                continue
            anchor = self._held.by_entry.get(name.entry)
            # A list without an entry proves nothing, and is not believed: its entry is on its way,
            # or a crash came between the two.
            if anchor is None:
                continue
            self._listed.add(anchor.entry)
            meaning = self._wrong(name, listed, envelope, anchor)
            if meaning:
                yield Finding(verdict="foreign", name=stored.name, meaning=meaning)
            else:
                self._expect(listed, anchor, camera)

    def _wrong(self, name: HeadsName, listed: Heads, envelope: Envelope, anchor: Anchor) -> str:
        """Why this is not the anchor's list in its place: a key of MEANINGS, or nothing."""
        keys = self._trusted(anchor.recorder)
        if not any(envelope.signed_with(key) for key in keys):
            return "signature" if keys else "signer"
        # Under another day its heads would be compared with another part of the chain.
        place = HeadsName(
            day=local_day(anchor.at).isoformat(),
            recorder=anchor.recorder,
            at=anchor.at,
            entry=anchor.entry,
        )
        same = (listed.recorder, listed.at, listed.entry) == (
            anchor.recorder,
            anchor.at,
            anchor.entry,
        )
        return "" if same and name == place and listed.root() == anchor.root else "other_heads"

    def _expect(self, listed: Heads, anchor: Anchor, camera: str) -> None:
        self.compared += 1
        self.until = max(listed.at, self.until or listed.at)
        for head in listed.heads:
            if camera and head.camera != camera:
                continue
            state = self._states.setdefault((head.camera, head.session), _Chain())
            number = head.sequence - 1
            known = state.expected.get(number)
            # Where two anchors contradict each other, the ledger says which was first.
            if known is None or anchor.index < known.index:
                state.expected[number] = _Anchored(head=head.head, at=anchor.at, index=anchor.index)

    def add(self, items: Iterable[Item]) -> None:
        """The items of one camera's day that are what they say."""
        for item in sorted(items, key=lambda item: (item.session, item.sequence)):
            self._cameras.add(item.camera)
            state = self._states.setdefault((item.camera, item.session), _Chain())
            if item.previous and item.sequence - 1 not in state.recent and not item.recovered:
                # The item before is gone, and this one still tells its head.
                state.saw(item.sequence - 1, _Seen(item.name, item.previous, item.last))
            seen = _Seen(item.name, item.head, item.last)
            state.saw(item.sequence, seen)
            state.footage |= item.kind != "overwritten"
            if item.sequence > state.top + 1:
                state.holes.append((state.top + 1, item.sequence - 1))
            if item.sequence > state.top:
                state.top, state.end = item.sequence, seen

    def leave(self) -> Iterator[Finding]:
        """Judge what was anchored on the day that ends."""
        for key, state in sorted(self._states.items()):
            if state.expected:
                yield from self._judge(key, state)
            state.expected.clear()
            state.met.clear()

    def _judge(self, key: _Key, state: _Chain) -> Iterator[Finding]:
        camera, session = key
        changed: list[tuple[str, Micros]] = []
        beyond: list[tuple[int, Micros]] = []
        for number, anchored in sorted(state.expected.items()):
            head, at = anchored.head, anchored.at
            seen = state.met.get(number) or state.recent.get(number)
            run = self._chains.removal(camera, session, number)
            promised = self._chains.promise(camera, session, number)
            if seen is not None:
                if seen.head not in ("", head):
                    changed.append((seen.name, at))
            elif run is not None:
                if run.last == number and run.head != head:
                    changed.append((f"{camera}, removed objects", at))
            elif promised:
                # Its absence was reported when the manifest was compared.
                if promised != head:
                    changed.append((f"{camera}, the day's manifest", at))
            elif number > state.top:
                beyond.append((number, at))
            elif state.moved(number):
                # Times were changed: what the ledger has of this day stands on an earlier one.
                changed.append((f"{camera}, an earlier day", at))
        if changed and (key, "changed") not in self._judged:
            self._judged.add((key, "changed"))
            name, at = changed[0]
            yield Finding(
                verdict="foreign",
                name=name,
                meaning="anchored_other",
                first=at,
                last=changed[-1][1],
                count=len(changed),
            )
        if beyond:
            yield from self._cut_off(key, state, *beyond[-1])

    def _cut_off(self, key: _Key, state: _Chain, number: int, at: Micros) -> Iterator[Finding]:
        """The ledger knows of more of this chain than the store holds."""
        camera, session = key
        end = state.end
        if (key, "cut") in self._judged:
            return
        # In a part of a store a chain that stood still may lie wholly before it.
        if self._partial and end is None and number - min(state.expected) < 2:
            return
        self._judged.add((key, "cut"))
        if end is not None:
            yield Finding(
                verdict="truncated",
                name=f"after {end.name}",
                meaning="anchored_end",
                first=min(end.last, at),
                last=at,
                count=number - state.top,
            )
            return
        known = camera in self._cameras
        yield Finding(
            verdict="missing",
            name=f"{camera}, session {session}" if known else camera,
            meaning="anchored_session" if known else "anchored_camera",
            first=at,
            last=at,
            count=number + 1,
        )

    def unlisted(
        self, wanted: Callable[[str], bool], over: Callable[[str], bool]
    ) -> Iterator[Finding]:
        """Anchors of the days that `wanted` names whose list the store does not hold: a finding
        for each day and recorder. Where all footage of the day has expired (`over`), so has the
        list."""
        gone: dict[tuple[str, str, RecorderId], list[Micros]] = {}
        for anchor in self._held.by_entry.values():
            day = local_day(anchor.at).isoformat()
            if anchor.entry not in self._listed and wanted(day):
                key = (day, self._late(anchor, day), anchor.recorder)
                gone.setdefault(key, []).append(anchor.at)
        expired = {day: over(day) for day in {day for day, _, _ in gone}}
        for (day, waits, recorder), times in sorted(gone.items()):
            verdict: Verdict = "not_yet_uploaded" if waits else "missing"
            meaning = waits or "heads"
            if expired[day]:
                verdict, meaning = "expired", "heads_expired"
            yield Finding(
                verdict=verdict,
                name=f"{heads_prefix(day)}{recorder}/",
                meaning=meaning,
                first=min(times),
                last=max(times),
                count=len(times),
            )
