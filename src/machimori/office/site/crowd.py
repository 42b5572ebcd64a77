# SPDX-License-Identifier: AGPL-3.0-or-later
"""An office after years of work, for measuring: many cameras, many cases, in three schemes.

A few cases of every kind go through the actions of the office (`crowd_cases.py`), with people and
keys as in the tests; then the database multiplies them into the past (`crowd_copies.py`). 堺 has
the cases of provision with their copies and openings, requests for disclosure, shifts and what
oversight has found; 旭川 internal uses and emergency extractions, 佐賀 the direct acquisitions.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from machimori.kernel.clock import ManualClock
from machimori.kernel.ids import CameraId
from machimori.kernel.instants import parse_rfc3339
from machimori.office.cameras import actions as cameras
from machimori.office.custody.models import Letter
from machimori.office.direct.testing import Fetching
from machimori.office.disclosure.views.steps import MOVES
from machimori.office.internal.testing import Users
from machimori.office.people.models import Person
from machimori.office.people.testing import Cast
from machimori.office.police.testing import Station
from machimori.office.provision.testing import Desk
from machimori.office.shared.posts import Post
from machimori.office.site import crowd_cases, crowd_copies
from machimori.office.site.crowd_cases import Kinds
from machimori.office.terminals.models import Terminal

OPENED: Final = parse_rfc3339("2020-04-01T09:00:00+09:00")
NOW: Final = parse_rfc3339("2026-05-14T10:00:00+09:00")
OPEN_SHARE: Final = 50
"""Of this many cases one is not yet over."""
OTHERS: Final = 10
"""For so many cases of provision there is one of every other kind."""
PEOPLE: Final = 100
"""Guards, reported by a contractor, in the first scheme."""
_YEARS: Final = dt.timedelta(days=6 * 365)

Known = Mapping[str, tuple[str, ...]]
"""What a route's arguments may be, by the argument's name."""


@dataclass(frozen=True, kw_only=True)
class Office:
    """One scheme, who works there, and what its pages are asked for."""

    cast: Cast
    people: Mapping[Post, Person]
    """Somebody for every post."""
    known: Mapping[str, Known]
    """By app; of "" for every app."""


def crowd(
    admin: str, clock: ManualClock, *, cameras: int, cases: int, alone: bool = False
) -> tuple[Office, ...]:
    """Fill a new office, with `alone` of one scheme. `admin` is the connection string of the
    database's superuser; `clock` is the engine's, and stands at NOW afterwards."""
    with psycopg.connect(admin, autocommit=True) as connected:
        crowd_copies.prepare(connected)
        towns = (_sakai,) if alone else (_sakai, _asahikawa, _saga)
        made = tuple(town(connected, clock, cameras, cases) for town in towns)
        # A head is written anew with each fact: over years autovacuum has that place used again,
        # here all of it was done at once, and nine tenths of the tables would be empty.
        for app in ("provision", "handover", "disclosure", "internal", "police", "direct"):
            connected.execute(f"VACUUM FULL office.{app}_head")
        connected.execute("VACUUM (ANALYZE)")
    return made


def _sakai(
    connected: "psycopg.Connection[Any]", clock: ManualClock, count: int, cases: int
) -> Office:
    desk = _desk(connected, clock, "sakai", count, "cam")
    people = desk.cast.everybody()
    for _ in range(PEOPLE):
        desk.cast.person("guard")
    operator, auditor = people["operator"], people["auditor"]
    scheme = desk.cast.scheme.pk
    provision = crowd_cases.provision(desk, operator)
    disclosure = crowd_cases.disclosure(desk, clock)
    watching = crowd_cases.watching(desk)
    oversight = crowd_cases.oversight(desk, auditor)
    few = cases // OTHERS
    _fill(connected, crowd_copies.PROVISION, provision, cases)
    _fill(connected, crowd_copies.DISCLOSURE, disclosure, few)
    _fill(connected, crowd_copies.WATCHING, watching, few)
    _fill(connected, crowd_copies.OVERSIGHT, oversight, few // OTHERS)
    crowd_copies.number(connected, "provision", scheme=scheme, name="街頭")
    crowd_copies.number(connected, "disclosure", scheme=scheme, name="街頭開示")
    sample, line = crowd_cases.sample(desk, auditor)
    copies = tuple(name for ids in provision.still for name in ids[1:-1])
    return _office(
        desk,
        people,
        provision={"name": provision.names},
        viewing={"name": provision.names},
        handover={"name": (*provision.names, *copies)},
        disclosure={"name": disclosure.names, "what": tuple(MOVES)},
        watching={"name": watching.names},
        oversight={
            "name": (*oversight.names, sample, line),
            "line": (line,),
            "month": ("2026-04",),
            "year": ("2025",),
            "kind": ("provision",),
            "case": provision.names[:1],
            "number": ("1",),
            "scheme": (scheme,),
        },
    )


def _asahikawa(
    connected: "psycopg.Connection[Any]", clock: ManualClock, count: int, cases: int
) -> Office:
    desk = _desk(connected, clock, "asahikawa", count, "asahikawa")
    clock.set(crowd_cases.SUNDAY)
    station = Station.of(desk)
    police = crowd_cases.police(station, "asahikawa-1")
    clock.set(NOW)
    users = Users.of(desk, terminal_place="office")
    people = desk.cast.everybody() | {
        "operator": users.person,
        "police_image_manager": station.chief,
        "police_operator": station.operator,
    }
    internal = crowd_cases.internal(users, "asahikawa-1")
    _fill(connected, crowd_copies.INTERNAL, internal, cases // OTHERS)
    _fill(connected, crowd_copies.POLICE, police, cases // OTHERS)
    crowd_copies.number(connected, "internal", scheme=desk.cast.scheme.pk, name="街頭内部")
    return _office(
        desk,
        people,
        internal={"name": internal.names, "serial": tuple(map(str, internal.serials))},
        police={"name": police.names},
        viewing={"name": internal.names},
    )


def _saga(
    connected: "psycopg.Connection[Any]", clock: ManualClock, count: int, cases: int
) -> Office:
    desk = _desk(connected, clock, "saga", count, "saga")
    fetching = Fetching.of(desk, "saga-1")
    people = desk.cast.everybody() | {
        "police_image_manager": fetching.station.chief,
        "police_operator": fetching.operator,
    }
    kinds = crowd_cases.direct(fetching, "saga-1")
    _fill(connected, crowd_copies.DIRECT, kinds, cases // OTHERS)
    crowd_copies.number(connected, "direct", scheme=desk.cast.scheme.pk, name="街頭取得")
    return _office(desk, people, direct={"name": kinds.names})


def _desk(
    connected: "psycopg.Connection[Any]", clock: ManualClock, profile: str, count: int, prefix: str
) -> Desk:
    """A desk whose scheme has so many cameras: the first two by `prefix` and a number, and one
    called street."""
    clock.set(OPENED)
    names = (f"{prefix}-1", f"{prefix}-2")
    desk = Desk.of(clock, profile=profile, names=names)
    clock.set(NOW)
    said = cameras.Particulars(name="街頭", place="駅前", retention_class="street", identifies=True)
    street = cameras.register(
        CameraId(f"{profile}-street"), said, acting=desk.cast.acting(desk.manager)
    )
    crowd_copies.multiply(connected, crowd_copies.CAMERAS, (street.camera_id,), count=count, step=0)
    return desk


def _office(desk: Desk, people: Mapping[Post, Person], **known: Known) -> Office:
    scheme = desk.cast.scheme
    terminals = Terminal.objects.filter(scheme=scheme).values_list("pk", flat=True)
    letters = Letter.objects.filter(scheme=scheme).values_list("digest", flat=True)
    everywhere: Known = {
        "number": tuple(str(person.pk) for person in people.values()),
        "scheme": (scheme.pk,),
    }
    return Office(
        cast=desk.cast,
        people=people,
        known={
            "": everywhere,
            "cameras": {"name": (f"{scheme.profile}-street",)},
            "custody": {"digest": tuple(letters[:2])},
            "rules": {"key": ("retention.days",), "number": ("1",)},
            "terminals": {"number": tuple(map(str, terminals[:2]))},
            **known,
        },
    )


def _fill(
    connected: "psycopg.Connection[Any]",
    tables: tuple[crowd_copies.Table, ...],
    kinds: Kinds,
    count: int,
) -> None:
    """So many copies of these cases, at even distances over the years before."""
    still = count // OPEN_SHARE if kinds.still else 0
    for group, many in ((kinds.over, count - still), (kinds.still, still)):
        for place, ids in enumerate(group):
            share = many // len(group)
            step = int(_YEARS / dt.timedelta(microseconds=1)) // max(share, 1)
            # Cases of different kinds do not begin at the same instants.
            crowd_copies.multiply(
                connected, tables, ids, count=share, step=step - 1_000_003 * place
            )
