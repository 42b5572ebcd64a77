# SPDX-License-Identifier: AGPL-3.0-or-later
"""The menu shows a post its pages, in groups where there are many, and marks the open one."""

import re

from django.test import Client

from machimori.kernel.clock import ManualClock
from machimori.office.people.testing import Cast
from machimori.office.shared import menu


def shown(browser: Client, address: str = "/") -> str:
    """The menu of a page."""
    page = browser.get(address).content.decode()
    found = re.search(r'<nav class="menu".*?</nav>', page, re.DOTALL)
    assert found
    return found.group()


def test_the_page_that_is_open_is_marked_and_no_other(office: ManualClock) -> None:
    cast = Cast.of(office)
    browser = cast.browser(cast.person("system_manager"))
    for address, here, group in (
        ("/", ["/"], []),
        ("/appointments/new/", ["/appointments/"], ["人と鍵"]),
        ("/nowhere/", [], []),
    ):
        found = shown(browser, address)
        assert re.findall(r'href="([^"]+)" aria-current="page"', found) == here
        assert re.findall(r'class="here">([^<]+)<', found) == group


def test_a_post_sees_its_own_pages_only(office: ManualClock) -> None:
    cast = Cast.of(office)
    assert "任命と引継ぎ" in shown(cast.browser(cast.person("auditor")))
    assert "任命と引継ぎ" not in shown(cast.browser(cast.person("host")))


def test_many_pages_stand_in_groups_and_few_do_not(office: ManualClock) -> None:
    cast = Cast.of(office)
    managers = menu.line(frozenset({"system_manager"}), "/")
    assert len(managers) <= len(menu.GROUPS)
    assert sum(len(one.pages) for one in managers) > 2 * menu.FEW
    assert "<summary" in shown(cast.browser(cast.person("system_manager")))
    assert "<summary" not in shown(cast.browser(cast.person("host")))
