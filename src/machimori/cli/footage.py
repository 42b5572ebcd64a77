# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori footage`: look at a store, check it, repair what a crash left."""

import argparse
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from machimori.cli import expiry
from machimori.cli.inputs import add_store, instant, read
from machimori.footage.anchors import Anchors, anchors_of, export, imported
from machimori.footage.check import Report, check
from machimori.footage.inspection import Keys, Trusted
from machimori.footage.naming import ManifestName, parse
from machimori.footage.place import open_store, write_abilities
from machimori.footage.released import released_keys
from machimori.footage.repair import remains, repair_all
from machimori.footage.spool import waiting
from machimori.footage.store import Store
from machimori.footage.verdicts import JAPANESE, Finding
from machimori.kernel.canonical import Json
from machimori.kernel.clock import SystemClock
from machimori.kernel.durable import Disk
from machimori.kernel.envelope import Envelope, Verifier
from machimori.kernel.errors import MalformedError, UsageError
from machimori.kernel.ids import RecorderId, check_name
from machimori.kernel.instants import parse_day, rfc3339
from machimori.kernel.signing import PublicKey, SigningKey
from machimori.ledger.checkpoint import LogKey
from machimori.ledger.postgres.home import Home
from machimori.recorder.directory import lock
from machimori.vault.client.client import VaultClient
from machimori.vault.client.identity import Certificate, Identity
from machimori.vault.client.reader import Reader


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command group."""
    group = subparsers.add_parser("footage", help="sealed footage: look, check, repair")
    commands = group.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _register_check(commands)
    _register_repair(commands)
    expiry.register(commands)
    listing = commands.add_parser("list", help="list what a store holds")
    add_store(listing)
    _place_arguments(listing)
    listing.add_argument("--json", action="store_true", help="one JSON object a line")
    listing.set_defaults(run=_list)
    anchors = commands.add_parser(
        "anchors", help="take the recorders' anchors out of the ledger, with proofs, for a check"
    )
    anchors.add_argument("--ledger", type=Path, required=True, metavar="DIRECTORY")
    anchors.set_defaults(run=_export)
    probe = commands.add_parser("probe", help="try out what a store can do, and keep the answer")
    add_store(probe)
    probe.set_defaults(run=_probe)


def _register_check(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "check",
        help="is everything here that was recorded, unchanged and in its place?",
        description="Exit status: 0 sound; 45 something still waits to be uploaded; 46 footage is "
        "missing, cut off or damaged; 47 something is here that no enrolled recorder put here.",
    )
    add_store(parser)
    _place_arguments(parser)
    trust = parser.add_argument_group("whom to trust (one of these, or --recorder for each)")
    trust.add_argument("--vault", type=Path, metavar="SOCKET", help="ask the vault on this machine")
    trust.add_argument("--identity", type=Path, metavar="FILE", help="the vault's identity, saved")
    trust.add_argument("--fingerprint", metavar="HEX", help="the city's, needed with --identity")
    trust.add_argument(
        "--recorder", action="append", default=[], metavar="NAME=HEX", help="a public key"
    )
    parser.add_argument(
        "--spool",
        action="append",
        type=Path,
        metavar="DIRECTORY",
        help="a recorder's spool: what waits there is not missing; give all or none",
    )
    keys = parser.add_argument_group("open what was released, too (both, --ledger and --vault)")
    keys.add_argument("--authorisation", type=Path, metavar="FILE", help="signed by officers")
    keys.add_argument("--reader", type=Path, metavar="FILE", help="from `evidence reader`")
    ledger = parser.add_argument_group("compare with what the ledger holds (one of these)")
    ledger.add_argument("--ledger", type=Path, metavar="DIRECTORY", help="the ledger's home")
    ledger.add_argument(
        "--anchors", type=Path, metavar="FILE", help="from `footage anchors`, with --ledger-key"
    )
    ledger.add_argument("--ledger-key", metavar="KEY", help="the ledger's, from `ledger key`")
    parser.add_argument("--quick", action="store_true", help="frames only, not the footage itself")
    parser.add_argument("--at", metavar="TIME", help="check as of this time (RFC 3339)")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.set_defaults(run=_check)


def _register_repair(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "repair",
        help="close what a crash of a recorder left open",
        description="The recorder does this itself when it starts again; this is for a disk whose "
        "recorder will not. The recorder must not be running.",
    )
    add_store(parser)
    parser.add_argument(
        "--directory", type=Path, required=True, help="the recorder's directory, with open/"
    )
    parser.add_argument(
        "--key", type=Path, metavar="FILE", help="its signing key; recorder.key there if not given"
    )
    parser.set_defaults(run=_repair)


def _place_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--day", help="only this day, YYYY-MM-DD")
    parser.add_argument("--camera", help="only this camera (with --day)")


def _prefix(args: argparse.Namespace) -> str:
    if args.camera and not args.day:
        raise UsageError("--camera needs --day: the store is ordered by day")
    try:
        day = f"{parse_day(args.day).isoformat()}/" if args.day else ""
        return day + (f"{check_name(args.camera, what='camera')}/" if args.camera else "")
    except MalformedError as error:
        raise UsageError(error.message, where=error.where) from error


def _trusted(args: argparse.Namespace) -> tuple[Trusted, Verifier | None]:
    """The recorders' keys and the city's."""
    keys: dict[RecorderId, tuple[Verifier, ...]] = {}
    city: PublicKey | None = None
    identity: Identity | None = None
    if args.vault is not None:
        with VaultClient(args.vault) as vault:
            identity = vault.identity()
    elif args.identity is not None:
        if not args.fingerprint:
            raise UsageError(
                "--identity needs --fingerprint, which the city publishes",
                remedy="a file alone proves nothing about where it comes from",
            )
        identity = Identity.decode(read(args.identity))
        if identity.fingerprint() != args.fingerprint.lower():
            raise UsageError("the identity is not that city's", where=str(args.identity))
    if identity is not None:
        city = PublicKey(identity.public)
        for envelope in identity.certificates:
            certificate = Certificate.verified(envelope, city)
            if certificate.role == "recorder":
                name = RecorderId(certificate.name)
                keys[name] = (*keys.get(name, ()), PublicKey(certificate.public))
    for text in args.recorder:
        name_text, _, key = text.partition("=")
        try:
            name = RecorderId(check_name(name_text, what="recorder"))
            keys[name] = (*keys.get(name, ()), PublicKey(bytes.fromhex(key)))
        except (MalformedError, ValueError) as error:
            raise UsageError("--recorder takes NAME=HEX", where=name_text[:63]) from error
    if not keys:
        raise UsageError("no recorder is trusted; give --vault, --identity or --recorder")
    return keys, city


def _check(args: argparse.Namespace) -> int:
    trusted, city = _trusted(args)
    at = instant(args.at)
    pending = None
    if args.spool is not None:
        pending = [name for directory in args.spool for name in waiting(directory)]
    store = open_store(args.store, Disk())
    report = check(
        store,
        anchors=_anchors(args),
        trusted=trusted,
        city=city,
        pending=pending,
        keys=_keys(args, store, trusted),
        now=SystemClock().now() if at is None else at,
        prefix=_prefix(args),
        content=not args.quick,
    )
    if args.json:
        print(json.dumps(_json(report), ensure_ascii=False))
    else:
        _print(report)
    return report.exit_code


def _anchors(args: argparse.Namespace) -> Anchors | None:
    """What the ledger holds of the chains; None if it is not asked."""
    if (args.anchors is None) != (args.ledger_key is None) or (args.anchors and args.ledger):
        raise UsageError("give --ledger, or --anchors and --ledger-key")
    if args.ledger is not None:
        with Home.read(args.ledger).ledger() as ledger:
            return anchors_of(ledger)
    if args.anchors is None:
        return None
    try:
        key = LogKey.parse(args.ledger_key, PublicKey)
        with args.anchors.open("rb") as lines:
            return imported(lines, key)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(args.anchors)) from error


def _keys(args: argparse.Namespace, store: Store, trusted: Trusted) -> Mapping[str, Keys]:
    """What the vault releases for this check; nothing if it was not asked for."""
    given = [args.authorisation, args.reader]
    if not any(given):
        return {}
    if not all(given) or args.ledger is None or args.vault is None:
        raise UsageError("--authorisation, --reader, --ledger and --vault belong together")
    authorisation, secret = read(args.authorisation), read(args.reader)
    with VaultClient(args.vault) as client, Home.read(args.ledger).ledger() as ledger:
        return released_keys(
            store,
            client=client,
            ledger=ledger,
            authorisation=Envelope.decode(authorisation),
            reader=Reader.restore(secret),
            trusted=trusted,
            clock=SystemClock(),
            prefix=_prefix(args),
        )


def _json(report: Report) -> dict[str, Json]:
    return {
        "segments": report.segments,
        "records": report.records,
        "manifests": report.manifests,
        "bytes": report.size,
        "anchors": report.anchors,
        "anchored_until": report.anchored_until,
        "exit_code": report.exit_code,
        "findings": [finding.json() for finding in report.findings],
    }


def _print(report: Report) -> None:
    for finding in report.findings:
        for line in finding.lines():
            print(line)
    if report.anchors is not None:
        until = report.anchored_until
        print(
            f"compared with the ledger: {report.anchors} anchors"
            + (f", the last of {rfc3339(until)}" if until is not None else "")
        )
    counts = ", ".join(_counts(report.findings)) or f"sound ({JAPANESE['sound']})"
    print(
        f"{report.segments} segments, {report.records} records, {report.manifests} manifests, "
        f"{report.size} bytes: {counts}"
    )


def _counts(findings: Iterable[Finding]) -> list[str]:
    number: dict[str, int] = {}
    for finding in findings:
        number[finding.verdict] = number.get(finding.verdict, 0) + 1
    return [f"{count} {verdict}" for verdict, count in sorted(number.items())]


def _repair(args: argparse.Namespace) -> int:
    signer = SigningKey(read(args.key or args.directory / "recorder.key"))
    # A recorder that runs here repairs itself, and must not lose its files to somebody else.
    held = lock(args.directory)
    try:
        done = repair_all(
            remains(args.directory),
            store=open_store(args.store, Disk()),
            disk=Disk(),
            signer=signer,
        )
    finally:
        os.close(held)
    for repaired in done:
        kept = f"up to {rfc3339(repaired.last)}" if repaired.last else "nothing kept"
        print(f"{repaired.outcome}: {repaired.part.name}: {kept}, {repaired.cut} bytes cut off")
    print(f"{len(done)} files repaired")
    return 0


def _list(args: argparse.Namespace) -> int:
    for stored in open_store(args.store, Disk()).list(_prefix(args)):
        try:
            name = parse(stored.name)
        except MalformedError:
            continue
        value: dict[str, Json] = {"name": stored.name, "size": stored.size}
        times = ""
        if not isinstance(name, ManifestName):
            value |= {"camera": name.camera, "from": name.first, "to": name.last}
            times = f"{rfc3339(name.first)} {rfc3339(name.last)}"
        print(json.dumps(value) if args.json else f"{stored.size:>12} {times:55} {stored.name}")
    return 0


def _export(args: argparse.Namespace) -> int:
    with Home.read(args.ledger).ledger() as ledger:
        for line in export(ledger):
            print(line.decode())
    return 0


def _probe(args: argparse.Namespace) -> int:
    disk = Disk()
    abilities = open_store(args.store, disk).probe()
    if args.store.suffix == ".toml":
        write_abilities(args.store, abilities, disk)
    for problem in abilities.problems():
        print(f"this store is weaker than it should be: {problem}")
    print("probed" if abilities.problems() else "probed: the store does all that is needed")
    return 0
