# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office's tables: their schema, their owner, who may do what, and bringing them up to date.

The tables lie in schema `office` of the ledger's database, so that a fact and its ledger entry
commit together. `machimori_office_owner` owns them and cannot log in; only migrations act as it.
The web process connects as the ledger's role `machimori_office` and has what `shared/grants.py`
says, model by model. The queue of jobs lies beside them in schema `jobs` (`jobs/queue.py`). As with
the ledger's roles, on a server that is not the ledger's own the owner's name ends with the ledger's
tag.
"""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

import psycopg
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models
from psycopg import sql
from psycopg.conninfo import make_conninfo

from machimori.ledger.postgres.home import OWNER as LEDGER_OWNER
from machimori.ledger.postgres.home import Home
from machimori.office.jobs import queue
from machimori.office.shared.errors import OfficeError
from machimori.office.shared.grants import Grants
from machimori.office.site import schema

OWNER: Final = "machimori_office_owner"
SCHEMA: Final = "office"
_CODE: Final = Path(__file__).resolve().parent.parent
_LIBRARIES: Final = ("Django", "procrastinate")
"""They have tables of their own here."""

_FOREIGN: Final[dict[str, Grants]] = {
    # Django's own tables, which cannot say it themselves.
    "django_session": Grants(update=("session_data", "expire_date"), delete=True),
    "django_migrations": Grants(insert=False),
}


def owner(home: Home) -> str:
    """The name of the owner's role in this ledger's database."""
    return OWNER + home.owner.removeprefix(LEDGER_OWNER)


def prepare(admin: str, home: Home) -> str:
    """Make owner and schema if they are missing; the connection string that migrations use.

    `admin` is the connection string of a role that may create roles and schemas. Repeatable.
    """
    name = sql.Identifier(owner(home))
    with psycopg.connect(admin) as connected:
        if not connected.execute(
            "SELECT 1 FROM pg_roles WHERE rolname = %s", (owner(home),)
        ).fetchone():
            connected.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(name))
            connected.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(name))
        connected.execute(
            sql.SQL(
                "CREATE SCHEMA IF NOT EXISTS office AUTHORIZATION {owner};"
                "CREATE SCHEMA IF NOT EXISTS jobs AUTHORIZATION {owner};"
                "GRANT USAGE ON SCHEMA office TO {office}"
            ).format(owner=name, office=sql.Identifier(home.role("office")))
        )
    return make_conninfo(admin, options=f"-c role={owner(home)}")


@cache
def edition() -> str:
    """Names what tables and grants follow from: the office's code and its libraries' versions."""
    digest = hashlib.sha256()
    for library in _LIBRARIES:
        digest.update(f"{library} {version(library)}\n".encode())
    for path in sorted(_CODE.rglob("*.py")):
        digest.update(str(path.relative_to(_CODE)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def are_current(admin: str) -> bool:
    """Whether this very edition was the last that brought tables and grants up to date.

    The note is on the schema, where only its owner can write. `admin` as for `prepare`.
    """
    with psycopg.connect(admin) as connected:
        found = connected.execute(
            "SELECT obj_description(to_regnamespace(%s), 'pg_namespace')", (SCHEMA,)
        ).fetchone()
    return found == (edition(),)


def upgrade(home: Home) -> None:
    """Make or migrate the tables, the queue of jobs too, then grant, and note the edition.

    Django is configured with the connection string of `prepare`. Raises OfficeError if a model does
    not say what may be done with its table.
    """
    if not schema.make():
        call_command("migrate", verbosity=0, interactive=False)
    role = sql.Identifier(home.role("office"))
    statements = [sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA office FROM {}").format(role)]
    for table, grants in sorted(_declared().items()):
        statements += _statements(sql.Identifier(SCHEMA, table), role, grants)
    statements.append(
        sql.SQL("COMMENT ON SCHEMA {} IS {}").format(sql.Identifier(SCHEMA), sql.Literal(edition()))
    )
    connection.ensure_connection()
    raw = connection.connection
    assert isinstance(raw, psycopg.Connection)
    queue.upgrade(raw, role=home.role("office"))
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("; ").join(statements).as_string(cursor.connection))


def _declared() -> dict[str, Grants]:
    found = dict(_FOREIGN)
    for model in apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        if table not in found:
            found[table] = _grants_of(model)
    return found


def _grants_of(model: type[models.Model]) -> Grants:
    grants = vars(model).get("grants")
    if not isinstance(grants, Grants):
        raise OfficeError(
            "this model does not say what may be done with its table",
            where=model._meta.label,
            remedy="give it `grants` (office/shared/grants.py)",
        )
    known = {field.column for field in model._meta.concrete_fields}
    if unknown := sorted(set(grants.update) - known):
        raise OfficeError("grants name no column", where=f"{model._meta.label}.{unknown[0]}")
    return grants


def _statements(table: sql.Identifier, role: sql.Identifier, grants: Grants) -> list[sql.Composed]:
    rights: list[sql.Composable] = [sql.SQL("SELECT")]
    if grants.insert:
        rights.append(sql.SQL("INSERT"))
    if grants.delete:
        rights.append(sql.SQL("DELETE"))
    if grants.update:
        columns = sql.SQL(", ").join(map(sql.Identifier, grants.update))
        rights.append(sql.SQL("UPDATE ({})").format(columns))
    return [sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(", ").join(rights), table, role)]
