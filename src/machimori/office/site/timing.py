# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every page that can be asked for, timed: server time and database queries.

What is a page is not listed anywhere: every route of the URL table is asked for with GET, as each
post that may enter. A route that answers 405 is an action, one that answers with a file is no page;
one that writes when it is asked for is not asked for again, and is named; so is one that gave
nobody anything.
"""

import gc
import itertools
import statistics
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from django.db import connection
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import NoReverseMatch, reverse

from machimori.office.people.models import Person
from machimori.office.people.testing import Cast
from machimori.office.shared.posts import Post, admission
from machimori.office.site.routes import Route, routes

Known = Mapping[str, tuple[str, ...]]
"""What a route's arguments may be, by the argument's name."""

SLOW: Final = 150.0
"""Milliseconds. What took longer is asked for again at the end, and its lower median counts: on a
shared machine the first may have been somebody else's."""
_SEARCHED: Final = "%E5%B1%B1%E7%94%B0"
"""山田, for pages with a search."""
_AGAIN: Final = 3
_FEW: Final = 4
"""How often a page is asked for at most, by other addresses and posts, until somebody is given
it, if once is enough."""
_PATIENCE: Final = 9
_WRITES: Final = ("INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page as one post sees it."""

    route: str
    address: str
    post: Post | None
    browser: Client = field(repr=False, compare=False)
    milliseconds: float
    """From the request's arrival in Django until the answer is complete; median."""
    cpu: float
    """Milliseconds that this process computed for it; what the database computed is not in it."""
    queries: int


@dataclass(kw_only=True)
class Visit:
    """What came of asking one office, or several, for every route."""

    pages: list[Page] = field(default_factory=list)
    answers: dict[str, set[str]] = field(default_factory=dict)
    """What each route said, in a word: a status, or `writes`."""

    @property
    def unvisited(self) -> dict[str, str]:
        """Routes that gave nobody a page and are no mere actions, with what they said."""
        return {
            route: " ".join(sorted(said)) or "no address"
            for route, said in sorted(self.answers.items())
            if not said & {"200"} and said != {"405"}
        }


def visit(
    into: Visit,
    cast: Cast,
    people: Mapping[Post, Person],
    known: Mapping[str, Known],
    *,
    once: bool = False,
) -> None:
    """Ask for every page that answers 200 to a GET; `once`: of every route one page, for one post,
    without a search.

    `known` has by app (and "" for all of them) what the arguments of its routes may be.
    """
    browsers: dict[Post | None, Client] = {
        post: cast.browser(person) for post, person in people.items()
    }
    browsers[None] = cast.browser()
    # What is there already need not be looked at again before each page.
    gc.collect()
    gc.freeze()
    for route in routes():
        said = into.answers.setdefault(route.name, set())
        tries = itertools.product(_admitted(route, people), _addresses(route, known))
        for post, address in itertools.islice(tries, _FEW if once else None):
            # An action is one for everybody.
            if "405" in said or (once and "200" in said):
                break
            page, queries = _first(route, address, post, browsers[post], said)
            if page is not None:
                into.pages += [page] if once else [_warm(page, query) for query in queries]


def again(pages: list[Page], most: int) -> list[Page]:
    """The pages, the slowest first, after the `most` slowest of those that were slow were asked for
    once more."""
    ordered = sorted(pages, key=_slowness, reverse=True)
    return sorted([*map(_patiently, ordered[:most]), *ordered[most:]], key=_slowness, reverse=True)


def _slowness(page: Page) -> float:
    return page.milliseconds


def _patiently(page: Page) -> Page:
    if page.milliseconds <= SLOW:
        return page
    return min(page, _warm(page, times=_PATIENCE), key=_slowness)


def _addresses(route: Route, known: Mapping[str, Known]) -> Iterator[str]:
    here = {**known.get("", {}), **known.get(route.app, {})}
    choices = [here.get(argument, ()) for argument in route.converters]
    for values in itertools.product(*choices):
        try:
            yield reverse(route.name, kwargs=dict(zip(route.converters, values, strict=True)))
        except NoReverseMatch:
            continue


def _admitted(route: Route, people: Mapping[Post, Person]) -> list[Post | None]:
    declared = admission(route.view)
    assert declared is not None
    if not declared.person:
        return [None]
    return [post for post in people if not declared.posts or post in declared.posts]


def _first(
    route: Route, address: str, post: Post | None, browser: Client, said: set[str]
) -> tuple[Page | None, tuple[str, ...]]:
    """The page as it is asked for first, if it is one; and with what it is to be asked for then."""
    statements: list[str] = []
    answer, wall, cpu = _ask(browser, address, statements)
    if any(one.lstrip().startswith(_WRITES) and "django_session" not in one for one in statements):
        said.add("writes")
        return None, ()
    said.add(str(answer.status_code))
    if answer.status_code != 200 or not answer.headers["Content-Type"].startswith("text/html"):
        return None, ()
    page = Page(
        route=route.name,
        address=address,
        post=post,
        browser=browser,
        milliseconds=wall,
        cpu=cpu,
        queries=len(statements),
    )
    searches = b'name="q"' in answer.content  # type: ignore[attr-defined]  # a page does not stream
    return page, ("", f"?q={_SEARCHED}", "?page=1000000") if searches else ("",)


def _warm(page: Page, query: str = "", *, times: int = _AGAIN) -> Page:
    """The same with this query, as it is asked for again: medians."""
    gc.collect()
    took, computed, counts = [], [], []
    for _ in range(times):
        statements: list[str] = []
        _, wall, cpu = _ask(page.browser, page.address + query, statements)
        took.append(wall)
        computed.append(cpu)
        counts.append(len(statements))
    return replace(
        page,
        address=page.address + query,
        milliseconds=statistics.median(took),
        cpu=statistics.median(computed),
        queries=max(counts),
    )


def _ask(
    browser: Client, address: str, statements: list[str]
) -> tuple[HttpResponseBase, float, float]:
    """The answer, and milliseconds of time and of computing; the queries go into `statements`."""

    def kept(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        statements.append(str(sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(kept):
        begun, computed = time.perf_counter(), time.process_time()
        answer: Any = browser.get(address)
        if answer.streaming:
            answer.close()
        wall, cpu = time.perf_counter() - begun, time.process_time() - computed
    return answer, wall * 1000, cpu * 1000
