# SPDX-License-Identifier: AGPL-3.0-or-later
"""旭川: on a Sunday at a quarter past two the chief orders an extraction, and answers for it."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from machimori.kernel.clock import ManualClock
from machimori.kernel.instants import parse_rfc3339
from machimori.office.jobs.testing import work_off
from machimori.office.police.history import file_of
from machimori.office.police.models import Extraction
from machimori.office.police.testing import Station

pytestmark = [pytest.mark.commits, pytest.mark.long, pytest.mark.timeout(600)]
STATION = "旭川中央警察署"


@pytest.fixture
def clock() -> ManualClock:
    """Sunday, a quarter past two in the night."""
    return ManualClock(parse_rfc3339("2026-05-17T02:14:00+09:00"))


def test_A16_A17_an_order_in_the_night_and_what_it_leads_to(
    stage: Callable[..., Any], in_earnest: Callable[[], None]
) -> None:
    """Order, the chief's own key, the lent computer, the application afterwards, the city's
    verdict: each from a page, by the officer whose it is."""
    with stage("asahikawa", cameras=1) as story:
        desk = story.desk
        manager = story.person("佐藤 花子", "system_manager")
        station = Station(
            desk=desk,
            name=STATION,
            chief=story.person("高橋 署長", "police_image_manager", to_vault=False),
            operator=story.person("伊藤 巡査", "police_operator"),
        )
        for one in (station.chief, station.operator):
            typed = {"person": one.pk, "station": STATION}
            assert desk.browser().post(reverse("police:assign"), typed).status_code == 302
        station.trusted(desk)
        computer = station.at(station.lend(), station.operator)
        in_earnest()
        with story.told():
            night = story.seat(station.operator, computer)
            order(night, desk.asked)
            chief = story.seat(station.chief)
            sign(chief, night.page.url)
            extract(night)
            apply(chief, night.page.url)
            judge(story.seat(manager), night.page.url)
        assert story.complaints == []
        file = file_of(Extraction.objects.get(scheme=desk.cast.scheme))
        assert file.state == "accepted"
        assert not file.late


def order(seat: Any, asked: dict[str, Any]) -> None:
    """The operator writes down what the chief ordered; hour and day are there already."""
    seat.go("/emergency/")
    seat.look("emergency")
    seat.press("命令を記録する", "link")
    seat.tick("犯罪の捜査")
    seat.write("事件番号", "中央刑第45号")
    seat.write("事件の概要", "コンビニエンスストアの強盗")
    seat.write("急ぐ理由", "犯人が逃げているため")
    seat.tick("三条昭和通り1")
    seat.write("始まりの日", asked["first_day"])
    seat.write("始まりの時刻", asked["first_time"])
    seat.write("終わりの時刻", asked["last_time"])
    seat.look("order")
    seat.press("命令を記録して署名に回す")
    expect(seat.page.get_by_text("犯人が逃げているため").first).to_be_visible()


def sign_in(seat: Any, address: str) -> None:
    """By key, and on to this page."""
    seat.go("/sign-in/")
    seat.press("キーでサインインする")
    expect(seat.page.get_by_role("heading", level=1)).to_have_text("きょうの仕事")
    seat.page.goto(address)


def sign(seat: Any, address: str) -> None:
    """The chief's key: the vault opens by nothing else at night."""
    sign_in(seat, address)
    seat.look("chief-signs", tablet_too=True)
    seat.press("キーで署名して命じる")
    expect(seat.page.get_by_role("button", name="キーで署名して命じる")).to_have_count(0)


def extract(seat: Any) -> None:
    """At the lent computer: taken out, saved, and what was saved is what was taken out."""
    page = seat.page
    page.reload()
    seat.press("命令の範囲を取り出す", "link")
    seat.look("extract")
    seat.press("取り出す")
    expect(page.get_by_text("順番を待っています。")).to_be_visible()
    name = page.url.rstrip("/").rpartition("/")[2]
    seat.story.outside(lambda: work_off(name))
    page.reload()
    seat.look("taken")
    with page.expect_download() as download:
        seat.press("取出し分を端末に保存する", "link")
    digest = hashlib.sha256(Path(download.value.path()).read_bytes()).hexdigest()
    seat.press("保存したことを記録する", "link")
    seat.write("保存したファイルのハッシュ値", digest[:8])
    seat.press("端末に保存したと記録する")
    expect(page.get_by_text("申請書の期限").first).to_be_visible()


def apply(seat: Any, address: str) -> None:
    """The application that must follow without delay."""
    seat.page.goto(address)
    seat.press("申請書を出す", "link")
    seat.look("application")
    seat.write("申請書の文書番号", "中央刑第46号")
    seat.press("この申請書を出す")
    expect(seat.page.get_by_role("link", name="申請書を出す")).to_have_count(0)


def judge(seat: Any, address: str) -> None:
    """The city reads it and says what it finds."""
    sign_in(seat, address)
    seat.press("申請書を読んで判定する", "link")
    for said in ("犯人が逃げているため", "三条昭和通り1", "中央刑第46号"):
        expect(seat.page.get_by_text(said).first).to_be_visible()
    seat.tick("適正")
    seat.look("verdict", tablet_too=True)
    seat.press("この判定にする")
    expect(seat.page.get_by_text("適正").first).to_be_visible()
    seat.look("judged", print_too=True)
