# SPDX-License-Identifier: AGPL-3.0-or-later
"""松戸: an officer brings a 捜査関係事項照会書 to the counter, and leaves with a disc."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from machimori.office.handover.history import copies_of
from machimori.office.handover.testing import terminal
from machimori.office.jobs.testing import work_off
from machimori.office.provision.history import file_of
from machimori.office.provision.models import Case

pytestmark = [pytest.mark.commits, pytest.mark.long, pytest.mark.timeout(600)]
MOST = 12
"""Screens of an ordinary day (pages.md)."""
GROUND = "警察が捜査等のために必要がある場合"


def test_M8_an_ordinary_day_from_the_counter_to_the_receipt(
    stage: Callable[..., Any], in_earnest: Callable[[], None]
) -> None:
    """On its 照会書 an officer gets a disc: at most twelve screens from the counter to the receipt,
    nothing typed twice, by keys alone, receipt and approval printed from the case."""
    with stage("matsudo") as story:
        desk = story.desk
        manager = story.person("佐藤 花子", "system_manager")
        clerk = story.person("鈴木 一郎", "handling_supervisor")
        computer = terminal(desk, clerk)
        in_earnest()
        with story.told():
            counter = story.seat(clerk, computer, by_keys=True)
            take_in(counter, desk.asked)
            room = story.seat(manager, by_keys=True)
            take_out(counter, decide(room))
            hand_over(room, counter)
        assert story.complaints == []
        assert len(story.screens) <= MOST, story.screens
        file = file_of(Case.objects.get(scheme=desk.cast.scheme))
        assert file.state == "provided"
        assert [one.state for one in copies_of(file)] == ["handed_over"]


def take_in(seat: Any, asked: dict[str, Any]) -> None:
    """The officer at the counter; the case waits for its signature."""
    seat.go("/")
    seat.look("today")
    seat.press("電話・窓口の申請を受ける", "link")
    seat.choose("どのように来たか", "窓口")
    seat.tick(GROUND)
    expect(seat.page.get_by_label("文書番号")).to_be_visible()
    seat.write("申請者の所属", "松戸警察署 刑事課")
    seat.write("申請者の氏名", "山田 太郎")
    seat.write("連絡先", "047-369-0110")
    seat.write("身分をどう確かめたか", "警察手帳")
    seat.write("利用目的", "自転車盗の捜査")
    seat.tick("複製")
    seat.write("撮影場所", "駅前広場")
    seat.tick("駅前北口1")
    seat.write("始まりの日", asked["first_day"])
    seat.write("始まりの時刻", asked["first_time"])
    seat.write("終わりの時刻", asked["last_time"])
    seat.choose("受け取った文書", "捜査関係事項照会書")
    seat.write("文書番号", "松刑第123号")
    seat.write("文書の日付", "令和8年5月13日")
    seat.tick("所定の申請書を受け取った")
    seat.look("intake")
    seat.press("この内容で受け付ける")
    seat.look("hold")
    seat.press("キーで署名して消去を止める")
    expect(seat.page.get_by_text("消去を止めました")).to_be_visible()
    seat.look("held")
    seat.press("起案する", "link")
    seat.tick("保存期間内か")
    seat.tick("日時・場所が特定できるか")
    seat.look("draft")
    seat.press("決裁に回す")
    expect(seat.page.get_by_text("決裁中").first).to_be_visible()
    seat.look("case", print_too=True)


def decide(seat: Any) -> str:
    """The manager reads, signs with their key, and instructs; the case's path."""
    seat.go("/sign-in/")
    seat.press("キーでサインインする")
    expect(seat.page.get_by_role("heading", level=1)).to_have_text("きょうの仕事")
    seat.look("manager-today")
    found = seat.page.get_by_role("link", name="松戸警察署").first
    seat.press(found.inner_text(), "link")
    seat.look("decide")
    seat.press("キーで署名して承認する")
    expect(seat.page.get_by_role("heading", level=1)).to_have_text("取出しを指示する")
    seat.look("instruct")
    seat.press("この範囲の取出しを指示する")
    expect(seat.page.get_by_text("取出しを指示した")).to_be_visible()
    return str(seat.page.url)


def take_out(seat: Any, case: str) -> None:
    """The clerk looks at what was ordered, chooses the part, and writes the disc."""
    page = seat.page
    page.goto(case)
    seat.press("画像を開く", "link")
    seat.look("open")
    seat.press("この範囲を開く")
    expect(page.locator(".player-screens video").first).to_be_visible()
    seat.look("player")
    seat.tick("このカメラが必要")
    seat.press("この範囲を選ぶ")
    seat.look("extract")
    seat.press("選んだ範囲を取り出す")
    seat.look("waiting")
    seat.story.outside(lambda: work_off(case.rstrip("/").rpartition("/")[2]))
    seat.press("次へ進む", "link")
    with page.expect_download() as download:
        seat.press("証拠一式をこの端末に取り出す")
    disc = Path(download.value.path())
    # The dialogue of the file is the desktop's, not the page's.
    page.get_by_label("媒体に書いたファイル").set_input_files(
        {"name": "disc.zip", "mimeType": "application/zip", "buffer": disc.read_bytes()}
    )
    expect(page.get_by_text("一致しました。")).to_be_visible()
    seat.look("medium")
    seat.press("読み返しまで済んだ媒体を記録する")
    expect(page.get_by_text("完了確認待ち").first).to_be_visible()


def hand_over(manager: Any, clerk: Any) -> None:
    """Somebody else checks; then the receipt is printed and signed, and the disc is given."""
    manager.go("/")
    link = manager.page.get_by_role("link", name="松戸警察署").first
    manager.press(link.inner_text(), "link")
    manager.look("check")
    manager.press("指示のとおりで、読めることを確認した")
    expect(manager.page.get_by_label("身分証の種類")).to_have_value("警察手帳")
    clerk.go("/")
    link = clerk.page.get_by_role("link", name="松戸警察署").first
    clerk.press(link.inner_text(), "link")
    clerk.look("hand-over")
    clerk.paper("受領書を印刷する")
    clerk.press("引渡しを記録する")
    expect(clerk.page.get_by_text("受け取った方")).to_be_visible()
    clerk.look("provided", print_too=True)
    clerk.paper("防犯カメラ画像提供承認書（PDF）")
