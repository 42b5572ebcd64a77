# SPDX-License-Identifier: AGPL-3.0-or-later
"""The register of cameras through its pages: registering, 訂正, Excel, who may."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from machimori.kernel.clock import ManualClock
from machimori.ledger.entry import Entry
from machimori.office.cameras.models import Camera, Description
from machimori.office.people.testing import Cast
from machimori.office.shared.posts import POSTS

HEAD = ("番号", "名前", "場所", "保存区分", "個人を特定できるか", "状態")
TYPED = {
    "camera": "cam-0001",
    "name": "駅前広場",
    "place": "中央町1丁目 街灯3号",
    "retention_class": "street",
    "identifies": "yes",
    "status": "active",
}


def recorded() -> list[Entry]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM ledger.pending ORDER BY seq")
        return [Entry.decode(bytes(row[0])) for row in cursor.fetchall()]


def workbook(*lines: tuple[Any, ...], head: tuple[str, ...] = HEAD) -> SimpleUploadedFile:
    book = Workbook()
    sheet = book.worksheets[0]
    for line in (head, *lines):
        sheet.append(line)
    data = io.BytesIO()
    book.save(data)
    return SimpleUploadedFile("cameras.xlsx", data.getvalue())


def test_a_camera_is_registered_and_recorded_without_its_place(office: ManualClock) -> None:
    cast = Cast.of(office)
    browser = cast.browser(cast.person("handling_supervisor"))
    answer = browser.post(reverse("cameras:new"), TYPED, follow=True)
    assert "駅前広場" in answer.content.decode()
    entry = recorded()[-1]
    assert entry.type == "camera.registered"
    assert entry.subject["camera"] == "cam-0001"
    assert entry.subject["scheme"] == cast.scheme.pk
    assert "中央町" not in entry.encode().decode()
    again = browser.post(reverse("cameras:new"), TYPED)
    assert "もう登録されています" in again.content.decode()
    assert Camera.objects.filter(scheme=cast.scheme).count() == 1


def test_a_correction_needs_a_reason_and_leaves_the_old_to_be_seen(office: ManualClock) -> None:
    cast = Cast.of(office)
    browser = cast.browser(cast.person("system_manager"))
    browser.post(reverse("cameras:new"), TYPED)
    page = reverse("cameras:correct", args=["cam-0001"])
    changed = TYPED | {"place": "中央町2丁目 街灯7号", "number": "1"}
    assert "id_reason_error" in browser.post(page, changed).content.decode()
    answer = browser.post(page, changed | {"reason": "移設のため"}, follow=True).content.decode()
    for text in ("中央町1丁目 街灯3号", "中央町2丁目 街灯7号", "移設のため"):
        assert text in answer
    assert recorded()[-1].type == "camera.corrected"
    assert recorded()[-1].data["number"] == 2


def test_nobody_overwrites_a_correction_that_they_have_not_seen(office: ManualClock) -> None:
    cast = Cast.of(office)
    browser = cast.browser(cast.person("system_manager"))
    browser.post(reverse("cameras:new"), TYPED)
    page = reverse("cameras:correct", args=["cam-0001"])
    browser.post(page, TYPED | {"status": "paused", "reason": "工事", "number": "1"})
    late = browser.post(page, TYPED | {"name": "駅前", "reason": "改称", "number": "1"})
    assert "ほかの人が先に訂正しました" in late.content.decode()
    same = browser.post(page, TYPED | {"status": "paused", "reason": "工事", "number": "2"})
    assert "変わったところがありません" in same.content.decode()
    assert Description.objects.filter(camera__scheme=cast.scheme).count() == 2


def test_the_list_is_searched_and_saved_and_taken_in_again(office: ManualClock) -> None:
    """What one office saves for Excel, another takes in as it is."""
    cast, other = Cast.of(office), Cast.of(office)
    browser = cast.browser(cast.person("system_manager"))
    lines = (
        ("cam-0001", "駅前広場", "中央町1", "street", "できる", "運用中"),
        ("cam-0002", "-公園", "東町2", "park", "いいえ", "準備中"),
    )
    answer = browser.post(reverse("cameras:import"), {"file": workbook(*lines)}, follow=True)
    assert "2件" in answer.content.decode()
    assert [entry.type for entry in recorded()[-2:]] == ["camera.registered"] * 2
    found = browser.get(reverse("cameras:register"), {"q": "東町"}).content.decode()
    assert "cam-0002" in found
    assert "cam-0001" not in found
    saved = browser.get(reverse("cameras:register"), {"as": "xlsx"}).content
    rows = list(load_workbook(io.BytesIO(saved)).worksheets[0].iter_rows(values_only=True))
    assert rows[0][: len(HEAD)] == HEAD
    moved = [(f"other-{row[0]}", *row[1:]) for row in rows[1:]]
    there = other.browser(other.person("system_manager"))
    there.post(reverse("cameras:import"), {"file": workbook(*moved)})
    names = Description.objects.filter(camera__scheme=other.scheme).values_list("name", flat=True)
    assert set(names) == {"駅前広場", "-公園"}
    nowhere = there.get(reverse("cameras:camera", args=["cam-0001"]))
    assert nowhere.status_code == 404


def test_a_file_with_wrong_lines_names_each_and_registers_none(office: ManualClock) -> None:
    cast = Cast.of(office)
    browser = cast.browser(cast.person("system_manager"))
    browser.post(reverse("cameras:new"), TYPED)
    lines = (
        ("cam-0002", "公園", "東町2", "park", "できる", "運用中"),
        ("CAM 3", "橋", "西町", "park", "たぶん", "運用中"),
        ("cam-0002", "橋", "西町", "park", "できる", "運用中"),
        ("cam-0005", "", "西町", "park", "できる", "運用中"),
    )
    text = browser.post(reverse("cameras:import"), {"file": workbook(*lines)}).content.decode()
    for part in (
        "1台も登録していません",
        "3行目、番号",
        "3行目、個人を特定できるか",
        "4行目：番号が2行目と同じです",
        "5行目、名前",
    ):
        assert part in text
    known = ("cam-0001", "駅前", "中央町1", "street", "できる", "運用中")
    text = browser.post(
        reverse("cameras:import"), {"file": workbook(lines[0], known)}
    ).content.decode()
    assert "3行目：cam-0001" in text
    assert Camera.objects.filter(scheme=cast.scheme).count() == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"not a workbook", "Excelのブック"),
        (workbook(head=("番号", "名前")).read(), "列の名前がありません：場所"),
        (workbook().read(), "1台ずつ書いてください"),
        (b"PK\x05\x06" + bytes(18), "Excelのブック"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(
    office: ManualClock, data: bytes, said: str
) -> None:
    cast = Cast.of(office)
    browser = cast.browser(cast.person("system_manager"))
    file = SimpleUploadedFile("x.xlsx", data)
    assert said in browser.post(reverse("cameras:import"), {"file": file}).content.decode()


def test_who_reads_and_who_writes_the_register(office: ManualClock) -> None:
    cast = Cast.of(office)
    cast.browser(cast.person("system_manager")).post(reverse("cameras:new"), TYPED)
    found = {
        post: tuple(
            cast.browser(cast.person(post)).get(address).status_code
            for address in (
                reverse("cameras:register"),
                reverse("cameras:camera", args=["cam-0001"]),
                reverse("cameras:new"),
                reverse("cameras:import"),
                reverse("cameras:correct", args=["cam-0001"]),
            )
        )
        for post in POSTS
    }
    writes, reads, nothing = (200,) * 5, (200, 200, 403, 403, 403), (403,) * 5
    expected = dict.fromkeys(POSTS, nothing)
    expected |= dict.fromkeys(("system_manager", "handling_supervisor"), writes)
    expected |= dict.fromkeys(("operator", "system_administrator"), reads)
    assert found == expected


def test_the_register_says_whether_places_are_published(office: ManualClock) -> None:
    for profile, said in (("sakai", "堺 4"), ("asahikawa", "決まっていません")):
        cast = Cast.of(office, profile=profile)
        browser = cast.browser(cast.person("operator"))
        assert said in browser.get(reverse("cameras:register")).content.decode()
