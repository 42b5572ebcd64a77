# SPDX-License-Identifier: AGPL-3.0-or-later
"""The stage of the stories: a real office of one city, and officials with Chromium and a key.

What an official does goes through `Seat`, which keeps the screens on which somebody acted and what
was typed, judges each page (axe, width at 1280 and 820 pixels and at 200 %), and takes its picture
for `build/screens/<city>/`.
"""

import shutil
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from django.conf import settings
from django.db import connections
from django.test import Client
from django.urls import resolve
from playwright.sync_api import Browser, CDPSession, Locator, Page, expect, sync_playwright

from machimori.kernel.clock import ManualClock
from machimori.kernel.durable import Disk
from machimori.kernel.ids import OfficerId
from machimori.ledger.testing import LedgerProcess

ROOT: Final = Path(__file__).resolve().parents[3]
AXE: Final = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
SCREENS: Final = ROOT / "build" / "screens"
WIDTHS: Final = (820, 640)
"""A tablet; and 1280 pixels at 200 % (WCAG 1.4.4, 1.4.10)."""
WAIT: Final = 60_000
"""Milliseconds: a busy machine is no failure of the pages."""
VIOLATIONS: Final = """
axe.run().then((result) => result.violations.map(
    (one) => one.id + ": " + one.nodes.map((node) => node.html).join(" | ")))
"""
TOO_WIDE: Final = """
document.documentElement.scrollWidth <= window.innerWidth ? [] :
    [...document.querySelectorAll("body *")].filter(
        (one) => one.getBoundingClientRect().right > window.innerWidth && !one.closest(".scroll")
    ).map((one) => one.outerHTML.slice(0, 200))
"""
BETWEEN: Final = ("people:today", "people:sign_in")
"""Where one comes from before the telephone rings, and goes to for the next thing: no screens of
a case."""
FOCUSED: Final = "(one) => one === document.activeElement"
Value = TypeVar("Value")


@dataclass
class Story:
    """A city's office with its people, told in a browser."""

    desk: Any
    """An EngineDesk (its module needs Django to be configured)."""
    address: str
    pictures: Path
    screens: list[str] = field(default_factory=list)
    """Routes of the pages on which somebody acted, in the order in which they came first."""
    typed: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    browser: Browser | None = None
    _taken: int = 0

    def person(self, name: str, *posts: str, to_vault: bool = True) -> Any:
        """Somebody in these posts, with a key that only Chromium's authenticator answers for; and
        the vault is told."""
        from machimori.office.people import actions
        from machimori.office.people.signing_in import keys
        from machimori.office.people.softkey import SoftwareKey
        from machimori.office.shared.config import config

        cast, office = self.desk.cast, config()
        made = cast.person(*posts)
        type(made).objects.filter(pk=made.pk).update(name=name)
        made.refresh_from_db()
        key = SoftwareKey.create(
            office.demo_keys,
            OfficerId(made.officer),
            Disk(),
            origin=office.origin,
            host=office.host,
        )
        asked, state = keys().begin_registration(made)
        new = keys().complete_registration(state, key.register(asked))
        actions.install_key(made, new, label="1本目", at=cast.now)
        for post in posts if to_vault else ():
            self.appoint(made, post)
        return made

    def appoint(self, person: Any, post: str) -> None:
        """The vault learns who this is, by the officers' signatures."""
        from machimori.office.custody.access import vault_post
        from machimori.office.people.keys import officer_key
        from machimori.vault.client.statements import Appointment
        from machimori.vault.client.testing import EVER, FAR

        self.desk.vault.submit(
            Appointment(
                officer=OfficerId(person.officer),
                keys=tuple(officer_key(one) for one in person.credentials.all()),
                posts=(vault_post(post),),
                valid_from=EVER,
                valid_until=FAR,
            )
        )

    @contextmanager
    def told(self) -> Iterator[None]:
        """Chromium runs; nothing may ask the database in this thread (`outside` does)."""
        expect.set_options(timeout=WAIT)
        with sync_playwright() as playwright:
            self.browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox"]
            )
            yield
            self.browser.close()

    def seat(self, person: Any, client: Client | None = None, *, by_keys: bool = False) -> "Seat":
        """This person before a screen with their key in it; with `client` already signed in."""
        assert self.browser is not None
        context = self.browser.new_context(
            viewport={"width": 1280, "height": 900}, locale="ja-JP", reduced_motion="reduce"
        )
        context.set_default_timeout(WAIT)
        cookies: Any = [
            {"name": name, "value": one.value, "url": self.address}
            for name, one in (client.cookies.items() if client else ())
        ]
        context.add_cookies(cookies)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        devtools = page.context.new_cdp_session(page)
        plug_in(devtools, person)
        return Seat(story=self, page=page, devtools=devtools, by_keys=by_keys)

    @staticmethod
    def outside(act: Callable[[], Value]) -> Value:
        """Playwright's loop keeps Django out of its thread: `act` runs in another."""

        def run() -> Value:
            try:
                return act()
            finally:
                connections.close_all()

        with ThreadPoolExecutor(1) as pool:
            return pool.submit(run).result()

    def picture(self, page: Page, name: str) -> None:
        """Keep what the page shows, whole."""
        self._taken += 1
        page.screenshot(path=self.pictures / f"{self._taken:02}-{name}.png", full_page=True)


@dataclass
class Seat:
    """One official's browser. `by_keys`: everything is done with Tab, arrows, space and Enter."""

    story: Story
    page: Page
    devtools: CDPSession
    """One for all: where a session ends, Chromium takes the virtual key away."""
    by_keys: bool = False

    def go(self, path: str) -> None:
        """Open this page."""
        self.page.goto(self.story.address + path)

    def look(self, name: str, *, print_too: bool = False) -> None:
        """The page is judged and its picture kept."""
        page = self.page
        page.wait_for_load_state("networkidle")
        self.story.picture(page, name)
        # By the debugger, because the pages themselves let no script in.
        self.devtools.send("Runtime.evaluate", {"expression": AXE.read_text() + ";1"})
        assert page.evaluate(VIOLATIONS) == [], page.url
        assert page.evaluate(TOO_WIDE) == [], page.url
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 450})
            assert page.evaluate(TOO_WIDE) == [], f"{page.url} at {width}"
        page.set_viewport_size({"width": 1280, "height": 900})
        if print_too:
            page.emulate_media(media="print")
            assert not page.locator(".menu").is_visible()
            self.story.picture(page, f"{name}-on-paper")
            page.emulate_media(media="screen")

    def press(self, text: str, role: Any = "button") -> None:
        """Press the button, or follow the link, of this name."""
        found = self._found(self.page.get_by_role(role, name=text, exact=True))
        if self.by_keys:
            self._reach(found)
            self.page.keyboard.press("Enter")
        else:
            found.click()

    def write(self, label: str, value: str) -> None:
        """Type into a field that is empty what nobody has typed before."""
        found = self._found(self.page.get_by_label(label))
        assert found.input_value() == "", f"{label} is filled in"
        assert value not in self.story.typed, f"{value} is typed twice"
        self.story.typed.append(value)
        if self.by_keys:
            self._reach(found)
            self.page.keyboard.insert_text(value)
        else:
            found.fill(value)

    def tick(self, label: str) -> None:
        """Tick a box, or choose one of several."""
        found = self._found(self.page.get_by_label(label))
        if not self.by_keys:
            found.check()
        elif found.get_attribute("type") == "radio":
            self._arrive(found)
        else:
            self._reach(found)
            self.page.keyboard.press("Space")
        assert found.is_checked()

    def choose(self, label: str, text: str) -> None:
        """Choose from a list."""
        found = self._found(self.page.get_by_label(label))
        if not self.by_keys:
            found.select_option(label=text)
            return
        self._reach(found)
        shown = "(one) => one.selectedOptions[0].textContent"
        for _ in range(found.locator("option").count()):
            if found.evaluate(shown) == text:
                return
            self.page.keyboard.press("ArrowDown")
        assert found.evaluate(shown) == text

    def paper(self, text: str) -> bytes:
        """The PDF behind this link."""
        with self.page.expect_download() as saved:
            self.press(text, "link")
        data = Path(saved.value.path()).read_bytes()
        assert data.startswith(b"%PDF")
        return data

    def _found(self, wanted: Locator) -> Locator:
        """What is to be used, once it is there; its page is a screen on which somebody acts."""
        wanted.first.wait_for()
        route = resolve(urlsplit(self.page.url).path).view_name
        if route not in (*self.story.screens, *BETWEEN):
            self.story.screens.append(route)
        return wanted.first

    def _reach(self, found: Locator) -> None:
        """By Tab alone, round the page at most once."""
        for _ in range(200):
            if found.evaluate(FOCUSED):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"no Tab leads to {found}")

    def _arrive(self, found: Locator) -> None:
        """Into the group of this radio button by Tab, and to it by arrows."""
        name = found.get_attribute("name")
        group = self.page.locator(f"input[type=radio][name='{name}']")
        inside = f"document.activeElement.name === '{name}'"
        for _ in range(200):
            if self.page.evaluate(inside):
                break
            self.page.keyboard.press("Tab")
        for _ in range(group.count()):
            if found.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        if group.count() == 1:
            self.page.keyboard.press("Space")


def plug_in(devtools: CDPSession, person: Any) -> None:
    """This person's key in the computer; it knows its PIN."""
    from machimori.office.people.softkey import SoftwareKey
    from machimori.office.shared.config import config

    office = config()
    path = office.demo_keys / f"{person.officer}.pem"
    private = load_pem_private_key(path.read_bytes(), None)
    key = SoftwareKey.load(
        office.demo_keys, OfficerId(person.officer), origin=office.origin, host=office.host
    )
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "usb",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    credential = {
        "credentialId": b64encode(key.credential_id).decode(),
        "isResidentCredential": True,
        "rpId": office.host,
        "userHandle": b64encode(person.officer.encode()).decode(),
        "privateKey": b64encode(
            private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        ).decode(),
        "signCount": 0,
    }
    named = {"authenticatorId": made["authenticatorId"], "credential": credential}
    devtools.send("WebAuthn.addCredential", named)


@pytest.fixture
def stage(
    origin: str, database: LedgerProcess, clock: ManualClock
) -> Callable[..., AbstractContextManager[Story]]:
    """A city's office with vault and footage: `with stage("matsudo") as story:`."""
    from machimori.office.provision.testing_engine import engine_desk

    @contextmanager
    def set_up(city: str, **options: Any) -> Iterator[Story]:
        pictures = SCREENS / city
        shutil.rmtree(pictures, ignore_errors=True)
        pictures.mkdir(parents=True)
        with engine_desk(clock, database, profile=city, **options) as desk:
            yield Story(desk=desk, address=origin, pictures=pictures)

    return set_up


@pytest.fixture
def in_earnest(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From now on the office is no demo: its pages offer no software key."""

    from machimori.office.shared.config import config

    def switch() -> None:
        monkeypatch.setattr(settings, "OFFICE", replace(config(), demo=False))

    return switch
