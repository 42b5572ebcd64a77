# SPDX-License-Identifier: AGPL-3.0-or-later
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.kernel import canonical
from machimori.kernel.errors import MalformedError

KEYS = st.text(st.characters(codec="ascii"), max_size=8)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_encoded_is_decoded(value: object) -> None:
    assert canonical.loads(canonical.dumps(value)) == value


@given(VALUES)
def test_any_other_spelling_is_refused(value: object) -> None:
    spelled = json.dumps(value, indent=1).encode()
    if spelled != canonical.dumps(value):
        with pytest.raises(MalformedError):
            canonical.loads(spelled)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"1.0",
        b"NaN",
        b'{"a":1,"a":1}',
        b'{"b":1,"a":1}',
        b'"\\u0061"',
        b"\xff",
        b"[" * 99999,
    ],
    ids=["empty", "cut", "float", "nan", "twice", "order", "escape", "utf8", "deep"],
)
def test_what_is_not_canonical_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        canonical.loads(data)


@pytest.mark.parametrize("value", [1.5, 2**53, {"é": 1}, {1: 2}, "\ud800", b"x", {1, 2}])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(MalformedError):
        canonical.dumps(value)


@given(st.binary())
def test_base64_both_ways(data: bytes) -> None:
    assert canonical.unb64(canonical.b64(data)) == data


@pytest.mark.parametrize("text", ["A", "AB==", "A A=", "YQ", None, 3])
def test_base64_in_another_form_is_refused(text: object) -> None:
    with pytest.raises(MalformedError):
        canonical.unb64(text)


def test_a_truth_value_is_no_number() -> None:
    with pytest.raises(MalformedError, match="'days'"):
        canonical.field({"days": True}, "days", int)
