# SPDX-License-Identifier: AGPL-3.0-or-later
"""A sheet as the data that `templates/sheet.typ` reads, every text passed through one filter."""

from collections.abc import Callable, Mapping

from machimori.office.paper.sheet import (
    Block,
    Cell,
    Fields,
    Heading,
    Listing,
    Notes,
    Picture,
    Provision,
    Sentences,
    Sheet,
    Signature,
)

Filter = Callable[[str, str], str]
"""From a text and the place where it stands to the text that is printed."""


def sheet_data(sheet: Sheet, keep: Filter) -> Mapping[str, object]:
    """Plain JSON values; the places that `keep` is told are labels a reader of the paper sees."""
    return {
        "title": keep(sheet.title, "題名"),
        "date": keep(sheet.date, "日付"),
        "form_number": keep(sheet.form_number, "様式番号"),
        "document_number": keep(sheet.document_number, "文書番号"),
        "addressee": [keep(line, "宛先") for line in sheet.addressee],
        "sender": [keep(line, "差出人") for line in sheet.sender],
        "contact": [keep(line, "お問い合わせ") for line in sheet.contact],
        "foot": keep(sheet.foot, "欄外"),
        "seal": sheet.seal,
        "letter": sheet.letter,
        "landscape": sheet.landscape,
        "blocks": [_block(block, keep) for block in sheet.blocks],
    }


def _block(block: Block, keep: Filter) -> Mapping[str, object]:
    match block:
        case Fields(rows=rows, heading=heading):
            return {
                "kind": "fields",
                "heading": keep(heading, heading),
                "rows": [[_cell(cell, keep) for cell in row] for row in rows],
            }
        case Listing():
            return {
                "kind": "listing",
                "heading": keep(block.heading, block.heading),
                "columns": [
                    {"title": keep(column.title, column.title), "width": column.width}
                    for column in block.columns
                ],
                "rows": [
                    [
                        keep(text, f"{number}行目の{column.title}")
                        for text, column in zip(row, block.columns, strict=True)
                    ]
                    for number, row in enumerate(block.rows, start=1)
                ],
                "blank_rows": block.blank_rows,
                "small": block.small,
            }
        case Sentences(texts=texts):
            return {"kind": "sentences", "texts": [keep(text, "本文") for text in texts]}
        case Signature(places=places):
            return {"kind": "signature", "places": [_cell(place, keep) for place in places]}
        case Notes(texts=texts):
            return {"kind": "notes", "texts": [keep(text, "注記") for text in texts]}
        case Picture():
            return {
                "kind": "picture",
                "jpeg": list(block.jpeg),
                "alternative": keep(block.alternative, "画像の説明"),
                "mark": keep(block.mark, "透かし"),
            }
        case Heading(text=text):
            return {"kind": "heading", "text": keep(text, "見出し")}
        case Provision():
            place = block.caption or "本文"
            return {
                "kind": "provision",
                "caption": keep(block.caption, place),
                "clauses": [
                    {
                        "mark": keep(one.mark, place),
                        "text": keep(one.text, place),
                        "depth": one.depth,
                    }
                    for one in block.clauses
                ],
                "notes": [keep(text, place) for text in block.notes],
            }


def _cell(cell: Cell, keep: Filter) -> Mapping[str, object]:
    return {
        "label": keep(cell.label, cell.label),
        "text": keep(cell.text, cell.label),
        "choices": [
            {"text": keep(one.text, cell.label), "chosen": one.chosen} for one in cell.choices
        ],
        "lines": cell.lines,
    }
