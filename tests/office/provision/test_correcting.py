# SPDX-License-Identifier: AGPL-3.0-or-later
"""差戻しと補正: a draft that was sent back goes on to the applicant, by a letter with a day."""

import io
import re

from django.urls import reverse
from pypdf import PdfReader

from machimori.office.provision.history import File
from machimori.office.provision.testing import TYPED, Desk


def letter(desk: Desk, file: File) -> str:
    """The text of the letter, without white space."""
    address = reverse("provision:paper", args=[file.case.pk, "correction_reply"])
    answer = desk.browser().get(address)
    assert answer.headers["Content-Type"] == "application/pdf"
    pages = PdfReader(io.BytesIO(answer.content)).pages
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pages))


def test_a_draft_that_was_sent_back_is_sent_on_to_the_applicant(desk: Desk) -> None:
    """Nothing is missing by the rules: what the manager wants is told, and stays as it was sent."""
    file = desk.take_in()
    assert "足りないものはありません" in desk.post(file, "correction", due="R8.5.20", note="x")
    desk.act(file, "draft", checks=["within_retention", "identifiable"])
    page = desk.post(file, "send_back", reason="時間が長すぎます")
    assert "申請者に補正をお願いする" in page
    assert "時間が長すぎます" in desk.read(file, "correction")
    assert "このフィールドは必須です" in desk.post(file, "correction", due="R8.5.20")
    said = "時間を21時30分までにしてください。\n向きの分かる図を付けてください。"
    page = desk.post(file, "correction", due="R8.5.20", note=said)
    assert "起案が差し戻されました" not in page
    desk.again(file, "awaiting_correction")
    sent = letter(desk, file)
    for text in (
        "中央警察署刑事課",
        "(1)時間を21時30分まで",
        "(2)向きの分かる図",
        "令和8年5月20日",
    ):
        assert text in sent
    assert "22時00分" in sent
    assert "説明" not in sent
    desk.act(file, "amend", **TYPED | {"last_time": "21:30"}, why="直した申請書が届いた")
    assert letter(desk, desk.again(file, "received")) == sent
    desk.act(file, "draft", checks=["within_retention", "identifiable"])
    desk.again(file, "under_decision")
