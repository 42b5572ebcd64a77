# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori init`: an installation from nothing; later, its certificate."""

import argparse
import getpass
import secrets
import sys
from pathlib import Path

from machimori.cli.inputs import read, read_text
from machimori.cli.installing import certificate, steps
from machimori.cli.installing.answers import Answers, gather
from machimori.cli.installing.making import Making
from machimori.kernel.canonical import Json
from machimori.kernel.clock import SystemClock
from machimori.kernel.durable import Disk
from machimori.kernel.errors import UsageError
from machimori.kernel.instants import instant
from machimori.vault.opening.root import RootMethod

_KEY_FILE = 32
_GIVEN = (
    *("host", "city", "scheme", "scheme_name", "profile", "login", "name"),
    *("port", "address", "recorder", "quorum", "post"),
)


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "init",
        help="make an installation from nothing, or install its certificate",
        description="Make everything that `machimori run` needs: key and certificate request,"
        " ledger, vault, recorder, office, and a sheet with the first 管理責任者's code. What is"
        " there is kept, so a run that was interrupted is completed by another. What no option"
        " says is asked at a terminal.",
    )
    parser.add_argument("directory", type=Path, help="the installation's own directory")
    parser.add_argument(
        "--certificate",
        type=Path,
        metavar="FILE",
        help="only check and install what the CA gave back (PEM, the server's own first)",
    )
    named = parser.add_argument_group("what it is")
    named.add_argument("--host", help="its name in the city's own DNS; never an address")
    named.add_argument("--city", help="the city's name, for the certificate request")
    named.add_argument("--port", type=int, help="port of the pages (8443)")
    named.add_argument("--address", help="where to listen (0.0.0.0, everywhere)")
    named.add_argument("--scheme", help="id of the first scheme")
    named.add_argument("--scheme-name", help="its name")
    named.add_argument("--profile", help="profile that it follows")
    named.add_argument("--login", help="staff number of its 管理責任者")
    named.add_argument("--name", help="and name")
    named.add_argument("--recorder", help="id of the recorder on this machine (rec-1)")
    vault = parser.add_argument_group("its vault")
    vault.add_argument(
        "--officer",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="an officer's appointment, made by `machimori vault officer`; for each officer",
    )
    vault.add_argument("--quorum", type=int, help="officers who sign what changes it (2)")
    vault.add_argument("--post", help="post whose holders count (system-manager)")
    vault.add_argument(
        "--place",
        action="append",
        default=[],
        metavar="NAME=DIRECTORY",
        help="where destructible keys lie; two disks are better than one (places/home)",
    )
    root = vault.add_mutually_exclusive_group()
    root.add_argument(
        "--root-key-file",
        type=Path,
        metavar="FILE",
        help="the root opens with this file, made if it is missing: on a medium that is locked"
        " away",
    )
    root.add_argument(
        "--passphrase-file",
        type=Path,
        metavar="FILE",
        help="the root opens with a passphrase; read it here (`-`: standard input), do not ask",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make what is missing. Raises UsageError, RefusedError and what the steps raise."""
    directory, disk = args.directory.resolve(), Disk()
    if args.certificate is not None:
        return _install(directory, args.certificate, disk)
    given: dict[str, Json] = {
        name: value for name in _GIVEN if (value := getattr(args, name)) is not None
    }
    if args.place:
        given["places"] = _places(args.place)
    if args.root_key_file is not None:
        given["root_key_file"] = str(args.root_key_file.resolve())
    answers, fresh = gather(directory, given, input if sys.stdin.isatty() else None)
    if fresh:
        disk.make_directory(directory)
        if any(not path.name.startswith(".") for path in directory.iterdir()):
            raise UsageError(
                "is not empty, and no installation was begun in it", where=str(directory)
            )
        answers.save(directory, disk)
    making = Making(
        directory=directory,
        answers=answers,
        disk=disk,
        officers=tuple(args.officer),
        secret=lambda: _secret(answers, args.passphrase_file, disk),
    )
    steps.run(making, lambda line: print(line, flush=True))
    _tell(directory, answers)
    return 0


def _install(directory: Path, source: Path, disk: Disk) -> int:
    answers = Answers.read(directory)
    if answers is None:
        raise UsageError(
            "no installation was begun here", where=str(directory), remedy="`machimori init`"
        )
    own = certificate.install(
        directory, source, host=answers.host, now=instant(SystemClock().now()), disk=disk
    )
    print(f"installed: {answers.host}, good until {own.not_valid_after_utc:%Y-%m-%d}")
    print(f"Begin with:  machimori run --config {directory / steps.RUN}")
    print("If it runs already, restart it.")
    return 0


def _places(items: list[str]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for item in items:
        name, separator, path = item.partition("=")
        if not separator or not path:
            raise UsageError("a place is NAME=DIRECTORY", where=f"--place {item}")
        found[name] = str(Path(path).resolve())
    return found


def _secret(answers: Answers, phrase: Path | None, disk: Disk) -> tuple[RootMethod, bytes]:
    """The root's secret, made or asked for. Raises UsageError."""
    if answers.root_key_file is not None:
        path = Path(answers.root_key_file)
        if not path.exists():
            disk.make_directory(path.parent)
            disk.create(path, secrets.token_bytes(_KEY_FILE), mode=0o600)
        return "key-file", read(path)
    if phrase is not None:
        text = sys.stdin.readline() if str(phrase) == "-" else read_text(phrase)
        return "passphrase", text.rstrip("\r\n").encode()
    if not sys.stdin.isatty():
        raise UsageError(
            "the vault's root needs a secret", where="--root-key-file or --passphrase-file"
        )
    typed = getpass.getpass("Passphrase of the vault's root (12 letters or more): ")
    if getpass.getpass("Once more: ") != typed:
        raise UsageError("the two passphrases differ")
    return "passphrase", typed.encode()


def _tell(directory: Path, answers: Answers) -> None:
    """What a person does next."""
    print()
    if not (directory / certificate.DIRECTORY / certificate.CERTIFICATE).exists():
        print(certificate.instructions(directory, answers.host))
    if (directory / steps.SHEET).exists():
        print(f"Print {directory / steps.SHEET}, hand it over, and remove the file.")
    if answers.root_key_file is not None:
        print(f"Lock {answers.root_key_file} away from this machine.")
    if len(answers.places) < 2:
        print("WARNING: one place holds every key; if its disk is lost, all footage is.")
    print(f"Have the officers sign {directory / 'to-sign'}.")
