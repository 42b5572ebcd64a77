# SPDX-License-Identifier: AGPL-3.0-or-later
"""The record that stands for expired footage: its name, and its entry in the ledger."""

from machimori.footage.naming import Name, RecordName
from machimori.footage.records import Record
from machimori.kernel import canonical
from machimori.kernel.envelope import Envelope
from machimori.kernel.instants import Micros
from machimori.ledger.entry import Entry


def free_end(last: Micros, names: list[Name]) -> Micros:
    """`last`, or the next microsecond for which no other tombstone of the day stands."""
    taken = {name.last for name in names if isinstance(name, RecordName) and name.kind == "expired"}
    while last in taken:
        last = Micros(last + 1)
    return last


def entry_of(record: Record, envelope: Envelope) -> Entry:
    """The ledger entry of a tombstone: the same for the same record, so it counts once."""
    attestation = Envelope.decode(canonical.unb64(record.attestation, where="attestation"))
    return Entry(
        type="footage.expired",
        at=Micros(canonical.field(attestation.statement(), "at", int)),
        id=envelope.digest().hex()[:32],
        subject={"camera": record.camera, "recorder": record.recorder},
        data={
            "cause": record.cause,
            "day": record.day,
            "record": envelope.digest().hex(),
            "segments": sum(run.last - run.first + 1 for run in record.removed),
        },
    )
