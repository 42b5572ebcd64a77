# SPDX-License-Identifier: AGPL-3.0-or-later
"""Number and password through the pages: given out, due, locked, forced; the change of person."""

import datetime as dt
import re

from django.test import Client
from django.urls import reverse

from machimori.kernel.clock import ManualClock
from machimori.office.people.models import Person
from machimori.office.people.testing import Cast
from machimori.office.personnel.models import AccessChange
from machimori.office.provision.testing import Desk, recorded

OWN = "とても長い合言葉を決めました"


def issued(browser: Client, person: Person, login: str) -> str:
    """The password on the page that is printed."""
    page = browser.post(reverse("personnel:password_issue", args=[person.pk]), {"login": login})
    found = re.search(r'code-paper">([A-Z2-9-]+)<', page.content.decode())
    assert found, page.content.decode()
    return found[1]


def sign_in(browser: Client, login: str, password: str) -> str:
    """Where signing in leads."""
    sent = {"login": login, "password": password}
    answer = browser.post(reverse("people:by_password"), sent)
    return str(answer.headers.get("Location", answer.status_code))


def test_K10_A5_the_manager_gives_out_number_and_password_and_has_them_changed(
    office: ManualClock,
) -> None:
    """The number is a new one, the old one is none any more; the password is the manager's for one
    sign-in only, and 90 days later (堺 10(2)) it is due on the manager's first page."""
    cast = Cast.of(office)
    manager, person = cast.person("system_manager"), cast.person("operator")
    browser, old = cast.browser(manager), person.login
    password = issued(browser, person, "op-2026")
    assert sign_in(cast.browser(), old, password) == "403"
    guest = cast.browser()
    assert sign_in(guest, "op-2026", password) == reverse("people:password")
    assert guest.get(reverse("provision:cases")).status_code == 403
    guest.post(reverse("people:password"), {"password": OWN, "again": OWN})
    assert sign_in(cast.browser(), "op-2026", OWN) == "/"
    entry = next(one for one in recorded() if one.type == "password.issued")
    assert entry.data["number"] is True
    assert "op-2026" not in entry.encode().decode()
    assert password not in person.password

    office.advance(dt.timedelta(days=77).total_seconds())
    browser = cast.browser(manager)
    assert "変える期限" in browser.get("/").content.decode()
    office.advance(dt.timedelta(days=14).total_seconds())
    listed = cast.browser(manager).get(reverse("personnel:passwords")).content.decode()
    assert "期限を過ぎています" in listed
    assert sign_in(cast.browser(), "op-2026", OWN) == reverse("people:password")


def test_K10_a_change_is_forced_and_ends_what_runs(office: ManualClock) -> None:
    """After 「次のサインインで変えさせる」 the session is over, and the next sign-in asks for a new
    password; both stand in the record."""
    cast = Cast.of(office)
    manager, person = cast.person("system_manager"), cast.person("operator")
    password = issued(cast.browser(manager), person, person.login)
    guest = cast.browser()
    sign_in(guest, person.login, password)
    guest.post(reverse("people:password"), {"password": OWN, "again": OWN})
    office.advance(60)
    assert guest.get("/").status_code == 200
    cast.browser(manager).post(reverse("personnel:password_force", args=[person.pk]))
    assert guest.get("/").status_code == 302
    assert sign_in(guest, person.login, OWN) == reverse("people:password")
    page = cast.browser(manager).get(reverse("personnel:password", args=[person.pk]))
    assert "次のサインインで変えるようにした" in page.content.decode()
    assert [one.kind for one in AccessChange.objects.order_by("pk")] == ["issued", "forced"]


def test_A5_a_lock_out_is_seen_and_ended_by_the_manager(office: ManualClock) -> None:
    """Five wrong passwords close them for 15 minutes; the manager opens them before."""
    cast = Cast.of(office)
    manager, person = cast.person("system_manager"), cast.person("operator")
    browser = cast.browser(manager)
    password = issued(browser, person, person.login)
    for _ in range(5):
        assert sign_in(cast.browser(), person.login, "wrong") == "403"
    assert sign_in(cast.browser(), person.login, password) == "403"
    assert "閉じています" in browser.get(reverse("personnel:passwords")).content.decode()
    browser.post(reverse("personnel:password_unlock", args=[person.pk]))
    assert sign_in(cast.browser(), person.login, password) == reverse("people:password")


def test_nobody_takes_somebody_elses_number(office: ManualClock) -> None:
    cast = Cast.of(office)
    manager, person = cast.person("system_manager"), cast.person("operator")
    sent = {"login": manager.login}
    address = reverse("personnel:password_issue", args=[person.pk])
    answer = cast.browser(manager).post(address, sent)
    assert answer.status_code == 403
    assert "この番号はもう使われています" in answer.content.decode()
    person.refresh_from_db()
    assert not person.password


def test_where_keys_do_alone_nobody_is_given_a_password(office: ManualClock) -> None:
    cast = Cast.of(office, profile="asahikawa")
    chief = cast.browser(cast.person("police_image_manager"))
    clerk, own = cast.person("operator"), cast.person("police_operator")
    page = reverse("personnel:password_issue", args=[clerk.pk])
    assert chief.post(page, {"login": "x"}).status_code == 404
    answer = chief.post(reverse("personnel:password_issue", args=[own.pk]), {"login": own.login})
    assert "この制度では、キーでサインインします" in answer.content.decode()
    own.refresh_from_db()
    assert not own.password


def test_A5_the_next_person_is_at_the_same_page_and_the_last_one_is_out(
    office: ManualClock,
) -> None:
    """人の交替: the session ends at once; whoever touches a key next sees the open page."""
    desk = Desk.of(office)
    other = desk.cast.person("operator")
    desk.give_key(other)
    browser, page = desk.browser(), reverse("provision:cases")
    assert f'name="next" value="{page}"' in browser.get(page).content.decode()
    answer = browser.post(reverse("people:change_person"), {"next": page})
    assert browser.get(page).status_code == 302
    asked = browser.get(answer.headers["Location"]).content.decode()
    assert "autofocus" in asked
    sent = {"officer": other.officer, "next": page}
    assert browser.post(reverse("people:by_demo"), sent).headers["Location"] == page
    assert other.name in browser.get(page).content.decode()
