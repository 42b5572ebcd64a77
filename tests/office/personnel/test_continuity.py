# SPDX-License-Identifier: AGPL-3.0-or-later
"""The warning before nobody could sign, on the first pages of 管 and シ."""

import datetime as dt

from django.urls import reverse

from machimori.kernel.clock import ManualClock
from machimori.office.people import actions
from machimori.office.people.keys import NewKey
from machimori.office.people.models import Appointment, Person
from machimori.office.people.testing import Cast
from machimori.office.provision.testing import Desk

GONE = "決裁の署名ができる人がいなくなります"
DAY = dt.timedelta(days=1)


def first_page(cast: Cast, person: Person) -> str:
    return cast.browser(person).get("/").content.decode()


def test_I4_thirty_days_before_nobody_can_sign_the_first_pages_say_so(
    office: ManualClock,
) -> None:
    """The manager's appointment ends in 31 days: nothing yet; a day later 管 and シ are warned, シ
    without a name; a successor without a key does not help, one with a key does."""
    desk = Desk.of(office)
    cast, manager = desk.cast, desk.manager
    admin = cast.person("system_administrator")
    held = Appointment.objects.get(person=manager)
    held.valid_until = cast.now + 31 * DAY
    held.save(update_fields=["valid_until"])
    assert GONE not in first_page(cast, manager)
    office.advance(DAY.total_seconds())
    assert GONE in first_page(cast, manager)
    shown = first_page(cast, admin)
    assert GONE in shown
    assert manager.name not in shown
    page = cast.browser(admin).get(reverse("personnel:signers")).content.decode()
    assert manager.name not in page
    assert "から、だれも署名できません" in page
    successor = cast.person("system_manager")
    shown = first_page(cast, manager)
    assert GONE in shown
    assert "キーがない管理責任者" in shown
    desk.give_key(successor)
    assert GONE not in first_page(cast, manager)


def test_K4_one_key_only_is_named_and_a_lost_one_is_urgent(office: ManualClock) -> None:
    """With one key the manager is asked for another; lost, nobody can sign as of now."""
    desk = Desk.of(office)
    assert "キーが1本だけの管理責任者" in first_page(desk.cast, desk.manager)
    lost = desk.manager.credentials.get()
    desk.browser().post(reverse("people:lost", args=[lost.keyid]))
    office.advance(1)
    page = desk.browser().get(reverse("personnel:signers")).content.decode()
    assert "いま、だれも署名できません" in page
    for name in (b"one", b"two"):
        key = NewKey(credential_id=name, cose=b"cose", spki=b"spki", algorithm=-7, counter=0)
        actions.register_key(key, label="予備", acting=desk.cast.acting(desk.manager))
    shown = first_page(desk.cast, desk.manager)
    assert GONE not in shown
    assert "キーが1本だけ" not in shown


def test_I4_a_deputy_bridges_a_managers_lost_key_until_the_delegation_ends(
    office: ManualClock,
) -> None:
    """The manager's key is lost; the deputy can sign until the delegation's last day has passed,
    and that instant is on the page."""
    desk = Desk.of(office)
    deputy = desk.cast.person("operator")
    desk.give_key(deputy)
    browser = desk.browser()
    sent = {"deputy": deputy.pk, "first": "令和8年5月14日", "last": "令和8年5月20日"}
    browser.post(reverse("deputies:new"), sent)
    assert browser.post(reverse("deputies:sign_demo")).status_code == 302
    lost = desk.manager.credentials.get()
    browser.post(reverse("people:lost", args=[lost.keyid]))
    office.advance(1)
    page = desk.browser().get(reverse("personnel:signers")).content.decode()
    assert deputy.name in page
    assert "令和8年5月21日（木） 00:00から、だれも署名できません" in page
