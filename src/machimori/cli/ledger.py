# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori ledger`: make, run, check and ask the ledger.

`verify` ends with 0 if the ledger is sound and with 80 if it contradicts itself, its checkpoints
or a checkpoint that the caller kept; `prove` with 82 if no signed checkpoint covers the entry.
"""

import argparse
import json
import logging
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from machimori.cli.inputs import read, read_text
from machimori.kernel.clock import SystemClock
from machimori.kernel.durable import Disk
from machimori.kernel.errors import UnavailableError, UsageError
from machimori.ledger.checkpoint import open_checkpoint
from machimori.ledger.courier import Carried, carry_journal, carry_outbox
from machimori.ledger.errors import AlteredLedgerError, NotIncludedError
from machimori.ledger.postgres.client import Ledger
from machimori.ledger.postgres.home import Home, create
from machimori.ledger.postgres.process import run as sequence
from machimori.ledger.verify import verify
from machimori.vault.client.client import VaultClient
from machimori.vault.client.journal import VaultJournal

_DOUBLE = "another entry has this id"
"""The one reason for which the sequencer rejects a row."""

_Subparsers = argparse._SubParsersAction


def register(subparsers: "_Subparsers[argparse.ArgumentParser]") -> None:
    """Add `ledger` and its commands."""
    parser = subparsers.add_parser("ledger", help="the record of every act, which only grows")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(
        name: str, act: Callable[[argparse.Namespace], int], text: str
    ) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.add_argument(
            "--directory", type=Path, required=True, help="the ledger's own directory"
        )
        made.set_defaults(run=act)
        return made

    init = command("init", _init, "make a ledger: key, passwords, database roles and tables")
    init.add_argument("--name", required=True, help="the log's name, e.g. ledger.city.example.jp")
    init.add_argument("--cluster", type=Path, help="where the embedded database lies")
    init.add_argument(
        "--database", help="a PostgreSQL server instead: connection string without user"
    )
    init.add_argument(
        "--admin-file",
        type=Path,
        help="a file with the connection string of a role that may create roles and schemas",
    )
    command("serve", _serve, "run the embedded database and the sequencer")
    command("sequence", _sequence, "run the sequencer against a database that runs elsewhere")
    status = command("status", _status, "what waits, what is signed, what was rejected and why")
    status.add_argument("--json", action="store_true", help="one object for machines")
    check = command("verify", _verify, "walk through the whole ledger and recompute everything")
    check.add_argument(
        "--checkpoint",
        type=Path,
        action="append",
        default=[],
        help="a checkpoint kept from before, which this ledger must extend; may be repeated",
    )
    check.add_argument("--json", action="store_true", help="one object for machines")
    prove = command("prove", _prove, "a proof for a stranger: an entry is in, or the log only grew")
    what = prove.add_mutually_exclusive_group(required=True)
    what.add_argument("--entry", help="the id of an entry: its inclusion proof")
    what.add_argument("--since", type=Path, help="a kept checkpoint: the consistency proof from it")
    command("key", _key, "the ledger's public key: publish it, pin it in the vault")
    command("checkpoint", _checkpoint, "the newest signed checkpoint: publish it, keep copies")
    courier = command(
        "courier", _courier, "carry outboxes of recorders and the vault's journal into the ledger"
    )
    courier.add_argument(
        "--outbox", type=Path, action="append", default=[], help="a directory; may be repeated"
    )
    courier.add_argument("--vault", type=Path, metavar="SOCKET", help="the vault's socket")
    courier.add_argument(
        "--every", type=float, help="seconds between rounds; without it there is one round"
    )


def _init(arguments: argparse.Namespace) -> int:
    admin = None
    if arguments.admin_file is not None:
        admin = read_text(arguments.admin_file).strip()
    home = create(
        arguments.directory,
        Disk(),
        name=arguments.name,
        cluster=arguments.cluster and arguments.cluster.resolve(),
        database=arguments.database,
        admin=admin,
    )
    print(home.key.vkey())
    return 0


def _until_told() -> None:
    """SIGTERM and SIGINT end the process in order, also where a shell had SIGINT ignored."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)


def _serve(arguments: argparse.Namespace) -> int:
    _until_told()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s ledger: %(message)s")
    home = Home.read(arguments.directory)
    with home.server():
        sequence(home, SystemClock())
    return 0


def _sequence(arguments: argparse.Namespace) -> int:
    _until_told()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s ledger: %(message)s")
    sequence(Home.read(arguments.directory), SystemClock())
    return 0


def _status(arguments: argparse.Namespace) -> int:
    with Home.read(arguments.directory).ledger() as ledger:
        state = ledger.state()
    if arguments.json:
        rejected = [
            {"at": row.at.isoformat(), "id": row.id, "reason": _DOUBLE, "sha256": row.digest}
            for row in state.newest_rejected
        ]
        shown = {"newest_rejected": rejected, "pending": state.pending}
        print(json.dumps({**shown, "rejected": state.rejected, "signed": state.signed}, indent=1))
        return 0
    print(
        f"{state.signed:,} entries signed, {state.pending:,} waiting, {state.rejected:,} rejected"
    )
    for row in state.newest_rejected:
        print(f"  {row.at:%Y-%m-%d %H:%M:%S%z} {row.id}: {_DOUBLE} (body's SHA-256 {row.digest})")
    if state.rejected:
        print("ALARM: somebody writes to the ledger's database around Machimori's checks")
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    home = Home.read(arguments.directory)
    kept = [read(path) for path in arguments.checkpoint]

    def progress(count: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{count:,} entries", end="", file=sys.stderr)

    with home.snapshot() as snapshot:
        report = verify(snapshot, kept=kept, progress=progress)
    if arguments.json:
        print(
            json.dumps(
                {
                    "log": home.key.name,
                    "size": report.size,
                    "signed": report.signed,
                    "root": report.root.hex(),
                    "checkpoints": report.checkpoints,
                    "problems": report.problems,
                    "sound": report.sound,
                },
                indent=1,
            )
        )
    else:
        print(
            f"{report.size:,} entries, {report.signed:,} of them signed,"
            f" {report.checkpoints:,} checkpoints, root {report.root.hex()}"
        )
        for problem in report.problems:
            print(f"  {problem}")
        print("sound" if report.sound else "ALTERED")
    return 0 if report.sound else AlteredLedgerError.exit_code


def _prove(arguments: argparse.Namespace) -> int:
    with Home.read(arguments.directory).ledger() as ledger:
        if arguments.entry is not None:
            encoded = ledger.inclusion(arguments.entry).encode()
        else:
            encoded = ledger.proof_from(read(arguments.since)).encode()
    sys.stdout.write(encoded.decode() + "\n")
    return 0


def _checkpoint(arguments: argparse.Namespace) -> int:
    with Home.read(arguments.directory).ledger() as ledger:
        note = ledger.checkpoint()
        open_checkpoint(note, ledger.key)  # what is published was checked
    sys.stdout.write(note.decode())
    return 0


def _key(arguments: argparse.Namespace) -> int:
    print(Home.read(arguments.directory).key.vkey())
    return 0


def _courier(arguments: argparse.Namespace) -> int:
    if not arguments.outbox and arguments.vault is None:
        raise UsageError("nothing to carry", remedy="name at least one --outbox, or --vault")
    clock = SystemClock()
    with Home.read(arguments.directory).ledger() as ledger:
        while True:
            try:
                _carry(arguments, ledger, Disk())
            except (UnavailableError, NotIncludedError) as error:
                if arguments.every is None:
                    raise
                # What was not carried waits where it is.
                print(f"machimori: {error}", file=sys.stderr, flush=True)
            if arguments.every is None:
                return 0
            clock.sleep(arguments.every)


def _carry(arguments: argparse.Namespace, ledger: Ledger, disk: Disk) -> None:
    for outbox in arguments.outbox:
        _tell(str(outbox), carry_outbox(outbox, ledger, disk))
    if arguments.vault is not None:
        position = arguments.directory / "vault-carried"
        with VaultClient(arguments.vault) as vault:
            _tell("vault", carry_journal(VaultJournal(vault), position, ledger, disk))


def _tell(source: str, carried: Carried) -> None:
    if carried.entries or carried.refused:
        print(f"{source}: {carried.entries} entries carried", flush=True)
    for name in carried.refused:
        print(f"{source}: {name} is no entry and was left aside", file=sys.stderr, flush=True)
