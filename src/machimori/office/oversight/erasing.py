# SPDX-License-Identifier: AGPL-3.0-or-later
"""How the records of a case are erased from the tables: by the database, and by nobody else.

The web process may delete no fact. `oversight_erase` is made anew at each upgrade from the models
themselves: for each kind of record every table whose rows refer to the case, directly or through
others, the farthest first, so that a table which another app adds is not forgotten. A trigger runs
it when a tombstone is inserted (migration 0003). A deleted row lies in the database's journal and
pages until they are written over, and in backups until those end (docs/design/backup.md).
"""

from collections.abc import Iterator
from typing import Any, Final, LiteralString

from django.db import connection
from django.db.models import ForeignKey, ForeignObjectRel, Model
from psycopg import Connection, sql

from machimori.office.direct.models import Fact as DirectFact
from machimori.office.disclosure.models import Fact as DisclosureFact
from machimori.office.internal.models import Fact as InternalFact
from machimori.office.oversight.kinds import KINDS, Kind
from machimori.office.oversight.models import OldUse, Record, Tombstone
from machimori.office.oversight.things import Left, Loose
from machimori.office.oversight.yearly import Yearly
from machimori.office.police.models import Fact as PoliceFact
from machimori.office.provision.models import Fact as ProvisionFact
from machimori.office.provision.models import Look
from machimori.office.shared.errors import OfficeError
from machimori.office.viewing.models import Viewing

USES: Final[dict[type[Model], str]] = {
    DirectFact: "direct",
    DisclosureFact: "disclosure",
    InternalFact: "internal",
    Look: "look",
    OldUse: "imported",
    PoliceFact: "police",
    ProvisionFact: "provision",
    Viewing: "viewing",
}
"""Rows that are lines of 利用簿, by the source that shows them: their corrections go with them."""
_CASES: Final = frozenset(kind.case for kind in KINDS.values() if isinstance(kind, Kind))
_LEFT: Final[LiteralString] = """
        IF EXISTS (
            SELECT 1 FROM people_appointment held JOIN people_person who ON who.id = held.person_id
            WHERE held.scheme_id || '-' || who.officer = gone
                AND (held.valid_until IS NULL OR held.valid_until > now())
        ) THEN RAISE EXCEPTION 'this person has not left'; END IF;
"""
_THINGS: Final[dict[str, LiteralString]] = {
    "key": """
        IF 'destroyed' IS DISTINCT FROM (
            SELECT said.kind FROM (
                SELECT e.id, coalesce((
                    SELECT c.kind FROM personnel_keycorrection c
                    WHERE c.event_id = e.id ORDER BY c.id DESC LIMIT 1
                ), e.kind) AS kind
                FROM personnel_keyevent e WHERE 'key-' || e.key_id::text = gone
            ) said WHERE said.kind <> 'struck' ORDER BY said.id DESC LIMIT 1
        ) THEN RAISE EXCEPTION 'this key was not destroyed'; END IF;
        DELETE FROM personnel_keycorrection WHERE event_id IN
            (SELECT id FROM personnel_keyevent WHERE 'key-' || key_id::text = gone);
        DELETE FROM personnel_keyevent WHERE 'key-' || key_id::text = gone;
        DELETE FROM personnel_key WHERE 'key-' || id::text = gone;
        SET CONSTRAINTS ALL IMMEDIATE;
    """,
    "terminal": """
        IF 'withdrawn' IS DISTINCT FROM (
            SELECT kind FROM terminals_custody WHERE 'terminal-' || terminal_id::text = gone
            ORDER BY id DESC LIMIT 1
        ) THEN RAISE EXCEPTION 'this terminal was not withdrawn'; END IF;
        DELETE FROM terminals_custody WHERE 'terminal-' || terminal_id::text = gone;
        DELETE FROM terminals_terminalkey WHERE 'terminal-' || terminal_id::text = gone;
        DELETE FROM terminals_terminal WHERE 'terminal-' || id::text = gone;
        SET CONSTRAINTS ALL IMMEDIATE;
    """,
    "pledge": """
        DELETE FROM personnel_pledge p USING people_person who
            WHERE who.id = p.person_id AND p.scheme_id || '-' || who.officer = gone;
        SET CONSTRAINTS ALL IMMEDIATE;
    """,
    "roster": """
        WITH reported AS (
            SELECT d.id FROM personnel_duty d
            JOIN people_appointment held ON held.id = d.appointment_id
            JOIN people_person who ON who.id = held.person_id
            WHERE held.scheme_id || '-' || who.officer = gone
        ), corrected AS (
            DELETE FROM personnel_dutycorrection WHERE duty_id IN (SELECT id FROM reported)
        ) DELETE FROM personnel_duty WHERE id IN (SELECT id FROM reported);
        SET CONSTRAINTS ALL IMMEDIATE;
    """,
}
"""How registers of things and people are erased: what must be over, then its rows; of those of
people `_LEFT` must be."""
Path = tuple["ForeignKey[Model, Model]", ...]
"""From a table to the case, the nearest reference last."""


def define(**_signal: object) -> None:
    """Make `oversight_erase`, as the tables' owner, after every migration."""
    connection.ensure_connection()
    raw = connection.connection
    assert isinstance(raw, Connection)
    raw.execute(function())


def function() -> sql.Composed:
    """The statement that makes `oversight_erase(kind, case)`."""
    branches = sql.SQL("").join(
        _branch(name, kind) if isinstance(kind, Kind) else _loose_branch(name, kind)
        for name, kind in KINDS.items()
    )
    return sql.SQL(
        "CREATE OR REPLACE FUNCTION oversight_erase(wanted text, gone text) RETURNS void"
        " LANGUAGE plpgsql SET search_path = office, pg_temp AS $erase$ BEGIN {}"
        " RAISE EXCEPTION 'no such kind of record'; END $erase$"
    ).format(branches)


def reaching(case: type[Model]) -> Iterator[tuple[type[Model], Path]]:
    """Every table whose rows refer to the case, with the way, the farthest first.

    Raises OfficeError where the rows of one case refer to another case: both would be erased.
    """
    yield from _reaching(case, ())


def _reaching(model: type[Model], path: Path) -> Iterator[tuple[type[Model], Path]]:
    # With hidden ones: those whose model wanted no way back.
    for relation in model._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ForeignObjectRel):
            continue
        near, field = relation.related_model, relation.field
        if near is Tombstone:
            continue
        assert not isinstance(near, str)
        if near in _CASES or len(path) > 8:
            raise OfficeError("a case refers to another case", where=near._meta.label)
        assert isinstance(field, ForeignKey)
        yield from _reaching(near, (field, *path))
        yield near, (field, *path)


def _branch(name: str, kind: Kind) -> sql.Composed:
    own = sql.Identifier(kind.case._meta.db_table)
    steps = [_check(kind)]
    for model, path in reaching(kind.case):
        rows = _rows(path)
        if model in USES:
            steps.append(_corrections(model, rows))
        steps.append(
            sql.SQL("DELETE FROM {} WHERE {};").format(sql.Identifier(model._meta.db_table), rows)
        )
    # Whatever refers to it still, deferred or not, stops the transaction here.
    steps.append(
        sql.SQL("DELETE FROM {} WHERE id = gone; SET CONSTRAINTS ALL IMMEDIATE;").format(own)
    )
    return sql.SQL(" IF wanted = {} THEN {} RETURN; END IF;").format(
        sql.Literal(name), sql.SQL(" ").join(steps)
    )


def _loose_branch(name: str, kind: Loose) -> sql.Composed:
    if isinstance(kind, Yearly):
        return _year_branch(name, kind)
    over = sql.SQL(_LEFT if isinstance(kind, Left) else "")
    return sql.SQL(" IF wanted = {} THEN {} {} RETURN; END IF;").format(
        sql.Literal(name), over, sql.SQL(_THINGS[name])
    )


def _year_branch(name: str, kind: Yearly) -> sql.Composed:
    """The lines of a scheme's 年度 that is over, with their 訂正; `gone` is `<scheme>-<年度>`."""
    rows = sql.SQL(
        "scheme_id = left(gone, -5)"
        " AND at >= make_timestamptz(right(gone, 4)::int, 4, 1, 0, 0, 0, 'Asia/Tokyo')"
        " AND at < make_timestamptz(right(gone, 4)::int + 1, 4, 1, 0, 0, 0, 'Asia/Tokyo')"
    ).format()
    return sql.SQL(
        " IF wanted = {} THEN"
        " IF now() < make_timestamptz(right(gone, 4)::int + 1, 4, 1, 0, 0, 0, 'Asia/Tokyo')"
        " THEN RAISE EXCEPTION 'this year is not over'; END IF;"
        " {} DELETE FROM {} WHERE {}; RETURN; END IF;"
    ).format(
        sql.Literal(name),
        _corrections(kind.rows, rows),
        sql.Identifier(kind.rows._meta.db_table),
        rows,
    )


def _check(kind: Kind) -> sql.Composed:
    """Only what is over, as its facts say; a record of oversight, only of the kind."""
    more = sql.Composed([])
    if kind.case is Record:
        more = sql.SQL(
            " OR NOT EXISTS (SELECT 1 FROM oversight_record WHERE id = gone AND kind = {})"
        ).format(sql.Literal(kind.record))
    return sql.SQL(
        "IF coalesce((SELECT state FROM {} WHERE case_id = gone ORDER BY serial DESC LIMIT 1)"
        " NOT IN ({}), true){} THEN RAISE EXCEPTION 'this case is not over'; END IF;"
    ).format(
        sql.Identifier(kind.facts._meta.db_table),
        sql.SQL(", ").join(map(sql.Literal, kind.ended)),
        more,
    )


def _rows(path: Path) -> sql.Composed:
    """The condition under which a row of the first reference's table belongs to the case."""
    column = sql.Identifier(_column(path[0]))
    if len(path) == 1:
        return sql.SQL("{} = gone").format(column)
    above = path[1].model
    return sql.SQL("{} IN (SELECT {} FROM {} WHERE {})").format(
        column,
        sql.Identifier(_column(above._meta.pk)),
        sql.Identifier(above._meta.db_table),
        _rows(path[1:]),
    )


def _corrections(model: type[Model], rows: sql.Composed) -> sql.Composed:
    """訂正 of lines of 利用簿 hold what stood there before."""
    about = sql.SQL("(SELECT {} || id::text FROM {} WHERE {})").format(
        sql.Literal(f"{USES[model]}-"), sql.Identifier(model._meta.db_table), rows
    )
    found = sql.SQL("kind = 'correction' AND key IN {}").format(about)
    return sql.SQL(
        "DELETE FROM oversight_fact WHERE case_id IN"
        " (SELECT id FROM oversight_record WHERE {found});"
        " DELETE FROM oversight_record WHERE {found};"
    ).format(found=found)


def _column(field: Any) -> str:
    return str(field.column)
