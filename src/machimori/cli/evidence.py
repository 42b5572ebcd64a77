# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori evidence`: make a package, verify one, write the one-file verifier.

`verify` ends with 0 (sound), 20 (origin unproven), 21 (altered), 22 (incomplete), 23 (unreadable)
or 24 (another city's key), as the one-file verifier does.
"""

import argparse
import base64
import sys
from pathlib import Path

from machimori.cli.inputs import instant, read
from machimori.evidence.bundle import pack
from machimori.evidence.make import Order, Package, make
from machimori.evidence.page.packing import pack_page
from machimori.evidence.stamping import Rfc3161, over_http
from machimori.evidence.verifier import app, wording
from machimori.evidence.verifier.statement import Approval
from machimori.footage.held import CaseFootage
from machimori.footage.place import open_store
from machimori.kernel.clock import SystemClock
from machimori.kernel.durable import Disk
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import UsageError
from machimori.ledger.postgres.home import Home
from machimori.vault.client.client import VaultClient
from machimori.vault.client.reader import Reader
from machimori.vault.client.statements import Appointment, Authorisation

_Commands = argparse._SubParsersAction


def register(subparsers: "_Commands[argparse.ArgumentParser]") -> None:
    """Add the command group."""
    group = subparsers.add_parser("evidence", help="packages that are handed over, and their proof")
    commands = group.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _register_make(commands)
    verify = commands.add_parser("verify", help="say whether a package is what the city handed out")
    app.add_arguments(verify)
    verify.set_defaults(run=app.run)
    verifier = commands.add_parser(
        "verifier", help="write the verifier as one file for a bare Python 3.11, or for a browser"
    )
    verifier.add_argument("--out", type=Path, required=True, metavar="FILE")
    verifier.add_argument(
        "--page",
        type=Path,
        metavar="FOLDER",
        help="as one HTML page for any browser instead; FOLDER is the npm package pyodide",
    )
    verifier.set_defaults(run=_verifier)
    reader = commands.add_parser(
        "reader", help="make the key pair to which an authorisation lets the vault release"
    )
    reader.add_argument("--out", type=Path, required=True, metavar="FILE", help="the secret half")
    reader.set_defaults(run=_reader)


def _register_make(commands: "_Commands[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("make", help="open what an authorisation allows, and pack it")
    command.add_argument("--vault", type=Path, required=True, metavar="SOCKET")
    command.add_argument("--ledger", type=Path, required=True, metavar="DIRECTORY")
    command.add_argument("--store", type=Path, required=True, help="directory, or TOML of a bucket")
    command.add_argument(
        "--cases", type=Path, help="the cases' store: what a hold of this case keeps is there too"
    )
    command.add_argument(
        "--authorisation", type=Path, required=True, metavar="FILE", help="signed by officers"
    )
    command.add_argument(
        "--reader", type=Path, required=True, metavar="FILE", help="from `evidence reader`"
    )
    command.add_argument("--out", type=Path, required=True, metavar="FILE", help="must not exist")
    command.add_argument(
        "--from", dest="start", metavar="TIME", help="narrow the interval (RFC 3339, with a zone)"
    )
    command.add_argument("--to", dest="end", metavar="TIME")
    command.add_argument(
        "--camera", action="append", default=[], metavar="ID", help="only this one; repeatable"
    )
    command.add_argument(
        "--appointment",
        action="append",
        type=Path,
        default=[],
        metavar="FILE",
        help="an officer's appointment, to name officer and post in the statement; repeatable",
    )
    command.add_argument("--tsa", metavar="URL", help="have an RFC 3161 authority stamp it")
    command.add_argument("--tsa-roots", type=Path, metavar="PEM", help="that authority's roots")
    command.add_argument("--lang", choices=wording.LANGUAGES, default="ja")
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=_make)


def _make(args: argparse.Namespace) -> int:
    """Raises what `evidence.make` raises, and UsageError."""
    disk = Disk()
    if bool(args.tsa) != bool(args.tsa_roots):
        raise UsageError("--tsa and --tsa-roots belong together")
    authorisation = Envelope.decode(read(args.authorisation))
    order = Order(
        authorisation=authorisation,
        start=instant(args.start),
        end=instant(args.end),
        cameras=tuple(args.camera),
        approvals=_approvals(authorisation, args.appointment),
    )
    store = open_store(args.store, disk)
    if args.cases is not None:
        case = Authorisation.decode(authorisation).case
        store = CaseFootage(store, open_store(args.cases, disk), case)
    stamper = Rfc3161(over_http(args.tsa), args.tsa_roots) if args.tsa else None
    if args.out.exists():
        raise UsageError("a package is never written over", where=str(args.out))
    progress = None
    if sys.stderr.isatty() and not args.json:
        progress = app.ProgressLine(args.lang, making=True)
    with VaultClient(args.vault) as client, Home.read(args.ledger).ledger() as ledger:
        package = make(
            client=client,
            ledger=ledger,
            store=store,
            order=order,
            reader=Reader.restore(read(args.reader)),
            out=args.out,
            clock=SystemClock(),
            disk=disk,
            stamper=stamper,
            progress=progress,
        )
    if progress is not None:
        progress.end()
    _report(package, args)
    return 0


def _report(package: Package, args: argparse.Namespace) -> None:
    judgement = package.judgement
    text = app.as_json(judgement) if args.json else wording.report(judgement, args.lang)
    sys.stdout.buffer.write(text.encode() + b"\n")


def _approvals(authorisation: Envelope, files: list[Path]) -> tuple[Approval, ...]:
    """Who signed: officer and posts by key id, as far as appointments are given."""
    known: dict[str, Appointment] = {}
    for file in files:
        appointment = Appointment.decode(Envelope.decode(read(file)))
        known |= {key.keyid: appointment for key in appointment.keys}
    return tuple(
        Approval(
            keyid=signature.keyid,
            officer=known[signature.keyid].officer if signature.keyid in known else "",
            post="、".join(known[signature.keyid].posts) if signature.keyid in known else "",
        )
        for signature in authorisation.signatures
    )


def _verifier(args: argparse.Namespace) -> int:
    disk = Disk()
    if args.page is None:
        disk.replace(args.out, pack(), mode=0o755)
    else:
        disk.replace(args.out, pack_page(args.page), mode=0o644)
    print(args.out)
    return 0


def _reader(args: argparse.Namespace) -> int:
    if args.out.exists():
        raise UsageError("there is a file of this name", where=str(args.out))
    reader = Reader.generate()
    Disk().create(args.out, reader.secret(), mode=0o600)
    print(base64.b64encode(reader.public.raw).decode())
    return 0
