# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ledger entries, signed checkpoints, and the proofs that travel to strangers."""

from machimori.kernel.instants import Micros
from machimori.kernel.signing import PublicKey, SigningKey
from machimori.ledger.checkpoint import Checkpoint, LogKey, Note, open_checkpoint
from machimori.ledger.entry import Entry
from machimori.ledger.errors import MalformedLedgerError, ProofError
from machimori.ledger.proof import Consistency, Inclusion
from machimori.ledger.testing import MemoryLedger

KEY = SigningKey(bytes(range(32)))
LOG = LogKey(name="ledger.example.jp", public=KEY.public)


def one_input(data: bytes) -> None:
    for parse in (_entry, _note, _vkey, _inclusion, _consistency):
        try:
            parse(data)
        except (MalformedLedgerError, ProofError):
            continue


def seeds() -> list[bytes]:
    ledger = MemoryLedger(name=LOG.name, signing_key=KEY)
    entries = [
        Entry(
            type="release.requested",
            at=Micros(number),
            id=f"{number:032x}",
            subject={"case": "c-1"},
            data={"n": [number, None, True, {"x": "y"}]},
            commitments={"purpose": "ab" * 32},
        )
        for number in range(7)
    ]
    for entry in entries:
        ledger.append(entry)
    return [
        entries[3].encode(),
        ledger.checkpoint(),
        LOG.vkey().encode(),
        ledger.inclusion(entries[2].id).encode(),
        ledger.consistency(3, 7).encode(),
    ]


def _entry(data: bytes) -> None:
    assert Entry.decode(data).encode() == data


def _note(data: bytes) -> None:
    note = Note.decode(data)
    assert note.encode() == data
    assert Checkpoint.parse(note.text).text() == note.text
    open_checkpoint(data, LOG)


def _vkey(data: bytes) -> None:
    LogKey.parse(data.decode("latin-1"), PublicKey)


def _inclusion(data: bytes) -> None:
    proof = Inclusion.decode(data)
    assert proof.encode() == data
    proof.verify(b"{}", LOG)


def _consistency(data: bytes) -> None:
    proof = Consistency.decode(data)
    assert proof.encode() == data
    proof.verify(LOG)
