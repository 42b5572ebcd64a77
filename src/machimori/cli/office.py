# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori office`: make the office, serve its pages, do its jobs, bring it up to date."""

import argparse
import signal
from pathlib import Path

from machimori.cli.inputs import read_text
from machimori.kernel.clock import SystemClock
from machimori.kernel.durable import Disk
from machimori.office.shared.config import OfficeConfig
from machimori.office.shared.first import First
from machimori.office.site.founder import sheet
from machimori.office.site.serve import bring_up_to_date, init, serve
from machimori.office.site.work import work


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `office` and its commands."""
    parser = subparsers.add_parser("office", help="the pages in which people work")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    make = commands.add_parser(
        "init",
        help="make an office on a ledger",
        description="Make an office: tables, the first scheme and its 管理責任者. Prints a code,"
        " good once within 7 days, with which that person registers a key.",
    )
    make.add_argument("--directory", type=Path, required=True, help="the office's own directory")
    make.add_argument("--ledger", type=Path, required=True, help="the ledger's directory")
    make.add_argument("--vault", type=Path, required=True, help="the vault's socket")
    make.add_argument("--store", type=Path, required=True, help="footage: directory or .toml")
    make.add_argument("--cases", type=Path, required=True, help="the cases' footage, likewise")
    make.add_argument("--recorders", type=Path, help="recorders of this machine: their directories")
    make.add_argument("--expiry", type=Path, help="expiry's own directory")
    make.add_argument(
        "--origin", required=True, help="what browsers call it: https://machimori.city.example"
    )
    make.add_argument("--address", default="127.0.0.1", help="where to listen (%(default)s)")
    make.add_argument("--port", type=int, default=8443, help="where to listen (%(default)s)")
    make.add_argument("--certificate", type=Path, help="TLS certificate chain, PEM")
    make.add_argument("--key", type=Path, help="its private key, PEM")
    make.add_argument("--scheme", required=True, help="id of the first scheme, e.g. street")
    make.add_argument("--scheme-name", required=True, help="its name, e.g. 街頭防犯カメラ")
    make.add_argument("--profile", required=True, help="id of the profile that it follows")
    make.add_argument("--login", required=True, help="the first 管理責任者's staff number")
    make.add_argument("--name", required=True, help="and name")
    _admin_argument(make)
    make.set_defaults(run=_init)
    start = commands.add_parser(
        "serve",
        help="run database and web server",
        description="Start the embedded database unless it runs, bring its tables up to date, serve"
        " the pages.",
    )
    start.add_argument("--directory", type=Path, required=True, help="the office's own directory")
    start.add_argument("--workers", type=int, default=1, help="processes (%(default)s)")
    start.add_argument(
        "--without-database",
        action="store_true",
        help="never start the embedded database: `machimori run` or `ledger serve` does",
    )
    start.set_defaults(run=_serve)
    worker = commands.add_parser(
        "work",
        help="do what the pages ask for: packages, media, deadlines",
        description="Do the office's jobs until told to stop. Run as many as needed, on as many"
        " machines; one that dies loses nothing, the others go on with its jobs.",
    )
    worker.add_argument("--directory", type=Path, required=True, help="the office's own directory")
    worker.add_argument("--concurrency", type=int, default=2, help="jobs at a time (%(default)s)")
    worker.set_defaults(run=_work)
    code = commands.add_parser(
        "code",
        help="a sheet with a person's registration code, while they have no key",
        description="Set a sheet of paper with a new code, good once within 7 days; earlier codes"
        " end. Nothing is made for a person who has a key: for them the pages make codes.",
    )
    code.add_argument("--directory", type=Path, required=True, help="the office's own directory")
    code.add_argument("--login", required=True, help="the person's staff number")
    code.add_argument("--out", type=Path, required=True, help="PDF to write")
    code.set_defaults(run=_code)
    upgrade = commands.add_parser(
        "upgrade",
        help="bring the office's tables up to date",
        description="Bring the office's tables up to date and end. With the embedded database,"
        " `serve` does it by itself; in a database elsewhere its administrator does it with this"
        " command, before a new version serves.",
    )
    upgrade.add_argument("--directory", type=Path, required=True, help="the office's own directory")
    _admin_argument(upgrade)
    upgrade.set_defaults(run=_upgrade)


def _admin_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--admin-file",
        type=Path,
        help="if the database is elsewhere: a file with the connection string of a role that may"
        " create roles and schemas",
    )


def _admin(arguments: argparse.Namespace) -> str | None:
    return read_text(arguments.admin_file).strip() if arguments.admin_file else None


def _init(arguments: argparse.Namespace) -> int:
    config = OfficeConfig(
        directory=arguments.directory.resolve(),
        origin=arguments.origin,
        address=arguments.address,
        port=arguments.port,
        ledger=arguments.ledger.resolve(),
        vault=arguments.vault.resolve(),
        store=arguments.store.resolve(),
        cases=arguments.cases.resolve(),
        recorders=arguments.recorders and arguments.recorders.resolve(),
        expiry=arguments.expiry and arguments.expiry.resolve(),
        certificate=arguments.certificate and arguments.certificate.resolve(),
        key=arguments.key and arguments.key.resolve(),
    )
    first = First(
        scheme=arguments.scheme,
        scheme_name=arguments.scheme_name,
        profile=arguments.profile,
        login=arguments.login,
        name=arguments.name,
    )
    print(init(config, first, clock=SystemClock(), disk=Disk(), admin=_admin(arguments)))
    return 0


def _code(arguments: argparse.Namespace) -> int:
    made = sheet(
        arguments.directory, arguments.login, out=arguments.out, clock=SystemClock(), disk=Disk()
    )
    print(f"{arguments.out} written" if made else "this person has a key; nothing was written")
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    serve(
        arguments.directory,
        workers=arguments.workers,
        start_database=not arguments.without_database,
    )
    return 0


def _upgrade(arguments: argparse.Namespace) -> int:
    bring_up_to_date(arguments.directory, admin=_admin(arguments))
    return 0


def _work(arguments: argparse.Namespace) -> int:
    work(arguments.directory, concurrency=arguments.concurrency)
    return 0
