# SPDX-License-Identifier: AGPL-3.0-or-later
"""One official before a screen: what they press and type, and what each page is judged by."""

from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from django.urls import resolve
from playwright.sync_api import CDPSession, Locator, Page

from machimori.kernel.ids import OfficerId

if TYPE_CHECKING:
    from tests.office.stories.story import Story

ROOT: Final = Path(__file__).resolve().parents[3]
AXE: Final = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS: Final = (820, 640)
"""A tablet; and 1280 pixels at 200 % (WCAG 1.4.4, 1.4.10)."""
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
SCATTERED: Final = """
[...document.querySelectorAll(".head-today, .head-today ~ form")]
    .map((one) => one.getBoundingClientRect())
    .flatMap((one, n, all) => n && one.left - all[n - 1].right > 40 ? [all[n - 1].right] : [])
"""
"""Where the head's day, language and way out stand apart from each other."""
BETWEEN: Final = ("people:today", "people:sign_in")
"""Where one comes from before the telephone rings, and goes to for the next thing: no screens of
a case."""
FOCUSED: Final = "(one) => one === document.activeElement"


@dataclass
class Seat:
    """One official's browser. `by_keys`: everything is done with Tab, arrows, space and Enter."""

    story: "Story"
    page: Page
    devtools: CDPSession
    """One for all: where a session ends, Chromium takes the virtual key away."""
    by_keys: bool = False

    def go(self, path: str) -> None:
        """Open this page."""
        self.page.goto(self.story.address + path)

    def look(self, name: str, *, print_too: bool = False, tablet_too: bool = False) -> None:
        """The page is judged and its picture kept."""
        page = self.page
        page.wait_for_load_state("networkidle")
        self.story.picture(page, name)
        # By the debugger, because the pages themselves let no script in.
        self.devtools.send("Runtime.evaluate", {"expression": AXE.read_text() + ";1"})
        self._judge(VIOLATIONS)
        self._judge(TOO_WIDE)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 450})
            self._judge(TOO_WIDE)
            self._judge(SCATTERED)
            if tablet_too and width == WIDTHS[0]:
                self.story.picture(page, f"{name}-on-a-tablet")
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

    def _judge(self, rule: str) -> None:
        """The page gives this rule nothing to complain of."""
        found = self.page.evaluate(rule)
        assert not found, (self.page.url, self.page.viewport_size, found)

    def _found(self, wanted: Locator) -> Locator:
        """What is to be used, once it is there; its page is a screen on which somebody acts."""
        wanted.first.wait_for()
        route = resolve(urlsplit(self.page.url).path).view_name
        if route not in (*self.story.screens, *BETWEEN):
            self.story.screens.append(route)
        return wanted.first

    def _reach(self, found: Locator) -> None:
        """By Tab alone, round the page at most once."""
        wanted = found.element_handle()
        for _ in range(200):
            if wanted.evaluate(FOCUSED):
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
