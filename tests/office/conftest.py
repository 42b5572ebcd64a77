# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fixtures of the office's tests: a real server, a transaction per test, people.

Django is configured here, before any test module imports a model; the database is known once the
server runs.
"""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections, transaction

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
    install(
        Engine.of(
            home=database.home, vault=_CONFIG.vault, store=_CONFIG.store, cases=_CONFIG.cases
        ).at(clock)
    )
    with transaction.atomic():
        yield clock
        transaction.set_rollback(True)


@pytest.fixture
def real(database: LedgerProcess, clock: ManualClock) -> Iterator[Any]:
    """An EngineDesk: vault and footage are real. What happens is committed and stays."""
    # Models can be imported only once Django is configured, above.
    from machimori.office.provision.testing_engine import engine_desk

    with engine_desk(clock, database) as desk:
        yield desk
