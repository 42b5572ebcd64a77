# SPDX-License-Identifier: AGPL-3.0-or-later
"""The intake page shows what the chosen ground asks for, with and without script."""

import re

from django.urls import reverse

from machimori.office.provision.testing import TYPED, Desk, without_empty

CONSENT = {
    "ground": "consent",
    "body": "",
    "address": "堺区1-1",
    "document": "written_request",
    "identity_means": "運転免許証",
}


def shown(desk: Desk, ground: str) -> set[str]:
    """Names of the fields that the page shows after this ground was chosen."""
    typed = without_empty(TYPED | {"ground": ground, "fields": "1"})
    answer = desk.browser().post(reverse("provision:intake"), typed)
    assert answer.status_code == 200
    page = answer.content.decode()
    return set(re.findall(r'name="(\w+)"', page.split('id="asked"')[1].split('id="aside"')[0]))


def test_K17_only_the_persons_own_request_asks_for_address_photo_and_consent(desk: Desk) -> None:
    """（エ）: address, subject's name, consent and papers; the police are asked none."""
    own = {"address", "subject_name", "consents", "papers"}
    assert own <= shown(desk, "consent")
    police = shown(desk, "investigation")
    assert own.isdisjoint(police)
    assert {"case", "document", "document_number", "document_day", "call_back"} <= police
    assert "reason" in shown(desk, "other")
    assert {"document", "papers", "reason"}.isdisjoint(shown(desk, ""))


def test_K17_somebody_else_needs_consent_and_a_face_photo(desk: Desk) -> None:
    """Another person applies: refused without consent form and photo, complete with them."""
    file = desk.take_in(**CONSENT, papers=["photo_id"])
    page = desk.page(file)
    assert "本人の同意書（本人でないとき）" in page
    assert "本人が特定できる顔写真など（本人でないとき）" in page
    given = TYPED | CONSENT | {"subject_name": "田中 一", "consents": "applicant"}
    papers = ["photo_id", "subject_consent", "face_photo"]
    desk.act(file, "amend", **given, papers=papers, why="書類が届いた")
    assert "足りないもの" not in desk.page(desk.again(file, "received"))
    own = desk.take_in(**CONSENT, papers=["photo_id"], said=["by_subject"])
    assert "足りないもの" not in desk.page(own)


def test_choosing_another_ground_keeps_what_was_typed(desk: Desk) -> None:
    typed = without_empty(TYPED | {"ground": "consent", "fields": "1", "last_day": "まだ"})
    page = desk.browser().post(reverse("provision:intake"), typed).content.decode()
    assert 'value="中央警察署 刑事課"' in page
    assert 'value="まだ"' in page
    assert "このままでは進めません" not in page
    assert "日付として読めません" not in page


def test_what_a_ground_does_not_ask_for_waits_for_the_next(desk: Desk) -> None:
    """What is typed for one ground is still there when another was only looked at; the page that
    goes without it sends it along unseen, and does not take it in."""
    said = "5月10日夜の自転車盗"
    typed = without_empty(TYPED | {"ground": "consent", "fields": "1"})
    page = desk.browser().post(reverse("provision:intake"), typed).content.decode()
    assert said not in page.split('id="aside"')[0]
    assert said in page.split('id="aside"')[1]
    assert desk.take_in(**CONSENT).application.case == ""


def test_what_is_not_shown_is_not_lost(desk: Desk) -> None:
    """A ground chosen by mistake and taken back: the document's number is still there."""
    file = desk.take_in()
    desk.act(file, "amend", **TYPED | {"ground": "urgent", "why": "選び直し"})
    assert desk.again(file, "received").application.case == TYPED["case"]
    desk.act(file, "amend", **TYPED | {"why": "もとに戻す"})
    assert desk.again(file, "received").application.document_number == "中刑第123号"


def test_an_inquiry_is_recorded_with_the_original_s_day_and_the_call_back(desk: Desk) -> None:
    file = desk.take_in(original_day="R8.5.14", call_back="代表電話に折り返した")
    assert file.application.call_back == "代表電話に折り返した"
    page = desk.page(file)
    assert "代表電話に折り返した" in page
    assert "令和8年5月14日" in page
