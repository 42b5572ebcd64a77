# SPDX-License-Identifier: AGPL-3.0-or-later
"""The press: sets a sheet with Typst as PDF/A-2b (ISO 19005-2), fonts embedded, text extractable.

The same sheet and day give the same bytes. The document's metadata carry its title and its day and
nothing else: no author, no name. What people typed reaches Typst as one JSON string and is inserted
as text; the template imports no package, so nothing is ever fetched.
"""

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import typst

import machimori
from machimori.kernel.errors import MachimoriError, UnavailableError
from machimori.office.paper.cmap import read_coverage
from machimori.office.paper.glyphs import Glyphs, GlyphWarning
from machimori.office.paper.setting import sheet_data
from machimori.office.paper.sheet import Sheet

FAMILIES = ("BIZ UDGothic", "Noto Sans JP")
"""In the order in which a character is looked for: the UD face, then the one with more kanji."""

WEIGHTS = (400, 700)
FONTS = Path(machimori.__file__).parents[2] / "frontend" / "node_modules" / "@expo-google-fonts"
"""Where the set-up puts the fonts."""

_TEMPLATES = Path(__file__).parent / "templates"


class PaperError(MachimoriError):
    """A paper could not be set although its text is printable: a fault of its template."""


@dataclass(frozen=True, kw_only=True)
class Printed:
    """A finished PDF, and what in it could not be printed as given."""

    pdf: bytes
    warnings: tuple[GlyphWarning, ...]


class Press:
    """Holds the fonts found under a directory; one per process, to be shared.

    `fonts` is searched with its subdirectories. Raises UnavailableError if a family is not there in
    both weights, MalformedError if a font cannot be read.
    """

    def __init__(self, fonts: Path) -> None:
        self._fonts = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts]
        )
        self._template = (_TEMPLATES / "sheet.typ").read_bytes()
        self._marking = (_TEMPLATES / "mark.typ").read_bytes()
        found = {(font.family, font.weight): font.path for font in self._fonts.fonts()}

        def path(family: str, weight: int) -> Path:
            if place := found.get((family, weight)):
                return Path(place)
            raise UnavailableError(
                f"the font {family} is missing in weight {weight}",
                where=fonts.name,
                remedy="run make setup",
            )

        self._glyphs = Glyphs(
            weights=tuple(
                tuple(read_coverage(path(family, weight)) for family in FAMILIES)
                for weight in WEIGHTS
            )
        )

    def pdf(self, sheet: Sheet, *, on: dt.date) -> Printed:
        """`sheet` as PDF/A-2b; `on` is the day in its metadata. Raises PaperError."""
        data, warnings = self._data(sheet)
        (made,) = self._set(data, on, "pdf")
        return Printed(pdf=made, warnings=warnings)

    def pictures(self, sheet: Sheet, *, on: dt.date, dots_per_inch: int = 96) -> tuple[bytes, ...]:
        """`sheet` as PNG, one per page: a preview where no PDF is shown. Raises PaperError."""
        return self._set(self._data(sheet)[0], on, "png", dots_per_inch)

    def mark(self, text: str) -> bytes:
        """A line of text as PNG upon nothing, to be laid over pictures. Raises PaperError."""
        data = json.dumps({"mark": self._glyphs.printable(text, place="透かし")[0]})
        (made,) = self._set(data, dt.date(2000, 1, 1), "png", template=self._marking)
        return made

    def _data(self, sheet: Sheet) -> tuple[str, tuple[GlyphWarning, ...]]:
        warnings: list[GlyphWarning] = []

        def keep(text: str, place: str) -> str:
            printed, found = self._glyphs.printable(text, place=place)
            warnings.extend(found)
            return printed

        data = json.dumps(sheet_data(sheet, keep), ensure_ascii=False)
        return data, tuple(dict.fromkeys(warnings))

    def _set(
        self,
        data: str,
        on: dt.date,
        form: Literal["pdf", "png"],
        dots_per_inch: int = 96,
        template: bytes | None = None,
    ) -> tuple[bytes, ...]:
        try:
            made = typst.Compiler(root=_TEMPLATES, font_paths=self._fonts).compile(
                input=template or self._template,
                format=form,
                ppi=float(dots_per_inch),
                sys_inputs={"data": data, "day": json.dumps([on.year, on.month, on.day])},
                pdf_standards=["a-2b"] if form == "pdf" else [],
                timestamp=dt.datetime(on.year, on.month, on.day, tzinfo=dt.UTC),
            )
        except typst.TypstError:
            made = None
        # Raised out here, where the error has no context: Typst quotes the text that it stumbled
        # over, and that may be a name.
        if made is None:
            raise PaperError(
                "the template cannot set this form", where="sheet.typ", remedy="report the form"
            )
        return tuple(made) if isinstance(made, list) else (made,)
