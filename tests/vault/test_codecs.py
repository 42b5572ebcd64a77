# SPDX-License-Identifier: AGPL-3.0-or-later
"""Both halves of every format of the vault, over many values."""

import hashlib
import string
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import ClassId
from machimori.kernel.instants import Micros
from machimori.kernel.signing import SigningKey
from machimori.policy.retention import RetentionRule
from machimori.vault.client.protocol import Message
from machimori.vault.client.reader import PrivateKey, Reader
from machimori.vault.client.release import SegmentKeys
from machimori.vault.client.signers import HoldSigners, OfficerKey, Signers
from machimori.vault.client.standing import HeldCase, Standing
from machimori.vault.client.statements import (
    STATEMENTS,
    Agreement,
    Appointment,
    CameraClass,
    Delegation,
    LiveView,
    RecorderEnrolment,
    Rules,
    Statement,
    parse,
)
from machimori.vault.errors import VaultMalformedError, VaultRefusedError
from machimori.vault.opening.places import Epoch
from machimori.vault.opening.root import new_root, open_root, seal_root

names = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=20)
name_lists = st.sets(names, min_size=1, max_size=5).map(lambda s: tuple(sorted(s)))
texts = st.text(min_size=1, max_size=60).filter(lambda t: bool(t.strip()) and t.isprintable())
moments = st.integers(0, 2**53 - 1).map(Micros)
counts = st.integers(1, 2**40)
few = st.integers(1, 64)
nonces = st.binary(min_size=16, max_size=16).map(bytes.hex)
days = st.dates().map(lambda d: d.isoformat())
officer_keys = st.one_of(
    st.builds(
        OfficerKey,
        keyid=names,
        kind=st.just("ed25519"),
        public=st.binary(min_size=32, max_size=32),
    ),
    st.builds(
        OfficerKey,
        keyid=names,
        kind=st.just("fido2"),
        public=st.binary(min_size=44, max_size=300),
        algorithm=st.sampled_from([-7, -8, -257]),
    ),
)
retention = st.dictionaries(
    names.map(ClassId),
    st.builds(
        RetentionRule,
        days=st.integers(1, 3660),
        count_from=st.sampled_from(["recording_day", "next_day"]),
    ),
    min_size=1,
    max_size=3,
)
# A member of one name has one form in whichever statement it stands.
MEMBERS: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(
        ("camera", "case", "deputy", "officer", "recorder", "requester", "scheme"), names
    ),
    "retention_class": names,
    **dict.fromkeys(("cameras", "posts", "signer_posts"), name_lists),
    **dict.fromkeys(("ground", "purpose"), texts),
    "note": st.one_of(st.just(""), texts),
    **dict.fromkeys(("start", "end", "now", "effective_from"), moments),
    **dict.fromkeys(("valid_from", "valid_to", "valid_until"), moments),
    **dict.fromkeys(("day", "last_day", "through_day"), days),
    **dict.fromkeys(("release_signers", "destruction_signers"), counts),
    **dict.fromkeys(("max_openings", "max_interval", "max_validity", "max_hold_days"), counts),
    **dict.fromkeys(("version", "openings"), counts),
    "nonce": nonces,
    "keys": st.lists(officer_keys, min_size=1, max_size=3).map(tuple),
    "public": st.binary(min_size=32, max_size=32),
    "reader": st.binary(min_size=1216, max_size=1216),
    "retention": retention,
    "authorisation": st.binary(min_size=32, max_size=32).map(bytes.hex),
    "reason": names,
    "sole_signers": st.dictionaries(names, name_lists, max_size=2),
    "release_posts": st.dictionaries(
        names, st.builds(Signers, number=few, posts=name_lists), max_size=2
    ),
    "hold_posts": st.dictionaries(
        names,
        st.builds(
            HoldSigners,
            number=few,
            posts=name_lists,
            days=st.one_of(st.none(), st.integers(1, 36_600)),
        ),
        max_size=2,
    ),
}
statements: st.SearchStrategy[Statement] = st.one_of(
    [
        st.builds(kind, **{member.name: MEMBERS[member.name] for member in fields(kind)})
        for kind in STATEMENTS
    ]
)


@given(statements)
def test_statements(statement: Statement) -> None:
    envelope = statement.envelope()
    assert parse(Envelope.decode(envelope.encode())) == statement


def many(kind: type[Statement]) -> st.SearchStrategy[tuple[Any, ...]]:
    one = st.builds(kind, **{member.name: MEMBERS[member.name] for member in fields(kind)})
    return st.lists(one, max_size=2).map(tuple)


@given(
    st.builds(
        Standing,
        quorum=few,
        posts=name_lists,
        appointments=many(Appointment),
        delegations=many(Delegation),
        rules=many(Rules),
        cameras=many(CameraClass),
        recorders=many(RecorderEnrolment),
        agreements=many(Agreement),
        live_views=many(LiveView),
        holds=st.lists(
            st.builds(
                HeldCase, case=names, scheme=names, ground=texts, last_day=days, segments=counts
            ),
            max_size=2,
        ).map(tuple),
    )
)
def test_what_the_vault_believes(standing: Standing) -> None:
    sent = Message(body={"ok": standing.to_json()}, blobs=()).encode()[4:]
    assert Standing.from_json(Message.decode(sent).body["ok"]) == standing


@given(statements, st.sampled_from(["drop", "add", "null"]), st.integers(0, 30))
def test_statements_with_other_members_are_malformed(
    statement: Statement, how: str, number: int
) -> None:
    members = statement.envelope().statement()
    name = sorted(members)[number % len(members)]
    if how == "drop":
        del members[name]
    elif how == "add":
        members["unknown"] = 1
    else:
        members[name] = None
    with pytest.raises(MalformedError):
        type(statement).decode(Envelope.of(statement.payload_type(), members))


@given(st.dictionaries(names, st.integers(-5, 5)), st.lists(st.binary(max_size=50), max_size=5))
def test_messages(body: dict[str, int], blobs: list[bytes]) -> None:
    message = Message(body=body, blobs=tuple(blobs))
    assert Message.decode(message.encode()[4:]) == message


@given(st.dictionaries(st.integers(0, 2**32 - 1), st.binary(min_size=32, max_size=32)))
def test_released_keys_and_epochs(keys: dict[int, bytes]) -> None:
    released = SegmentKeys(description=bytes(32), chunks=keys)
    assert SegmentKeys.decode(released.encode()) == released
    epoch = Epoch(name="day.two-weeks.2026-11-02", generation=7, secrets=keys)
    assert Epoch.decode(epoch.encode()) == epoch


@given(st.integers(0, 107), st.integers(1, 255))
def test_a_damaged_epoch_is_noticed(position: int, change: int) -> None:
    data = bytearray(Epoch(name="case.a", generation=0, secrets={0: bytes(32)}).encode())
    data[position % len(data)] ^= change
    with pytest.raises(MalformedError):
        Epoch.decode(bytes(data))


@given(st.binary(max_size=12))
def test_a_cut_epoch_with_a_right_digest_is_malformed(rest: bytes) -> None:
    body = b"MMEPOCH1" + rest
    with pytest.raises(MalformedError):
        Epoch.decode(body + hashlib.sha256(body).digest())


def test_what_holds_secrets_does_not_show_them() -> None:
    root, reader = new_root(), Reader.generate()
    epoch = Epoch(name="case.a", generation=0, secrets={0: root.secret})
    shown = (
        f"{root!r} {reader!r} {epoch!r} {PrivateKey(reader.secret())!r} {SigningKey.generate()!r}"
    )
    assert root.secret.hex() not in shown
    assert "hidden" in shown


def test_a_passphrase_opens_the_root_and_another_does_not() -> None:
    root = new_root()
    sealed = seal_root(root, "passphrase", "正しい長い合言葉です".encode())
    assert open_root(sealed, "正しい長い合言葉です".encode()) == root
    with pytest.raises(VaultRefusedError, match="does not open"):
        open_root(sealed, "誤った長い合言葉です".encode())
    assert root.secret not in sealed


def test_weak_secrets_and_absurd_work_are_refused() -> None:
    with pytest.raises(VaultRefusedError) as caught:
        seal_root(new_root(), "passphrase", b"short")
    assert caught.value.reason == "weak_secret"
    sealed = seal_root(new_root(), "passphrase", b"a long enough passphrase")
    absurd = sealed.replace(b'"memory":262144', b'"memory":99999999')
    with pytest.raises(VaultMalformedError, match="absurd"):
        open_root(absurd, b"a long enough passphrase")
