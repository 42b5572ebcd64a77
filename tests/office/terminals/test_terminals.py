# SPDX-License-Identifier: AGPL-3.0-or-later
"""Terminals through their pages: the register, the log of the storage, the key, who is at one."""

import datetime as dt
from typing import Any

import pytest
from django.core import signing
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from machimori.kernel.clock import ManualClock
from machimori.office.people.models import Person
from machimori.office.people.testing import Cast
from machimori.office.provision.testing import Desk, recorded
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.terminals import actions
from machimori.office.terminals.models import Terminal, TerminalKey
from machimori.office.terminals.presence import Established, established

PLACES = {"sakai": "guard_room", "asahikawa": "office"}


@pytest.fixture(params=["sakai", "asahikawa"])
def desk(request: pytest.FixtureRequest, office: ManualClock) -> Desk:
    return Desk.of(office, profile=request.param)


def registered(desk: Desk, **typed: Any) -> Terminal:
    values = {"number": "1号", "place": PLACES[desk.cast.scheme.profile], "storage": "保管庫"}
    values["serial"] = "SN-20260501"
    answer = desk.browser().post(reverse("terminals:new"), values | typed)
    assert answer.status_code == 302, answer.content.decode()
    made = Terminal.objects.latest("pk")
    desk.browser().post(reverse("terminals:key_demo", args=[made.pk]))
    assert made.keys.exists()
    return made


def arrive(browser: Client, terminal: Terminal, **more: Any) -> str:
    answer = browser.post(
        reverse("terminals:arrive_demo"), {"terminal": terminal.pk}, follow=True, **more
    )
    return answer.content.decode()


def at(desk: Desk, person: Person, browser: Client, **options: bool) -> Established:
    """What an act of this person in this browser would establish."""
    request = RequestFactory().get("/")
    request.COOKIES = {name: morsel.value for name, morsel in browser.cookies.items()}
    return established(request, acting=desk.cast.acting(person), **options)


def test_A7_a_terminal_is_registered_and_its_storage_logged(desk: Desk) -> None:
    made = registered(desk)
    page = reverse("terminals:terminal", args=[made.pk])
    operator = desk.browser(desk.cast.person("operator"))
    operator.post(page, {"kind": "taken_out", "note": "取出しのため"})
    text = operator.get(page).content.decode()
    assert "保管場所から出した" in text
    assert "取出しのため" in text
    assert "保管庫" in desk.browser().get(reverse("terminals:register")).content.decode()
    found = desk.browser().get(reverse("terminals:register"), {"q": "20260501", "as": "csv"})
    assert "SN-20260501" in found.content.decode("utf-8-sig")
    entry = recorded()[-1]
    assert entry.type == "terminal.custody"
    assert not any("SN-2026" in one.encode().decode() for one in recorded())
    assert "取出しのため" not in entry.encode().decode()


def test_A8_K5_only_the_operating_posts_arrive_at_a_terminal(desk: Desk) -> None:
    made = registered(desk)
    operator = desk.cast.person("operator")
    browser = desk.browser(operator)
    assert at(desk, operator, browser) == Established()
    assert "端末 1号 で仕事をしています" in arrive(browser, made)
    assert at(desk, operator, browser) == Established(at_terminal=True, place=made.place)
    police = desk.cast.person("police_operator")
    text = arrive(desk.browser(police), made)
    assert "端末を操作できる職ではありません" in text
    assert ("堺 6" if desk.cast.scheme.profile == "sakai" else "旭川 3(3)") in text


def test_the_next_person_stays_at_the_terminal_but_brings_only_their_own_post(desk: Desk) -> None:
    made = registered(desk)
    browser = desk.browser(desk.cast.person("operator"))
    arrive(browser, made)
    assert at(desk, desk.manager, browser).at_terminal
    assert not at(desk, desk.cast.person("auditor"), browser).at_terminal


def test_a_terminal_is_left_after_twelve_hours(desk: Desk, office: ManualClock) -> None:
    made = registered(desk)
    browser = desk.browser()
    arrive(browser, made)
    office.advance(12 * 3600)
    assert at(desk, desk.manager, browser).at_terminal
    office.advance(1)
    assert not at(desk, desk.manager, browser).at_terminal


@pytest.mark.parametrize("kind", ["key_lost", "withdrawn"])
def test_what_ends_a_key_ends_being_at_its_terminal(desk: Desk, kind: str) -> None:
    made = registered(desk)
    browser = desk.browser()
    arrive(browser, made)
    desk.browser().post(reverse("terminals:terminal", args=[made.pk]), {"kind": kind})
    assert not at(desk, desk.manager, browser).at_terminal
    assert "デモの端末ではありません" in arrive(browser, made)


def test_only_those_who_keep_the_register_end_a_key(desk: Desk) -> None:
    made = registered(desk)
    page = reverse("terminals:terminal", args=[made.pk])
    desk.browser(desk.cast.person("operator")).post(page, {"kind": "withdrawn"})
    assert not made.custody.exists()


def test_another_key_replaces_the_first(desk: Desk, office: ManualClock) -> None:
    made = registered(desk)
    browser = desk.browser()
    arrive(browser, made)
    office.advance(60)
    desk.browser().post(reverse("terminals:key_demo", args=[made.pk]))
    assert not at(desk, desk.manager, browser).at_terminal
    assert "端末 1号 で仕事をしています" in arrive(browser, made)


def test_a_terminal_is_used_from_its_network_only(desk: Desk) -> None:
    made = registered(desk, networks="10.1.2.0/24, 10.9.0.0/16")
    assert made.networks == "10.1.2.0/24,10.9.0.0/16"
    browser = desk.browser()
    assert "登録した場所のネットワーク" in arrive(browser, made)
    assert "仕事をしています" in arrive(browser, made, REMOTE_ADDR="10.9.3.4")
    assert not at(desk, desk.manager, browser).at_terminal


def test_a_forged_or_foreign_proof_counts_for_nothing(desk: Desk, office: ManualClock) -> None:
    made = registered(desk)
    key = TerminalKey.objects.get(terminal=made)
    other = Cast.of(office)
    browser = other.browser(other.person("operator"))
    now = desk.cast.now.isoformat()
    later = (desk.cast.now + dt.timedelta(minutes=1)).isoformat()
    good = signing.dumps([key.pk, now], salt="machimori.terminal")
    request = RequestFactory().get("/")
    for sealed in (
        signing.dumps([key.pk, now], salt="other"),
        signing.dumps([key.pk, later], salt="machimori.terminal"),
        signing.dumps([key.pk], salt="machimori.terminal"),
        good[:-1] + ("A" if good[-1] != "A" else "B"),
    ):
        request.COOKIES = {"terminal": sealed}
        assert established(request, acting=desk.cast.acting(desk.manager)) == Established()
    request.COOKIES = {"terminal": good}
    assert established(request, acting=desk.cast.acting(desk.manager)).at_terminal
    foreign = other.acting(other.person("operator"))
    assert established(request, acting=foreign) == Established()
    assert "デモの端末ではありません" in arrive(browser, made)


def test_K22_A7_a_terminal_stands_where_the_rules_say(office: ManualClock) -> None:
    desk = Desk.of(office)
    said = actions.Particulars(number="2号", serial="SN-2", place="office", storage="棚")
    with pytest.raises(ActionRefusedError) as refused:
        actions.register(said, acting=desk.cast.acting(desk.manager))
    assert refused.value.reasons[0].clause == "堺 10(2)"
    page = desk.browser().get(reverse("terminals:new")).content.decode()
    assert "警備" in page


def test_A16_a_lent_computer_is_the_stations(office: ManualClock) -> None:
    desk = Desk.of(office, profile="asahikawa")
    made = registered(desk, lent_to="中央警察署", place="police")
    police = desk.cast.person("police_operator")
    browser = desk.browser(police)
    assert "仕事をしています" in arrive(browser, made)
    assert at(desk, police, browser, lent=True) == Established(at_terminal=True, place="police")
    assert at(desk, police, browser) == Established()
    text = arrive(desk.browser(), made)
    assert "端末を操作できる職ではありません" in text


def test_a_computer_is_lent_only_where_the_rules_lend(office: ManualClock) -> None:
    desk = Desk.of(office)
    values = {
        "number": "1",
        "serial": "SN-1",
        "place": "guard_room",
        "storage": "庫",
        "lent_to": "中央警察署",
    }
    text = desk.browser().post(reverse("terminals:new"), values).content.decode()
    assert "貸与する定めがありません" in text
    assert not Terminal.objects.filter(scheme=desk.cast.scheme).exists()


def test_the_register_asks_as_often_for_five_terminals_as_for_one(office: ManualClock) -> None:
    desk = Desk.of(office)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            desk.browser().get(reverse("terminals:register"))
        return len(queries)

    registered(desk)
    once = asked()
    for number in range(2, 6):
        made = registered(desk, number=f"{number}号")
        desk.browser().post(reverse("terminals:terminal", args=[made.pk]), {"kind": "taken_out"})
    assert asked() == once <= 20


def test_where_the_rules_name_no_places_none_is_asked(office: ManualClock) -> None:
    """印西's document says that terminals are locked away, not where."""
    desk = Desk.of(office, profile="inzai")
    assert 'name="place"' not in desk.browser().get(reverse("terminals:new")).content.decode()
    typed = {"number": "1号", "serial": "SN-1", "storage": "保管庫"}
    assert desk.browser().post(reverse("terminals:new"), typed).status_code == 302
    made = Terminal.objects.get(scheme=desk.cast.scheme)
    assert made.place == ""
    said = actions.Particulars(number="2号", serial="S", storage="庫", place="guard_room")
    with pytest.raises(ActionRefusedError):
        actions.register(said, acting=desk.cast.acting(desk.manager))
