# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori office upgrade` from an older schema: what was there stays, what is new may be used as
its model says and not otherwise, and doing it again changes nothing."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from machimori.cli.running.testing import machimori
from machimori.ledger.postgres.server import DATABASE
from machimori.ledger.testing import LedgerProcess

pytestmark = pytest.mark.long

OLDER = """
import sys
from pathlib import Path
from django.core.management import call_command
from machimori.ledger.postgres.home import Home
from machimori.office.shared.config import OfficeConfig
from machimori.office.site import database
from machimori.office.site.settings import configure
config = OfficeConfig.read(Path(sys.argv[1]))
configure(config, conninfo=database.prepare(sys.argv[2], Home.read(config.ledger)))
for app, name in (("operation", "zero"), ("cameras", "0001")):
    call_command("migrate", app, name, verbosity=0)
"""
"""Takes an office back to the schema that it had before cameras had connections."""

STEP_BY_STEP = """
import sys
from pathlib import Path
from django.core.management import call_command
from machimori.kernel.durable import Disk
from machimori.ledger.postgres.home import Home
from machimori.office.shared.config import OfficeConfig
from machimori.office.site import database
from machimori.office.site.settings import configure
ledger = Path(sys.argv[1])
places = {name: ledger / name for name in ("directory", "vault", "store", "cases")}
config = OfficeConfig(origin="http://localhost:8080", port=8080, ledger=ledger, **places)
config.make_secret(Disk())
configure(config, conninfo=database.prepare(sys.argv[2], Home.read(ledger)))
call_command("migrate", verbosity=0)
"""
"""Makes the tables by every migration that there ever was."""
CATALOGUE = """
SELECT 'column', table_name || '.' || column_name,
  concat_ws(' ', data_type, character_maximum_length, is_nullable, is_identity, column_default)
FROM information_schema.columns WHERE table_schema = 'office'
UNION ALL SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'office'::regnamespace
UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'office'
UNION ALL SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger
WHERE NOT tgisinternal AND tgrelid::regclass::text LIKE 'office.%'
UNION ALL SELECT 'function', proname, pg_get_functiondef(oid) FROM pg_proc
WHERE pronamespace = 'office'::regnamespace
UNION ALL SELECT 'owner', tablename, tableowner FROM pg_tables WHERE schemaname = 'office'
UNION ALL SELECT 'migration', app, name FROM office.django_migrations
"""


@pytest.fixture(scope="module")
def ledger() -> Iterator[LedgerProcess]:
    """With a new office beside it."""
    with (
        tempfile.TemporaryDirectory(prefix="machimori-up-") as name,
        LedgerProcess(Path(name) / "ledger") as process,
    ):
        root = Path(name)
        machimori(
            *(
                "office",
                "init",
                "--directory",
                str(root / "office"),
                "--ledger",
                str(root / "ledger"),
            ),
            *("--vault", str(root / "vault.sock"), "--store", str(root / "store")),
            *("--cases", str(root / "cases"), "--origin", "http://localhost:8080"),
            *("--port", "8080", "--scheme", "street", "--scheme-name", "街頭防犯カメラ"),
            *("--profile", "matsudo", "--login", "1001", "--name", "松戸 一郎"),
        )
        yield process


def tables(connection: "psycopg.Connection[tuple[str]]") -> set[str]:
    rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'office'")
    return {row[0] for row in rows}


def test_a_new_office_has_the_tables_that_all_migrations_come_to(ledger: LedgerProcess) -> None:
    found = []
    with LedgerProcess(ledger.directory.with_name("another")) as another:
        admin = another.server.superuser(DATABASE)
        command = [sys.executable, "-c", STEP_BY_STEP, str(another.directory), admin]
        subprocess.run(command, check=True)
        for one in (ledger.server.superuser(DATABASE), admin):
            with psycopg.connect(one) as connection:
                found.append(set(connection.execute(CATALOGUE).fetchall()))
    assert len({row[0] for row in found[0]}) == 7
    assert found[0] == found[1]


def test_an_older_schema_is_brought_up_to_date_and_nothing_is_lost(ledger: LedgerProcess) -> None:
    office = ledger.directory.parent / "office"
    admin = ledger.server.superuser(DATABASE)
    subprocess.run([sys.executable, "-c", OLDER, str(office), admin], check=True)
    with psycopg.connect(ledger.url) as old:
        assert "cameras_connection" not in tables(old)
        assert "operation_attempt" not in tables(old)
        old.execute("INSERT INTO office.cameras_camera (id, scheme_id) VALUES ('cam-1', 'street')")
        old.execute(
            "INSERT INTO office.cameras_description (camera_id, number, name, place,"
            " retention_class, identifies, status, reason, at, by_id)"
            " SELECT 'cam-1', 1, '駅前', '中央町', 'street', true, 'active', '', now(), id"
            " FROM office.people_person"
        )
    for _ in range(2):
        machimori("office", "upgrade", "--directory", str(office))
    with psycopg.connect(ledger.url, autocommit=True) as new:
        assert {"cameras_connection", "operation_attempt"} <= tables(new)
        names = new.execute("SELECT name FROM office.cameras_description").fetchall()
        assert names == [("駅前",)]
        new.execute(
            "INSERT INTO office.cameras_connection (camera_id, number, recorder, url, username,"
            " sealed, fingerprint, at, by_id)"
            " SELECT 'cam-1', 1, 'rec-1', 'rtsp://192.0.2.7/', '', '', '', now(), id"
            " FROM office.people_person"
        )
        for statement in (
            "UPDATE office.cameras_connection SET url = 'rtsp://198.51.100.9/'",
            "DELETE FROM office.cameras_connection",
            "UPDATE office.cameras_description SET name = 'x'",
            "CREATE TABLE office.mine (id int)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                new.execute(statement)
