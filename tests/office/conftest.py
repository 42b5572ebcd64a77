# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fixtures of the office's tests: a real server, a transaction per test, people.

Django is configured here, before any test module imports a model; the database is known once the
server runs.
"""

import atexit
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connections, transaction
from django.test import Client
from playwright.sync_api import Page, sync_playwright

from machimori.kernel.clock import ManualClock
from machimori.kernel.durable import Disk
from machimori.kernel.instants import parse_rfc3339
from machimori.ledger.postgres.server import DATABASE
from machimori.ledger.testing import LedgerProcess
from machimori.office.shared.config import OfficeConfig
from machimori.office.shared.engine import Engine, install
from machimori.office.site.serve import upgrade
from machimori.office.site.settings import configure, settings

_ROOT = Path(tempfile.mkdtemp(prefix="machimori-office-"))
atexit.register(shutil.rmtree, _ROOT, ignore_errors=True)
_CONFIG = OfficeConfig(
    directory=_ROOT / "office",
    origin="http://localhost:8080",
    port=8080,
    ledger=_ROOT / "ledger",
    vault=_ROOT / "vault.sock",
    store=_ROOT / "store",
    cases=_ROOT / "cases",
    demo=True,
)
_CONFIG.make_secret(Disk())
configure(_CONFIG, conninfo="dbname=none")
# A fifth of a second for each of the suite's sign-ins, at the strength that the office has.
Argon2PasswordHasher.time_cost = Argon2PasswordHasher.parallelism = 1
Argon2PasswordHasher.memory_cost = 8


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what leaves rows behind, so that its file comes last."""
    if "real" in getattr(item, "fixturenames", ()):
        item.add_marker("commits")


@pytest.fixture(scope="session")
def office_config() -> OfficeConfig:
    """The configuration of these tests: a demo."""
    return _CONFIG


@pytest.fixture(scope="session")
def database() -> Iterator[LedgerProcess]:
    """The office's tables in a running ledger, and Django connected as the web process is."""
    for name in ("store", "cases"):
        (_ROOT / name).mkdir()
    with LedgerProcess(_CONFIG.ledger) as process:
        upgrade(_CONFIG, process.home, process.server.superuser(DATABASE))
        made: dict[str, Any] = settings(_CONFIG, conninfo=process.home.conninfo("office"))
        connections["default"].settings_dict.update(made["DATABASES"]["default"])
        yield process
        connections.close_all()


@pytest.fixture
def clock() -> ManualClock:
    """An ordinary Thursday, ten in the morning."""
    return ManualClock(parse_rfc3339("2026-05-14T10:00:00+09:00"))


@pytest.fixture
def office(database: LedgerProcess, clock: ManualClock) -> Iterator[ManualClock]:
    """An engine, and a transaction in which all of the test happens and which never commits."""
    made = Engine.of(
        home=database.home, vault=_CONFIG.vault, store=_CONFIG.store, cases=_CONFIG.cases
    ).at(clock)
    install(made)
    with transaction.atomic():
        yield clock
        transaction.set_rollback(True)
    made.ledger.close()


@pytest.fixture
def real(database: LedgerProcess, clock: ManualClock) -> Iterator[Any]:
    """An EngineDesk: vault and footage are real. What happens is committed and stays."""
    # Models can be imported only once Django is configured, above.
    from machimori.office.provision.testing_engine import engine_desk

    with engine_desk(clock, database) as desk:
        yield desk


@pytest.fixture
def address(database: LedgerProcess) -> Iterator[str]:
    """The office over HTTP, a thread per request, by this process's configuration."""
    # As above.
    from machimori.office.site.testing_serving import served

    with served() as found:
        yield found


@pytest.fixture
def origin(address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address, to which this test's vault and keys are bound: Chromium's keys sign there.

    Before `real`, whose vault pins it.
    """
    port = int(address.rpartition(":")[2])
    monkeypatch.setattr(django_settings, "OFFICE", replace(_CONFIG, origin=address, port=port))
    return address


@pytest.fixture
def surf(address: str) -> Callable[[Client], AbstractContextManager[Page]]:
    """A page of Debian's Chromium in which a test client's person has signed in.

    Opened when everything is prepared: its loop keeps Django out of this thread.
    """

    @contextmanager
    def opened(client: Client) -> Iterator[Page]:
        cookies: Any = [
            {"name": name, "value": one.value, "url": address}
            for name, one in client.cookies.items()
        ]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox"]
            )
            context = browser.new_context(locale="ja-JP", viewport={"width": 1280, "height": 900})
            context.add_cookies(cookies)
            page = context.new_page()
            page.set_default_timeout(20_000)
            yield page
            browser.close()

    return opened
