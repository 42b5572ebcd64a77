# SPDX-License-Identifier: AGPL-3.0-or-later
"""A 5x7 bitmap font, for burning the camera's name and clock into a picture.

Real cameras do it, people who check footage look for it, and it makes every picture of a clip
different from every other. PyAV's FFmpeg has no `drawtext`, and a font renderer would be a
dependency for forty glyphs. Each glyph is five column bytes; bit 0 is the top row.
"""

from functools import lru_cache

WIDTH = 6
"""Columns of a glyph cell, the blank one at the right included."""
HEIGHT = 7

_GLYPHS = {
    " ": "0000000000", "-": "0808080808", ".": "0060600000", "/": "2010080402",
    "0": "3E5149453E", "1": "00427F4000", "2": "4261514946", "3": "2141454B31",
    "4": "1814127F10", "5": "2745454539", "6": "3C4A494930", "7": "0171090503",
    "8": "3649494936", "9": "064949291E", ":": "0036360000",
    "A": "7E1111117E", "B": "7F49494936", "C": "3E41414122", "D": "7F4141221C",
    "E": "7F49494941", "F": "7F09090901", "G": "3E4149497A", "H": "7F0808087F",
    "I": "00417F4100", "J": "2040413F01", "K": "7F08142241", "L": "7F40404040",
    "M": "7F020C027F", "N": "7F0408107F", "O": "3E4141413E", "P": "7F09090906",
    "Q": "3E4151215E", "R": "7F09192946", "S": "4649494931", "T": "01017F0101",
    "U": "3F4040403F", "V": "1F2040201F", "W": "3F4038403F", "X": "6314081463",
    "Y": "0708700807", "Z": "6151494543",
}  # fmt: skip


@lru_cache(maxsize=1024)
def _cell_row(character: str, row: int, scale: int, ink: int, paper: int) -> bytes:
    columns = bytes.fromhex(_GLYPHS.get(character, _GLYPHS[" "])) + b"\0"
    return b"".join(bytes((ink if c >> row & 1 else paper,)) * scale for c in columns)


def draw(text: str, *, scale: int, ink: int = 235, paper: int = 16) -> list[bytes]:
    """The text as rows of luma bytes, one per pixel row: 7*scale rows of 6*scale*len(text).

    Letters are drawn in upper case; a character without a glyph is drawn blank.
    """
    rows = []
    for row in range(HEIGHT):
        line = b"".join(_cell_row(c, row, scale, ink, paper) for c in text.upper())
        rows.extend([line] * scale)
    return rows
