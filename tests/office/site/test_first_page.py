# SPDX-License-Identifier: AGPL-3.0-or-later
"""The first page asks the database at most twenty times, whatever waits and whoever looks."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from machimori.kernel.clock import ManualClock
from machimori.kernel.instants import parse_rfc3339
from machimori.office.deputies.models import Delegation
from machimori.office.direct.testing import Fetching
from machimori.office.internal.testing import Users
from machimori.office.people.models import Person
from machimori.office.police.testing import Station
from machimori.office.provision import endorsing
from machimori.office.provision.history import file_of
from machimori.office.provision.testing import Desk
from machimori.office.provision.work import items, moving
from machimori.office.shared.posts import Post
from machimori.office.site import crowd_cases

MOST = 20
MOST_OF_THE_REGISTER = 15
"""Of 利用簿, which has lines of nine kinds."""
LENT = parse_rfc3339("2026-01-05T10:00:00+09:00")
NOW = parse_rfc3339("2026-05-14T10:00:00+09:00")


def asked(browser: Client, address: str = "/") -> list[str]:
    """What the first page, or another, asks the database, the second time that it is looked at."""
    statements: list[str] = []

    def kept(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        statements.append(str(sql))
        return execute(sql, params, many, context)

    browser.get(address)
    with connection.execute_wrapper(kept):
        assert browser.get(address).status_code == 200
    return statements


def sakai(clock: ManualClock) -> tuple[Desk, dict[Post, Person]]:
    """Cases of provision with holds and copies, requests for disclosure, findings, complaints."""
    desk = Desk.of(clock)
    people = desk.cast.everybody()
    crowd_cases.provision(desk, people["operator"])
    crowd_cases.disclosure(desk, clock)
    crowd_cases.oversight(desk, people["auditor"])
    return desk, people


def asahikawa(clock: ManualClock) -> tuple[Desk, dict[Post, Person]]:
    """Internal uses, emergency extractions, and a terminal whose months were never returned."""
    clock.set(LENT)
    desk = Desk.of(clock, profile="asahikawa")
    station = Station.of(desk)
    station.lend("警-0")
    clock.set(crowd_cases.SUNDAY)
    crowd_cases.police(station, "cam-1")
    clock.set(NOW)
    users = Users.of(desk, terminal_place="office")
    crowd_cases.internal(users, "cam-1")
    return desk, desk.cast.everybody() | {
        "operator": users.person,
        "police_image_manager": station.chief,
        "police_operator": station.operator,
    }


def saga(clock: ManualClock) -> tuple[Desk, dict[Post, Person]]:
    """Direct acquisitions."""
    desk = Desk.of(clock, profile="saga")
    fetching = Fetching.of(desk, "cam-1")
    crowd_cases.direct(fetching, "cam-1")
    return desk, desk.cast.everybody() | {
        "police_image_manager": fetching.station.chief,
        "police_operator": fetching.operator,
    }


@pytest.mark.parametrize("city", [sakai, asahikawa, saga])
def test_the_first_page_asks_twenty_times_at_most(office: ManualClock, city: Any) -> None:
    """Of every post, of the manager, and of somebody with all the city's posts, with passwords that
    are due, a deputy, and appointments that end. Its lines are as all facts of a case have them."""
    desk, people = city(office)
    at = desk.cast.now
    manager, deputy = desk.manager, people["handling_supervisor"]
    many = desk.cast.person("system_manager", "handling_supervisor", "operator", "viewer")
    for _ in range(3):
        desk.cast.person("operator", until=at + dt.timedelta(days=9))
    Person.objects.update(password="!", password_set_at=at - dt.timedelta(days=89))
    for officer in (manager, people["system_manager"]):
        Delegation.objects.create(
            scheme=desk.cast.scheme,
            officer=officer,
            deputy=deputy,
            valid_from=at,
            valid_until=at + dt.timedelta(days=7),
            envelope=b"",
            at=at,
        )
    found = {
        name: asked(desk.browser(person))
        for name, person in (*people.items(), ("manager", manager), ("many", many))
    }
    over = {name: statements for name, statements in found.items() if len(statements) > MOST}
    lines = asked(desk.browser(manager), reverse("oversight:uses") + "?year=all")
    assert len(lines) <= MOST_OF_THE_REGISTER, lines
    assert not over, {name: (len(said), said) for name, said in over.items()}
    acting = desk.cast.acting(manager)
    shown = moving(acting)
    whole = [file_of(file.case) for file in shown]
    assert bool(shown) == (city is sakai)
    assert items(shown, "provision:case", acting) == items(whole, "provision:case", acting)
    assert [endorsing.asked_for(file, acting) for file in shown] == [
        endorsing.asked_for(file, acting) for file in whole
    ]
