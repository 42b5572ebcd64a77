# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cases copied into the past by the database: whole, with numbers, facts and what hangs on them.

The rows of a case that went through the office are read as they are. A copy's ids are made of the
first one's and the copy's number, so that rows of several tables meet again; instants and days lie
earlier, those inside facts too. Heads follow by the tables' own triggers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg import sql

_SHIFTED = """
CREATE FUNCTION pg_temp.shifted(said jsonb, by bigint) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(key, CASE jsonb_typeof(value)
        WHEN 'object' THEN pg_temp.shifted(value, by)
        WHEN 'number' THEN CASE WHEN value::numeric > 1e15
            THEN to_jsonb(value::bigint - by) ELSE value END
        WHEN 'string' THEN CASE WHEN value #>> '{}' ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
            THEN to_jsonb(((value #>> '{}')::date - (by / 86400000000)::int)::text)
            ELSE value END
        ELSE value END), '{}')
    FROM jsonb_each(said)
$$
"""
"""Instants are the only numbers so large: microseconds since 1970."""
_SERIES = """
INSERT INTO office.{series} (scheme_id, fiscal_year, last)
SELECT %(scheme)s, year, 1000000 FROM generate_series(2018, 2025) year
ON CONFLICT DO NOTHING
"""
_NUMBERS = """
INSERT INTO office.{numbered} (case_id, series_id, number, text)
SELECT case_id, series.id, 1000 + n, '令和' || (year - 2018) || '年度 ' || %(name)s
    || ' 第' || (1000 + n) || '号'
FROM (
    SELECT case_id, year, row_number() OVER (PARTITION BY year ORDER BY at) AS n
    FROM (
        SELECT case_id, at,
            extract(year FROM at AT TIME ZONE 'Asia/Tokyo' - interval '3 months')::int AS year
        FROM office.{facts} JOIN office.{cases} c ON c.id = case_id
        WHERE serial = 1 AND scheme_id = %(scheme)s AND case_id LIKE 'b-%%'
    ) dated
) counted JOIN office.{series} series
    ON series.scheme_id = %(scheme)s AND series.fiscal_year = year
"""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows that belong to a case, directly or through another table."""

    name: str
    belongs: str
    """The column that holds an id of the case, or of what hangs on it."""
    ids: tuple[str, ...] = ()
    """Columns with ids that a copy has its own of; `belongs` always is one."""
    own: tuple[str, ...] = ()
    """Columns in which no two rows may say the same: the copy's number is added."""


CAMERAS: Final = (
    Table(name="cameras_camera", belongs="id"),
    Table(name="cameras_description", belongs="camera_id", own=("name",)),
)
PROVISION: Final = (
    Table(name="provision_case", belongs="id"),
    Table(name="provision_fact", belongs="case_id"),
    Table(name="handover_copy", belongs="case_id", ids=("id",)),
    Table(name="handover_fact", belongs="case_id"),
    Table(name="viewing_viewing", belongs="case_id", ids=("id",)),
    Table(name="viewing_watched", belongs="viewing_id"),
)
DISCLOSURE: Final = (
    Table(name="disclosure_case", belongs="id"),
    Table(name="disclosure_fact", belongs="case_id"),
)
POLICE: Final = (
    Table(name="police_extraction", belongs="id"),
    Table(name="police_fact", belongs="case_id"),
)
DIRECT: Final = (
    Table(name="direct_case", belongs="id"),
    Table(name="direct_fact", belongs="case_id"),
)
INTERNAL: Final = (
    Table(name="internal_use", belongs="id"),
    Table(name="internal_fact", belongs="case_id"),
    Table(name="viewing_viewing", belongs="use_id", ids=("id",)),
    Table(name="viewing_watched", belongs="viewing_id"),
)
WATCHING: Final = (
    Table(name="watching_shift", belongs="id", own=("number",)),
    Table(name="watching_fact", belongs="case_id"),
)
OVERSIGHT: Final = (
    Table(name="oversight_record", belongs="id", own=("key",)),
    Table(name="oversight_fact", belongs="case_id"),
)


def prepare(connected: "psycopg.Connection[Any]") -> None:
    """Once a connection, before `multiply`."""
    connected.execute("SET synchronous_commit = off")
    connected.execute(_SHIFTED)


def multiply(
    connected: "psycopg.Connection[Any]",
    tables: Sequence[Table],
    ids: Sequence[str],
    *,
    count: int,
    step: int,
) -> None:
    """`count` copies of what has these ids (the case, its copies, its viewings), the next always
    `step` microseconds before."""
    for table in tables:
        connected.execute(
            _statement(connected, table), {"count": count, "ids": list(ids), "step": step}
        )


def number(connected: "psycopg.Connection[Any]", app: str, *, scheme: str, name: str) -> None:
    """Give the copies of an app numbers of their 年度, in the order in which they began."""
    names = {
        "cases": "internal_use" if app == "internal" else f"{app}_case",
        "facts": f"{app}_fact",
        "numbered": f"{app}_numbered",
        "series": f"{app}_series",
    }
    tables = {key: sql.Identifier(table) for key, table in names.items()}
    values = {"name": name, "scheme": scheme}
    for statement in (_SERIES, _NUMBERS):
        connected.execute(sql.SQL(statement).format(**tables), values)


def _statement(connected: "psycopg.Connection[Any]", table: Table) -> sql.Composed:
    columns = connected.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'office' AND table_name = %s AND is_identity = 'NO'",
        (table.name,),
    ).fetchall()
    names = sql.SQL(", ").join(sql.Identifier(name) for name, _ in columns)
    values = sql.SQL(", ").join(_value(table, name, kind) for name, kind in columns)
    return sql.SQL(
        "INSERT INTO office.{table} ({names}) SELECT {values}"
        " FROM generate_series(1, %(count)s) n CROSS JOIN office.{table}"
        " WHERE {belongs} = ANY(%(ids)s) ORDER BY n, id"
    ).format(
        table=sql.Identifier(table.name),
        names=names,
        values=values,
        belongs=sql.Identifier(table.belongs),
    )


def _value(table: Table, name: str, kind: str) -> sql.Composed:
    """What stands in this column of a copy."""
    value = "{name}"
    if name in (table.belongs, *table.ids):
        value = "'b-' || substr(md5({name} || '/' || n), 1, 16)"
    elif name in table.own:
        value = "{name} || '-' || n" if kind == "character varying" else "{name} + n"
    elif kind == "timestamp with time zone":
        value = "{name} - n::bigint * %(step)s * interval '1 microsecond'"
    elif kind == "date":
        value = "{name} - (n::bigint * %(step)s / 86400000000)::int"
    elif kind == "jsonb":
        value = "pg_temp.shifted({name}, n::bigint * %(step)s)"
    return sql.SQL(value).format(name=sql.Identifier(name))
