# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every page that can be asked for, timed: server time and database queries."""

import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from django.test import Client
from django.urls import NoReverseMatch, reverse

from machimori.office.people.models import Person
from machimori.office.people.testing import Cast
from machimori.office.shared.posts import Post, admission
from machimori.office.site.routes import Route, routes

_SEARCHED: Final = "%E5%B1%B1%E7%94%B0"
"""山田, for pages with a search."""
AGAIN: Final = 3
"""How often a page is asked for, after a first time."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page as one post sees it."""

    route: str
    query: str
    post: Post | None
    milliseconds: float
    """From the request's arrival in Django until the answer is complete; median."""
    queries: int


def measure(
    cast: Cast, people: Mapping[Post, Person], names: Sequence[str], *, again: int = AGAIN
) -> list[Page]:
    """Every page that answers 200 to a GET, the slowest first.

    `names` are ids of cases, cameras, people and so on; whatever a route's argument takes is tried.
    """
    browsers: dict[Post | None, Client] = {
        post: cast.browser(person) for post, person in people.items()
    }
    browsers[None] = cast.browser()
    found = [
        page
        for route in routes()
        for address in _addresses(route, names)
        for post in _admitted(route, people)
        for page in _pages(route, address, post, browsers[post], again)
    ]
    return sorted(found, key=lambda page: page.milliseconds, reverse=True)


def _addresses(route: Route, names: Sequence[str]) -> Iterator[str]:
    if not route.converters:
        yield reverse(route.name)
        return
    if len(route.converters) > 1:
        return
    (argument,) = route.converters
    for name in names:
        try:
            yield reverse(route.name, kwargs={argument: name})
        except NoReverseMatch:
            continue


def _admitted(route: Route, people: Mapping[Post, Person]) -> list[Post | None]:
    declared = admission(route.view)
    assert declared is not None
    if not declared.person:
        return [None]
    return [post for post in people if not declared.posts or post in declared.posts]


def _pages(
    route: Route, address: str, post: Post | None, browser: Client, again: int
) -> Iterator[Page]:
    first = browser.get(address)
    if first.status_code != 200 or not first.headers["Content-Type"].startswith("text/html"):
        return
    searches = b'name="q"' in first.content
    for query in ("", f"?q={_SEARCHED}", "?page=1000000") if searches else ("",):
        times, counts = zip(*(_ask(browser, address + query) for _ in range(again)), strict=True)
        yield Page(
            route=route.name,
            query=query,
            post=post,
            milliseconds=statistics.median(times),
            queries=max(counts),
        )


def _ask(browser: Client, address: str) -> tuple[float, int]:
    """Milliseconds and queries of one request."""
    count = 0

    def counted(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        nonlocal count
        count += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(counted):
        begun = time.perf_counter()
        browser.get(address)
        spent = time.perf_counter() - begun
    return spent * 1000, count
