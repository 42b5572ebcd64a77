# SPDX-License-Identifier: AGPL-3.0-or-later
"""Proofs that travel: both halves, verification, and every way in which one can lie."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.kernel.instants import Micros
from machimori.kernel.signing import SigningKey
from machimori.ledger.checkpoint import LogKey
from machimori.ledger.entry import Entry
from machimori.ledger.errors import MalformedLedgerError, ProofError
from machimori.ledger.proof import Consistency, Inclusion
from machimori.ledger.testing import MemoryLedger

KEY = SigningKey(bytes(range(32)))
ENTRIES = [Entry(type="refusal", at=Micros(n), id=f"{n:032x}") for n in range(21)]


@pytest.fixture(scope="module")
def ledger() -> MemoryLedger:
    ledger = MemoryLedger(signing_key=KEY)
    for entry in ENTRIES:
        ledger.append(entry)
    return ledger


def test_every_entry_is_proved(ledger: MemoryLedger) -> None:
    for index, entry in enumerate(ENTRIES):
        proof = ledger.inclusion(entry.id)
        assert Inclusion.decode(proof.encode()) == proof
        assert proof.verify(entry.encode(), ledger.key).size == 21
        assert proof.index == index


def test_every_pair_of_checkpoints_is_consistent(ledger: MemoryLedger) -> None:
    for new in range(1, 22):
        for old in range(1, new + 1):
            proof = ledger.consistency(old, new)
            assert Consistency.decode(proof.encode()) == proof
            assert [head.size for head in proof.verify(ledger.key)] == [old, new]


@given(st.data())
def test_a_proof_holds_for_nothing_else(data: st.DataObject) -> None:
    ledger = MemoryLedger(signing_key=KEY)
    ledger.append(*ENTRIES)
    index = data.draw(st.integers(0, 20))
    proof = ledger.inclusion(ENTRIES[index].id)
    other = ENTRIES[(index + data.draw(st.integers(1, 20))) % 21]
    with pytest.raises(ProofError):
        proof.verify(other.encode(), ledger.key)
    moved = dataclasses.replace(proof, index=index + data.draw(st.integers(1, 50)))
    with pytest.raises(ProofError):
        moved.verify(ENTRIES[index].encode(), ledger.key)


def test_another_logs_key_proves_nothing(ledger: MemoryLedger) -> None:
    stranger = LogKey(name=ledger.key.name, public=SigningKey.generate().public)
    with pytest.raises(ProofError):
        ledger.inclusion(ENTRIES[3].id).verify(ENTRIES[3].encode(), stranger)
    with pytest.raises(ProofError):
        ledger.consistency(3, 9).verify(stranger)


def test_a_rewritten_log_is_not_consistent(ledger: MemoryLedger) -> None:
    rewritten = MemoryLedger(signing_key=KEY)
    for entry in ENTRIES[1:]:
        rewritten.append(entry)
    lie = dataclasses.replace(rewritten.consistency(5, 20), old=ledger.consistency(5, 20).old)
    with pytest.raises(ProofError, match="rewritten"):
        lie.verify(ledger.key)


@pytest.mark.parametrize(
    "change",
    [
        {"index": -1},
        {"index": True},
        {"index": "1"},
        {"format": "machimori.inclusion/2"},
        {"hashes": ["AAAA"]},
        {"hashes": "AAAA"},
        {"hashes": [1]},
        {"hashes": ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="] * 129},
        {"checkpoint": 1},
        {"more": 1},
    ],
)
def test_malformed_inclusion(ledger: MemoryLedger, change: dict[str, object]) -> None:
    source = json.loads(ledger.inclusion(ENTRIES[0].id).encode()) | change
    encoded = json.dumps(source, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    with pytest.raises(MalformedLedgerError):
        Inclusion.decode(encoded.encode())


@pytest.mark.parametrize("change", [{"old": 1}, {"new": None}, {"hashes": {}}, {"x": 1}])
def test_malformed_consistency(ledger: MemoryLedger, change: dict[str, object]) -> None:
    source = json.loads(ledger.consistency(2, 3).encode()) | change
    encoded = json.dumps(source, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    with pytest.raises(MalformedLedgerError):
        Consistency.decode(encoded.encode())


def test_a_proof_whose_checkpoint_is_none(ledger: MemoryLedger) -> None:
    proof = dataclasses.replace(ledger.inclusion(ENTRIES[0].id), checkpoint=b"no checkpoint")
    assert Inclusion.decode(proof.encode()) == proof
    with pytest.raises(MalformedLedgerError):
        proof.verify(ENTRIES[0].encode(), ledger.key)
