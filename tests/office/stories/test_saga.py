# SPDX-License-Identifier: AGPL-3.0-or-later
"""佐賀: a station of the agreement fetches from this project's camera itself, and from no other."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from machimori.office.direct.history import file_of
from machimori.office.direct.models import Case
from machimori.office.direct.testing import Fetching, trust
from machimori.office.jobs.testing import work_off
from machimori.office.police.testing import Station

pytestmark = [pytest.mark.commits, pytest.mark.long, pytest.mark.timeout(600)]
STATION = "佐賀南警察署"


def test_S6_S9_the_station_fetches_and_the_city_compares(
    stage: Callable[..., Any], in_earnest: Callable[[], None]
) -> None:
    """The page offers the agreement's camera alone; the operator's own key opens it; the first
    picture says how long it took; what is saved is what was fetched; the city compares."""
    with stage("saga", minutes=2) as story:
        desk = story.desk
        agreed, _other = desk.cameras
        manager = story.person("佐藤 花子", "system_manager")
        operator = story.person("伊藤 巡査", "police_operator", to_vault=False)
        marked = {"agreement": "project", "reason": "協定により設置した"}
        answer = desk.browser().post(reverse("direct:mark", args=[agreed]), marked)
        assert answer.status_code == 302
        typed = {"person": operator.pk, "station": STATION}
        assert desk.browser().post(reverse("police:assign"), typed).status_code == 302
        station = Station(desk=desk, name=STATION, chief=operator, operator=operator)
        lent = station.lend("警-佐賀南")
        trust(desk, Fetching(desk=desk, station=station, terminal=lent), agreed)
        computer = station.at(lent, operator)
        in_earnest()
        with story.told():
            room = story.seat(operator, computer)
            ask(room, desk.asked)
            fetch(room)
            compare(story.seat(manager), room.page.url, desk.asked)
        assert story.complaints == []
        file = file_of(Case.objects.get(scheme=desk.cast.scheme))
        assert file.state == "matched"


def ask(seat: Any, asked: dict[str, Any]) -> None:
    """Case number and purpose; the camera that is not the project's is not there to be chosen."""
    page = seat.page
    seat.go("/direct/new/")
    seat.write("事件番号", "刑一第123号")
    seat.write("目的", "愛敬通りの傷害事件の捜査")
    page.get_by_role("radio").first.check()
    assert page.get_by_label("佐賀駅前1").count() == 0
    seat.tick("愛敬通り1")
    seat.write("始まりの日", asked["first_day"])
    seat.write("始まりの時刻", asked["first_time"])
    seat.write("終わりの時刻", asked["last_time"])
    seat.look("request")
    seat.press("内容を記録して署名に進む")
    expect(page.get_by_role("button", name="キーで署名して取得する")).to_be_visible()
    seat.look("to-sign")
    seat.press("キーで署名して取得する")
    expect(page.get_by_role("button", name="キーで署名して取得する")).to_have_count(0)


def fetch(seat: Any) -> None:
    """The first picture, then the package in pieces, and that it was saved."""
    page = seat.page
    name = page.url.rstrip("/").rpartition("/")[2]
    seat.story.outside(lambda: work_off(name))
    page.reload()
    seat.press("最初の画像を見る", "link")
    expect(page.locator("img.still")).to_be_visible()
    seat.look("first-picture")
    seat.press("端末に取り出す", "link")
    expect(page.get_by_text("1　取り出す")).to_be_visible()
    with page.expect_download() as download:
        seat.press("端末に取り出す", "link")
    digest = hashlib.sha256(Path(download.value.path()).read_bytes()).hexdigest()
    expect(page.locator("#id_digest")).to_have_value(digest)
    seat.look("fetched")
    seat.press("端末に保存したと記録する")
    expect(page.get_by_text("突合待ち").first).to_be_visible()
    seat.look("saved", print_too=True)


def compare(seat: Any, address: str, asked: dict[str, Any]) -> None:
    """The city enters what the station's own record says, which the office cannot know."""
    page = seat.page
    seat.go("/sign-in/")
    seat.press("キーでサインインする")
    expect(page.get_by_role("heading", level=1)).to_have_text("きょうの仕事")
    page.goto(address)
    seat.press("署の記録と突合する", "link")
    page.get_by_label("事件番号").fill("刑一第123号")
    page.get_by_label("愛敬通り1").first.check()
    for label, name in (
        ("始まりの日", "first_day"),
        ("始まりの時刻", "first_time"),
        ("終わりの時刻", "last_time"),
    ):
        page.get_by_label(label).first.fill(str(asked[name]))
    seat.look("compare")
    seat.press("この記録と比べる")
    expect(page.get_by_text("一致").first).to_be_visible()
    seat.look("matched")
