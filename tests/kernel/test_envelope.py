# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope as Stranger

from machimori.kernel.envelope import Envelope, Signature, pae
from machimori.kernel.errors import MalformedError
from machimori.kernel.signing import PublicKey, SigningKey

KEY = SigningKey(bytes(range(32)))


def test_pre_authentication_encoding_is_that_of_dsse() -> None:
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


@given(st.text(max_size=30).filter(str.isascii), st.binary(max_size=60))
def test_a_stranger_computes_the_same_encoding(kind: str, payload: bytes) -> None:
    assert Stranger(payload=payload, payload_type=kind, signatures={}).pae() == pae(kind, payload)


@given(
    st.dictionaries(st.text(max_size=5).filter(str.isascii), st.integers(0, 9), max_size=3),
    st.binary(max_size=70),
    st.booleans(),
)
def test_what_is_encoded_is_decoded(
    statement: dict[str, int], signature: bytes, by_token: bool
) -> None:
    envelope = Envelope.of("application/x", statement).with_signature(
        Signature(
            keyid="k",
            sig=signature,
            kind="fido2" if by_token else "ed25519",
            authenticator_data=b"a" if by_token else b"",
            client_data=b"{}" if by_token else b"",
        )
    )
    assert Envelope.decode(envelope.encode()) == envelope
    assert envelope.statement() == statement


def test_a_signature_holds_for_its_statement_type_and_key_only() -> None:
    envelope = Envelope.of("application/x", {"a": 1}).signed_by("k", KEY)
    assert envelope.signed_with(KEY.public)
    other_type = replace(envelope, payload_type="application/y")
    assert not other_type.signed_with(KEY.public)
    assert not envelope.signed_with(SigningKey(bytes(32)).public)


def test_members_that_nobody_signed_are_refused() -> None:
    data = Envelope.of("application/x", {"a": 1}).encode()
    with pytest.raises(MalformedError, match="unknown members"):
        Envelope.decode(data.replace(b'{"payload"', b'{"extra":1,"payload"'))


def test_a_key_shows_its_fingerprint_and_never_its_seed() -> None:
    assert KEY.seed().hex() not in repr(KEY)
    assert KEY.public.fingerprint() in repr(KEY)


def test_keys_of_the_wrong_size_are_refused() -> None:
    with pytest.raises(MalformedError):
        SigningKey(b"short")
    with pytest.raises(MalformedError):
        PublicKey(b"short")


def test_a_short_code_is_for_reading_aloud() -> None:
    code = Envelope.of("application/x", {"a": 1}).short_code()
    assert len(code) == 14
    assert code.count("-") == 2
