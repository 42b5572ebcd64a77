# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori restore`: a backup into an empty directory."""

import argparse
from pathlib import Path

from machimori.cli.saving import restoring
from machimori.kernel.durable import Disk
from machimori.kernel.errors import UsageError


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "restore",
        help="put a backup back, into an empty directory",
        description="Compare every file of a backup, put it back, make the database anew and walk"
        " through the whole ledger. Nothing that was destroyed comes back.",
    )
    parser.add_argument("backup", type=Path, metavar="FILE", help="from `machimori backup`")
    parser.add_argument("directory", type=Path, help="an empty directory, or one to make")
    parser.add_argument(
        "--place",
        action="append",
        default=[],
        metavar="NAME=DIRECTORY",
        help="where a surviving place of the vault's keys is now",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Restore. Raises UsageError, MalformedError, RefusedError and what the parts raise."""
    places: dict[str, Path] = {}
    for item in args.place:
        name, separator, path = item.partition("=")
        if not separator or not path:
            raise UsageError("a place is NAME=DIRECTORY", where=f"--place {item}")
        places[name] = Path(path)
    directory = args.directory.resolve()
    manifest, away = restoring.restore(args.backup, directory, places=places, disk=Disk())
    print(f"{directory}: as of {manifest.taken}, the ledger is sound")
    for name in away:
        print(
            f"WARNING: the vault's place {name} is not there. Connect its disk, or, if it is lost,"
            f" mark an empty one: machimori vault place --home {directory / manifest.vault} {name}."
            " Footage whose keys are in no place is lost."
        )
    print("Mount the footage where office.json says. Open cases need a new approval to open.")
    return 0
