# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads members of the statement's JSON. Each raises MalformedError if a member is none."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from machimori.evidence.errors import PackageError
from machimori.evidence.verifier.container import check_path
from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.instants import MAX_MICROS, Micros

_T = TypeVar("_T")
_WHERE = "data/statement.json"


def mapping(value: Json) -> dict[str, Json]:
    """The value, if it is an object."""
    if not isinstance(value, dict):
        raise PackageError("object expected", where=_WHERE)
    return value


def listed(source: Mapping[str, Json], name: str) -> list[Json]:
    """An array."""
    found: list[Json] = canonical.field(source, name, list, where=_WHERE)
    return found


def each(
    source: Mapping[str, Json], name: str, read: Callable[[Mapping[str, Json]], _T]
) -> tuple[_T, ...]:
    """What `read` makes of each object of an array."""
    return tuple(read(mapping(item)) for item in listed(source, name))


def text(source: Mapping[str, Json], name: str) -> str:
    """A string."""
    value: str = canonical.field(source, name, str, where=_WHERE)
    return value


def path(source: Mapping[str, Json], name: str) -> str:
    """The path of a file of the package."""
    return check_path(text(source, name))


def count(source: Mapping[str, Json], name: str) -> int:
    """A number, not negative."""
    value: int = canonical.field(source, name, int, where=_WHERE)
    if value < 0:
        raise PackageError(f"field {name!r} is negative", where=_WHERE)
    return value


def moment(source: Mapping[str, Json], name: str) -> Micros:
    """A time in UTC microseconds."""
    value = count(source, name)
    if value > MAX_MICROS:
        raise PackageError(f"field {name!r} is no time", where=_WHERE)
    return Micros(value)


def interval(value: Json) -> tuple[Micros, Micros]:
    """A pair of times."""
    if not isinstance(value, list) or len(value) != 2:
        raise PackageError("an interval is a pair of times", where=_WHERE)
    start, end = (moment({"time": item}, "time") for item in value)
    return start, end


def optional(source: Mapping[str, Json], name: str) -> int | None:
    """A number, or None where it is null or absent."""
    if source.get(name) is None:
        return None
    value: int = canonical.field(source, name, int, where=_WHERE)
    return value
