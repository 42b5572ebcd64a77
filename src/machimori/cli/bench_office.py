# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori bench office`: every page over an office of years.

1,000 cameras, 100,000 cases and a ledger of 5 million entries in an embedded PostgreSQL with fsync
on. Each page of the URL table is asked for by each post that it admits, with each kind of case, and
with a search and the last page where it is a list.

- `page_ms_max`: server time of the slowest page, median of three requests after a first.
- `page_queries_max`: database queries of the page with the most.

- `first_picture_s`: from the click that opens to a head and a whole fragment of film of each of
  three cameras, over that ledger, with a vault of its own. All that the office does;
  through Django's client, so that network and browser are not in it.
- `seek_s`: from a jump to the same of the three cameras.

The ten slowest pages are named on standard error.
"""

import importlib
import sys
import tempfile
from pathlib import Path

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
_QUICK_POSTS = ("system_manager", "operator", "auditor")


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
    # As below.
    first_picture = importlib.import_module("machimori.office.site.first_picture")
    found = first_picture.measure(clock, ledger, size=(160, 96) if quick else (1920, 1080))
    return [
        Figure(
            name="first_picture_s",
            unit="s",
            better="less",
            samples=found.first_picture,
            must=1.0,
        ),
        Figure(name="seek_s", unit="s", better="less", samples=found.seek, must=0.5),
    ]


def _measured(
    admin: str, clock: ManualClock, cameras: int, cases: int, *, quick: bool
) -> list[Figure]:
    # Models can be imported only once this process is configured.
    crowd = importlib.import_module("machimori.office.site.crowd")
    timing = importlib.import_module("machimori.office.site.timing")
    office = crowd.crowd(admin, clock, cameras=cameras, cases=cases)
    names = [
        *(file.case.pk for file in office.files),
        *(str(person.pk) for person in office.people.values()),
        "street-0000",
        "retention.days",
        "1",
    ]
    people = office.people
    if quick:
        people = {post: people[post] for post in _QUICK_POSTS}
    again = 1 if quick else timing.AGAIN
    pages = timing.measure(office.desk.cast, people, names, again=again)
    for page in pages[:_NAMED]:
        sys.stderr.write(
            f"{page.milliseconds:7.1f} ms {page.queries:3d} queries  {page.route}{page.query}"
            f" ({page.post or 'public'})\n"
        )
    most = max(pages, key=lambda page: page.queries)
    sys.stderr.write(f"{len(pages)} pages; most queries: {most.queries}, {most.route}\n")
    return [
        Figure(
            name="page_ms_max",
            unit="ms",
            better="less",
            samples=(pages[0].milliseconds,),
            must=150,
        ),
        Figure(
            name="page_queries_max",
            unit="queries",
            better="less",
            samples=(float(most.queries),),
            must=20,
        ),
    ]
