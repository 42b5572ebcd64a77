# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori run` with a database on a server that is not the installation's own."""

import urllib.request
from pathlib import Path

import psycopg
import pytest

from machimori.cli.running.testing import installation
from machimori.kernel.instants import Micros
from machimori.ledger.entry import Entry
from machimori.ledger.testing import LedgerProcess
from machimori.simcity.city import SimCity

pytestmark = pytest.mark.long


def test_everything_runs_on_a_database_elsewhere(tmp_path: Path) -> None:
    """The server of another ledger stands in for the city's: a second database in it."""
    with LedgerProcess(tmp_path / "ledger") as server, SimCity(1, codecs=("h264",)) as camera:
        with psycopg.connect(server.server.superuser(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE city")
        with (
            installation(camera, elsewhere=server.server.superuser("city")) as made,
            made.running(),
        ):
            made.await_event("(everything ready)")
            with urllib.request.urlopen(f"http://localhost:{made.port}/sign-in/") as answer:
                assert answer.status == 200
            entry = Entry(type="recorder.anchor", at=Micros(1))
            with made.home.ledger() as ledger:
                ledger.append(entry)
                ledger.wait(entry.id, timeout=20).verify(entry.encode(), made.home.key)
        # What it did not start, it does not end.
        psycopg.connect(server.url).close()
