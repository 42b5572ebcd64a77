# SPDX-License-Identifier: AGPL-3.0-or-later
"""How long footage is kept: whole local days, counted as the city's document says.

Two documents say "two weeks" and mean different days. 印西 3(4): at most two weeks *from the day of
recording*, so day D is the first of fourteen and D+13 the last. 堺 10(3): until *the same weekday
of the week after next*, so D+14 is the last. Hence days and the day they are counted from.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import TOKYO, Micros, day_start

CountFrom = Literal["recording_day", "next_day"]


@dataclass(frozen=True, kw_only=True)
class RetentionRule:
    """`days` whole local days; the recording day is the first of them, or the next day is."""

    days: int
    count_from: CountFrom

    def __post_init__(self) -> None:
        if not 1 <= self.days <= 3660:
            raise MalformedError("retention is 1 to 3660 days", where=f"days = {self.days}")
        if self.count_from not in ("recording_day", "next_day"):
            raise MalformedError(
                "retention counts from recording_day or next_day", where=f"{self.count_from!r}"
            )

    def last_day(self, day: dt.date) -> dt.date:
        """The last local day on which footage of `day` is kept."""
        offset = self.days - 1 if self.count_from == "recording_day" else self.days
        return day + dt.timedelta(days=offset)

    def expires_at(self, day: dt.date, tz: ZoneInfo = TOKYO) -> Micros:
        """The first instant at which footage of `day` must be gone: midnight after `last_day`."""
        return day_start(self.last_day(day) + dt.timedelta(days=1), tz)
