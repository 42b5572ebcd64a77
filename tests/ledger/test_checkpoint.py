# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signed checkpoints: the published vector of signed notes, both halves, and what is refused."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.kernel.signing import PublicKey, SigningKey
from machimori.ledger.checkpoint import (
    Checkpoint,
    LogKey,
    Note,
    NoteSignature,
    check_name,
    key_hash,
    open_checkpoint,
)
from machimori.ledger.errors import MalformedLedgerError, ProofError

VECTORS = Path(__file__).parents[2] / "docs/ref/vectors/ledger"
KEY = SigningKey(bytes(range(32)))
LOG = LogKey(name="ledger.example.jp/machimori", public=KEY.public)
HEAD = Checkpoint(origin=LOG.name, size=7, root=bytes(32))


def test_published_note() -> None:
    vector = json.loads((VECTORS / "signed-note.json").read_text())
    key = LogKey.parse(vector["vkey"], PublicKey)
    assert key.vkey() == vector["vkey"]
    note = Note.decode(vector["note"].encode())
    assert note.text == vector["text"]
    assert note.verified_by(key)
    assert note.encode() == vector["note"].encode()
    signer = SigningKey(bytes.fromhex(vector["seed"]))
    signature = NoteSignature(
        name=key.name, key_hash=key.hash(), signature=signer.sign(note.text.encode())
    )
    assert signature.line() in vector["note"]


def test_a_signed_checkpoint_is_exactly_this_text() -> None:
    lines = HEAD.signed(LOG, KEY).decode().split("\n")
    assert lines[:4] == [
        "ledger.example.jp/machimori",
        "7",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "",
    ]
    assert lines[4].startswith("— ledger.example.jp/machimori ")
    assert lines[5:] == [""]


@given(
    size=st.integers(0, 2**62),
    root=st.binary(min_size=32, max_size=32),
    extensions=st.lists(st.text(alphabet="ab +—街", min_size=1), max_size=3),
)
def test_both_halves(size: int, root: bytes, extensions: list[str]) -> None:
    head = Checkpoint(origin=LOG.name, size=size, root=root, extensions=tuple(extensions))
    assert Checkpoint.parse(head.text()) == head
    assert open_checkpoint(head.signed(LOG, KEY), LOG) == head


def test_unknown_signatures_are_passed_over() -> None:
    note = Note.decode(HEAD.signed(LOG, KEY))
    witness = NoteSignature(name="witness", key_hash=b"\1\2\3\4", signature=b"whatever")
    both = Note(text=note.text, signatures=(witness, *note.signatures)).encode()
    assert open_checkpoint(both, LOG) == HEAD


def test_only_the_logs_own_signature_counts() -> None:
    other = SigningKey(bytes(32))
    with pytest.raises(ProofError, match="not signed"):
        open_checkpoint(HEAD.signed(LogKey(name=LOG.name, public=other.public), other), LOG)
    # The right name and hash, but a signature of another key.
    forged = NoteSignature(
        name=LOG.name, key_hash=LOG.hash(), signature=other.sign(HEAD.text().encode())
    )
    with pytest.raises(ProofError, match="not signed"):
        open_checkpoint(Note(text=HEAD.text(), signatures=(forged,)).encode(), LOG)
    foreign = Checkpoint(origin="another.log", size=7, root=bytes(32))
    with pytest.raises(ProofError, match="another log"):
        open_checkpoint(foreign.signed(LOG, KEY), LOG)


@pytest.mark.parametrize(
    "change", [("\n7\n", "\n8\n"), ("AAAA=", "AAAE="), ("AAAA=\n", "AAAA=\nx\n")]
)
def test_a_changed_text_fails(change: tuple[str, str]) -> None:
    signed = HEAD.signed(LOG, KEY).decode()
    assert change[0] in signed
    with pytest.raises(ProofError):
        open_checkpoint(signed.replace(*change, 1).encode(), LOG)


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"\n\n",
        b"text\n",
        b"text\n\n",
        b"text\n\n\xe2\x80\x94 name",
        b"text\n\nname AAAAAAA=\n",
        b"text\n\n\xe2\x80\x94 name AAAA\n",
        b"text\n\n\xe2\x80\x94 name !!!!\n",
        b"text\n\n\xe2\x80\x94 na+me AAAAAAA=\n",
        b"text\n\n\xe2\x80\x94 name\n",
        b"te\x01xt\n\n\xe2\x80\x94 name AAAAAAA=\n",
        b"te\xffxt\n\n\xe2\x80\x94 name AAAAAAA=\n",
        b"text\n\n" + b"\xe2\x80\x94 name AAAAAAA=\n" * 101,
        b"text" * 20_000 + b"\n\n\xe2\x80\x94 name AAAAAAA=\n",
    ],
)
def test_malformed_notes(note: bytes) -> None:
    with pytest.raises(MalformedLedgerError):
        Note.decode(note)


@pytest.mark.parametrize(
    "text",
    [
        "o\n1\n",
        "o\n01\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "o\n-1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "o\n1\nAAAA\n",
        "o\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n",
        "\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "o\n9999999999999999999\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "o\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n",
        "o\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    ],
)
def test_malformed_checkpoints(text: str) -> None:
    with pytest.raises(MalformedLedgerError):
        Checkpoint.parse(text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u3000b", "a\nb", "x" * 256])
def test_names_that_break_the_format(name: str) -> None:
    with pytest.raises(MalformedLedgerError):
        check_name(name)


@pytest.mark.parametrize(
    "vkey",
    [
        "name",
        "name+00000000+AAAA",
        LOG.vkey().replace("+", "+0", 1),
        LOG.vkey()[:-4] + "AAA=",
        f"{LOG.name}+{LOG.hash().hex()}+!",
    ],
)
def test_malformed_verifier_keys(vkey: str) -> None:
    with pytest.raises(MalformedLedgerError):
        LogKey.parse(vkey, PublicKey)


def test_key_hash_binds_the_name() -> None:
    assert key_hash("a", KEY.public.raw) != key_hash("b", KEY.public.raw)
