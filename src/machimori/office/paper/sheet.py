# SPDX-License-Identifier: AGPL-3.0-or-later
"""A sheet: what a paper consists of, before it is set. Every text here is plain text.

The blocks are what Japanese office forms are made of: sentences, ruled fields with labels, lists,
a place to sign, small notes. `templates/sheet.typ` draws each kind.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A box to tick with its text; `chosen` prints the tick."""

    text: str
    chosen: bool = False


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A labelled field: text, or boxes to tick. An empty text leaves room for `lines` by hand."""

    label: str
    text: str = ""
    choices: tuple[Choice, ...] = ()
    lines: int = 1


@dataclass(frozen=True, kw_only=True)
class Fields:
    """Ruled rows of one or two cells each, under an optional heading."""

    rows: tuple[tuple[Cell, ...], ...]
    heading: str = ""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a list; `width` is its share of the page's width."""

    title: str
    width: int


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A ruled list; its head is repeated on every page. `blank_rows` are left for the pen."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    heading: str = ""
    blank_rows: int = 0
    small: bool = False


@dataclass(frozen=True, kw_only=True)
class Sentences:
    """Paragraphs in the body's size."""

    texts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Signature:
    """Places to sign by hand, each under its label; text already known is printed before."""

    places: tuple[Cell, ...]


@dataclass(frozen=True, kw_only=True)
class Notes:
    """Small print, itemised."""

    texts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Heading:
    """The heading of a part, which the PDF's outline lists."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Clause:
    """A sentence with its number, if any: `depth` 0 for a 条 or 項, 1 for a 号, 2 for アイウ."""

    mark: str
    text: str
    depth: int = 0


@dataclass(frozen=True, kw_only=True)
class Provision:
    """An article as a 例規 has it: its caption above it, numbered sentences, small notes below."""

    caption: str
    clauses: tuple[Clause, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A still, as wide as the page. `mark` is written across it, several times."""

    jpeg: bytes
    alternative: str
    """What is there, for those who do not see it."""
    mark: str


Block = Fields | Listing | Sentences | Signature | Notes | Heading | Provision | Picture


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A whole paper.

    `letter` puts addressee and sender above the title, as papers that leave the office have them;
    otherwise the title stands first. `seal` draws the 公印 box at the sender's name. `foot` is
    printed on every page beside the page number.
    """

    title: str
    date: str
    blocks: tuple[Block, ...]
    form_number: str = ""
    document_number: str = ""
    addressee: tuple[str, ...] = ()
    sender: tuple[str, ...] = ()
    seal: bool = False
    letter: bool = False
    landscape: bool = False
    contact: tuple[str, ...] = ()
    foot: str = ""
