# SPDX-License-Identifier: AGPL-3.0-or-later
"""Anchors: what the ledger holds of the cameras' chains, and the signed list under each.

Every five minutes a recorder puts one Merkle root (RFC 6962) over its cameras' heads into the
ledger, as an entry `recorder.anchor`. A leaf is `leaf_hash` of canonical JSON {camera, head,
sequence, session}; `sequence` counts the items of the chain so far, `head` is that of the last.
The list of the heads lies in the store, beside the footage, as a DSSE envelope by the recorder:
`<day>/anchors.<recorder>/<time>-<entry id>.json`. It needs no secrecy and can prove nothing without
the entry: its root must be the entry's.

Anchors leave the ledger for offline use as lines of JSON {entry, inclusion}, both in base64.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from machimori.footage.naming import parse_stamp, stamp
from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.envelope import Envelope, Signer
from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import CameraId, RecorderId, check_name
from machimori.kernel.instants import TOKYO, Micros, local_day, parse_day
from machimori.ledger.checkpoint import LogKey, open_checkpoint
from machimori.ledger.entry import Entry
from machimori.ledger.errors import AlteredLedgerError
from machimori.ledger.interface import LedgerInterface
from machimori.ledger.proof import Inclusion
from machimori.ledger.tree import Frontier, leaf_hash, root_of

HEADS_TYPE = "application/vnd.machimori.anchored-heads+json"
MAX_HEADS = 100_000
HORIZON = 2 * 60 * 60 * 1_000_000
"""Microseconds after footage in which the anchor that covers it is looked for, and kept for a case.
One is due every five minutes, and names all that the recorder had on disk."""
_PLACE = "anchors."
_ID = re.compile(r"[0-9a-f]{32}\Z")
_HEAD = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, kw_only=True, order=True)
class HeadsName:
    """Where the store keeps the list under one anchor. No camera's name can begin like it."""

    day: str
    recorder: RecorderId
    at: Micros
    entry: str

    def __str__(self) -> str:
        return f"{self.day}/{_PLACE}{self.recorder}/{stamp(self.at)}-{self.entry}.json"


def heads_prefix(day: str) -> str:
    """What the names of a day's lists begin with."""
    return f"{day}/{_PLACE}"


def is_heads(name: str) -> bool:
    """Whether an object's name can only be that of a list of heads."""
    return name[10:].startswith(f"/{_PLACE}")


def parse_heads_name(name: str) -> HeadsName:
    """The inverse of `str(HeadsName)`. Raises MalformedError."""
    parts = name.split("/")
    if len(parts) != 3 or not is_heads(name) or not parts[2].endswith(".json"):
        raise MalformedError("not the name of anchored heads", where=name[:120])
    parse_day(parts[0])
    recorder = RecorderId(check_name(parts[1].removeprefix(_PLACE), what="recorder"))
    time, _, entry = parts[2].removesuffix(".json").partition("-")
    if not _ID.match(entry):
        raise MalformedError("not the name of anchored heads", where=name[:120])
    return HeadsName(day=parts[0], recorder=recorder, at=parse_stamp(time), entry=entry)


@dataclass(frozen=True, kw_only=True, order=True)
class Head:
    """One camera's chain as it stood: `sequence` items, the last with `head` (hex)."""

    camera: CameraId
    session: str
    sequence: int
    head: str

    def leaf(self) -> bytes:
        """Its leaf in the anchor's tree."""
        return leaf_hash(
            canonical.dumps(
                {
                    "camera": self.camera,
                    "head": self.head,
                    "sequence": self.sequence,
                    "session": self.session,
                }
            )
        )


@dataclass(frozen=True, kw_only=True)
class Heads:
    """The list under one anchor: `entry` is the ledger entry's id, `heads` are sorted."""

    recorder: RecorderId
    entry: str
    at: Micros
    heads: tuple[Head, ...]

    def __post_init__(self) -> None:
        check_name(self.recorder, what="recorder")
        distinct = len({(head.camera, head.session) for head in self.heads}) == len(self.heads)
        if not self.heads or list(self.heads) != sorted(self.heads) or not distinct:
            raise MalformedError("anchored heads are not sorted and distinct", where=self.entry)
        for head in self.heads:
            check_name(head.camera, what="camera")
            if head.sequence < 1 or not _HEAD.match(head.head):
                raise MalformedError("an anchored head with impossible values", where=self.entry)
        if len(self.heads) > MAX_HEADS or not _ID.match(self.entry):
            raise MalformedError("anchored heads with impossible values", where=self.entry[:40])

    def root(self) -> str:
        """The Merkle root, hex."""
        return root_of([head.leaf() for head in self.heads]).hex()

    def ledger_entry(self) -> Entry:
        """The anchor itself."""
        return Entry(
            id=self.entry,
            type="recorder.anchor",
            at=self.at,
            subject={"recorder": self.recorder},
            data={"cameras": len({head.camera for head in self.heads}), "root": self.root()},
        )

    def name(self, tz: ZoneInfo = TOKYO) -> HeadsName:
        """Where the store keeps it."""
        day = local_day(self.at, tz).isoformat()
        return HeadsName(day=day, recorder=self.recorder, at=self.at, entry=self.entry)

    def statement(self) -> dict[str, Json]:
        """The payload, to be signed."""
        return {
            "at": self.at,
            "entry": self.entry,
            "heads": [[h.camera, h.session, h.sequence, h.head] for h in self.heads],
            "recorder": self.recorder,
        }

    @classmethod
    def of_statement(cls, source: dict[str, Json]) -> "Heads":
        """The inverse of `statement`. Raises MalformedError."""
        found = cls(
            recorder=RecorderId(canonical.field(source, "recorder", str)),
            entry=canonical.field(source, "entry", str),
            at=Micros(canonical.field(source, "at", int)),
            heads=tuple(_head(row) for row in canonical.field(source, "heads", list)),
        )
        if found.statement() != source:
            raise MalformedError("anchored heads have unknown members")
        return found

    def sign(self, keyid: str, signer: Signer) -> Envelope:
        """The signed envelope, whose `encode()` the store keeps."""
        return Envelope.of(HEADS_TYPE, self.statement()).signed_by(keyid, signer)


def decode(data: bytes) -> tuple[Heads, Envelope]:
    """The list in a stored object, and its envelope to judge. Raises MalformedError."""
    envelope = Envelope.decode(data)
    if envelope.payload_type != HEADS_TYPE:
        raise MalformedError("not anchored heads", where=envelope.payload_type[:80])
    return Heads.of_statement(envelope.statement()), envelope


def _head(row: Json) -> Head:
    if not isinstance(row, list) or len(row) != 4:
        raise MalformedError("an anchored head is camera, session, sequence and head")
    camera, session, sequence, head = row
    if (
        not isinstance(camera, str)
        or not isinstance(session, str)
        or not isinstance(sequence, int)
        or isinstance(sequence, bool)
        or not isinstance(head, str)
    ):
        raise MalformedError("an anchored head is camera, session, sequence and head")
    return Head(camera=CameraId(camera), session=session, sequence=sequence, head=head)


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """A `recorder.anchor` entry that the ledger was shown to hold."""

    index: int
    entry: str
    recorder: RecorderId
    at: Micros
    root: str


@dataclass(frozen=True, kw_only=True)
class Anchors:
    """Anchors by entry id."""

    by_entry: dict[str, Anchor]


def anchors_of(ledger: LedgerInterface) -> Anchors:
    """All anchors of a ledger, after its entries were hashed into its newest signed root: inclusion
    and order of all of them at once. Raises AlteredLedgerError, LedgerUnavailableError."""
    head = open_checkpoint(ledger.checkpoint(), ledger.key)
    frontier = Frontier()
    found: dict[str, Anchor] = {}
    for index, body in enumerate(ledger.entries(0, head.size)):
        frontier.push(leaf_hash(body))
        if b'"type":"recorder.anchor"' in body and (anchor := _anchor(index, body)):
            found[anchor.entry] = anchor
    if frontier.size != head.size or frontier.root() != head.root:
        raise AlteredLedgerError(
            "the ledger's entries are not those that its checkpoint was signed over",
            remedy="`machimori ledger verify` names the place",
        )
    return Anchors(by_entry=found)


def export(ledger: LedgerInterface) -> Iterator[bytes]:
    """Lines for `imported`, each an anchor with its proof."""
    for anchor in sorted(anchors_of(ledger).by_entry.values(), key=lambda a: a.index):
        yield canonical.dumps(
            {
                "entry": canonical.b64(ledger.entry(anchor.entry)),
                "inclusion": canonical.b64(ledger.inclusion(anchor.entry).encode()),
            }
        )


def imported(lines: Iterable[bytes], key: LogKey) -> Anchors:
    """The anchors of an exported file, each proof verified with the log's key. What was left out of
    the file is not noticed. Raises MalformedError, ProofError."""
    found: dict[str, Anchor] = {}
    for line in lines:
        source = canonical.load_object(line.rstrip(b"\n"))
        body = canonical.unb64(source.get("entry"), where="entry")
        proof = Inclusion.decode(canonical.unb64(source.get("inclusion"), where="inclusion"))
        proof.verify(body, key)
        anchor = _anchor(proof.index, body)
        if anchor is None:
            raise MalformedError("not an anchor", where=f"entry {proof.index}")
        found[anchor.entry] = anchor
    return Anchors(by_entry=found)


def _anchor(index: int, body: bytes) -> Anchor | None:
    entry = Entry.decode(body)
    recorder, root = entry.subject.get("recorder", ""), entry.data.get("root")
    if entry.type != "recorder.anchor" or not isinstance(root, str):
        return None
    return Anchor(
        index=index, entry=entry.id, recorder=RecorderId(recorder), at=entry.at, root=root
    )
