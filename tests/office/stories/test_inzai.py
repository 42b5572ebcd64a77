# SPDX-License-Identifier: AGPL-3.0-or-later
"""印西: a plain request keeps no footage past its day; a statutory inquiry does, and says so."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from machimori.office.provision.history import file_of
from machimori.office.provision.keeping import keeping
from machimori.office.provision.models import Case
from machimori.office.shared.engine import engine

pytestmark = [pytest.mark.commits, pytest.mark.long, pytest.mark.timeout(600)]
DETERRENCE = "犯罪の抑止及び事故の防止のため、緊急かつやむを得ないと認める場合"
ASKED = "捜査機関等から犯罪・事故の捜査等のため情報提供を求められた場合"
INQUIRY = "法令に基づく手続きにより照会等を受けた場合"


def test_I6_I13_an_inquiry_follows_the_telephone_and_stops_the_erasure(
    stage: Callable[..., Any], in_earnest: Callable[[], None]
) -> None:
    """On a request by telephone the page says what is missing, by which clause nothing can be held
    and how long is left; with the inquiry the manager's key stops the erasure at the vault."""
    with stage("inzai", cameras=1, minutes=1) as story:
        desk = story.desk
        manager = story.person("佐藤 花子", "system_manager")
        signed_in = desk.browser(manager)
        in_earnest()
        with story.told():
            room = story.seat(manager, signed_in)
            telephone(room, desk.asked)
            inquiry(room)
            hold(room)
        assert story.complaints == []
        file = file_of(Case.objects.get(scheme=desk.cast.scheme))
        assert file.state == "received"
        assert keeping(file).status(desk.day) == "active"
        assert len(engine().vault.standing().holds) == 1


def telephone(seat: Any, asked: dict[str, Any]) -> None:
    """Somebody calls: who they are is not checked yet. The ground is chosen, and chosen again,
    while they talk; what is written down meanwhile stays."""
    page = seat.page
    seat.go("/intake/")
    seat.write("申請者の所属", "印西警察署 刑事課")
    seat.write("具体的な事案", "5月の自転車盗")
    seat.tick(DETERRENCE)
    expect(page.get_by_label("具体的な事案")).not_to_be_visible()
    typed_while_the_fields_come(seat)
    expect(page.get_by_label("申請者の所属")).to_have_value("印西警察署 刑事課")
    expect(page.get_by_label("具体的な事案")).to_have_value("5月の自転車盗")
    seat.write("利用目的", "捜査")
    seat.write("撮影場所", "駅前広場")
    seat.tick("駅北口1")
    seat.write("始まりの日", asked["first_day"])
    seat.write("始まりの時刻", asked["first_time"])
    seat.write("終わりの時刻", asked["last_time"])
    seat.look("telephone")
    seat.press("この内容で受け付ける")
    expect(page.get_by_role("heading", name="足りないもの")).to_be_visible()
    expect(page.get_by_role("heading", name="消去を止められません")).to_be_visible()
    expect(page.get_by_text("印西 3(4)イ").first).to_be_visible()
    seat.look("not-held")


def typed_while_the_fields_come(seat: Any) -> None:
    """The server is slow: the official writes on, and the line stays under their fingers."""
    page = seat.page
    slow: list[Route] = []

    def hold_back(route: Route) -> None:
        slow.append(route)

    page.route("**/intake/", hold_back)
    with page.expect_request("**/intake/"):
        seat.tick(ASKED)
    seat.tick("複製")
    line = page.get_by_label("連絡先")
    line.press_sequentially("内線 23")
    with page.expect_response("**/intake/"):
        slow.pop().continue_()
    # The ground before this one did not ask for it.
    expect(page.get_by_label("具体的な事案")).to_be_visible()
    expect(line).to_be_focused()
    page.keyboard.type("45")
    expect(line).to_have_value("内線 2345")
    expect(page.get_by_label("複製")).to_be_checked()
    page.unroute("**/intake/")


def inquiry(seat: Any) -> None:
    """The inquiry has come; what was said on the telephone is there."""
    page = seat.page
    seat.press("申請の内容を直す", "link")
    seat.tick(INQUIRY)
    expect(page.get_by_label("文書番号")).to_be_visible()
    expect(page.get_by_label("申請者の所属")).to_have_value("印西警察署 刑事課")
    seat.write("申請者の氏名", "山田 太郎")
    seat.write("身分をどう確かめたか", "警察手帳")
    seat.choose("受け取った文書", "捜査関係事項照会書")
    seat.write("文書番号", "印刑第7号")
    seat.write("文書の日付", "令和8年5月14日")
    seat.write("直す理由", "照会書が届いたため")
    seat.look("inquiry")
    seat.press("この内容に直す")
    expect(page.get_by_text("消去は止まっていません。")).to_be_visible()
    seat.look("may-be-held")


def hold(seat: Any) -> None:
    """One button, one touch of the key."""
    page = seat.page
    seat.press("消去を止める")
    expect(page.get_by_role("heading", level=1)).to_have_text("次の画像の消去を止めます")
    seat.look("hold")
    seat.press("キーで署名して消去を止める")
    expect(page.get_by_role("heading", name="消去を止めました")).to_be_visible()
    seat.look("held", print_too=True)
