# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cities at work, so that every page has something to show, and who looks at it.

All of it is inside the transaction of `office`: no vault, packages are taken as made.
"""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from tests.office.crawl import seldom
from tests.office.provision.rounds import Round

from machimori.kernel.clock import ManualClock
from machimori.office.direct.testing import Fetching
from machimori.office.disclosure.testing import FULL, Window
from machimori.office.internal.testing import Users
from machimori.office.oversight.models import Record
from machimori.office.oversight.testing import completed, provided
from machimori.office.people.models import Person
from machimori.office.police.testing import Station
from machimori.office.provision.testing import Desk
from machimori.office.shared.posts import POSTS, Post
from machimori.office.watching.testing import Room

CITY: tuple[Post, ...] = tuple(one for one in POSTS if not one.startswith("police_"))
COMPLAINT = {"on": "令和8年5月14日", "channel": "telephone", "content": "うちの玄関が写っている"}
SAMPLE = {"first": "令和8年5月1日", "last": "令和8年5月14日", "size": "2", "seed": "2026-05"}


@pytest.fixture
def visitors(office: ManualClock, request: pytest.FixtureRequest) -> dict[str, Client]:
    """Somebody for every post of these people, where that post has most to do. The names are
    directories; the manager is the first, who has not signed in the last."""
    return VISITORS[request.param](office)


def _city(office: ManualClock) -> dict[str, Client]:
    """堺's."""
    desk = Desk.of(office)
    people: dict[Post, Person] = {"system_manager": desk.manager}
    people |= {one: desk.cast.person(one) for one in CITY if one not in ("guard", "system_manager")}
    people["guard"] = Room.of(desk).guard()
    _cases(desk, people["operator"])
    _disclosures(Window(desk=desk, clock=office))
    _registers(desk, people)
    found: dict[str, Client] = {post: desk.browser(one) for post, one in people.items()}
    return found | {"nobody": desk.cast.browser()}


def _cases(desk: Desk, operator: Person) -> None:
    """Provision in the states that have pages of their own."""
    empty = dict.fromkeys(("ground", "document", "document_number", "document_day", "said"), "")
    desk.take_in(**empty | {"consult": "1", "channel": "telephone"})
    desk.take_in()
    desk.post(desk.take_in(), "correction", note="身分の確かめ方", due="令和8年5月28日")
    desk.drafted()
    desk.approved()
    seldom.letters(desk)
    provided(desk, operator)
    completed(desk, operator)


def _disclosures(window: Window) -> None:
    window.take_in()
    window.identified()
    file = window.identified()
    window.act(file, "decide", **FULL, on="2026-05-14")
    window.act(file, "notify", on="2026-05-14", document_number="総第7号")


def _registers(desk: Desk, people: dict[Post, Person]) -> None:
    """A line in every register."""
    manager, auditor = desk.browser(), desk.browser(people["auditor"])
    Users.of(desk).drafted()
    manager.post(reverse("oversight:receive"), COMPLAINT)
    auditor.post(reverse("oversight:draw"), SAMPLE)
    auditor.post(reverse("oversight:give"), {"about": "利用簿", "text": "備考が空いています"})
    seldom.keys_and_duties(desk, people["viewer"], people["operator"], people["guard"])
    seldom.delegation(desk, people["operator"])
    seldom.old_register(desk)
    kinds = Record.objects.filter(scheme=desk.cast.scheme).values_list("kind", flat=True)
    assert {"complaint", "sample", "opinion"} <= set(kinds)


def _round(office: ManualClock) -> dict[str, Client]:
    """旭川, where drafts go round."""
    one = Round.of(office, "operator", "handling_supervisor")
    return {name: one.desk.browser(person) for name, person in seldom.rounds(one).items()}


def _asahikawa(office: ManualClock) -> dict[str, Client]:
    """The police who may take out in an emergency, and the city that judges it."""
    desk = Desk.of(office, profile="asahikawa", names=("asahi-1",))
    station = Station.of(desk)
    lent = station.lend()
    return {
        "police_image_manager": station.at(lent, station.chief),
        "police_operator": station.at(lent, station.operator),
        "system_manager_emergency": desk.browser(),
    }


def _saga(office: ManualClock) -> dict[str, Client]:
    """The police who acquire by themselves, and the city that reconciles."""
    desk = Desk.of(office, profile="saga", names=("saga-1",))
    fetching = Fetching.of(desk, "saga-1")
    fetching.asked(cameras=["saga-1"])
    return {"police_operator_direct": fetching.browser(), "system_manager_direct": desk.browser()}


VISITORS: dict[str, Callable[[ManualClock], dict[str, Client]]] = {
    "city": _city,
    "round": _round,
    "emergency": _asahikawa,
    "direct": _saga,
}
"""By the name of a test."""
