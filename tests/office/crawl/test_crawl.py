# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every page of every role: found by its menu and its links, judged the same way.

A new page needs nothing here: it is looked at as soon as a page leads to it. What Django answered
is shown to a browser without a server, so that nothing has to be committed; each page is shown
once, not once for every post. The pictures stay in build/screens/roles.
"""

import re
from collections import Counter, deque
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import urljoin, urlsplit

import pytest
from django.conf import settings
from django.http import HttpResponseBase
from django.test import Client
from django.urls import Resolver404, resolve
from playwright.sync_api import Page, Route, sync_playwright

from machimori.office.shared.config import config
from machimori.office.site.settings import static_directories

ROOT: Final = Path(__file__).resolve().parents[3]
AXE: Final = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
SCREENS: Final = ROOT / "build" / "screens" / "roles"
WIDTHS: Final = (1280, 820)
MOST: Final = 4
"""Pages of one route that its first visitor opens: cases in their states. The others open one."""
VIOLATIONS: Final = """
axe.run().then((result) => result.violations.filter((one) => one.impact !== "minor").map(
    (one) => one.id + ": " + one.nodes.map((node) => node.html).join(" | ")))
"""
LATIN: Final = re.compile(r"\b[A-Za-z][a-z]+(?: [a-z]+)+\b")
"""Words of Latin letters, one after the other: a sentence that nobody translated."""
COMMANDS: Final = {"machimori run", "machimori init"}
"""What is typed and has no Japanese."""
_VOID: Final = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


class Read(HTMLParser):
    """What a page holds, without a browser."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.mains: list[str] = []
        self.links: list[str] = []
        self.says: list[str] = []
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember main buttons and links."""
        found = {name: value or "" for name, value in attrs}
        main = {"button", "main"} <= set(found.get("class", "").split())
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if main:
            self.mains.append("")
        if tag not in _VOID:
            self._open.append("main button" if main else tag)

    def handle_endtag(self, tag: str) -> None:
        """Leave the innermost element."""
        if self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        """Text, where it stands."""
        if "main button" in self._open:
            self.mains[-1] += data.strip()
        if "main" in self._open and "script" not in self._open:
            self.says.append(data)

    def faults(self) -> list[str]:
        """What no page may have."""
        found = {one for text in self.says for one in LATIN.findall(text)}
        says = [f"in English: {one}" for one in sorted(found - COMMANDS)]
        if len(self.mains) > 1:
            says.append(f"main buttons: {self.mains}")
        return says


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A page as somebody saw it."""

    name: str
    """Of its picture."""
    route: str
    path: str
    body: bytes
    headers: dict[str, str]


@dataclass(kw_only=True)
class Crawl:
    """What was seen."""

    opened: set[str] = field(default_factory=set)
    """Routes that somebody opened, files among them."""
    files: set[str] = field(default_factory=set)
    """Routes that answer with a file; one is enough, they take long to print."""
    pages: dict[tuple[str, str], Seen] = field(default_factory=dict)
    """By route and the text of the main button: a page with another button is another page."""
    complaints: list[str] = field(default_factory=list)

    def visit(self, name: str, client: Client) -> None:
        """Everything that this person comes to from the first page."""
        known, times = {"/"}, Counter[str]()
        waiting, before = deque(["/"]), set(self.opened)
        while waiting:
            path = waiting.popleft()
            route = _route(path)
            if route is None or route in self.files:
                continue
            if times[route] >= (1 if route in before else MOST):
                continue
            times[route] += 1
            self.opened.add(route)
            answer = client.get(path, follow=True)
            if _file(answer):
                self.files.add(route)
                continue
            found = Read(answer.content.decode())
            says = found.faults()
            if answer.status_code not in (200, 403):  # a refusal is a page, with its reasons
                says.append(f"answered {answer.status_code}")
            self.complaints += [f"{name} {path} ({route}): {one}" for one in says]
            kind = (route, found.mains[0] if found.mains else "")
            first = f"{name}/{route.replace(':', '-')}-{len(self.pages):03}"
            seen = Seen(
                name=first,
                route=route,
                path=path,
                body=answer.content,
                headers=dict(answer.headers.items()),
            )
            self.pages.setdefault((f"{name} {route}", "") if path == "/" else kind, seen)
            links = {urljoin(path, one).split("#")[0] for one in found.links}
            new = [one for one in sorted(links) if one.startswith("/") and one not in known]
            known.update(new)
            waiting.extend(new)


@pytest.mark.soak
@pytest.mark.parametrize("visitors", ["city", "round", "emergency", "direct"], indirect=True)
def test_every_page_of_every_role_is_whole(visitors: dict[str, Client]) -> None:
    """From the first page of every post through each page that it leads to: it is there, in
    Japanese, with one heading and at most one main button; axe finds nothing, the console is
    silent, and neither a desktop nor a tablet has to scroll sideways."""
    crawl = Crawl()
    for name, client in visitors.items():
        crawl.visit(name, client)
    assert len(crawl.pages) > 20
    complaints = crawl.complaints + _shown(list(crawl.pages.values()))
    assert not complaints, "\n".join(complaints)


def _shown(pages: list[Seen]) -> list[str]:
    """What a browser finds wrong with these pages."""
    complaints: list[str] = []
    showing: list[Seen] = []
    heard: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        page = browser.new_page(locale="ja-JP")
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on(
            "console",
            lambda said: heard.append(said.text) if said.type in ("error", "warning") else None,
        )
        page.route("**/*", lambda route: _answer(route, showing[-1]))
        for one in pages:
            showing.append(one)
            says = _look(page, one) + heard
            if one.route not in {before.route for before in showing[:-1]}:
                says += _axe(page)
            complaints += [f"{one.name} {one.path}: {text}" for text in says]
            print(*complaints[-len(says) :] if says else [], sep="\n", flush=True)
            heard.clear()
        browser.close()
    return complaints


def _answer(route: Route, seen: Seen) -> None:
    """The page as Django answered, or a static file."""
    static, prefix = static_directories(config()), str(settings.STATIC_URL)
    path = urlsplit(route.request.url).path
    if path.startswith(prefix):
        name = path.removeprefix(prefix)
        route.fulfill(path=next(one / name for one in static if (one / name).is_file()))
    elif route.request.is_navigation_request():
        route.fulfill(body=seen.body, headers=seen.headers)
    else:
        route.fulfill(status=204)


def _look(page: Page, seen: Seen) -> list[str]:
    """What is wrong with how it looks; leaves its pictures."""
    picture, says = SCREENS / seen.name, list[str]()
    picture.parent.mkdir(parents=True, exist_ok=True)
    page.goto(config().origin + seen.path)
    headings = [one.strip() for one in page.locator("h1").all_inner_texts()]
    says += [] if len(headings) == 1 and headings[0] else [f"headings: {headings}"]
    # Without the product's name, which the frame of every page adds to its own.
    says += [] if page.title().removesuffix(" - 街守").strip(" -") else ["no title"]
    for width in reversed(WIDTHS):
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth")
        says += [f"{wide} px wide at {width}"] if wide > width else []
        page.screenshot(path=f"{picture}-{width}.jpg", full_page=True, quality=70)
    return says


def _axe(page: Page) -> list[str]:
    """What axe finds at the width of a desktop."""
    devtools = page.context.new_cdp_session(page)
    # By the debugger, because the pages themselves let no script in.
    devtools.send("Runtime.evaluate", {"expression": AXE.read_text() + ";1"})
    found = [str(one) for one in page.evaluate(VIOLATIONS)]
    devtools.detach()
    return found


def _file(answer: HttpResponseBase) -> bool:
    """Is it to be kept or printed, rather than a page?"""
    kept = answer.headers.get("Content-Disposition", "").startswith("attachment")
    return kept or answer.streaming or "text/html" not in answer.headers["Content-Type"]


def _route(path: str) -> str | None:
    """The route's name; None for a static file, a filter, and what a list saves as."""
    parts = urlsplit(path)
    if parts.query:
        return None
    try:
        return resolve(parts.path).view_name
    except Resolver404:
        return None
