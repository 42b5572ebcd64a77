# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the format's document says is what the code's constants say."""

import re
from pathlib import Path

from machimori.footage import manifest, records
from machimori.footage.naming import RecordKind
from machimori.footage.records import CAUSES
from machimori.footage.segment import BODY, TRAILER_FRAME
from machimori.footage.verdicts import EXIT_CODES, JAPANESE
from machimori.vault.sealing import layout, seal

DESIGN = Path(__file__).parents[2] / "docs" / "design"


def tables(document: str) -> list[list[list[str]]]:
    text = (DESIGN / document).read_text(encoding="utf-8")
    return [
        [
            [cell.strip() for cell in line.strip().strip("|").split("|")]
            for line in block.split("\n")
        ]
        for block in re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE)
        for block in [block.rstrip("\n")]
    ]


def fields(document: str, *columns: str) -> dict[str, list[str]]:
    """The table with exactly these first columns, by its first cell."""
    for rows in tables(document):
        if rows[0][: len(columns)] == list(columns):
            return {row[0]: row[1:] for row in rows[2:]}
    raise AssertionError(f"{document} has no table {columns}")


def number(text: str) -> int:
    found = re.search(r"at most (\d+)|(\d+)", text)
    assert found is not None
    return int(found[1] or found[2])


def test_the_header_is_as_tabled() -> None:
    header = fields("footage-format.md", "field", "bytes", "content", "authenticated by")
    magic = header["magic"][1].split("`")[1]
    assert bytes.fromhex(magic) == layout.HEADER_MAGIC
    assert number(header["header length"][1]) == layout.MAX_HEADER_JSON
    assert number(header["sealed key length"][1]) == seal.SEALED_KEY_SIZE
    assert f"`enc` ({seal.ENC_SIZE})" in header["sealed key"][1]
    assert number(header["description length"][1]) == layout.MAX_DESCRIPTION
    assert [number(header[name][0]) for name in ("magic", "header length")] == [8, 4]


def test_the_chunk_is_as_tabled() -> None:
    chunk = fields("footage-format.md", "field", "offset", "bytes", "content")
    core = ["magic", "index", "arrived from", "arrived to", "length", "digest", "flags"]
    position = 0
    for name in core:
        offset, size = int(chunk[name][0]), int(chunk[name][1])
        assert offset == position, name
        position += size
    assert position == layout.CORE_SIZE == int(chunk["CRC32"][0])
    assert chunk["magic"][2].strip("`").encode() == layout.CHUNK_MAGIC
    assert int(chunk["ciphertext"][0]) == BODY
    assert int(chunk["tag"][1]) == layout.TAG_SIZE
    assert number(chunk["length"][2].partition("at most")[1] + chunk["length"][2][2:]) == (
        layout.MAX_CHUNK
    )
    assert int(chunk["flags"][2][0]) == layout.FLAG_KEY_FRAME
    packed = layout.CORE.pack(b"CHNK", 1, 2, 3, 4, b"d" * 32, 5)
    for name, value in (("index", 1), ("arrived from", 2), ("arrived to", 3), ("length", 4)):
        offset, size = int(chunk[name][0]), int(chunk[name][1])
        assert int.from_bytes(packed[offset : offset + size], "big") == value


def test_the_trailer_is_as_tabled() -> None:
    rows = next(
        rows for rows in tables("footage-format.md") if [r[0] for r in rows][5:6] == ["signature"]
    )
    sizes = {row[0]: row[1] for row in rows[2:]}
    contents = {row[0]: row[2] for row in rows[2:]}
    assert sum(int(size) for size in sizes.values() if size != "…") == TRAILER_FRAME
    assert contents["magic"].strip("`").encode() == layout.TRAILER_MAGIC
    assert contents["end"].strip("`").encode() == layout.END_MAGIC
    assert number(contents["length"]) == layout.MAX_TRAILER_JSON


def test_names_types_and_causes_are_as_written() -> None:
    text = (DESIGN / "footage-format.md").read_text(encoding="utf-8")
    for kind in (records.RECORD_TYPE, manifest.MANIFEST_TYPE, layout.TRAILER_TYPE, layout.FORMAT):
        assert f"`{kind}`" in text
    for label in (seal._CHUNK, seal._DESCRIPTION):
        assert f"`{label.decode()}`" in text
    causes = fields("footage-format.md", "record", "causes")
    kinds: list[RecordKind] = list(CAUSES)
    assert {f"`{kind}`": re.findall(r"`(\w+)`", causes[f"`{kind}`"][0]) for kind in kinds} == {
        f"`{kind}`": list(CAUSES[kind]) for kind in kinds
    }


def test_verdicts_are_as_tabled() -> None:
    rows = fields("store.md", "verdict", "Japanese")
    told = {name.strip("`"): (row[0], int(row[2])) for name, row in rows.items()}
    assert told == {v: (text, EXIT_CODES.get(v, 0)) for v, text in JAPANESE.items()}
