# SPDX-License-Identifier: AGPL-3.0-or-later
"""The menu shows a post its pages and marks the one that is open."""

import re

from machimori.kernel.clock import ManualClock
from machimori.office.people.testing import Cast


def test_the_page_that_is_open_is_marked_and_no_other(office: ManualClock) -> None:
    cast = Cast.of(office)
    browser = cast.browser(cast.person("system_manager"))
    marked = re.compile(
        r'href="([^"]+)" aria-current="page">[^<]*</a></li>\s*(?:<li>|</ul>\s*</nav>)'
    )
    for address, here in (
        ("/", ["/"]),
        ("/appointments/new/", ["/appointments/"]),
        ("/nowhere/", []),
    ):
        assert marked.findall(browser.get(address).content.decode()) == here


def test_a_post_sees_its_own_pages_only(office: ManualClock) -> None:
    cast = Cast.of(office)
    assert "任命と引継ぎ" in cast.browser(cast.person("auditor")).get("/").content.decode()
    assert "任命と引継ぎ" not in cast.browser(cast.person("host")).get("/").content.decode()
