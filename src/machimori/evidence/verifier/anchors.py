# SPDX-License-Identifier: AGPL-3.0-or-later
"""That footage existed by a certain time: from a packaged item to a head that the ledger holds.

Every five minutes a recorder puts the Merkle root over its cameras' chain heads into the ledger
(`footage.anchors`). A package carries, for one of its cameras, the path of one head to that root,
the ledger's entry with its proof, and the digests that lead from the last packaged item to that
head. Of other cameras, and of what was recorded outside the interval, it shows hashes only.

The maker chooses anchors with the same code that the verifier judges them with.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from machimori.evidence.errors import PackageError
from machimori.footage.anchors import Head
from machimori.footage.records import Record
from machimori.kernel import canonical
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import CameraId
from machimori.kernel.instants import Micros
from machimori.ledger import tree
from machimori.ledger.checkpoint import LogKey
from machimori.ledger.entry import Entry
from machimori.ledger.errors import ProofError
from machimori.ledger.proof import Inclusion
from machimori.vault.sealing.layout import head_after
from machimori.vault.sealing.skeleton import Skeleton

FORMAT = "machimori anchored head v1"
MAX_LINKS = 100_000
MAX_SIZE = 16 * 1024 * 1024
"""Bytes of a file."""
_MAX_PATH = 64
_HEX = re.compile(r"[0-9a-f]{64}\Z")
_MEMBERS = {"entry", "format", "inclusion", "index", "links", "path", "sequence", "session", "size"}

Chain = tuple[str, str]
"""A recorder's name and its session."""
Place = tuple[str, str, int]
"""A chain, and the sequence number of an item in it."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """A packaged item in its recorder's chain; `digest` is what it adds to it, hex."""

    recorder: str
    session: str
    sequence: int
    previous: str
    digest: str
    last: Micros
    where: str
    loose: bool = False
    """A recovered segment whose predecessor could not be found when it was closed."""

    @property
    def head(self) -> str:
        """The chain's head after it, hex."""
        return head_after(self.previous, bytes.fromhex(self.digest)).hex()

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.recorder, self.session, self.sequence

    @classmethod
    def of_segment(cls, skeleton: Skeleton, where: str) -> "Link":
        """The link that a segment is."""
        header, trailer = skeleton.sealed.header, skeleton.end.trailer
        return cls(
            recorder=header.recorder,
            session=header.session,
            sequence=header.sequence,
            previous=trailer.previous,
            digest=skeleton.end.digest().hex(),
            last=trailer.last,
            where=where,
            loose=trailer.recovered and not trailer.previous,
        )

    @classmethod
    def of_record(cls, record: Record, envelope: Envelope, where: str) -> "Link":
        """The link that a record is."""
        return cls(
            recorder=record.recorder,
            session=record.session,
            sequence=record.sequence,
            previous=record.previous,
            digest=envelope.digest().hex(),
            last=record.last,
            where=where,
        )


@dataclass(frozen=True, kw_only=True)
class AnchoredHead:
    """One head of one chain, and the proof that the ledger holds it.

    After `sequence` items the chain `session` had the head whose leaf is number `index` of `size`
    under the root in `entry`; `links` are the digests of items that the package does not hold, by
    sequence number. `inclusion` proves the entry.
    """

    session: str
    sequence: int
    index: int
    size: int
    path: tuple[bytes, ...]
    links: tuple[tuple[int, str], ...]
    entry: bytes
    inclusion: Inclusion

    def __post_init__(self) -> None:
        numbers = [number for number, _ in self.links]
        if numbers != sorted(set(numbers)) or len(numbers) > MAX_LINKS or min([0, *numbers]) < 0:
            raise PackageError("links of an anchor out of order")
        if any(not _HEX.match(digest) for _, digest in self.links):
            raise PackageError("a link of an anchor is a digest")
        if self.sequence < 1 or not 0 <= self.index < self.size or len(self.path) > _MAX_PATH:
            raise PackageError("an anchor with impossible values")
        if any(len(item) != tree.HASH_SIZE for item in self.path):
            raise PackageError("a path of an anchor is of hashes")

    def encode(self) -> bytes:
        """Canonical JSON."""
        return canonical.dumps(
            {
                "entry": canonical.b64(self.entry),
                "format": FORMAT,
                "inclusion": canonical.b64(self.inclusion.encode()),
                "index": self.index,
                "links": [[number, digest] for number, digest in self.links],
                "path": [canonical.b64(item) for item in self.path],
                "sequence": self.sequence,
                "session": self.session,
                "size": self.size,
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> "AnchoredHead":
        """The inverse of `encode`. Raises MalformedError."""
        source = canonical.load_object(data)
        if source.get("format") != FORMAT or source.keys() != _MEMBERS:
            raise PackageError("not an anchored head")
        links = []
        for row in canonical.field(source, "links", list):
            if not isinstance(row, list) or len(row) != 2:
                raise PackageError("a link of an anchor is a number and a digest")
            pair = {"number": row[0], "digest": row[1]}
            number: int = canonical.field(pair, "number", int)
            digest: str = canonical.field(pair, "digest", str)
            links.append((number, digest))
        return cls(
            session=canonical.field(source, "session", str),
            sequence=canonical.field(source, "sequence", int),
            index=canonical.field(source, "index", int),
            size=canonical.field(source, "size", int),
            path=tuple(
                canonical.unb64(item, where="path")
                for item in canonical.field(source, "path", list)
            ),
            links=tuple(links),
            entry=canonical.unb64(source["entry"], where="entry"),
            inclusion=Inclusion.decode(canonical.unb64(source["inclusion"], where="inclusion")),
        )

    def anchor(self, key: LogKey) -> Entry:
        """The entry, which the ledger was shown to hold. Raises MalformedError, ProofError."""
        self.inclusion.verify(self.entry, key)
        entry = Entry.decode(self.entry)
        if entry.type != "recorder.anchor":
            raise PackageError("the ledger's entry is no anchor")
        return entry

    def covered(self, camera: str, entry: Entry, items: Iterable[Link]) -> dict[Place, Link]:
        """The items of the camera that lead to this head, by place; `entry` is from `anchor`.

        Raises PackageError if none does.
        """
        recorder = entry.subject.get("recorder", "")
        own = {i.sequence: i for i in items if (i.recorder, i.session) == (recorder, self.session)}
        run, head = self._run(own)
        if not run:
            raise PackageError("the anchored head does not follow from the footage")
        row = Head(camera=CameraId(camera), session=self.session, sequence=self.sequence, head=head)
        root = entry.data.get("root")
        if not isinstance(root, str) or not _HEX.match(root):
            raise PackageError("the ledger's entry holds no root")
        if not tree.included(
            leaf=row.leaf(),
            index=self.index,
            size=self.size,
            path=self.path,
            root=bytes.fromhex(root),
        ):
            raise PackageError("the ledger anchors another chain than this footage")
        return {item.place: item for item in run}

    def _run(self, items: Mapping[int, Link]) -> tuple[list[Link], str]:
        """The items linked without a hole up to the anchored one, and the head there."""
        digests = dict(self.links)
        run: list[Link] = []
        head, before = "", -1
        for number in sorted({*items, *digests}):
            if number >= self.sequence:
                break
            item = items.get(number)
            if item is not None:
                if before != number - 1 or item.previous != head:
                    run = []
                run.append(item)
                head = item.head
            elif run and before == number - 1:
                head = head_after(head, bytes.fromhex(digests[number])).hex()
            else:
                run = []
            before = number
        return (run, head) if before == self.sequence - 1 else ([], "")


@dataclass(frozen=True, kw_only=True)
class Existence:
    """Items that existed at `by`, the latest: one anchor, entry `index` of the ledger.

    `by` is the anchor's time by the recorder's clock, and never before the items' own end.
    """

    path: str
    by: Micros
    index: int
    places: frozenset[Place]


def existence(
    camera: str, items: Iterable[Link], anchors: Mapping[str, AnchoredHead], key: LogKey
) -> tuple[Existence, ...]:
    """What each anchor shows first: of several that cover an item, the earliest counts.

    `anchors` by path. Raises PackageError, whose `where` is the path, for one that does not hold or
    shows nothing that an earlier one does not.
    """
    known = list(items)
    proven = []
    for path, head in anchors.items():
        try:
            entry = head.anchor(key)
            proven.append((entry.at, path, head, head.covered(camera, entry, known)))
        except (MalformedError, ProofError) as error:
            raise PackageError(error.message, where=path) from error
    found: list[Existence] = []
    done: set[Place] = set()
    for at, path, head, covered in sorted(proven, key=lambda one: one[:2]):
        fresh = {place: item for place, item in covered.items() if place not in done}
        if not fresh:
            raise PackageError("the anchor shows nothing new", where=path)
        done |= fresh.keys()
        found.append(
            Existence(
                path=path,
                by=Micros(max(at, *(item.last for item in fresh.values()))),
                index=head.inclusion.index,
                places=frozenset(fresh),
            )
        )
    return tuple(found)
