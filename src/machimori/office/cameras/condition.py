# SPDX-License-Identifier: AGPL-3.0-or-later
"""How cameras are recorded, in words for the list and for a camera's page."""

import datetime as dt
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _t

from machimori.kernel.instants import TOKYO, Micros, instant
from machimori.office.cameras.models import Description, RecordedDay
from machimori.office.shared.causes import cause_text
from machimori.office.shared.recorders import CameraHealth
from machimori.office.shared.tables import Cell


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A camera in the list."""

    row: Description
    health: CameraHealth | None
    """None: no recorder of this machine has it, or its recorder does not answer."""
    day: RecordedDay | None
    """None: not counted, or it had no connection."""


@dataclass(frozen=True, kw_only=True)
class Hole:
    """A gap of a day, as it is shown: clock times and why."""

    begin: str
    end: str
    cause: Promise


@dataclass(frozen=True, kw_only=True)
class Day:
    """A day on a camera's page."""

    day: dt.date
    recorded: str
    holes: tuple[Hole, ...]

    @classmethod
    def of(cls, row: RecordedDay) -> "Day":
        """The day in words."""
        holes = tuple(
            Hole(begin=_clock(first), end=_clock(last), cause=cause_text(cause))
            for first, last, cause in row.gaps
        )
        return cls(day=row.day, recorded=_length(row.seconds), holes=holes)


def last_picture(seen: Seen) -> Cell:
    """When the newest picture came; marked if none comes now."""
    if seen.health is None:
        return Cell(text=_t("不明") if seen.row.status == "active" else "")
    at = seen.health.last
    text = at.astimezone(TOKYO).strftime("%m/%d %H:%M") if at else _t("まだない")
    if seen.health.recording:
        return Cell(text=text)
    why = cause_text(seen.health.cause)
    return Cell(text=_t("%(at)s（%(why)s）") % {"at": text, "why": why}, mark="open")


def of_day(day: RecordedDay | None) -> Cell:
    """Hours recorded, and how often not; marked if something is missing."""
    if day is None:
        return Cell(text="")
    text = _length(day.seconds)
    if not day.gaps:
        return Cell(text=text)
    missing = _t("%(text)s、欠落%(count)sか所") % {"text": text, "count": len(day.gaps)}
    return Cell(text=missing, mark="open")


def _length(seconds: int) -> str:
    minutes = round(seconds / 60)
    return _t("%(hours)s時間%(minutes)s分") % {"hours": minutes // 60, "minutes": minutes % 60}


def _clock(at: int) -> str:
    return instant(Micros(at)).astimezone(TOKYO).strftime("%H:%M:%S")
