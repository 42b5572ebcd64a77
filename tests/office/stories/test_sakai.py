# SPDX-License-Identifier: AGPL-3.0-or-later
"""堺: somebody asks for footage of themselves; the manager checks the copy that another made."""

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
OWN = "画像から識別できる特定の個人の同意があるとき又は当該個人に提供するとき"
CHECK = "できた複製を確かめる"


def test_K15_K16_K17_K18_somebody_asks_for_footage_of_themselves(
    stage: Callable[..., Any], in_earnest: Callable[[], None]
) -> None:
    """The 操作担当者 takes in what 11(4) asks for, and without a photo ID goes no further; all of
    11(5) is checked before the decision; at the terminal of the guard room they make the copy, the
    管理責任者 checks it and nobody else; its end is on record once its purpose is met."""
    with stage("sakai", cameras=1, minutes=1) as story:
        desk = story.desk
        manager = story.person("佐藤 花子", "system_manager")
        operator = story.person("鈴木 一郎", "operator")
        computer = terminal(desk, operator)
        in_earnest()
        with story.told():
            counter = story.seat(operator, computer, by_keys=True)
            take_in(counter, desk.asked)
            complete(counter)
            check_before_the_decision(counter)
            room = story.seat(manager)
            case = decide(room)
            # 松戸 tells the rest by keys.
            counter.by_keys = False
            copy(counter, case)
            confirm(room, case)
            hand_over(counter, case)
            settle(counter, case)
        assert story.complaints == []
        file = file_of(Case.objects.get(scheme=desk.cast.scheme))
        assert file.state == "closed"
        assert [one.state for one in copies_of(file)] == ["erasure_reported"]


def take_in(seat: Any, asked: dict[str, Any]) -> None:
    """The ground asks the person for other things than it would ask the police."""
    page = seat.page
    seat.go("/intake/")
    seat.tick(OWN)
    expect(page.get_by_label("住所")).to_be_visible()
    expect(page.get_by_label("具体的な事案")).not_to_be_visible()
    seat.write("申請者の氏名", "田中 一")
    seat.write("住所", "堺市堺区南瓦町3番1号")
    seat.write("連絡先", "072-228-7010")
    seat.write("身分をどう確かめたか", "運転免許証")
    seat.write("利用目的", "ロビーで落とした物をさがすため")
    seat.tick("複製")
    seat.write("撮影場所", "本館1階の正面玄関")
    seat.tick("本館1階正面玄関")
    seat.write("始まりの日", asked["first_day"])
    seat.write("始まりの時刻", asked["first_time"])
    seat.write("終わりの時刻", asked["last_time"])
    seat.choose("受け取った文書", "依頼文書・申請書")
    seat.write("文書の日付", "令和8年5月14日")
    seat.tick("申請者が、写っている本人である")
    seat.tick("所定の申請書を受け取った")
    seat.look("intake", tablet_too=True)
    seat.press("この内容で受け付ける")
    seat.press("キーで署名して消去を止める")
    expect(page.get_by_text("消去を止めました")).to_be_visible()
    expect(page.get_by_role("heading", name="足りないもの")).to_be_visible()
    expect(page.get_by_text("写真付きの本人確認書類").first).to_be_visible()
    expect(page.get_by_role("link", name="起案する")).to_have_count(0)
    seat.look("missing")


def complete(seat: Any) -> None:
    """The photo ID is shown; nothing else is typed again."""
    seat.press("申請の内容を直す", "link")
    seat.tick("写真付きの本人確認書類")
    seat.write("直す理由", "本人確認書類を示されたため")
    seat.press("この内容に直す")
    expect(seat.page.get_by_role("heading", name="足りないもの")).to_have_count(0)


def check_before_the_decision(seat: Any) -> None:
    """11(5): what was not checked is not decided on."""
    seat.press("起案する", "link")
    seat.tick("保存期間内か")
    seat.tick("日時・場所が特定できるか")
    seat.tick("不開示情報が含まれていないか")
    seat.press("決裁に回す")
    expect(seat.page.get_by_text("まだ印が付いていないもの").first).to_be_visible()
    seat.tick("不開示情報を取り除けるか")
    seat.look("checks")
    seat.press("決裁に回す")
    expect(seat.page.get_by_text("決裁中").first).to_be_visible()
    expect(seat.page.get_by_text("相談中")).to_have_count(0)


def decide(seat: Any) -> str:
    """The manager reads what was checked, signs and instructs; the case's address."""
    seat.go("/sign-in/")
    seat.press("キーでサインインする")
    expect(seat.page.get_by_role("heading", level=1)).to_have_text("きょうの仕事")
    found = seat.page.get_by_role("link", name="田中 一").first
    seat.press(found.inner_text(), "link")
    expect(seat.page.get_by_text("不開示情報を取り除けるか").first).to_be_visible()
    seat.look("decide", print_too=True)
    seat.press("キーで署名して承認する")
    expect(seat.page.get_by_role("heading", level=1)).to_have_text("取出しを指示する")
    seat.press("この範囲の取出しを指示する")
    expect(seat.page.get_by_text("取出しを指示した")).to_be_visible()
    return str(seat.page.url)


def copy(seat: Any, case: str) -> None:
    """At the guard room's terminal; who made the copy is not offered to check it."""
    page = seat.page
    page.goto(case)
    seat.press("取り出す", "link")
    seat.press("この範囲を取り出す")
    expect(page.get_by_text("順番を待っています。")).to_be_visible()
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
    seat.press("読み返しまで済んだ媒体を記録する")
    expect(page.get_by_text("完了確認待ち").first).to_be_visible()
    expect(page.get_by_role("link", name=CHECK)).to_have_count(0)
    seat.look("made")
    answer = page.request.get(f"{case}check/")
    assert answer.status == 403


def confirm(seat: Any, case: str) -> None:
    """11(2): that it was made as instructed is confirmed by the manager."""
    seat.page.goto(case)
    seat.press(CHECK, "link")
    seat.look("check")
    seat.press("指示のとおりで、読めることを確認した")
    expect(seat.page.get_by_role("heading", level=1)).to_have_text("受け取る方を確認してください")


def hand_over(seat: Any, case: str) -> None:
    """To the person, who signs the receipt."""
    seat.page.goto(case)
    seat.press("受け取る方を確認して引き渡す", "link")
    expect(seat.page.get_by_label("受け取る方の氏名")).to_have_value("田中 一")
    seat.paper("受領書を印刷する")
    seat.press("引渡しを記録する")
    expect(seat.page.get_by_text("受け取った方")).to_be_visible()


def settle(seat: Any, case: str) -> None:
    """11(3): the purpose is met, and the copy is erased; the case is closed."""
    page = seat.page
    seat.press("複製の終わりを記録する", "link")
    seat.tick("消去したと報告があった")
    seat.write("その日", "R8.5.14")
    seat.look("end-of-the-copy")
    seat.press("複製の終わりを記録する")
    expect(page.get_by_role("heading", level=1)).to_contain_text("媒体")
    page.goto(case)
    seat.press("完結にする")
    expect(page.get_by_text("文書の保存期限")).to_be_visible()
    seat.look("closed", print_too=True)
