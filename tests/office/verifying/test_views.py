# SPDX-License-Identifier: AGPL-3.0-or-later
"""検証 is for everybody: page, file and program as they are packed, and the city's fingerprint."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from django.urls import reverse

from machimori.evidence.bundle import pack
from machimori.evidence.page.packing import packed, policy
from machimori.kernel.clock import ManualClock
from machimori.office.people.testing import Cast
from machimori.office.shared.engine import engine


def test_anybody_finds_it_from_the_first_page(office: ManualClock) -> None:
    browser = Cast.of(office).browser()
    first = browser.get("/", follow=True).content.decode()
    assert reverse("verifying:page") in first
    page = browser.get(reverse("verifying:page")).content.decode()
    for name in ("here", "html", "program"):
        assert reverse(f"verifying:{name}") in page
    assert "いまは表示できません" in page, "there is no vault in this test"


def test_the_city_s_fingerprint_is_the_vault_s(real: Any) -> None:
    page = real.cast.browser().get(reverse("verifying:page")).content.decode()
    shown = page.partition("<code>")[2].partition("</code>")[0]
    assert shown.replace(" ", "") == engine().vault.identity().fingerprint()


def test_the_page_that_verifies_comes_with_its_own_policy(office: ManualClock) -> None:
    answer = Cast.of(office).browser().get(reverse("verifying:here"))
    assert answer.content == packed()
    assert answer.headers["Content-Security-Policy"] == (
        f"{policy(packed())}; frame-ancestors 'none'"
    )
    assert "default-src 'none'" in policy(packed())


def test_both_files_are_downloads(office: ManualClock, tmp_path: Path) -> None:
    browser = Cast.of(office).browser()
    for name, content in (("html", packed()), ("program", pack())):
        answer = browser.get(reverse(f"verifying:{name}"))
        assert answer.content == content
        assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
        assert answer.headers["Cache-Control"] == "no-store"
    program = tmp_path / "verify.py"
    program.write_bytes(browser.get(reverse("verifying:program")).content)
    said = subprocess.run(
        [sys.executable, "-I", program, "--help"], capture_output=True, text=True, check=True
    )
    assert "--city" in said.stdout
