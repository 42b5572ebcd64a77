# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fetching in pieces by the page's own script, in Debian's Chromium, over a link that breaks."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, Route

from machimori.kernel.clock import ManualClock
from machimori.ledger.testing import LedgerProcess
from machimori.office.direct.testing import Fetching
from machimori.office.provision.testing_delivering import deliver, second_manager
from machimori.office.provision.testing_engine import EngineDesk, engine_desk
from machimori.office.shared.engine import engine


@pytest.fixture
def real(database: LedgerProcess, clock: ManualClock) -> Iterator[EngineDesk]:
    with engine_desk(clock, database, profile="saga", cameras=1, minutes=2) as desk:
        yield desk


def test_S7_the_page_goes_on_where_the_link_broke(
    real: EngineDesk, address: str, surf: Callable[[Client], AbstractContextManager[Page]]
) -> None:
    """Every second piece fails at first; the file that is saved is the package, and its fingerprint
    stands in the form that confirms it."""
    fetching = Fetching.of(real, *real.cameras)
    assert (
        "保管庫に届いていません" in real.browser().get(reverse("custody:overview")).content.decode()
    )
    deliver(real, real.manager, second_manager(real))
    (known,) = engine().vault.standing().agreements
    assert set(known.cameras) == set(real.cameras)
    file = fetching.worked(fetching.signed(**real.asked), "acquired")
    taken = file.latest("acquired")
    assert taken is not None
    asked: list[str] = []

    def break_often(route: Route) -> None:
        asked.append(route.request.headers.get("range", ""))
        if len(asked) % 2:
            route.abort("connectionreset")
        else:
            route.continue_()

    with surf(fetching.browser()) as page:
        page.route("**/package/", break_often)
        page.goto(address + reverse("direct:saved", args=[file.case.pk]))
        with page.expect_download(timeout=60_000) as download:
            page.get_by_role("link", name="端末に取り出す").click()
        saved = Path(download.value.path())
        assert hashlib.sha256(saved.read_bytes()).hexdigest() == taken.data["digest"]
        assert download.value.suggested_filename == f"{file.case.pk}.zip"
        assert page.input_value("#id_digest") == taken.data["digest"]
        page.get_by_role("button", name="端末に保存したと記録する").click()
        page.wait_for_url("**/direct/id/*/")
    fetching.again(file, "awaiting_reconciliation")
    assert asked[0] == asked[1] == "bytes=0-1048575"
    assert len(asked) >= 4
