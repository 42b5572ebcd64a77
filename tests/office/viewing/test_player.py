# SPDX-License-Identifier: AGPL-3.0-or-later
"""The player in Debian's Chromium, with real sealed footage out of a real vault."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect, sync_playwright

from machimori.footage.naming import SegmentName, parse
from machimori.office.provision.testing_engine import MINUTE, EngineDesk
from machimori.office.shared.config import config
from machimori.office.site.wsgi import with_static_files

AXE = Path(__file__).resolve().parents[3] / "frontend/node_modules/axe-core/axe.min.js"
VIOLATIONS = """
axe.run().then((result) => result.violations.map(
    (one) => one.id + ": " + one.nodes.map((node) => node.html).join(" | ")))
"""
NOW = "document.querySelector('.player video').currentTime"


class Threaded(ThreadingMixIn, WSGIServer):
    """A thread per request, as the server has."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """Says nothing."""

    def log_message(self, *said: Any) -> None:
        del said


@pytest.fixture
def address(real: EngineDesk) -> Iterator[str]:
    """The office, served."""
    application = with_static_files(get_wsgi_application(), config())

    def closing(environ: Any, answer: Any) -> Any:
        found = application(environ, answer)
        try:
            yield from found
        finally:
            if close := getattr(found, "close", None):
                close()
            connections.close_all()

    with make_server("localhost", 0, closing, Threaded, Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()
        thread.join()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Started when everything is prepared: its loop keeps Django out of this thread."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        yield browser
        browser.close()


def signed_in(browser: Browser, session: str, address: str) -> Page:
    """A page of this session."""
    context = browser.new_context(locale="ja-JP", viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])
    return context.new_page()


def test_footage_plays_seeks_and_shows_its_gap(real: EngineDesk, address: str) -> None:
    session = real.browser().cookies[settings.SESSION_COOKIE_NAME].value
    file = real.instructed()
    [middle] = [
        one.name
        for one in real.store.list(f"{real.day.isoformat()}/{real.cameras[0]}/")
        if isinstance(name := parse(one.name), SegmentName) and name.first == real.start + MINUTE
    ]
    real.store.delete(middle)
    begin = address + reverse("provision:case", args=[file.case.pk])
    viewer = real.manager.name
    with chromium() as browser:
        walk(signed_in(browser, session, address), begin, viewer)


def until(page: Page, condition: str) -> None:
    """Wait by the debugger, because the page's policy forbids Playwright's own waiting."""
    deadline = time.monotonic() + 15
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, condition
        page.wait_for_timeout(20)


def walk(page: Page, begin: str, viewer: str) -> None:
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.goto(begin)
    page.set_default_timeout(8000)
    page.get_by_role("link", name="画像を開く").click()
    page.get_by_role("button", name="この範囲を開く").click()
    expect(page.locator(".player video")).to_have_count(2)
    until(
        page,
        "Array.from(document.querySelectorAll('.player video')).every((v) => v.readyState >= 2)",
    )
    page.get_by_role("button", name="再生する").click()
    until(page, f"{NOW} > 1.5")
    page.get_by_role("button", name="一時停止").click()
    at = page.evaluate(NOW)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="1コマ進む").click()
    until(page, f"{NOW} > {at} + 0.05 && {NOW} < {at} + 0.8")

    page.get_by_label("時刻へ移る").fill("09:58:30")
    page.get_by_role("button", name="移る", exact=True).click()
    until(
        page,
        f"Math.abs({NOW} - 150) < 1 && document.querySelector('.player video').readyState >= 2",
    )
    expect(page.locator(".player-now")).to_have_text("9:58:30")

    page.get_by_label("時刻へ移る").fill("09:57:20")
    page.get_by_role("button", name="移る", exact=True).click()
    expect(page.locator(".player-gap").first).to_contain_text("映像なし：記録がなく")
    expect(page.locator(".player-gap").nth(1)).to_be_hidden()
    assert page.locator(".player-row .gap").count() == 1
    expect(page.locator(".player-mark").first).to_contain_text(viewer)
    for width in (1280, 820):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(AXE.read_text())
        assert page.evaluate(VIOLATIONS) == []
        beyond = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(beyond), f"the page is wider than {width} px"
    second = page.locator(".player-parts fieldset").nth(1)
    second.get_by_role("button", name="いまの位置を始まりにする").click()
    expect(second.get_by_role("checkbox")).to_be_checked()
    expect(second.locator("input").nth(1)).to_have_value("2026-05-14T09:57:20")
    expect(page.locator(".player-row").nth(1).locator(".chosen")).to_be_visible()
    assert wrong == []
