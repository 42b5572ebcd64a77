# SPDX-License-Identifier: AGPL-3.0-or-later
"""Canonical JSON: one value, one sequence of bytes, so that it can be hashed and signed.

The subset of RFC 8785 (JCS) that has no floating point: objects with string keys, arrays,
strings, integers of magnitude below 2**53, booleans and null; keys sorted by code point (JCS sorts
by UTF-16 unit; keys here are ASCII, where both agree); UTF-8, no white space.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from machimori.kernel.errors import MalformedError

Json = Any
"""A JSON value. Checked at the boundary by `dumps` and by the decoders of each format."""

_LIMIT = 2**53
_MAX_DEPTH = 32


def dumps(value: Json) -> bytes:
    """The canonical bytes. Raises MalformedError for floats, large integers, non-ASCII keys."""
    _check(value, depth=0)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def loads(data: bytes) -> Json:
    """The value of canonical bytes. Raises MalformedError if they are not exactly canonical."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise MalformedError("not JSON in UTF-8") from error
    if dumps(value) != data:
        raise MalformedError("JSON is not in canonical form")
    return value


def load_object(data: bytes) -> dict[str, Json]:
    """Like `loads`, for an object. Raises MalformedError."""
    value = loads(data)
    if not isinstance(value, dict):
        raise MalformedError("JSON object expected")
    return value


def b64(data: bytes) -> str:
    """Standard base64 with padding, as every JSON format here writes bytes."""
    return base64.b64encode(data).decode("ascii")


def unb64(text: Json, *, where: str = "") -> bytes:
    """The inverse of `b64`; raises MalformedError for anything but its exact output."""
    if not isinstance(text, str):
        raise MalformedError("base64 text expected", where=where)
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedError("not base64", where=where) from error
    if b64(data) != text:
        raise MalformedError("base64 is not in canonical form", where=where)
    return data


def field(source: Mapping[str, Json], name: str, kind: type, *, where: str = "") -> Json:
    """`source[name]` if it is of `kind` (a bool is no int). Raises MalformedError otherwise."""
    value = source.get(name)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise MalformedError(f"field {name!r} is missing or not {kind.__name__}", where=where)
    return value


def _check(value: Json, *, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise MalformedError("JSON is nested too deeply")
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise MalformedError("text with a lone surrogate") from error
    elif isinstance(value, int):
        if not -_LIMIT < value < _LIMIT:
            raise MalformedError("integer outside ±(2**53-1)")
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise MalformedError("object keys are ASCII text")
            _check(item, depth=depth + 1)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check(item, depth=depth + 1)
    else:
        raise MalformedError(f"{type(value).__name__} has no canonical form")
