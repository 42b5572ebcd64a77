# SPDX-License-Identifier: AGPL-3.0-or-later
"""What leaves the press: PDF/A, text as typed, nothing executed, nothing outside the margins."""

import datetime as dt
import io
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, PdfObject, StreamObject

from machimori.kernel.errors import UnavailableError
from machimori.office.paper.press import PaperError, Press
from machimori.office.paper.setting import sheet_data
from machimori.office.paper.sheet import (
    Cell,
    Choice,
    Clause,
    Column,
    Fields,
    Heading,
    Listing,
    Notes,
    Provision,
    Sentences,
    Sheet,
    Signature,
)

DAY = dt.date(2026, 5, 14)
few = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def sheet_of(text: str) -> Sheet:
    """A sheet with `text` in every place that takes one."""
    return Sheet(
        title=text,
        date=text,
        form_number=text,
        document_number=text,
        addressee=(text,),
        sender=(text,),
        seal=True,
        letter=True,
        contact=(text,),
        foot=text,
        blocks=(
            Sentences(texts=(text,)),
            Fields(
                heading=text,
                rows=(
                    (Cell(label=text, text=text), Cell(label=text, text=text)),
                    (Cell(label=text, choices=(Choice(text=text, chosen=True),)),),
                ),
            ),
            Listing(
                heading=text, columns=(Column(title=text, width=1),), rows=((text,),), blank_rows=1
            ),
            Signature(places=(Cell(label=text, text=text),)),
            Notes(texts=(text,)),
            Heading(text=text),
            Provision(
                caption=text, clauses=(Clause(mark=text, text=text, depth=1),), notes=(text,)
            ),
        ),
    )


def words(pdf: bytes) -> str:
    """The text of all pages without white space, which setting moves about."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pages))


def test_a_paper_is_pdf_a_2b_with_its_fonts_inside(press: Press) -> None:
    made = press.pdf(sheet_of("防犯カメラ 𠮷野"), on=DAY)
    reader = PdfReader(io.BytesIO(made.pdf), strict=True)
    catalogue = _inside(reader.trailer, "/Root")
    packet = _part(catalogue, "/Metadata")
    assert isinstance(packet, StreamObject)
    assert b"pdfaid:part>2<" in packet.get_data()
    assert b"pdfaid:conformance>B<" in packet.get_data()
    (intent,) = _items(catalogue, "/OutputIntents")
    assert str(intent["/S"]) == "/GTS_PDFA1"
    assert _inside(catalogue, "/MarkInfo")["/Marked"]
    assert str(catalogue["/Lang"]).startswith("ja")
    assert "/ID" in reader.trailer
    assert not reader.is_encrypted
    assert not {"/OpenAction", "/AA", "/AcroForm"} & set(catalogue)
    for page in reader.pages:
        fonts = _inside(_inside(page, "/Resources"), "/Font")
        assert fonts
        for name in fonts:
            font = _inside(fonts, name)
            assert "/ToUnicode" in font
            for descendant in _items(font, "/DescendantFonts"):
                assert {"/FontFile2", "/FontFile3"} & set(_inside(descendant, "/FontDescriptor"))


def _part(holder: DictionaryObject, name: str) -> PdfObject:
    part = holder[name].get_object()
    assert part is not None
    return part


def _inside(holder: DictionaryObject, name: str) -> DictionaryObject:
    part = _part(holder, name)
    assert isinstance(part, DictionaryObject)
    return part


def _items(holder: DictionaryObject, name: str) -> list[DictionaryObject]:
    array = _part(holder, name)
    assert isinstance(array, ArrayObject)
    items = [one.get_object() for one in array]
    return [one for one in items if isinstance(one, DictionaryObject)]


def test_pages_are_a4_and_the_metadata_name_nobody(press: Press) -> None:
    for landscape, size in ((False, (595, 842)), (True, (842, 595))):
        sheet = Sheet(
            title="受領書",
            date="",
            addressee=("見本　花子　様",),
            landscape=landscape,
            blocks=(),
        )
        reader = PdfReader(io.BytesIO(press.pdf(sheet, on=DAY).pdf))
        box = reader.pages[0].mediabox
        assert (round(box.width), round(box.height)) == size
        assert reader.metadata is not None
        assert reader.metadata.title == "受領書"
        assert "花子" not in str(dict(reader.metadata))


def test_the_same_sheet_and_day_give_the_same_bytes(press: Press, fonts: Path) -> None:
    sheet = sheet_of("防犯カメラ")
    first = press.pdf(sheet, on=DAY).pdf
    assert Press(fonts).pdf(sheet, on=DAY).pdf == first
    assert press.pdf(sheet, on=dt.date(2026, 5, 15)).pdf != first


def test_one_press_serves_several_threads(press: Press) -> None:
    sheets = [sheet_of(f"防犯カメラ{n}") for n in range(8)]
    alone = [press.pdf(sheet, on=DAY).pdf for sheet in sheets]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda sheet: press.pdf(sheet, on=DAY).pdf, sheets * 4))
    assert together == alone * 4


HOSTILE = [
    '#panic("x")',
    '#read("sheet.typ")',
    "#sys.inputs.data",
    '#import "@preview/cetz:0.3.0": *',
    "$x^2$ *strong* _emph_ `raw` = heading",
    "@reference <label> \\u{41} \\ // comment /* more */",
    '"}],"blocks":[{"kind":"notes"',
    "]} #{ } [ ( ) -- ... ~ https://example.invalid/a?b#c",
    "<script>alert(1)</script> {{ case }} {% url %}",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_people_type_is_printed_and_never_run(press: Press, text: str) -> None:
    given: list[str] = []

    def keep(one: str, place: str) -> str:
        given.append(one)
        return one

    sheet_data(sheet_of(text), keep)
    made = press.pdf(sheet_of(text), on=DAY)
    assert made.warnings == ()
    assert words(made.pdf).count(re.sub(r"\s", "", text)) == given.count(text) > 20


@few
@given(text=st.text(max_size=60))
def test_no_text_stops_a_paper(press: Press, text: str) -> None:
    made = press.pdf(sheet_of(text), on=DAY)
    assert made.pdf.startswith(b"%PDF-")


@few
@given(
    text=st.text(
        st.characters(min_codepoint=0x21, max_codepoint=0x7E)
        | st.characters(min_codepoint=0x3041, max_codepoint=0x3096)
        | st.sampled_from("令和防犯𠮷髙﨑々ー（）、。"),
        min_size=1,
        max_size=80,
    )
)
def test_text_can_be_copied_out_as_it_was_typed(press: Press, text: str) -> None:
    made = press.pdf(Sheet(title="題", date="", blocks=(Sentences(texts=(text,)),)), on=DAY)
    assert words(made.pdf) == f"題{text}1/1"


def test_a_gaiji_is_named_with_its_place_once_and_does_not_stop_the_paper(press: Press) -> None:
    sheet = Sheet(
        title="受領書",
        date="",
        blocks=(
            Fields(rows=((Cell(label="氏名", text="\ue000田\ue000"),),)),
            Listing(columns=(Column(title="操作した人", width=1),), rows=(("山",), ("\ue001",))),
        ),
    )
    made = press.pdf(sheet, on=DAY)
    assert "〓田〓" in words(made.pdf)
    assert [(one.place, one.code_point) for one in made.warnings] == [
        ("氏名", "U+E000"),
        ("2行目の操作した人", "U+E001"),
    ]


def test_a_long_list_repeats_its_head_on_every_page(press: Press) -> None:
    rows = tuple((f"{n}番の行",) for n in range(200))
    sheet = Sheet(
        title="簿",
        date="",
        blocks=(Listing(columns=(Column(title="見出し", width=1),), rows=rows),),
    )
    pages = PdfReader(io.BytesIO(press.pdf(sheet, on=DAY).pdf)).pages
    assert len(pages) > 3
    assert all("見出し" in page.extract_text() for page in pages)
    assert f"{len(pages)} / {len(pages)}" in pages[-1].extract_text()


def test_a_preview_has_a_picture_per_page(press: Press) -> None:
    pictures = press.pictures(sheet_of("防犯カメラ"), on=DAY)
    assert len(pictures) == 1
    assert pictures[0].startswith(b"\x89PNG\r\n\x1a\n")


def test_a_missing_font_is_named(tmp_path: Path, fonts: Path) -> None:
    shutil.copytree(fonts / "biz-udgothic", tmp_path / "biz-udgothic")
    with pytest.raises(UnavailableError, match=r"Noto Sans JP .* weight 400.*run make setup"):
        Press(tmp_path)


def test_a_fault_of_the_template_names_no_text(
    press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(press, "_template", b"#panic(sys.inputs.data)")
    with pytest.raises(PaperError) as caught:
        press.pdf(sheet_of("見本花子"), on=DAY)
    shown = [caught.value, caught.value.__cause__, caught.value.__context__]
    assert not any("花子" in str(one) for one in shown)
