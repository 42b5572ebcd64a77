# SPDX-License-Identifier: AGPL-3.0-or-later
"""Drafting and permitting an internal use, by the rules of three cities."""

from django.urls import reverse

from machimori.kernel.clock import ManualClock
from machimori.office.internal.models import Use
from machimori.office.internal.testing import Users
from machimori.office.provision.testing import Desk, recorded


def test_K1_no_use_outside_the_schemes_purpose(office: ManualClock) -> None:
    """Whoever says that it serves another purpose is refused with the clause of the purpose."""
    users = Users.of(Desk.of(office, profile="asahikawa"))
    page = users.draft(within="no")
    assert "この制度の目的の外です" in page
    assert "旭川 前文" in page
    assert not Use.objects.exists()
    assert users.drafted().state == "drafted"


def test_A12_attendance_only_with_the_managers_reason(office: ManualClock) -> None:
    """A use with attendees is not permitted before the manager has said why they are needed."""
    users = Users.of(Desk.of(office, profile="asahikawa"))
    file = users.drafted(attendees="委託先 佐々木\n設備課 小林")
    assert file.attendees == ("委託先 佐々木", "設備課 小林")
    assert "理由を先に記録してください" in users.sign(file)["refused"]
    assert users.browser.get(reverse("internal:attendance", args=[file.use.pk])).status_code == 403
    manager = users.desk.browser()
    assert "立会いが必要な理由を記録する" in users.read(file, manager)
    users.send(file, "attendance", manager, reason="機器の調整に立ち会うため")
    assert "location" in users.sign(users.again(file, "drafted"))
    assert "機器の調整に立ち会うため" in users.read(users.again(file, "permitted"))


def test_A12_refused_where_the_rules_do_not_allow_it(office: ManualClock) -> None:
    """松戸 says nothing of internal use: nobody drafts one, and the page says why."""
    users = Users.of(Desk.of(office, profile="matsudo"))
    assert "管理のための利用は認められていません" in users.draft()
    assert "いまは起票できません" in users.browser.get(reverse("internal:uses")).content.decode()
    assert not Use.objects.exists()


def test_I12_where_use_needs_a_ground_one_is_chosen(office: ManualClock) -> None:
    """印西 3(6): use on its grounds alone."""
    users = Users.of(Desk.of(office, profile="inzai"))
    assert "利用の根拠" in users.draft()
    file = users.drafted(ground="deterrence")
    assert file.draft.data["ground"] == "deterrence"


def test_only_who_may_permits_and_only_who_drafted_uses(office: ManualClock) -> None:
    desk = Desk.of(office, profile="asahikawa")
    users = Users.of(desk)
    file = users.drafted()
    supervisor = desk.cast.person("handling_supervisor")
    desk.give_key(supervisor)
    assert "許可できません" in users.sign(file, supervisor)["refused"]
    assert "location" in users.sign(file)
    other = desk.browser(desk.cast.person("operator"))
    assert other.get(reverse("internal:use", args=[file.use.pk])).status_code == 404
    page = users.send(file, "withdraw", desk.browser(), reason="要らない")
    assert "起票した人だけ" in page
    users.send(file, "withdraw", reason="機器が直った")
    assert users.again(file, "withdrawn")


def test_every_step_is_an_entry_that_holds_nothing_typed(office: ManualClock) -> None:
    users = Users.of(Desk.of(office, profile="asahikawa"))
    file = users.drafted()
    users.send(file, "refuse", users.desk.browser(), reason="必要がない")
    assert users.again(file, "refused")
    steps = [one for one in recorded() if one.type == "internal.step"]
    assert [one.data["kind"] for one in steps] == ["drafted", "refused"]
    assert all("映像" not in str(one) and "必要" not in str(one) for one in steps)
    listed = users.desk.browser().get(reverse("internal:uses"), {"as": "csv"})
    assert "不許可" in listed.content.decode("utf-8-sig")
