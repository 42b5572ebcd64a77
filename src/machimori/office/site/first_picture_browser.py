# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the click on 「この範囲を開く」 to the pictures of all cameras in Chromium, and from a jump.

What is timed is what an official waits for, by the browser's own clock: from the click's event
until the last of the videos has its first picture (`loadeddata`), or the one that was jumped to
(`seeked`), and the screen was painted once more. Server, vault, database and browser share the
machine; the network is its own.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Browser, Page, sync_playwright

from machimori.kernel.instants import TOKYO, instant
from machimori.office.provision.testing_engine import EngineDesk
from machimori.office.site.first_picture import SEEKS, Waits
from machimori.office.site.testing_serving import served

CHROMIUM: Final = Path("/usr/bin/chromium")
_PATIENCE: Final = 30.0
"""Seconds until a picture that does not come is a failure."""
_REST: Final = 500.0
"""Milliseconds between two jumps, as of somebody who looks."""
_NOTED: Final = """
addEventListener("click", () => {
  sessionStorage.setItem("clicked", Date.now());
  for (const video of document.querySelectorAll("video")) delete video.dataset.shown;
}, true);
for (const kind of ["loadeddata", "seeked"]) {
  addEventListener(kind, (event) => {
    const shown = () => { event.target.dataset.shown ??= Date.now(); };
    requestAnimationFrame(() => requestAnimationFrame(shown));
  }, true);
}
"""
_WAITED: Final = """
(() => {
  const shown = [...document.querySelectorAll(".player video")].map((one) => one.dataset.shown);
  const all = shown.length > 0 && shown.every(Boolean);
  return all ? Math.max(...shown) - Number(sessionStorage.getItem("clicked")) : null;
})()
"""


def measure(desk: EngineDesk, *, times: int) -> Waits:
    """So many openings, each of its own case, and the jumps in each."""
    # Before the browser starts, whose loop keeps Django out of this thread.
    cases = [reverse("viewing:open", args=[desk.instructed().case.pk]) for _ in range(times)]
    session = desk.browser().cookies[settings.SESSION_COOKIE_NAME].value
    opened: list[float] = []
    sought: list[float] = []
    with served() as address, _chromium() as browser:
        page = _signed_in(browser, session, address)
        for case in cases:
            page.goto(address + case)
            page.get_by_role("button", name="この範囲を開く").click(no_wait_after=True)
            opened.append(_waited(page))
            for at in SEEKS:
                page.wait_for_timeout(_REST)
                local = instant(desk.start).astimezone(TOKYO) + timedelta(seconds=at)
                page.locator("form[data-act=jump] input").fill(f"{local:%H:%M:%S}")
                page.get_by_role("button", name="移る", exact=True).click()
                sought.append(_waited(page))
    return Waits(first_picture=tuple(opened), seek=tuple(sought))


def _waited(page: Page) -> float:
    """Seconds from the last click until every video showed what was asked for."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        found = page.evaluate(_WAITED) if page.url.find("/viewings/") > 0 else None
        if found is not None:
            return float(found) / 1000
        page.wait_for_timeout(20)
    raise AssertionError("no picture came")


def _signed_in(browser: Browser, session: str, address: str) -> Page:
    context = browser.new_context(locale="ja-JP", viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])
    context.add_init_script(_NOTED)
    return context.new_page()


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()
