# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every route against every post, generated from the URL table: nobody enters by accident."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from machimori.kernel.clock import ManualClock
from machimori.office.people.testing import Cast
from machimori.office.shared.posts import Post, admission
from machimori.office.site.routes import Route, routes

_SAMPLES = {"int": 999_999_999, "slug": "nothing", "str": "nothing", "path": "nothing"}
_SAMPLES["uuid"] = "00000000-0000-0000-0000-000000000000"


ROUTES = routes()


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_route_says_who_may_enter(route: Route) -> None:
    assert admission(route.view) is not None, f"{route.name}: no @posts, @signed_in or @public"


@pytest.mark.parametrize("app", dict.fromkeys(route.app for route in ROUTES))
def test_an_app_s_routes_admit_whom_they_declare_and_nobody_else(
    app: str, office: ManualClock
) -> None:
    """Each route for each post, somebody whose post has ended, and an outsider."""
    cast = Cast.of(office)
    doors: list[tuple[str, Client, frozenset[Post] | None]] = [
        (post, cast.browser(person), frozenset({post})) for post, person in cast.everybody().items()
    ]
    doors.append(("somebody whose post has ended", cast.browser(cast.person()), frozenset()))
    doors.append(("an outsider", cast.browser(), None))
    for route in (route for route in ROUTES if route.app == app):
        declared = admission(route.view)
        assert declared is not None
        address, shut = _address(route), []
        for who, browser, held in doors:
            turned_away = _shut(browser.get(address))
            assert turned_away is not declared.admits(held), f"{who} at {route.name}"
            shut += [browser] if turned_away else []
        # What does not open for a look does not open for an act.
        assert all(_shut(browser.post(address)) for browser in (*shut[:1], *shut[-1:])), route.name


def test_who_appoints_and_who_reads_names(office: ManualClock) -> None:
    """Written out once more, so that a wrong declaration is not its own proof."""
    cast = Cast.of(office)
    found = {
        post: tuple(
            cast.browser(person).get(reverse(name)).status_code
            for name in ("people:appointments", "people:appoint")
        )
        for post, person in cast.everybody().items()
    }
    both, list_only, neither = (200, 200), (200, 403), (403, 403)
    assert found == {
        "system_manager": both,
        "handling_supervisor": list_only,
        "operator": neither,
        "viewer": neither,
        "police_image_manager": both,
        "police_operator": neither,
        "guard": neither,
        "auditor": list_only,
        "system_administrator": neither,
        "host": neither,
        "installer": neither,
    }


def _address(route: Route) -> str:
    arguments = {name: _SAMPLES[kind] for name, kind in route.converters.items()}
    return reverse(route.name, kwargs=arguments)


def _shut(answer: Any) -> bool:
    if answer.status_code == 302:
        return bool(answer.headers["Location"].startswith(reverse("people:sign_in")))
    return (answer.status_code == 403 and "次の職の人だけ" in answer.content.decode()) or (
        answer.status_code == 403 and "いまの任命がありません" in answer.content.decode()
    )
