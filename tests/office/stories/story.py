# SPDX-License-Identifier: AGPL-3.0-or-later
"""A city's office with its people, told in a browser."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.office.stories.seat import Seat, plug_in

from machimori.kernel.durable import Disk
from machimori.kernel.ids import OfficerId

WAIT: Final = 60_000
"""Milliseconds: a busy machine is no failure of the pages."""
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

    def seat(self, person: Any, client: Client | None = None, *, by_keys: bool = False) -> Seat:
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
