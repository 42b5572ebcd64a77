# SPDX-License-Identifier: AGPL-3.0-or-later
"""Anchors: every five minutes one Merkle root over all cameras' chain heads, for the ledger.

Whoever steals a recorder has its signing key and could rewrite what it recorded; what was anchored
before cannot be rewritten unseen. The entry goes into an outbox, from which `ledger courier`
carries it: the recorder needs no line to the ledger to record. The list of the heads goes into the
store (`footage/anchors.py`), where `footage check` compares.
"""

from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo

from machimori.footage.anchors import Head, Heads
from machimori.footage.store import Store
from machimori.kernel.durable import Disk
from machimori.kernel.ids import RecorderId, new_id
from machimori.kernel.instants import TOKYO, Micros
from machimori.kernel.signing import SigningKey
from machimori.ledger.courier import leave
from machimori.ledger.entry import Entry

EVERY = 300.0
"""Seconds between two anchors."""


def write(
    heads: Iterable[Head],
    *,
    outbox: Path,
    store: Store,
    recorder: RecorderId,
    signer: SigningKey,
    now: Micros,
    disk: Disk,
    tz: ZoneInfo = TOKYO,
) -> Entry | None:
    """Put an anchor into the outbox; None if no camera has a head yet. Raises DurabilityError and
    what `Store.put` raises.

    `heads` are only of items that the store has: what a crash could still change is not anchored.
    1. the signed list into the store; 2. the entry into `outbox` (`courier.leave`). A crash between
    the two leaves a list that says nothing; the next anchor says it.
    """
    known = tuple(sorted(heads))
    if not known:
        return None
    listed = Heads(recorder=recorder, entry=new_id(), at=now, heads=known)
    entry = listed.ledger_entry()
    store.put(str(listed.name(tz)), listed.sign(signer.public.fingerprint(), signer).encode())
    leave(outbox, entry, disk)
    return entry
