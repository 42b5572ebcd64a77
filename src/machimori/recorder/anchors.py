# SPDX-License-Identifier: AGPL-3.0-or-later
"""Anchors: every five minutes one Merkle root over all cameras' chain heads, for the ledger.

Whoever steals a recorder has its signing key and could rewrite what it recorded; what was anchored
before cannot be rewritten unseen. The entry goes into an outbox, from which `ledger courier`
carries it: the recorder needs no line to the ledger to record.

A leaf is `leaf_hash` (RFC 6962) of canonical JSON {camera, head, sequence, session}. The heads
themselves stand beside the entry, in `<time>.heads.json`, so that a leaf can be shown later.
"""

from collections.abc import Iterable
from pathlib import Path

from machimori.kernel import canonical
from machimori.kernel.durable import Disk
from machimori.kernel.ids import RecorderId
from machimori.kernel.instants import Micros
from machimori.ledger.entry import Entry
from machimori.ledger.tree import leaf_hash, root_of

EVERY = 300.0
"""Seconds between two anchors."""

Head = tuple[str, str, int, bytes]
"""Camera, recorder session, items so far, head."""


def leaf(head: Head) -> bytes:
    """The leaf of one camera's head."""
    camera, session, sequence, digest = head
    return leaf_hash(
        canonical.dumps(
            {"camera": camera, "head": digest.hex(), "sequence": sequence, "session": session}
        )
    )


def write(
    heads: Iterable[Head],
    *,
    outbox: Path,
    archive: Path,
    recorder: RecorderId,
    now: Micros,
    disk: Disk,
) -> Entry | None:
    """Put an anchor into the outbox; None if no camera has a head yet. Raises DurabilityError.

    1. the heads into `archive` (`Disk.create`); 2. the entry into `outbox` (`Disk.create`).
    """
    known = sorted(head for head in heads if head[3])
    if not known:
        return None
    entry = Entry(
        type="recorder.anchor",
        at=now,
        subject={"recorder": recorder},
        data={"cameras": len(known), "root": root_of([leaf(head) for head in known]).hex()},
    )
    rows = [[camera, session, sequence, head.hex()] for camera, session, sequence, head in known]
    disk.make_directory(archive)
    disk.make_directory(outbox)
    disk.create(archive / f"{entry.id}.heads.json", canonical.dumps({"heads": rows}))
    disk.create(outbox / f"{entry.id}.json", entry.encode())
    return entry
