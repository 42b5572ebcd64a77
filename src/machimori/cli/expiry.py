# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori footage expire` and `footage hold`: what must go, and what must stay for a case."""

import argparse
import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from machimori.cli.inputs import add_store, instant, read
from machimori.footage.holds import Holds
from machimori.footage.pace import Pace
from machimori.footage.place import open_store
from machimori.footage.retention import Due, Expiry, Outcome
from machimori.kernel.clock import SystemClock
from machimori.kernel.durable import Disk
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MalformedError, UsageError
from machimori.kernel.ids import RecorderId, check_name
from machimori.kernel.instants import rfc3339
from machimori.kernel.signing import SigningKey
from machimori.ledger.courier import leave
from machimori.recorder.directory import load_key
from machimori.vault.client.client import VaultClient

KEY = "retention.key"
STATE = "expired.json"


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to the group `footage`."""
    expire = commands.add_parser(
        "expire",
        help="destroy the keys that are due, then remove their footage",
        description="The vault decides what is due and destroys the keys; files go after them, "
        "with a signed record each camera and day. Safe to interrupt and to run again.",
    )
    _places(expire)
    expire.add_argument(
        "--directory",
        type=Path,
        required=True,
        help=f"where its signing key ({KEY}, made if there is none), its outbox for the ledger and "
        "its position are kept",
    )
    expire.add_argument(
        "--name", default="retention", help="as which the vault has enrolled its key as a recorder"
    )
    expire.add_argument(
        "--priority",
        choices=("idle", "normal"),
        default="idle",
        help="idle: whatever records on this machine goes first",
    )
    expire.add_argument("--at", metavar="TIME", help="only tell what would be due then (RFC 3339)")
    expire.add_argument("--json", action="store_true", help="one JSON object")
    expire.set_defaults(run=_expire)
    hold = commands.add_parser(
        "hold",
        help="keep an interval for a case: keys at once, copies with --copy or before expiry",
    )
    _places(hold)
    hold.add_argument("statement", type=Path, help="the signed statement, a DSSE envelope")
    hold.add_argument("--copy", action="store_true", help="copy the sealed segments now")
    hold.set_defaults(run=_hold)


def _places(parser: argparse.ArgumentParser) -> None:
    add_store(parser)
    parser.add_argument(
        "--cases", type=Path, required=True, help="the cases' store, of the same two kinds"
    )
    parser.add_argument("--vault", type=Path, required=True, metavar="SOCKET")
    parser.add_argument(
        "--operations", type=float, default=200.0, help="reads and removals a second, at most"
    )
    parser.add_argument(
        "--megabytes", type=float, default=50.0, help="megabytes read and written a second, at most"
    )


def _expire(args: argparse.Namespace) -> int:
    disk, at = Disk(), instant(args.at)
    try:
        name = RecorderId(check_name(args.name, what="name"))
    except MalformedError as error:
        raise UsageError(error.message, where=error.where) from error
    # Only telling leaves nothing behind, no key either.
    signer = SigningKey.generate() if at is not None else _key(args.directory, disk)
    with VaultClient(args.vault) as vault:
        expiry = Expiry(
            keys=vault,
            store=open_store(args.store, disk),
            cases=open_store(args.cases, disk),
            signer=signer,
            signer_id=name,
            record=lambda entry: leave(args.directory / "outbox", entry, disk),
            state=args.directory / STATE,
            disk=disk,
            pace=_pace(args),
        )
        if at is not None:
            _tell(expiry.rehearse(at), as_json=args.json)
            return 0
        if args.priority == "idle":
            _idle()
        outcome = expiry.run()
    _report(outcome, as_json=args.json)
    return 0


def _hold(args: argparse.Namespace) -> int:
    disk = Disk()
    envelope = Envelope.decode(read(args.statement))
    holds = Holds(open_store(args.store, disk), open_store(args.cases, disk), _pace(args))
    with VaultClient(args.vault) as vault:
        keys = holds.place(vault, envelope)
    copied = holds.copy_all() if args.copy else 0
    print(f"case {keys.case}: {keys.segments} segments held, {copied} copied now")
    return 0


def _pace(args: argparse.Namespace) -> Pace:
    if args.operations <= 0 or args.megabytes <= 0:
        raise UsageError("--operations and --megabytes are above 0")
    return Pace(SystemClock(), operations=args.operations, size=args.megabytes * 1e6)


def _key(directory: Path, disk: Disk) -> SigningKey:
    path = directory / KEY
    disk.make_directory(directory)
    fresh = not path.exists()
    key = load_key(path, disk)
    if fresh:
        print(
            f"machimori: made {path}; enrol it in the vault as a recorder: {key.public.raw.hex()}",
            file=sys.stderr,
        )
    return key


def _idle() -> None:
    """Let whatever records go first: lowest priority for processor and disk."""
    os.nice(10)
    try:
        command = ["ionice", "--class", "3", "--pid", str(os.getpid())]
        subprocess.run(command, check=False, stderr=subprocess.DEVNULL)
    except FileNotFoundError:
        # Without util-linux the limits on operations and bytes still hold.
        return


def _tell(due: list[Due], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"due": [asdict(item) for item in due]}))
        return
    for item in due:
        print(
            f"{rfc3339(item.expires_at)} {item.epoch}: {item.segments} segments, {item.size} bytes"
        )
    print(f"{len(due)} epochs would be destroyed; nothing was changed")


def _report(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(asdict(outcome), ensure_ascii=False))
        return
    for name in outcome.destroyed:
        print(f"destroyed: {name}")
    for case in outcome.ended:
        print(f"ended: {case}")
    for problem in outcome.problems:
        print(f"not done, tried again by the next run: {problem}")
    print(
        f"{outcome.segments} segments removed ({outcome.size} bytes), {outcome.copied} copied to "
        f"cases, {outcome.tombstones} records written, {outcome.lists} lists removed"
    )
