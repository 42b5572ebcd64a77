# SPDX-License-Identifier: AGPL-3.0-or-later
"""外字: what cannot be printed is shown as 〓, named to the caller, and never stops a paper.

Names carry characters that no font has (gaiji in the private use area), or in a shape that a font
does not tell apart (variation sequences, UTS #37). A warning names place and code point, not the
text: it may end in a log, and the text is somebody's name.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from machimori.office.paper.cmap import Coverage

GETA = "〓"
"""下駄: the printer's mark for a missing type."""

_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
_DECOMPOSED_KANA = re.compile(r"[\u3041-\u30ff][\u3099\u309a]")


@dataclass(frozen=True, kw_only=True)
class GlyphWarning:
    """One character that is not printed as it was given.

    `missing`: printed as 〓, to be written in by hand. `variant`: printed in the standard shape of
    the same character. `invisible`: a control or formatting character, left out.
    """

    kind: Literal["missing", "variant", "invisible"]
    place: str
    code_point: str

    def __str__(self) -> str:
        what = {
            "missing": "印刷できない文字を〓としました。手で書き入れてください",
            "variant": "異体字を標準の字形で印刷しました",
            "invisible": "目に見えない文字を除きました",
        }[self.kind]
        return f"{self.place}：{what}（{self.code_point}）"


@dataclass(frozen=True, kw_only=True)
class Glyphs:
    """What the press can print: for each weight, the fonts in the order in which they are tried."""

    weights: tuple[tuple[Coverage, ...], ...]

    def printable(self, text: str, *, place: str) -> tuple[str, tuple[GlyphWarning, ...]]:
        """`text` as it can be printed, with the warnings for what had to change.

        Kana with a separate voicing mark (as macOS writes names) are joined; nothing else is
        normalised, since Unicode would replace 﨑's kin by another shape of a person's name.
        """
        joined = _DECOMPOSED_KANA.sub(lambda m: unicodedata.normalize("NFC", m[0]), text)
        printed, warnings = [], []
        for base, character in _with_predecessor(joined.replace("\r\n", "\n")):
            kind = self._fault(base, character)
            if kind is None:
                printed.append(character)
                continue
            if kind == "missing":
                printed.append(GETA)
            code_point = f"U+{ord(character):04X}"
            warnings.append(GlyphWarning(kind=kind, place=place, code_point=code_point))
        return "".join(printed), tuple(warnings)

    def _fault(
        self, base: str, character: str
    ) -> Literal["missing", "variant", "invisible"] | None:
        code = ord(character)
        if character == "\n":
            return None
        if any(code in selectors for selectors in _SELECTORS):
            return None if self._shapes(base, code) else "variant"
        if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp"):
            return "invisible"
        return None if self._has(code) else "missing"

    def _has(self, code: int) -> bool:
        return all(any(code in font.characters for font in fonts) for fonts in self.weights)

    def _shapes(self, base: str, selector: int) -> bool:
        # Typst takes the first font that has the base character, whatever shapes another knows.
        if not base or not self._has(ord(base)):
            return False
        for fonts in self.weights:
            font = next(font for font in fonts if ord(base) in font.characters)
            if (ord(base), selector) not in font.variations:
                return False
        return True


def _with_predecessor(text: str) -> Iterator[tuple[str, str]]:
    before = ""
    for character in text:
        yield before, character
        before = character
