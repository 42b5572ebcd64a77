# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which characters a font has: the `cmap` table of a TrueType file (ISO/IEC 14496-22, 5.2.1).

Only what modern fonts carry is read: format 12 and, where there is none, format 4 for characters,
and format 14 for variation sequences. The files are our own, fetched at set-up; a broken one raises
`MalformedError`.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

from machimori.kernel.errors import MalformedError


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Code points with a glyph, and (base, selector) pairs with a glyph of their own or as is."""

    characters: frozenset[int]
    variations: frozenset[tuple[int, int]]


def read_coverage(path: Path) -> Coverage:
    """The coverage of the TrueType file at `path`. Raises MalformedError if it cannot be read."""
    try:
        return _coverage(_table(path.read_bytes(), b"cmap"))
    except (struct.error, IndexError, KeyError) as error:
        raise MalformedError(
            "not a TrueType font with a Unicode cmap", where=path.name, remedy="run make setup"
        ) from error


def _table(font: bytes, name: bytes) -> bytes:
    (count,) = struct.unpack_from(">4xH", font)
    for at in range(12, 12 + 16 * count, 16):
        tag, offset, length = struct.unpack_from(">4s4xLL", font, at)
        if tag == name:
            return font[offset : offset + length]
    raise KeyError(name)


def _coverage(cmap: bytes) -> Coverage:
    (count,) = struct.unpack_from(">2xH", cmap)
    offsets = {struct.unpack_from(">4xL", cmap, 4 + 8 * n)[0] for n in range(count)}
    tables = {struct.unpack_from(">H", cmap, offset)[0]: cmap[offset:] for offset in offsets}
    characters = _format_12(tables[12]) if 12 in tables else _format_4(tables[4])
    variations = _format_14(tables[14]) if 14 in tables else frozenset()
    return Coverage(characters=characters, variations=variations)


def _format_12(table: bytes) -> frozenset[int]:
    (groups,) = struct.unpack_from(">12xL", table)
    found: set[int] = set()
    for n in range(groups):
        first, last, glyph = struct.unpack_from(">LLL", table, 16 + 12 * n)
        found.update(range(first if glyph else first + 1, last + 1))
    return frozenset(found)


def _format_4(table: bytes) -> frozenset[int]:
    (double,) = struct.unpack_from(">6xH", table)
    ends = struct.unpack_from(f">{double // 2}H", table, 14)
    starts = struct.unpack_from(f">{double // 2}H", table, 16 + double)
    deltas = struct.unpack_from(f">{double // 2}H", table, 16 + 2 * double)
    at = 16 + 3 * double
    ranges = struct.unpack_from(f">{double // 2}H", table, at)
    found: set[int] = set()
    for n, (first, last) in enumerate(zip(starts, ends, strict=True)):
        for code in range(first, last + 1):
            if code == 0xFFFF:
                continue
            if not ranges[n]:
                glyph = (code + deltas[n]) & 0xFFFF
            else:
                place = at + 2 * n + ranges[n] + 2 * (code - first)
                (glyph,) = struct.unpack_from(">H", table, place)
            if glyph:
                found.add(code)
    return frozenset(found)


def _format_14(table: bytes) -> frozenset[tuple[int, int]]:
    (count,) = struct.unpack_from(">6xL", table)
    found: set[tuple[int, int]] = set()
    for n in range(count):
        high, low, plain, own = struct.unpack_from(">BHLL", table, 10 + 11 * n)
        selector = high << 16 | low
        if plain:
            for base, more in _records(table, plain, ">BHB"):
                found.update((code, selector) for code in range(base, base + more + 1))
        if own:
            found.update((base, selector) for base, _ in _records(table, own, ">BHH"))
    return frozenset(found)


def _records(table: bytes, offset: int, form: str) -> list[tuple[int, int]]:
    (count,) = struct.unpack_from(">L", table, offset)
    size = struct.calcsize(form)
    rows = (struct.unpack_from(form, table, offset + 4 + size * n) for n in range(count))
    return [(high << 16 | low, value) for high, low, value in rows]
