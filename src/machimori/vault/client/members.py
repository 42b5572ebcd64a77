# SPDX-License-Identifier: AGPL-3.0-or-later
"""The members of statements: how each kind of value is written, and read with its bounds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.ids import ClassId, check_name
from machimori.kernel.instants import MAX_MICROS, Micros, parse_day
from machimori.policy.retention import RetentionRule
from machimori.vault.client.signers import HoldSigners, OfficerKey, Signers, read_names
from machimori.vault.errors import VaultMalformedError
from machimori.vault.sealing.seal import PUBLIC_SIZE

MAX_TEXT = 2000
_DIGITS = frozenset("0123456789abcdef")


@dataclass(frozen=True)
class Codec:
    """How a member is written and read."""

    write: Callable[[Any], Json]
    read: Callable[[Json, str], Any]


def _as_is(value: Any) -> Json:
    return value


def _read_name(value: Json, where: str) -> str:
    if not isinstance(value, str):
        raise VaultMalformedError("a name is text", where=where)
    return check_name(value, what=where)


def _read_text(value: Json, where: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT:
        raise VaultMalformedError(f"text of 1 to {MAX_TEXT} characters expected", where=where)
    return value


def _read_optional(value: Json, where: str) -> str:
    return "" if value == "" else _read_text(value, where)


def _read_count(value: Json, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value < 2**50:
        raise VaultMalformedError("a positive whole number expected", where=where)
    return value


def _read_time(value: Json, where: str) -> Micros:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_MICROS:
        raise VaultMalformedError("a time in UTC microseconds expected", where=where)
    return Micros(value)


def _read_day(value: Json, where: str) -> str:
    if not isinstance(value, str):
        raise VaultMalformedError("a day is text", where=where)
    parse_day(value)
    return value


def _hexadecimal(size: int) -> Callable[[Json, str], str]:
    def read(value: Json, where: str) -> str:
        if not isinstance(value, str) or len(value) != size or set(value) - _DIGITS:
            raise VaultMalformedError(f"{size} hexadecimal digits expected", where=where)
        return value

    return read


def _sized(size: int) -> Callable[[Json, str], bytes]:
    def read(value: Json, where: str) -> bytes:
        data = canonical.unb64(value, where=where)
        if len(data) != size:
            raise VaultMalformedError(f"{size} bytes expected", where=where)
        return data

    return read


def _write_keys(value: tuple[OfficerKey, ...]) -> Json:
    return [key.to_json() for key in value]


def _read_keys(value: Json, where: str) -> tuple[OfficerKey, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= 16:
        raise VaultMalformedError("an officer has 1 to 16 keys", where=where)
    return tuple(OfficerKey.from_json(item) for item in value)


def _write_retention(value: Mapping[ClassId, RetentionRule]) -> Json:
    return {name: {"count_from": r.count_from, "days": r.days} for name, r in value.items()}


def _read_retention(value: Json, where: str) -> dict[ClassId, RetentionRule]:
    if not isinstance(value, dict) or not value:
        raise VaultMalformedError("retention of at least one class expected", where=where)
    rules = {}
    for name, item in value.items():
        if not isinstance(item, dict) or set(item) != {"count_from", "days"}:
            raise VaultMalformedError("retention is days and count_from", where=where)
        rules[ClassId(check_name(name, what="class"))] = RetentionRule(
            days=canonical.field(item, "days", int), count_from=item["count_from"]
        )
    return rules


def _write_posts(value: Mapping[str, tuple[str, ...]]) -> Json:
    return {ground: list(posts) for ground, posts in value.items()}


def _write_signers(value: Mapping[str, Signers]) -> Json:
    return {ground: signers.to_json() for ground, signers in value.items()}


def _of_grounds(read: Callable[[Json, str], Any]) -> Callable[[Json, str], dict[str, Any]]:
    """Reads an object that says something of each ground."""

    def read_all(value: Json, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise VaultMalformedError("an object of grounds expected", where=where)
        return {check_name(name, what=where): read(item, where) for name, item in value.items()}

    return read_all


NAME = Codec(_as_is, _read_name)
TEXT = Codec(_as_is, _read_text)
OPTIONAL = Codec(_as_is, _read_optional)
COUNT = Codec(_as_is, _read_count)
TIME = Codec(_as_is, _read_time)
DAY = Codec(_as_is, _read_day)
NAMES = Codec(list, read_names)
NONCE = Codec(_as_is, _hexadecimal(32))
ED25519 = Codec(canonical.b64, _sized(32))
SEALING = Codec(canonical.b64, _sized(PUBLIC_SIZE))
KEYS = Codec(_write_keys, _read_keys)
RETENTION = Codec(_write_retention, _read_retention)
POSTS = Codec(_write_posts, _of_grounds(read_names))
SIGNERS = Codec(_write_signers, _of_grounds(Signers.from_json))
HOLDS = Codec(_write_signers, _of_grounds(HoldSigners.from_json))
DIGEST = Codec(_as_is, _hexadecimal(64))


def member(codec: Codec, name: str = "") -> Any:
    """A member of a statement: how it is written, and under which name if not the field's."""
    return field(metadata={"codec": codec, "name": name})
