# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pages of oversight in Chromium, judged by axe, at the desk and on a tablet.

What the browser asks for was answered inside the test's own transaction: no server, nothing stays.
"""

import datetime as dt
import mimetypes
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.urls import reverse
from playwright.sync_api import Page, Route, sync_playwright

from machimori.kernel.clock import ManualClock
from machimori.kernel.instants import micros
from machimori.office.jobs.testing import work_off
from machimori.office.oversight.history import find_about
from machimori.office.oversight.reconciling import put
from machimori.office.oversight.testing import completed
from machimori.office.people.models import Person
from machimori.office.provision.testing import Desk
from machimori.office.shared.config import config
from machimori.office.site.settings import static_directories

ROOT = Path(__file__).resolve().parents[3]
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
VIOLATIONS = """
axe.run().then((result) => result.violations.map(
    (one) => one.id + ": " + one.nodes.map((node) => node.html).join(" | ")))
"""
SITE = "http://localhost:8080"
PAGES = (
    "registers",
    "uses",
    "provisions",
    "statements",
    "reconciliation",
    "complaints",
    "receive",
    "audit",
    "counts",
    "report",
    "import",
    "disposal",
    "disposed",
)


def answers(desk: Desk, addresses: Sequence[str]) -> dict[str, Any]:
    """What the office says to the manager. Asked before a browser runs: Django refuses a thread
    in which Playwright does."""
    client = desk.browser()
    found = {one: client.get(one) for one in addresses}
    assert {one: said.status_code for one, said in found.items() if said.status_code != 200} == {}
    return found


def serve(route: Route, known: dict[str, Any]) -> None:
    """Answer what the browser asks for."""
    parts = urlsplit(route.request.url)
    address = f"{parts.path}?{parts.query}" if parts.query else parts.path
    if said := known.get(address):
        headers = {name: value for name, value in said.headers.items() if name != "Set-Cookie"}
        route.fulfill(status=said.status_code, headers=headers, body=said.content)
        return
    name = parts.path.split("/", 3)[-1]
    found = [one / name for one in static_directories(config()) if (one / name).is_file()]
    if parts.path.startswith("/static/") and found:
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        route.fulfill(body=found[0].read_bytes(), content_type=kind)
    else:
        route.abort()


def judge(page: Page, picture: Path) -> None:
    """axe finds nothing; the picture is an artefact of the run."""
    page.screenshot(path=picture, full_page=True)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Runtime.evaluate", {"expression": AXE.read_text() + ";1"})
    assert page.evaluate(VIOLATIONS) == [], page.url


def test_the_pages_of_oversight_are_accessible(
    desk: Desk, operator: Person, office: ManualClock, tmp_path: Path
) -> None:
    """With lines, findings, a complaint, records that are due, stayed and gone."""
    gone, stayed, other = (completed(desk, operator) for _ in range(3))
    put(desk.cast.scheme, "no_case", "c-1", {"case": "c-1", "number": ""}, desk.cast.now)
    office.advance((micros(dt.datetime(2032, 4, 1, 1, tzinfo=dt.UTC)) - office.now()) / 1_000_000)
    client, ref = desk.browser(), ["provision", stayed.case.pk]
    why = {"cause": "lawsuit", "reference": "令和9年(ワ)第1号", "reason": "損害賠償の訴え"}
    for one in (stayed, other):
        client.post(reverse("oversight:stay", args=["provision", one.case.pk]), why)
    dispose = reverse("oversight:dispose", args=[2031])
    seen = re.search('name="seen" value="([0-9a-f]+)"', client.get(dispose).content.decode())
    assert seen is not None
    said = {"seen": seen[1], "number": "総第77号", "decided_on": "令和14年4月1日", "sure": "on"}
    client.post(dispose, said)
    record = find_about(desk.cast.scheme, "disposal", "2031")
    assert record is not None
    work_off(record.record.pk)
    complaint = {"on": "令和14年4月1日", "channel": "counter", "content": "うちの玄関が写っている"}
    shown = client.post(reverse("oversight:receive"), complaint)
    addresses = [reverse(f"oversight:{name}") for name in PAGES]
    addresses += [shown.headers["Location"], reverse("oversight:kept", args=ref)]
    addresses += [reverse("oversight:stay", args=ref), dispose]
    addresses += [
        f"{reverse('oversight:uses')}?year=all",
        f"{reverse('oversight:counts')}?year=2026",
    ]
    known = answers(desk, addresses)
    assert gone.number in known[reverse("oversight:disposed")].content.decode()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="ja-JP")
        page = context.new_page()
        page.route("**/*", lambda route: serve(route, known))
        for number, address in enumerate(addresses):
            page.goto(f"{SITE}{address}")
            judge(page, tmp_path / f"{number:02}.png")
        page.set_viewport_size({"width": 820, "height": 1180})
        page.goto(f"{SITE}{reverse('oversight:disposal')}")
        judge(page, tmp_path / "tablet.png")
        browser.close()
