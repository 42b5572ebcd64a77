# SPDX-License-Identifier: AGPL-3.0-or-later
"""署の人を入れる: by the city from the station's notice, and by the chief."""

from typing import Any

from django.urls import reverse

from machimori.kernel.clock import ManualClock
from machimori.kernel.instants import TOKYO
from machimori.office.people.models import Appointment, Person
from machimori.office.people.testing import Cast
from machimori.office.police.models import Posting

CHIEF: dict[str, Any] = {
    "login": "p-1",
    "name": "署長 太郎",
    "post": "police_image_manager",
    "station": "旭川中央警察署",
    "document": "旭中発第10号",
}


def chief(cast: Cast, **typed: Any) -> dict[str, Any]:
    """A chief of today's notice, who serves from today."""
    today = f"{cast.now.astimezone(TOKYO):%Y-%m-%d}"
    return CHIEF | {"notified_on": today, "valid_from": today} | typed


def test_A16_from_the_stations_notice_and_by_the_chief(office: ManualClock) -> None:
    """The city enters the chief with number and day of the notice; the chief enters an operator of
    the same station, without the city, and can enter no second chief."""
    cast = Cast.of(office, profile="asahikawa")
    browser, enter = cast.browser(cast.person("system_manager")), reverse("police:enter")
    assert browser.post(enter, chief(cast, document="")).status_code != 302
    assert browser.post(enter, chief(cast)).status_code == 302
    listed = browser.get(reverse("police:stations")).content.decode()
    assert "旭中発第10号" in listed
    first = Person.objects.get(login="p-1")
    own = cast.browser(first)
    sent = {"login": "p-2", "name": "巡査 次郎", "valid_from": chief(cast)["valid_from"]}
    assert own.post(enter, sent | {"post": "police_image_manager"}).status_code == 200
    assert own.post(enter, sent | {"post": "police_operator"}).status_code == 302
    posting = Posting.objects.get(person__login="p-2")
    assert (posting.station, posting.document) == ("旭川中央警察署", "")
    assert "巡査 次郎" in own.get(reverse("police:stations")).content.decode()
    held = Appointment.objects.get(person__login="p-2")
    assert held.appointed_by == first


def test_A16_a_scheme_without_the_police_has_no_post_for_them(office: ManualClock) -> None:
    """堺 has no such posts: the form offers none, and nobody is entered."""
    cast = Cast.of(office)
    browser = cast.browser(cast.person("system_manager"))
    assert browser.post(reverse("police:enter"), chief(cast)).status_code == 200
    assert not Person.objects.filter(login="p-1").exists()


def test_a_chief_sees_their_own_station_alone(office: ManualClock) -> None:
    cast = Cast.of(office, profile="asahikawa")
    browser = cast.browser(cast.person("system_manager"))
    enter = reverse("police:enter")
    browser.post(enter, chief(cast))
    browser.post(enter, chief(cast, login="p-9", name="東署 長", station="旭川東警察署"))
    own = cast.browser(Person.objects.get(login="p-1"))
    listed = own.get(reverse("police:stations")).content.decode()
    assert "署長 太郎" in listed
    assert "東署 長" not in listed
