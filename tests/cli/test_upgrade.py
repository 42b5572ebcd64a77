# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori office upgrade` from an older schema: what was there stays, what is new may be used as
its model says and not otherwise, and doing it again changes nothing; a new office is the same."""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

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
from machimori.kernel.durable import Disk
from machimori.ledger.postgres.home import Home
from machimori.office.shared.config import OfficeConfig
from machimori.office.site import database
from machimori.office.site.settings import configure
ledger, office = map(Path, sys.argv[1:3])
places = {name: office.with_name(name) for name in ("vault", "store", "cases")}
config = OfficeConfig(
    directory=office, origin="http://localhost:8080", port=8080, ledger=ledger, **places
)
Disk().make_directory(office)
config.make_secret(Disk())
configure(config, conninfo=database.prepare(sys.argv[3], Home.read(ledger)))
call_command("migrate", "cameras", "0001", verbosity=0)
config.save(Disk())
"""
"""Makes an office as it was before cameras had connections, by its migrations of then."""

THEN = """
INSERT INTO office.people_scheme (id, name, profile) VALUES ('street', '街頭', 'matsudo');
INSERT INTO office.people_person (officer, login, name, kana, section, password, failures,
  sessions_from, created_at)
VALUES ('p-1', '1001', '松戸 一郎', '', '', '', 0, now(), now());
INSERT INTO office.cameras_camera (id, scheme_id) VALUES ('cam-1', 'street');
INSERT INTO office.cameras_description (camera_id, number, name, place, retention_class,
  identifies, status, reason, at, by_id)
SELECT 'cam-1', 1, '駅前', '中央町', 'street', true, 'active', '', now(), id
FROM office.people_person;
"""
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


def tables(connection: "psycopg.Connection[Any]") -> set[str]:
    rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'office'")
    return {row[0] for row in rows}


def new_office(root: Path) -> set[tuple[str, ...]]:
    """What the catalogue says of an office that `init` has made."""
    with LedgerProcess(root / "ledger") as ledger:
        machimori(
            *("office", "init", "--directory", str(root / "office")),
            *("--ledger", str(root / "ledger"), "--vault", str(root / "vault.sock")),
            *("--store", str(root / "store"), "--cases", str(root / "cases")),
            *("--origin", "http://localhost:8080", "--port", "8080"),
            *("--scheme", "street", "--scheme-name", "街頭防犯カメラ", "--profile", "matsudo"),
            *("--login", "1001", "--name", "松戸 一郎"),
        )
        with psycopg.connect(ledger.server.superuser(DATABASE)) as connection:
            return set(connection.execute(CATALOGUE).fetchall())


def test_an_older_office_becomes_what_a_new_one_is_and_loses_nothing() -> None:
    """By every migration that there ever was: column by column the tables of a new office, which
    are made from the models at once; what was in the old ones is there, and nothing may change
    what may only be added to."""
    with tempfile.TemporaryDirectory(prefix="machimori-up-") as name:
        root = Path(name)
        (root / "new").mkdir(mode=0o755)
        root.chmod(0o755)
        wanted = new_office(root / "new")
        with LedgerProcess(root / "ledger") as ledger:
            admin = ledger.server.superuser(DATABASE)
            command = [sys.executable, "-c", OLDER, str(ledger.directory), str(root / "office")]
            subprocess.run([*command, admin], check=True)
            with psycopg.connect(admin) as old:
                assert not {"cameras_connection", "operation_attempt"} & tables(old)
                old.execute(THEN)
            for _ in range(2):
                machimori("office", "upgrade", "--directory", str(root / "office"))
            with psycopg.connect(admin) as superuser:
                found = set(superuser.execute(CATALOGUE).fetchall())
            assert len({row[0] for row in found}) == 7
            assert found == wanted
            with psycopg.connect(ledger.url, autocommit=True) as new:
                names = new.execute("SELECT name FROM office.cameras_description").fetchall()
                assert names == [("駅前",)]
                new.execute(
                    "INSERT INTO office.cameras_connection (camera_id, number, recorder, url,"
                    " username, sealed, fingerprint, at, by_id)"
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
