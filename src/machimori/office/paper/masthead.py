# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a city's profile says about one form, and what every form has in common."""

import datetime as dt
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

from machimori.office.paper.fields import BLANK_DAY
from machimori.office.paper.sheet import Block, Sheet
from machimori.policy.wareki import CaseNumber, wareki


@dataclass(frozen=True, kw_only=True)
class Masthead:
    """A form's head in one scheme.

    `title` replaces the form's own if the city calls it otherwise. `office` are the lines of the
    city's post: addressee of papers that come in (with `honorific`), sender of those that go out.
    `seal` draws the 公印 box. `rules` is the name of the operating rule, quoted in sentences.
    `appeals` is the reviewing authority, `defendant` the body that is sued: the 教示 of decisions.
    """

    form_number: str = ""
    title: str = ""
    office: tuple[str, ...] = ()
    honorific: str = "様"
    seal: bool = False
    contact: tuple[str, ...] = ()
    rules: str = ""
    appeals: str = ""
    defendant: str = ""


@dataclass(frozen=True, kw_only=True)
class Form(ABC):
    """What all forms share. Made without values, a form is the blank one for the counter."""

    KIND: ClassVar[str]
    """The name in profiles and addresses; never reused."""
    TITLE: ClassVar[str]
    WAY: ClassVar[Literal["in", "out", "inside"]] = "in"
    """`in`: addressed to the office. `out`: the office sends it; document number, addressee, sender
    and seal stand above the title. `inside`: stays in the office and is addressed to nobody."""
    LANDSCAPE: ClassVar[bool] = False

    date: dt.date | None = None
    document_number: str | None = None
    case: CaseNumber | None = None

    @abstractmethod
    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """The form's body."""

    def other_side(self) -> tuple[str, ...]:
        """The addressee of a paper that goes out."""
        return ()

    def sheet(self, head: Masthead) -> Sheet:
        """The form under a city's head, ready for the press."""
        incoming = head.office
        if incoming and head.honorific:
            incoming = (*incoming[:-1], f"{incoming[-1]}　{head.honorific}")
        return Sheet(
            title=head.title or self.TITLE,
            date=wareki(self.date, weekday=False) if self.date else BLANK_DAY,
            form_number=head.form_number,
            document_number=self.document_number or "",
            addressee={"in": incoming, "out": self.other_side(), "inside": ()}[self.WAY],
            sender=head.office if self.WAY == "out" else (),
            seal=head.seal and self.WAY == "out",
            letter=self.WAY == "out",
            landscape=self.LANDSCAPE,
            contact=head.contact if self.WAY == "out" else (),
            foot=str(self.case) if self.case else "",
            blocks=self.blocks(head),
        )
