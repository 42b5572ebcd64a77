# SPDX-License-Identifier: AGPL-3.0-or-later
"""Making the demo's city: ledger, vault, office, footage of past evenings, and weeks of work.

A process of its own, whose lines are the progress that people see:

    python -m machimori.cli.demo.five.making DIRECTORY PORT TOWN...

The vault is a rehearsal vault: its clock and the office's begin weeks ago and are moved on, act by
act, to today; keys are destroyed on the nights on which they are due.
"""

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg

from machimori.cli.demo.five import past
from machimori.cli.demo.five.places import Places
from machimori.footage.pace import Pace
from machimori.footage.retention import Expiry
from machimori.footage.store import DirectoryStore
from machimori.kernel.clock import ManualClock, SystemClock
from machimori.kernel.durable import Disk
from machimori.kernel.errors import MachimoriError, UnavailableError
from machimori.kernel.ids import RecorderId
from machimori.kernel.instants import Micros, local_day
from machimori.kernel.signing import SigningKey
from machimori.ledger.courier import carry_journal, carry_outbox, leave
from machimori.ledger.postgres.home import Home, create
from machimori.ledger.postgres.server import DATABASE, end_with_parent
from machimori.office.sample.diary import Days, Story
from machimori.office.sample.towns import FILMED, MINUTES, TOWNS, Town
from machimori.office.shared.config import OfficeConfig
from machimori.office.shared.engine import Engine, install
from machimori.office.site.serve import upgrade
from machimori.office.site.settings import configure
from machimori.recorder.directory import load_key
from machimori.vault.client.journal import VaultJournal
from machimori.vault.client.statements import RecorderEnrolment
from machimori.vault.client.testing import EVER, VaultProcess

KEEPER = RecorderId("retention")
"""As which the vault knows what removes expired footage."""
EVENINGS = 16
"""Evenings of which there was footage: more than any scheme keeps."""
_START = 60.0
_MACHIMORI = (sys.executable, "-m", "machimori.cli.main")


def main(directory: Path, port: int, names: Sequence[str]) -> int:
    """Make the city; its last act is the mark that there is one."""
    towns = [town for town in TOWNS if town.id in names]
    places, disk = Places(directory=directory), Disk()
    days = Days(today=local_day(SystemClock().now()))
    say("台帳と保管庫を作っています", "Making ledger and vault")
    home = create(places.ledger, disk, name="city.demo/machimori")
    office = OfficeConfig(
        directory=places.office,
        origin=f"http://localhost:{port}",
        port=port,
        ledger=places.ledger,
        vault=places.socket,
        store=places.store,
        cases=places.cases,
        recorders=places.directory,
        expiry=places.expiry,
        demo=True,
    )
    office.make_secret(disk)
    with _serving(home) as admin, ThreadPoolExecutor(1) as beside:
        say("事務所の表を作っています", "Making the office's tables")
        # A process of its own makes the tables: here is time for pictures, and for Django.
        tables = beside.submit(upgrade, office, home, admin)
        past.draw(towns, places)
        configure(office, conninfo=home.conninfo("office"))
        tables.result()
        _fill(places, office, home, towns, days)
    office.save(disk)
    places.finish(town.id for town in towns)
    return 0


def say(japanese: str, english: str) -> None:
    """A line of progress, for whoever started this."""
    sys.stdout.write(f"{japanese}\t{english}\n")
    sys.stdout.flush()


def _fill(
    places: Places, office: OfficeConfig, home: Home, towns: Sequence[Town], days: Days
) -> None:
    # Models can be imported only once Django is configured.
    from machimori.office.sample import making

    opening = days.at(making.OPENED, 8)
    clock = ManualClock(opening)
    engine = Engine.of(home=home, vault=places.socket, store=places.store, cases=places.cases).at(
        clock
    )
    install(engine)
    vault = VaultProcess(
        places.vault,
        ledger_key=home.key.vkey(),
        now=opening,
        party=(office.host, office.origin),
        socket=places.socket,
    )
    with contextlib.ExitStack() as parts:
        parts.callback(making.close)
        parts.callback(engine.ledger.close)
        parts.callback(engine.vault.close)
        parts.enter_context(vault)
        say("五つの制度、人、きまりを入れています", "Entering five schemes, people, rules")
        desks = making.found_all(towns, clock=clock, days=days)
        Disk().create(places.vault / "vault-key", vault.client.status().vault_key.hex().encode())
        keeper = load_key(places.expiry / "retention.key", Disk())
        vault.submit(
            RecorderEnrolment(recorder=KEEPER, public=keeper.public.raw, effective_from=EVER)
        )
        for desk in desks:
            for statement in making.lacking(desk, vault.client.standing()):
                vault.submit(statement)
        filmed = [town for town in towns if town.cameras]
        signers = [_enrol(vault, places, town) for town in filmed]
        vault.client.make_keys(making.OPENED + 1)
        say("過ぎた日の映像に封をしています", "Sealing the footage of past evenings")
        first = 1
        for town, signer in zip(filmed, signers, strict=True):
            evenings = [
                past.Evening(start=days.at(ago, FILMED), minutes=MINUTES)
                for ago in range(EVENINGS, 0, -1)
            ]
            past.record(town, first, evenings, places=places, vault=vault, signer=signer)
            first += len(town.cameras)
        say(
            "二週間の仕事をしています（受付、決裁、取出し、開示）",
            "Living through two weeks of work",
        )
        began = time.monotonic()
        acts = making.fill(
            desks,
            clock=clock,
            nights=nights(days, making.OPENED, vault.client.expire, until=SystemClock().now()),
            arrive=vault.set_clock,
        )
        say(
            f"{acts}回の操作がありました（{time.monotonic() - began:.0f}秒）",
            f"{acts} acts ({time.monotonic() - began:.0f} s)",
        )
        vault.set_clock(SystemClock().now())
        _expire(places, engine, keeper)


def _enrol(vault: VaultProcess, places: Places, town: Town) -> SigningKey:
    """The vault takes in the scheme's recorder; the recorder's key."""
    directory = places.recorder(town.recorder)
    Disk().make_directory(directory)
    signer = load_key(directory / "recorder.key", Disk())
    vault.submit(
        RecorderEnrolment(recorder=town.recorder, public=signer.public.raw, effective_from=EVER)
    )
    return signer


def nights(days: Days, opened: int, expire: Callable[[], object], *, until: Micros) -> Story:
    """Every night the vault destroys the keys that are due. The last night is the one before
    `until`: in the first half hour of a day this day's is still to come."""
    for ago in range(opened - 1, -1, -1):
        at = days.at(ago, 0, 30)
        if at > until:
            return
        yield at
        expire()


def _expire(places: Places, engine: Engine, keeper: SigningKey) -> None:
    """Remove the files of destroyed keys, and bring the ledger everything that happened."""
    say("保存期間の過ぎた映像を消しています", "Removing what has expired")
    disk = Disk()
    outbox = places.expiry / "outbox"
    Expiry(
        keys=engine.vault,
        store=DirectoryStore(places.store, disk),
        cases=DirectoryStore(places.cases, disk),
        signer=keeper,
        signer_id=KEEPER,
        record=lambda entry: leave(outbox, entry, disk),
        state=places.expiry / "expired.json",
        disk=disk,
        pace=Pace(SystemClock(), operations=10_000, size=1e9),
    ).run()
    carry_journal(VaultJournal(engine.vault), places.ledger / "carried", engine.ledger, disk)
    for place in (outbox, *sorted(places.directory.glob("rec-*/outbox"))):
        carry_outbox(place, engine.ledger, disk)


@contextlib.contextmanager
def _serving(home: Home) -> Iterator[str]:
    """The ledger's database and sequencer; the superuser's connection string."""
    command = [*_MACHIMORI, "ledger", "serve", "--directory", str(home.directory)]
    with (home.directory / "serve.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=lambda: end_with_parent(signal.SIGTERM),
        )
    try:
        admin = home.server().superuser(DATABASE)
        _await(admin, process)
        yield admin
    finally:
        process.terminate()
        process.wait(_START)


def _await(admin: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START
    while True:
        try:
            psycopg.connect(admin, connect_timeout=2).close()
            return
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise UnavailableError("the demo's database did not start") from error
            time.sleep(0.1)


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
    except MachimoriError as error:
        sys.stderr.write(f"machimori: {error}\n")
        sys.exit(error.exit_code)
