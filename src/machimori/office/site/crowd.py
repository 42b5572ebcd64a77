# SPDX-License-Identifier: AGPL-3.0-or-later
"""An office after years of work, for measuring: many cameras, many cases.

A few cases go through the actions of the office, with people and keys as in the tests; then the
database multiplies them into the past. What the statements of copies say of ids is the first ones.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import psycopg

from machimori.kernel.clock import ManualClock
from machimori.kernel.ids import CameraId
from machimori.kernel.instants import parse_rfc3339
from machimori.office.cameras import actions as cameras
from machimori.office.people.models import Person
from machimori.office.provision.history import File
from machimori.office.provision.testing import PART, Desk
from machimori.office.shared.posts import Post

OPENED: Final = parse_rfc3339("2020-04-01T09:00:00+09:00")
NOW: Final = parse_rfc3339("2026-05-14T10:00:00+09:00")
OPEN_SHARE: Final = 50
"""Of this many cases one is not yet over."""
_YEARS: Final = dt.timedelta(days=6 * 365)

_CASES = """
INSERT INTO office.provision_case (id, scheme_id)
SELECT 'b-' || substr(md5(%(tag)s || n), 1, 16), %(scheme)s FROM generate_series(1, %(count)s) n
"""
_FACTS = """
INSERT INTO office.provision_fact (case_id, serial, kind, state, at, by_id, data, salt)
SELECT 'b-' || substr(md5(%(tag)s || n), 1, 16), serial, kind, state,
    at - n::bigint * %(step)s * interval '1 microsecond', by_id,
    CASE WHEN data #>> '{application,start}' IS NULL THEN data ELSE jsonb_set(jsonb_set(data,
        '{application,start}',
        to_jsonb((data #>> '{application,start}')::bigint - n::bigint * %(step)s)),
        '{application,end}',
        to_jsonb((data #>> '{application,end}')::bigint - n::bigint * %(step)s)) END,
    salt
FROM generate_series(1, %(count)s) n CROSS JOIN office.provision_fact
WHERE case_id = %(like)s
ORDER BY n, serial
"""
_SERIES = """
INSERT INTO office.provision_series (scheme_id, fiscal_year, last)
SELECT %(scheme)s, year, 1000000 FROM generate_series(2018, 2025) year
ON CONFLICT DO NOTHING
"""
_NUMBERS = """
INSERT INTO office.provision_numbered (case_id, series_id, number, text)
SELECT case_id, series.id, 1000 + n, '令和' || (year - 2018) || '年度 街頭 第' || (1000 + n) || '号'
FROM (
    SELECT case_id, year, row_number() OVER (PARTITION BY year ORDER BY began) AS n
    FROM (
        SELECT case_id, began,
            extract(year FROM began AT TIME ZONE 'Asia/Tokyo' - interval '3 months')::int AS year
        FROM office.provision_head WHERE scheme_id = %(scheme)s AND case_id LIKE 'b-%%'
    ) dated
) counted JOIN office.provision_series series
    ON series.scheme_id = %(scheme)s AND series.fiscal_year = year
"""


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """Who works there, and one case of every kind."""

    desk: Desk
    people: dict[Post, Person]
    """Somebody for every post."""
    files: tuple[File, ...]


def crowd(admin: str, clock: ManualClock, *, cameras: int, cases: int) -> Crowd:
    """Fill a new office. `admin` is the connection string of the database's superuser; `clock` is
    the engine's, and stands at NOW afterwards."""
    clock.set(OPENED)
    desk = Desk.of(clock)
    clock.set(NOW)
    _register(desk, cameras)
    files = _kinds(desk)
    over = [file for file in files if file.state in ("refused",)]
    still = [file for file in files if file not in over]
    with psycopg.connect(admin, autocommit=True) as connected:
        connected.execute("SET synchronous_commit = off")
        many = cases // OPEN_SHARE
        for group, count in ((over, cases - many), (still, many)):
            _multiply(connected, group, count)
        connected.execute(_SERIES, {"scheme": desk.cast.scheme.pk})
        connected.execute(_NUMBERS, {"scheme": desk.cast.scheme.pk})
        connected.execute("ANALYZE")
    return Crowd(desk=desk, people=desk.cast.everybody(), files=files)


def _register(desk: Desk, count: int) -> None:
    acting = desk.cast.acting(desk.manager)
    for number in range(count):
        said = cameras.Particulars(
            name=f"街頭{number:04d}", place="駅前", retention_class="street", identifies=True
        )
        cameras.register(CameraId(f"street-{number:04d}"), said, acting=acting)


def _kinds(desk: Desk) -> tuple[File, ...]:
    """A case in every state that the desk can bring one to."""
    refused = desk.drafted()
    desk.post(refused, "refuse", reason="範囲が広すぎる", clause="")
    ordered = desk.approved()
    desk.post(ordered, "instruct", **PART)
    return (
        desk.again(refused, "refused"),
        desk.take_in(),
        desk.drafted(),
        desk.approved(),
        desk.again(ordered, "instructed"),
    )


def _multiply(
    connected: "psycopg.Connection[tuple[object, ...]]", files: Sequence[File], count: int
) -> None:
    """`count` copies of these cases, at even distances over the years before."""
    share = count // len(files)
    step = int(_YEARS / dt.timedelta(microseconds=1)) // max(share, 1)
    for number, file in enumerate(files):
        values = {
            "count": share,
            "like": file.case.pk,
            "scheme": file.case.scheme_id,
            # Cases of different kinds do not begin at the same instants.
            "step": step - 1_000_003 * number,
            "tag": file.case.pk,
        }
        connected.execute(_CASES, values)
        connected.execute(_FACTS, values)
