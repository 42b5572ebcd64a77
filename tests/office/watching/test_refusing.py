# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may not watch: elsewhere, unlisted, by another post, under rules that know no monitor."""

import pytest
from django.urls import reverse

from machimori.kernel.clock import ManualClock
from machimori.office.people.models import Person
from machimori.office.provision.testing import Desk
from machimori.office.shared.posts import Post
from machimori.office.watching.models import Shift
from machimori.office.watching.testing import Room


def refused(room: Room, person: Person, *, here: bool = True) -> str:
    """What the page says, which is the same if the button is pressed all the same."""
    browser = room.browser(person) if here else room.desk.browser(person)
    page = browser.get(reverse("watching:page"))
    pressed = browser.post(reverse("watching:begin"))
    assert page.status_code == pressed.status_code == 403
    assert "監視を始める</button>" not in page.content.decode()
    assert not Shift.objects.filter(scheme=room.desk.cast.scheme).exists()
    text = pressed.content.decode()
    assert text.count("notice warning") == 1
    return text


def test_K6_named_guards_at_named_posts_and_nobody_else(office: ManualClock) -> None:
    """The contractor's list, the room that its entry names, the room's own terminal, the guard's
    post: without one of them the page refuses, with the clause."""
    room = Room.of(Desk.of(office, profile="sakai"))
    listed = room.guard()
    assert "名簿に名前がありません" in refused(room, room.guard(place=None))
    assert "名簿に名前がありません" in refused(room, room.guard(place="monitoring_room"))
    elsewhere = refused(room, listed, here=False)
    assert "ここは監視する場所ではありません" in elsewhere
    assert "堺 7" in elsewhere
    assert "管理責任者は監視することができません" in refused(room, room.desk.manager)
    page = room.browser(listed).get(reverse("watching:page")).content.decode()
    assert "監視を始める</button>" in page
    assert "本館1階警備員室" in page


def test_while_the_vault_does_not_answer_nobody_begins(office: ManualClock) -> None:
    room = Room.of(Desk.of(office, profile="sakai"))
    browser = room.browser(room.guard())
    page = browser.post(reverse("watching:begin")).content.decode()
    assert "画像の保管庫が閉じています" in page
    assert not Shift.objects.filter(scheme=room.desk.cast.scheme).exists()


@pytest.mark.parametrize(
    ("profile", "place", "reason", "clause"),
    [
        ("inzai", "", "現在の映像を見る設備は付けられません", "印西 3(4)オ"),
        ("asahikawa", "office", "この制度では現在の映像を見ません", ""),
    ],
    ids=["I9", "A2"],
)
def test_I9_A2_no_monitor_for_anybody(
    office: ManualClock, profile: str, place: str, reason: str, clause: str
) -> None:
    """印西 forbids a monitor and 旭川 knows none: not the manager, at no terminal, is shown a
    picture."""
    desk = Desk.of(office, profile=profile)
    posts: tuple[Post, ...] = ("system_manager", "handling_supervisor", "operator")
    for post in posts:
        browser = desk.browser(desk.cast.person(post))
        for answer in (
            browser.get(reverse("watching:page")),
            browser.post(reverse("watching:begin")),
        ):
            assert answer.status_code == 403
            assert reason in answer.content.decode()
            assert clause in answer.content.decode()
    if place:
        room = Room.of(desk, place=place)
        page = room.browser(desk.manager).post(reverse("watching:begin")).content.decode()
        assert reason in page
    assert not Shift.objects.filter(scheme=desk.cast.scheme).exists()
