# SPDX-License-Identifier: AGPL-3.0-or-later
"""Entries: both halves of the codec, the size limit, and that personal data cannot get in."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.kernel.instants import Micros
from machimori.ledger.entry import LATEST, MAX_ENTRY, TYPES, Commitment, Entry, commit
from machimori.ledger.errors import MalformedLedgerError

AT = Micros(1_795_000_000_000_000)
ENTRY = Entry(
    type="release.requested",
    at=AT,
    id="0" * 31 + "1",
    subject={"case": "c-104", "camera": "cam-0001"},
    data={"challenge": "ab" * 32, "count": 3},
    commitments={"purpose": "cd" * 32},
)

names = st.from_regex(r"[a-z][a-z0-9_]{0,39}", fullmatch=True)
ascii_text = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | ascii_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


@given(
    kind=st.sampled_from(sorted(TYPES)),
    at=st.integers(0, LATEST),
    entry_id=st.from_regex(r"[0-9a-f]{32}", fullmatch=True),
    subject=st.dictionaries(names, st.from_regex(r"[a-z0-9][a-z0-9./-]{0,20}", fullmatch=True)),
    data=st.dictionaries(names, values, max_size=5),
    commitments=st.dictionaries(names, st.from_regex(r"[0-9a-f]{64}", fullmatch=True), max_size=3),
)
def test_both_halves(kind, at, entry_id, subject, data, commitments):  # type: ignore[no-untyped-def]
    entry = Entry(
        type=kind,
        at=Micros(at),
        id=entry_id,
        subject=subject,
        data=data,
        commitments=commitments,
    )
    encoded = entry.encode()
    assert Entry.decode(encoded) == entry
    assert Entry.decode(encoded).encode() == encoded


def test_an_entry_is_exactly_these_bytes() -> None:
    assert ENTRY.encode() == (
        b'{"at":1795000000000000,"commitments":{"purpose":"' + b"cd" * 32 + b'"},'
        b'"data":{"challenge":"' + b"ab" * 32 + b'","count":3},'
        b'"id":"00000000000000000000000000000001",'
        b'"subject":{"camera":"cam-0001","case":"c-104"},"type":"release.requested","v":1}'
    )


def test_at_most_65535_bytes() -> None:
    overhead = len(Entry(type="refusal", at=AT, data={"x": ""}).encode())
    largest = Entry(type="refusal", at=AT, data={"x": "a" * (MAX_ENTRY - overhead)})
    assert len(largest.encode()) == MAX_ENTRY
    assert Entry.decode(largest.encode()) == largest
    with pytest.raises(MalformedLedgerError, match="at most 65535 bytes"):
        Entry(type="refusal", at=AT, data={"x": "a" * (MAX_ENTRY - overhead + 1)}).encode()


@pytest.mark.parametrize(
    "arguments",
    [
        {"subject": {"officer": "山田太郎"}},
        {"subject": {"officer": "Taro Yamada"}},
        {"subject": {"Officer": "o-1"}},
        {"subject": {"officer": ""}},
        {"data": {"reason": "通りで探す"}},
        {"data": {"list": ["a", {"b": "街"}]}},
        {"data": {"reason": "two\nlines"}},
        {"data": {"Bad Name": 1}},
        {"data": {"value": 1.5}},
        {"data": {"value": 2**53}},
        {"commitments": {"name": "山田"}},
        {"commitments": {"name": "AB" * 32}},
        {"type": "gossip"},
        {"at": -1},
        {"id": "x"},
    ],
)
def test_what_does_not_get_in(arguments: dict[str, object]) -> None:
    whole: dict[str, object] = {"type": "refusal", "at": AT, **arguments}
    with pytest.raises(MalformedLedgerError) as caught:
        Entry(**whole).encode()  # type: ignore[arg-type]
    assert "山" not in str(caught.value)
    assert "街" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        lambda e: e | {"v": 2},
        lambda e: e | {"v": True},
        lambda e: e | {"extra": 1},
        lambda e: {k: v for k, v in e.items() if k != "data"},
        lambda e: e | {"at": "1"},
        lambda e: e | {"subject": []},
        lambda e: e | {"type": "gossip"},
        lambda e: [],
    ],
)
def test_malformed_entries(change) -> None:  # type: ignore[no-untyped-def]
    source = change(json.loads(ENTRY.encode()))
    encoded = json.dumps(source, sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises(MalformedLedgerError):
        Entry.decode(encoded)


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"\xff", b"[" * 5000, ENTRY.encode() + b"\n", b"a" * (MAX_ENTRY + 1)]
)
def test_malformed_bytes(data: bytes) -> None:
    with pytest.raises(MalformedLedgerError):
        Entry.decode(data)


def test_a_commitment_is_salted_and_opens_to_its_value_only() -> None:
    salt, digest = first = commit("山田太郎")
    assert len(salt) == 16
    assert first.opens_to("山田太郎")
    assert not first.opens_to("山田次郎")
    assert commit("山田太郎").digest != digest
    assert not Commitment(bytes(16), digest).opens_to("山田太郎")
