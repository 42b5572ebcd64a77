# SPDX-License-Identifier: AGPL-3.0-or-later
"""Names of what the store holds. The listing is the index: no database says what was recorded.

`<day>/<camera>/<start>-<end>.seg`, `<day>/<camera>/<from>-<to>.<kind>.rec` and
`<day>/<camera>/manifest.json`; day is the local day of the start, times are UTC as
`YYYYMMDDTHHMMSSffffffZ`, so that names sort by time and listing one prefix is one day.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal, get_args

from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import CameraId, check_name
from machimori.kernel.instants import Micros, instant, micros, parse_day

RecordKind = Literal["gap", "overwritten", "expired", "closed"]
MANIFEST = "manifest.json"
_STAMP = "%Y%m%dT%H%M%S%fZ"
_STAMP_SIZE = 22


@dataclass(frozen=True, kw_only=True, order=True)
class SegmentName:
    """A segment: first and last are the arrival of its first and last chunk."""

    day: str
    camera: CameraId
    first: Micros
    last: Micros

    def __str__(self) -> str:
        return f"{self.day}/{self.camera}/{stamp(self.first)}-{stamp(self.last)}.seg"


@dataclass(frozen=True, kw_only=True, order=True)
class RecordName:
    """A signed record about the interval from `first` to `last`."""

    day: str
    camera: CameraId
    first: Micros
    last: Micros
    kind: RecordKind

    def __str__(self) -> str:
        return f"{self.day}/{self.camera}/{stamp(self.first)}-{stamp(self.last)}.{self.kind}.rec"


@dataclass(frozen=True, kw_only=True, order=True)
class ManifestName:
    """What must be there of one camera's day."""

    day: str
    camera: CameraId

    def __str__(self) -> str:
        return f"{self.day}/{self.camera}/{MANIFEST}"


Name = SegmentName | RecordName | ManifestName


def stamp(value: Micros) -> str:
    """`20261121T130405678901Z`. Raises MalformedError outside the years 1970 to 9999."""
    return instant(value).strftime(_STAMP)


def parse_stamp(text: str) -> Micros:
    """The inverse of `stamp`. Raises MalformedError."""
    try:
        value = micros(dt.datetime.strptime(text, _STAMP).replace(tzinfo=dt.UTC))
    except ValueError as error:
        raise MalformedError("not a time stamp of a name", where=text[:40]) from error
    if len(text) != _STAMP_SIZE or value < 0 or stamp(value) != text:
        raise MalformedError("not a time stamp of a name", where=text[:40])
    return value


def part_name(start: Micros) -> str:
    """The file name of an open segment, inside `open/<camera>/`."""
    return f"{stamp(start)}.part"


def parse(name: str) -> Name:
    """What an object's name says. Raises MalformedError for any name that is not ours."""
    parts = name.split("/")
    if len(parts) != 3:
        raise MalformedError("not the name of stored footage", where=name[:120])
    day, camera, last_part = parts
    parse_day(day)
    place = CameraId(check_name(camera, what="camera"))
    if last_part == MANIFEST:
        return ManifestName(day=day, camera=place)
    interval, _, suffix = last_part.partition(".")
    start, hyphen, end = interval.partition("-")
    if not hyphen:
        raise MalformedError("not the name of stored footage", where=name[:120])
    first, last = parse_stamp(start), parse_stamp(end)
    if last < first:
        raise MalformedError("a name whose end lies before its start", where=name[:120])
    if suffix == "seg":
        return SegmentName(day=day, camera=place, first=first, last=last)
    kind: Any = suffix.removesuffix(".rec")
    if suffix.endswith(".rec") and kind in get_args(RecordKind):
        return RecordName(day=day, camera=place, first=first, last=last, kind=kind)
    raise MalformedError("not the name of stored footage", where=name[:120])
