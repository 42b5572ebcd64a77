# SPDX-License-Identifier: AGPL-3.0-or-later
"""Values of forms as cells: days in 和暦, and room for the pen where a value is not known."""

import datetime as dt
from dataclasses import dataclass

from machimori.office.paper.sheet import Cell, Choice, Column, Listing
from machimori.policy.wareki import ERAS, wareki, wareki_minute, wareki_second

BLANK_DAY = f"{ERAS[0].name}　　年　　月　　日"
BLANK_MOMENT = f"{BLANK_DAY}\n　　　時　　　分"
BLANK_ADDRESSEE = "　　　　　　　　　　　　様"


@dataclass(frozen=True, kw_only=True)
class Party:
    """Who applies, receives or answers: body, post, name, address, how to reach them."""

    body: str = ""
    post: str = ""
    name: str = ""
    address: str = ""
    contact: str = ""

    def lines(self) -> tuple[str, ...]:
        """As an addressee, with 様."""
        person = "　".join(part for part in (self.post, self.name) if part)
        return tuple(part for part in (self.body, f"{person}　様" if person else "") if part)


@dataclass(frozen=True, kw_only=True)
class FootageRange:
    """One camera and an interval; instants are aware."""

    camera: str
    place: str
    start: dt.datetime
    end: dt.datetime


def text(label: str, value: str | None, *, lines: int = 1) -> Cell:
    """A cell of text, or `lines` lines of room."""
    return Cell(label=label, text=value or "", lines=lines)


def remark(label: str, value: str | None, *, filled: bool) -> tuple[tuple[Cell], ...]:
    """A row with room for a remark; none on a paper that is `filled` and has no remark: an empty
    line asks whoever reads it to write there."""
    return ((text(label, value, lines=2),),) if value or not filled else ()


def day(label: str, value: dt.date | None) -> Cell:
    """A cell with a day, or with a day's frame to fill in."""
    return Cell(label=label, text=wareki(value) if value else BLANK_DAY)


def moment(label: str, value: dt.datetime | None) -> Cell:
    """A cell with a minute, or with its frame to fill in. `value` is aware."""
    return Cell(label=label, text=wareki_minute(value) if value else BLANK_MOMENT)


def choices(label: str, options: tuple[Choice, ...], more: str | None = None) -> Cell:
    """A cell of boxes to tick."""
    return Cell(label=label, choices=options, text=more or "")


def options(texts: tuple[str, ...], *chosen: str | None) -> tuple[Choice, ...]:
    """Boxes for `texts`, ticked where the text is among `chosen`; a box of its own for another."""
    others = tuple(one for one in chosen if one and one not in texts)
    ticked = tuple(Choice(text=one, chosen=True) for one in others)
    return tuple(Choice(text=one, chosen=one in chosen) for one in texts) + ticked


def party(value: Party | None) -> tuple[tuple[Cell, ...], ...]:
    """Rows for a person who acts for a body."""
    known = value or Party()
    return (
        (text("所属（団体名）", known.body),),
        (text("職", known.post), text("氏名", known.name)),
        (text("所在地", known.address), text("連絡先", known.contact)),
    )


def person(value: Party | None) -> tuple[tuple[Cell, ...], ...]:
    """Rows for a person who acts for themselves."""
    known = value or Party()
    return (
        (text("住所", known.address),),
        (text("氏名", known.name), text("連絡先", known.contact)),
    )


def ranges(heading: str, values: tuple[FootageRange, ...], *, blank_rows: int = 3) -> Listing:
    """The list of cameras and intervals; room for the pen if there is none."""
    return Listing(
        heading=heading,
        columns=(
            Column(title="カメラ", width=10),
            Column(title="設置場所", width=18),
            Column(title="から", width=18),
            Column(title="まで", width=18),
        ),
        rows=tuple(
            (one.camera, one.place, wareki_second(one.start), wareki_second(one.end))
            for one in values
        ),
        blank_rows=0 if values else blank_rows,
    )


def interval(start: dt.datetime, end: dt.datetime) -> str:
    """Two instants in two lines of a narrow column."""
    return f"{wareki_second(start)}から\n{wareki_second(end)}まで"


def short_day(value: dt.date | None) -> str:
    """A day for a list, empty if unknown."""
    return wareki(value, weekday=False) if value else ""
