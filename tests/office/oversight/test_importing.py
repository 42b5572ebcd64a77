# SPDX-License-Identifier: AGPL-3.0-or-later
"""An earlier register from Excel: all of its lines, or none with what is wrong."""

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook

from machimori.office.oversight.importing import columns
from machimori.office.oversight.models import OldUse
from machimori.office.provision.testing import Desk

LINE = ("令和2年4月3日", "14:30", "複製", "令和2年度 第3号", "鈴木 一郎", "捜査", "窃盗")


def sheet(*lines: tuple[str, ...]) -> SimpleUploadedFile:
    book = Workbook()
    page = book.active
    assert page is not None
    page.append(list(columns().values()))
    for line in lines:
        page.append(list(line))
    data = io.BytesIO()
    book.save(data)
    return SimpleUploadedFile("old.xlsx", data.getvalue())


def send(desk: Desk, file: SimpleUploadedFile) -> str:
    address = reverse("oversight:import")
    return desk.browser().post(address, {"file": file}, follow=True).content.decode()


def test_a_wrong_line_keeps_everything_out_and_is_named(desk: Desk) -> None:
    late = ("令和40年4月3日", *LINE[1:])
    said = send(desk, sheet(LINE, ("きのう", "25:00", "", "", ""), late))
    for text in ("3行目、日", "3行目、時刻", "3行目、利用", "3行目、した人", "4行目"):
        assert text in said, text
    assert "1行も取り込んでいません" in said
    assert not OldUse.objects.filter(batch__scheme=desk.cast.scheme).exists()


def test_imported_lines_are_in_the_register_and_say_so(desk: Desk) -> None:
    file = sheet(LINE)
    said = send(desk, file)
    assert "取込み（複製）" in said
    assert "鈴木 一郎" in said
    assert "取込みの2行目" in said
    found = desk.browser().get(reverse("oversight:uses"), {"year": "2020", "q": "窃盗"})
    assert "取込み（複製）" in found.content.decode()
    other = desk.browser().get(reverse("oversight:uses"), {"year": "2020", "act": "copy"})
    assert "取込み（複製）" not in other.content.decode()
    file.seek(0)
    assert "もう記録があります" in send(desk, file)
    row = OldUse.objects.get(batch__scheme=desk.cast.scheme)
    line = desk.browser().get(reverse("oversight:use", args=[f"imported-{row.pk}"]))
    assert line.status_code == 200
