# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori bench office`: every page over an office of years.

1,000 cameras in each of three schemes, 100,000 cases of provision, 10,000 each of the other kinds
and a ledger of 5 million entries in an embedded PostgreSQL with fsync on. Each page of the URL
table is asked for by each post that it admits, with each kind of case, and with a search and the
last page where it is a list.

- `page_ms_max`: server time of the slowest page, median of three requests after a first. A page
  that took longer than its bound is asked for nine times more at the end (the 50 slowest are), and
  the lower median counts; `page_cpu_ms_max`: what this process computed for the one with the most.
- `page_queries_max`: database queries of the page with the most.
- `pages`: how many were asked for; `pages_slow` and `pages_with_many_queries`: how many of them
  took longer, or asked for more, than a page may.
- `first_picture_s`: from the click that opens to the first picture of each of three cameras in
  Chromium, over that ledger, with a vault of its own; `seek_s`: from a jump to the same. Without
  Chromium or Playwright neither is measured.
- `first_picture_office_s`, `seek_office_s`: what the office does of it, through Django's client.

The slowest pages are named on standard error, of every route the slowest one beyond a bound, and
every route that gave nobody a page although it can be asked for. `--quick` asks one post for one
page of every route, in a small office of one scheme.
"""

import importlib
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from machimori.kernel.clock import ManualClock
from machimori.kernel.durable import Disk
from machimori.kernel.instants import Micros
from machimori.ledger.postgres.server import DATABASE
from machimori.ledger.testing import LedgerProcess
from machimori.office.shared.config import OfficeConfig
from machimori.office.shared.engine import Engine, install
from machimori.office.site.serve import upgrade
from machimori.office.site.settings import configure
from machimori.simcity.bench.figures import Figure
from machimori.simcity.bench.ledger import build

CAMERAS, CASES, ENTRIES = 1_000, 100_000, 5_000_000
_QUICK = (20, 500, 10_000)
_NAMED = 10
_MILLISECONDS, _QUERIES = 150.0, 20
"""What a page may take."""
_PATIENT = 50
"""Slow pages that are asked for again."""
_FILMED = 3
"""Cameras that a viewing shows at once."""


def run(*, quick: bool = False) -> list[Figure]:
    """Measure. `quick` takes a small office."""
    cameras, cases, entries = _QUICK if quick else (CAMERAS, CASES, ENTRIES)
    with tempfile.TemporaryDirectory(prefix="machimori-bench-") as place:
        config = _config(Path(place))
        with LedgerProcess(config.ledger) as ledger:
            ledger.stop_sequencer()
            build(ledger, entries)
            ledger.start_sequencer()
            admin = ledger.server.superuser(DATABASE)
            upgrade(config, ledger.home, admin)
            configure(config, conninfo=ledger.home.conninfo("office"))
            clock = ManualClock(Micros(0))
            install(
                Engine.of(
                    home=ledger.home, vault=config.vault, store=config.store, cases=config.cases
                ).at(clock)
            )
            pages = _measured(admin, clock, cameras, cases, quick=quick)
            return [*pages, *_waits(clock, ledger, quick=quick)]


def _config(place: Path) -> OfficeConfig:
    for name in ("store", "cases"):
        (place / name).mkdir()
    config = OfficeConfig(
        directory=place / "office",
        origin="http://localhost:8080",
        port=8080,
        ledger=place / "ledger",
        vault=place / "vault.sock",
        store=place / "store",
        cases=place / "cases",
        demo=True,
    )
    config.make_secret(Disk())
    return config


def _waits(clock: ManualClock, ledger: LedgerProcess, *, quick: bool) -> list[Figure]:
    # Models can be imported only once this process is configured.
    desks = importlib.import_module("machimori.office.provision.testing_engine")
    office = importlib.import_module("machimori.office.site.first_picture")
    size, times = ((160, 96), 1) if quick else ((1920, 1080), 7)
    with desks.engine_desk(clock, ledger, cameras=_FILMED, size=size) as desk:
        share = office.measure(desk, times=times)
        found = [
            _wait("first_picture_office_s", share.first_picture),
            _wait("seek_office_s", share.seek),
        ]
        try:
            browser = importlib.import_module("machimori.office.site.first_picture_browser")
        except ImportError:
            sys.stderr.write("no Playwright: nothing was measured in Chromium\n")
            return found
        if not browser.CHROMIUM.exists():
            sys.stderr.write("no Chromium: nothing was measured in it\n")
            return found
        seen = browser.measure(desk, times=times)
        return [
            *found,
            _wait("first_picture_s", seen.first_picture, must=1.0),
            _wait("seek_s", seen.seek, must=0.5),
        ]


def _wait(name: str, samples: tuple[float, ...], must: float | None = None) -> Figure:
    return Figure(name=name, unit="s", better="less", samples=samples, must=must)


def _measured(
    admin: str, clock: ManualClock, cameras: int, cases: int, *, quick: bool
) -> list[Figure]:
    # As above.
    crowd = importlib.import_module("machimori.office.site.crowd")
    timing = importlib.import_module("machimori.office.site.timing")
    found = timing.Visit()
    for office in crowd.crowd(admin, clock, cameras=cameras, cases=cases, alone=quick):
        timing.visit(found, office.cast, office.people, office.known, once=quick)
    pages = timing.again(found.pages, most=0 if quick else _PATIENT)
    most = max(pages, key=lambda page: page.queries)
    busiest = max(pages, key=lambda page: page.cpu)
    slow = [page for page in pages if page.milliseconds > _MILLISECONDS]
    many = [page for page in pages if page.queries > _QUERIES]
    for page in dict.fromkeys((*pages[:_NAMED], *_by_route(slow), *_by_route(many), most, busiest)):
        sys.stderr.write(
            f"{page.milliseconds:7.1f} ms {page.cpu:7.1f} ms CPU {page.queries:3d} queries"
            f"  {page.route} {page.address} ({page.post or 'public'})\n"
        )
    for route, said in found.unvisited.items():
        sys.stderr.write(f"not visited: {route} ({said})\n")
    return [
        _most("page_ms_max", "ms", pages[0].milliseconds, _MILLISECONDS),
        _most("pages_slow", "", len(slow)),
        _most("page_cpu_ms_max", "ms", busiest.cpu),
        _most("page_queries_max", "queries", most.queries, _QUERIES),
        _most("pages_with_many_queries", "", len(many)),
        Figure(name="pages", unit="", better="more", samples=(float(len(pages)),)),
    ]


def _by_route(pages: Iterable[Any]) -> Iterable[Any]:
    """The first page of each route."""
    found: dict[str, Any] = {}
    for page in pages:
        found.setdefault(page.route, page)
    return found.values()


def _most(name: str, unit: str, value: float, must: float | None = None) -> Figure:
    return Figure(name=name, unit=unit, better="less", samples=(float(value),), must=must)
