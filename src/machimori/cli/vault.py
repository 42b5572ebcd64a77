# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori vault`: make, serve, open and look at the vault; officers' keys and signatures."""

import argparse
import getpass
import json
import signal
import sys
from pathlib import Path

from machimori.cli import bundles
from machimori.cli.inputs import read, read_text
from machimori.kernel import canonical
from machimori.kernel.clock import Clock, SystemClock
from machimori.kernel.durable import Disk
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import UsageError
from machimori.kernel.ids import OfficerId, check_name
from machimori.kernel.instants import Micros
from machimori.kernel.signing import SigningKey
from machimori.vault.client.client import VaultClient
from machimori.vault.client.signers import OfficerKey
from machimori.vault.client.statements import STATEMENTS, Appointment, parse
from machimori.vault.opening import hygiene, setup
from machimori.vault.opening.clocks import (
    ClockStatus,
    FileClock,
    KernelClockStatus,
)
from machimori.vault.opening.officers import RelyingParty
from machimori.vault.opening.root import RootMethod
from machimori.vault.opening.server import Server
from machimori.vault.opening.vault import Vault

_DAY = 24 * 60 * 60 * 1_000_000


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command group."""
    group = subparsers.add_parser("vault", help="the keys: make, serve, open, destroy")
    commands = group.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _register_process(commands)
    _register_clients(commands)
    bundles.register(commands)
    _register_officers(commands)


def _register_process(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    init = commands.add_parser("init", help="make a vault and pin its first officers")
    init.set_defaults(run=_init)
    init.add_argument("--home", type=Path, required=True)
    init.add_argument("--place", action="append", default=[], metavar="NAME=DIRECTORY")
    init.add_argument("--officer", action="append", type=Path, required=True, metavar="FILE")
    init.add_argument("--quorum", type=int, default=2)
    init.add_argument("--override-signers", type=int, default=1)
    init.add_argument("--post", action="append", required=True)
    init.add_argument("--ledger-key", required=True, help="the ledger's verifier key")
    init.add_argument("--rp-id", default="", help="relying party of FIDO2 signatures")
    init.add_argument("--origin", action="append", default=[])
    _secret_arguments(init)
    init.add_argument("--rehearsal-clock", type=Path, metavar="FILE")
    serve = commands.add_parser("serve", help="serve the vault's socket until stopped")
    serve.set_defaults(run=_serve)
    serve.add_argument("--home", type=Path, required=True)
    serve.add_argument("--socket", type=Path, required=True)
    serve.add_argument("--expire-every", type=float, default=60.0, metavar="SECONDS")
    serve.add_argument("--rehearsal-clock", type=Path, metavar="FILE")
    place = commands.add_parser("place", help="mark a new, empty medium as one of the places")
    place.set_defaults(run=_place)
    place.add_argument("--home", type=Path, required=True)
    place.add_argument("name")
    save = commands.add_parser("backup", help="archive everything but the places")
    save.set_defaults(run=_backup)
    save.add_argument("--home", type=Path, required=True)
    save.add_argument("target", type=Path)


def _register_clients(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    unlock = commands.add_parser("unlock", help="give the vault its root")
    unlock.set_defaults(run=_unlock)
    _secret_arguments(unlock)
    status = commands.add_parser("status", help="how the vault is")
    status.set_defaults(run=_status)
    status.add_argument("--json", action="store_true")
    make = commands.add_parser("make-keys", help="make missing keys for the days ahead")
    make.set_defaults(run=_make_keys)
    make.add_argument("--days", type=int, default=21)
    submit = commands.add_parser("submit", help="hand in signed statements")
    submit.set_defaults(run=_submit)
    submit.add_argument("statements", type=Path, nargs="+", metavar="FILE")
    expire = commands.add_parser("expire", help="destroy the keys that are due")
    expire.set_defaults(run=_expire)
    for parser in (unlock, status, make, submit, expire):
        parser.add_argument("--socket", type=Path, required=True)


def _register_officers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    officer = commands.add_parser("officer", help="make an officer's key and appointment")
    officer.set_defaults(run=_officer)
    officer.add_argument("--id", required=True)
    officer.add_argument("--post", action="append", required=True)
    officer.add_argument("--days", type=int, default=365)
    officer.add_argument("--key", type=Path, required=True, help="secret key file to write")
    officer.add_argument("--out", type=Path, required=True, help="appointment to write")
    statement = commands.add_parser("statement", help="make an unsigned statement of JSON")
    statement.set_defaults(run=_statement)
    statement.add_argument("kind", choices=sorted(s.KIND for s in STATEMENTS))
    statement.add_argument("source", type=Path, help="JSON object with the statement's members")
    statement.add_argument("--out", type=Path, required=True)
    sign = commands.add_parser("sign", help="show a statement and sign it")
    sign.set_defaults(run=_sign)
    sign.add_argument("--key", type=Path, required=True)
    sign.add_argument("--yes", action="store_true", help="do not ask")
    sign.add_argument("statement", type=Path, metavar="FILE")


def _secret_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--key-file", type=Path, help="root secret of 32 bytes or more")
    group.add_argument("--passphrase-file", type=Path, help="`-` reads standard input")


def _secret(args: argparse.Namespace, *, new: bool = False) -> tuple[RootMethod, bytes]:
    if args.key_file is not None:
        return "key-file", read(args.key_file)
    if args.passphrase_file is not None:
        source = args.passphrase_file
        text = sys.stdin.readline() if str(source) == "-" else read_text(source)
        # The line's end is the file's; all else is the passphrase, as it is when it is typed.
        return "passphrase", text.rstrip("\r\n").encode()
    typed = getpass.getpass("Passphrase of the vault's root: ")
    if new and getpass.getpass("Once more: ") != typed:
        raise UsageError("the two passphrases differ")
    return "passphrase", typed.encode()


def _clock(file: Path | None) -> tuple[Clock, ClockStatus]:
    if file is None:
        return SystemClock(), KernelClockStatus()
    rehearsal = FileClock(file)
    return rehearsal, rehearsal


def _init(args: argparse.Namespace) -> int:
    method, secret = _secret(args, new=True)
    places = {}
    for item in args.place or [f"home={args.home / 'epochs'}"]:
        name, separator, path = item.partition("=")
        if not separator:
            raise UsageError("a place is NAME=DIRECTORY", where=item)
        places[check_name(name, what="place")] = Path(path)
    clock, status = _clock(args.rehearsal_clock)
    fingerprint = setup.initialise(
        args.home,
        places=places,
        officers=tuple(Appointment.decode(Envelope.decode(read(path))) for path in args.officer),
        quorum=args.quorum,
        posts=tuple(sorted(set(args.post))),
        override_signers=args.override_signers,
        ledger_key=args.ledger_key,
        party=RelyingParty(rp_id=args.rp_id, origins=tuple(args.origin)),
        method=method,
        secret=secret,
        clock=clock,
        status=status,
        rehearsal=args.rehearsal_clock is not None,
    )
    print(f"fingerprint of the city's key: {fingerprint}")
    return 0


def _serve(args: argparse.Namespace) -> int:
    missing = hygiene.harden()
    if missing:
        print(f"machimori vault: not available here: {', '.join(missing)}", file=sys.stderr)
    clock, status = _clock(args.rehearsal_clock)
    vault = Vault(args.home, clock=clock, status=status)
    if vault.status()["rehearsal"] != (args.rehearsal_clock is not None):
        raise UsageError("only a vault made for rehearsals takes its clock from a file")
    server = Server(vault, args.socket, expire_every=args.expire_every)
    signal.signal(signal.SIGTERM, lambda *_: server.stop())
    signal.signal(signal.SIGINT, lambda *_: server.stop())
    server.serve(lambda: print(f"vault serves {args.socket}, closed", flush=True))
    vault.close()
    return 0


def _place(args: argparse.Namespace) -> int:
    setup.replace_place(args.home, args.name)
    return 0


def _backup(args: argparse.Namespace) -> int:
    setup.backup(args.home, args.target)
    return 0


def _unlock(args: argparse.Namespace) -> int:
    secret = _secret(args)[1]
    with VaultClient(args.socket) as client:
        client.unlock(secret)
    return 0


def _status(args: argparse.Namespace) -> int:
    with VaultClient(args.socket) as client:
        status = client.status()
    shown = {
        "bundled_days": status.bundled_days,
        "clock_trusted": status.clock_trusted,
        "epochs": status.epochs,
        "fingerprint": status.fingerprint(),
        "horizon": status.horizon,
        "ledger_size": status.ledger_size,
        "open": status.open,
        "pending": list(status.pending),
        "places": status.places,
        "records": status.records,
        "rehearsal": status.rehearsal,
        "vault_key": status.vault_key.hex(),
    }
    if args.json:
        print(json.dumps(shown, sort_keys=True))
        return 0
    for name, value in shown.items():
        print(f"{name:14} {value}")
    for days in (1, 3, 7, 14):
        if status.bundled_days < days:
            print(f"ALARM: keys run out within {days} day(s); run `machimori vault make-keys`")
            break
    return 0


def _make_keys(args: argparse.Namespace) -> int:
    with VaultClient(args.socket) as client:
        print(f"{client.make_keys(args.days)} key pairs made")
    return 0


def _submit(args: argparse.Namespace) -> int:
    with VaultClient(args.socket) as client:
        for path in args.statements:
            print(client.submit(Envelope.decode(read(path))).hex())
    return 0


def _expire(args: argparse.Namespace) -> int:
    with VaultClient(args.socket) as client:
        destroyed = client.expire()
    for done in destroyed:
        places = ", ".join(f"{place}: {how}" for place, how in sorted(done.places.items()))
        print(f"{done.name}: {len(done.kept)} kept; {places}")
    return 0


def _officer(args: argparse.Namespace) -> int:
    officer = OfficerId(check_name(args.id, what="officer"))
    for path in (args.key, args.out):
        if path.exists():
            raise UsageError("there is a file of this name", where=str(path))
    key = SigningKey.generate()
    keyid = f"{officer}-{key.public.fingerprint()[:8]}"
    now = SystemClock().now()
    appointment = Appointment(
        officer=officer,
        keys=(OfficerKey(keyid=keyid, kind="ed25519", public=key.public.raw),),
        posts=tuple(sorted(set(args.post))),
        valid_from=now,
        valid_until=Micros(now + args.days * _DAY),
    )
    secret = canonical.dumps({"keyid": keyid, "seed": canonical.b64(key.seed())})
    disk = Disk()
    disk.create(args.key, secret, mode=0o600)
    disk.create(args.out, appointment.envelope().encode())
    print(f"{officer}: key {keyid}")
    return 0


def _statement(args: argparse.Namespace) -> int:
    kind = next(s for s in STATEMENTS if args.kind == s.KIND)
    try:
        members = json.loads(read_text(args.source))
    except ValueError:
        members = None
    if not isinstance(members, dict):
        raise UsageError("not a JSON object", where=str(args.source))
    envelope = Envelope.of(kind.payload_type(), members)
    kind.decode(envelope)
    Disk().replace(args.out, envelope.encode())
    print(envelope.short_code())
    return 0


def _sign(args: argparse.Namespace) -> int:
    envelope = Envelope.decode(read(args.statement))
    parse(envelope)
    print(json.dumps(envelope.statement(), ensure_ascii=False, indent=2, sort_keys=True))
    print(f"code: {envelope.short_code()}")
    if not args.yes and input("Sign this? (yes/no) ") != "yes":
        return 1
    source = canonical.load_object(read(args.key))
    key = SigningKey(canonical.unb64(source.get("seed"), where="seed"))
    signed = envelope.signed_by(canonical.field(source, "keyid", str), key)
    Disk().replace(args.statement, signed.encode(), mode=0o640)
    return 0
