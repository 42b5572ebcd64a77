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


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_route_admits_whom_it_declares_and_nobody_else(route: Route, office: ManualClock) -> None:
    declared = admission(route.view)
    assert declared is not None
    cast = Cast.of(office)
    for post, person in cast.everybody().items():
        answered = _asked(cast.browser(person), route)
        held = frozenset({post})
        assert answered is declared.admits(held), f"{post} at {route.name}"
    ended = cast.person()
    assert _asked(cast.browser(ended), route) is declared.admits(frozenset[Post]())
    assert _asked(cast.browser(), route) is declared.admits(None), f"outsider at {route.name}"


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


def _asked(client: Client, route: Route) -> bool:
    """Whether the door opened for GET; for POST it must say the same if it stays shut."""
    address = _address(route)
    answer = client.get(address)
    shut = _shut(answer)
    if shut:
        assert _shut(client.post(address))
    return not shut


def _address(route: Route) -> str:
    arguments = {name: _SAMPLES[kind] for name, kind in route.converters.items()}
    return reverse(route.name, kwargs=arguments)


def _shut(answer: Any) -> bool:
    if answer.status_code == 302:
        return bool(answer.headers["Location"].startswith(reverse("people:sign_in")))
    return (answer.status_code == 403 and "次の職の人だけ" in answer.content.decode()) or (
        answer.status_code == 403 and "いまの任命がありません" in answer.content.decode()
    )
