# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tables and rights: a model that says nothing stops the upgrade; pages ask little."""

import datetime as dt
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import DataError, connection
from django.test.utils import CaptureQueriesContext

from machimori.cli.main import main
from machimori.kernel.clock import ManualClock
from machimori.ledger.testing import LedgerProcess
from machimori.office.people.models import Person
from machimori.office.people.testing import Cast
from machimori.office.shared.errors import OfficeConfigError, OfficeError
from machimori.office.shared.grants import Grants
from machimori.office.site.database import _grants_of
from machimori.office.site.instants import InstantLoader


def test_a_model_that_does_not_say_its_grants_is_refused() -> None:
    with pytest.raises(OfficeError, match=r"sessions\.Session"):
        _grants_of(Session)


def test_grants_that_name_no_column_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Person, "grants", Grants(update=("nmae",)))
    with pytest.raises(OfficeError, match="nmae"):
        _grants_of(Person)


def test_no_model_has_changed_without_its_migration(database: LedgerProcess) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_instants_are_read_as_they_were_written(database: LedgerProcess) -> None:
    """With any number of digits, by the loader of every connection; what is none is an error."""
    written = [
        dt.datetime(2026, 5, 14, 1, 2, 3, micros, tzinfo=dt.UTC) for micros in (0, 1, 500_000)
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s, %s, %s", written)
        read = cursor.fetchone()
        assert cursor.cursor.adapters.get_loader(1184, 0) is InstantLoader
        assert list(read) == written
        assert {one.tzinfo for one in read} == {dt.UTC}
        cursor.execute("SELECT 'infinity'::timestamptz")
        with pytest.raises(DataError):
            cursor.fetchone()


@pytest.mark.parametrize(
    "page",
    [
        "/",
        "/appointments/",
        "/keys/",
        "/appointments/new/",
        "/kimari/",
        "/kimari/open/",
        "/pledges/",
        "/transfers/new/",
        "/passwords/",
        "/handovers/new/",
        "/signers/",
        "/stations/",
    ],
)
def test_a_page_asks_the_database_at_most_twenty_times(office: ManualClock, page: str) -> None:
    cast = Cast.of(office)
    manager = cast.person("system_manager")
    for _ in range(60):
        cast.person("guard")
    browser = cast.browser(manager)
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(page).status_code == 200
    assert len(asked) <= 20


def test_serving_what_is_not_there_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["office", "serve", "--directory", str(tmp_path)])
    assert status == OfficeConfigError.exit_code
    assert "machimori office init" in capsys.readouterr().err
