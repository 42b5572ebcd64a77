# SPDX-License-Identifier: AGPL-3.0-or-later
"""Instants are UTC microseconds, days are local days of the scheme's calendar.

Formats store instants as `Micros`, whole microseconds since 1970-01-01T00:00Z. Nothing here reads
a clock.
"""

import datetime as dt
import io
import struct
from typing import NewType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from machimori.kernel.errors import MalformedError

Micros = NewType("Micros", int)
"""Microseconds since the Unix epoch, UTC."""


def _tokyo() -> ZoneInfo:
    try:
        return ZoneInfo("Asia/Tokyo")
    except ZoneInfoNotFoundError:
        # Windows and bare containers have no time zone database, and the offline verifier runs
        # there. Japan has kept UTC+9 without summer time since 1951 (RFC 8536, version 1).
        rule = struct.pack(">iBB", 9 * 3600, 0, 0) + b"JST\0"
        head = b"TZif" + bytes(16) + struct.pack(">6I", 0, 0, 0, 0, 1, 4)
        return ZoneInfo.from_file(io.BytesIO(head + rule), key="Asia/Tokyo")


TOKYO = _tokyo()
"""The calendar in which retention is counted for every scheme so far."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
MAX_MICROS = Micros(253_402_300_799_999_999)
"""9999-12-31T23:59:59.999999Z, the last instant a datetime can express."""


def micros(instant: dt.datetime) -> Micros:
    """The instant as microseconds. Raises MalformedError if `instant` carries no time zone."""
    if instant.tzinfo is None:
        raise MalformedError("a time without a time zone is ambiguous", where=str(instant))
    return Micros((instant - _EPOCH) // _MICROSECOND)


def instant(value: Micros) -> dt.datetime:
    """The aware UTC datetime of `value`. Raises MalformedError outside years 1970–9999."""
    if not 0 <= value <= MAX_MICROS:
        raise MalformedError("a time outside the years 1970 to 9999", where=str(value))
    return _EPOCH + dt.timedelta(microseconds=value)


def local_day(value: Micros, tz: ZoneInfo = TOKYO) -> dt.date:
    """The day of the scheme's calendar in which the instant falls."""
    return instant(value).astimezone(tz).date()


def day_start(day: dt.date, tz: ZoneInfo = TOKYO) -> Micros:
    """The first instant of a local day. Its end is the start of the next day."""
    return micros(dt.datetime(day.year, day.month, day.day, tzinfo=tz))


def parse_day(text: str) -> dt.date:
    """A day written YYYY-MM-DD, exactly. Raises MalformedError."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError as error:
        raise MalformedError("not a day of the form YYYY-MM-DD", where=text[:40]) from error
    if day.isoformat() != text:
        raise MalformedError("not a day of the form YYYY-MM-DD", where=text[:40])
    return day


def rfc3339(value: Micros) -> str:
    """`2026-11-21T13:04:05.678901Z`: for people and for statements."""
    return instant(value).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_rfc3339(text: str) -> Micros:
    """The inverse of `rfc3339`; any offset is accepted. Raises MalformedError."""
    try:
        return micros(dt.datetime.fromisoformat(text))
    except ValueError as error:
        raise MalformedError(
            "not a time with a zone, such as 2026-11-21T22:00:00+09:00", where=text[:40]
        ) from error
