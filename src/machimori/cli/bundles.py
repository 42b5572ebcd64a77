# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori vault bundles`: bring a recorder the public keys that it seals to."""

import argparse
from datetime import date, timedelta
from pathlib import Path

from machimori.kernel.durable import Disk
from machimori.kernel.instants import local_day
from machimori.vault.client.client import VaultClient
from machimori.vault.errors import VaultRefusedError


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the group `vault`."""
    parser = commands.add_parser(
        "bundles",
        help="write the signed key bundles that a recorder needs",
        description="Write the signed bundles of public keys, for a recorder's keys directory. They"
        " hold no secret. A day without a bundle is named at the end and keeps no other day back.",
    )
    parser.set_defaults(run=_bundles)
    parser.add_argument(
        "--class",
        dest="retention_class",
        help="retention class; without it every class that the vault keeps keys of",
    )
    parser.add_argument("--days", type=int, default=14, help="today and so many days (14)")
    parser.add_argument("--out", type=Path, required=True, help="directory to write into")
    parser.add_argument("--socket", type=Path, required=True)


def _bundles(args: argparse.Namespace) -> int:
    """Raises VaultRefusedError `no_bundle` once what there is has been written."""
    disk = Disk()
    missing: list[str] = []
    written = 0
    with VaultClient(args.socket) as client:
        today = local_day(client.status().now)
        names = [args.retention_class] if args.retention_class else _classes(client, today)
        disk.make_directory(args.out)
        for name in names:
            for offset in range(args.days + 1):
                day = (today + timedelta(days=offset)).isoformat()
                try:
                    bundle = client.bundle(name, day)
                except VaultRefusedError as error:
                    if error.reason != "no_bundle":
                        raise
                    missing.append(f"{name} {day}")
                    continue
                disk.replace(args.out / f"{name}-{day}.json", bundle)
                written += 1
    print(f"{written} bundles in {args.out}")
    if missing or not names:
        first = f"the first of {len(missing)} is {missing[0]}" if missing else str(args.socket)
        raise VaultRefusedError(
            "no_bundle",
            "days have no key bundle" if missing else "the vault has made no keys yet",
            where=first,
            remedy="make keys with `machimori vault make-keys`",
        )
    return 0


def _classes(client: VaultClient, today: date) -> list[str]:
    """The classes that have keys of today or later: epochs are called `day.<class>.<day>`."""
    parts = [epoch.split(".") for epoch in client.epochs()]
    since = today.isoformat()
    return sorted({words[1] for words in parts if words[0] == "day" and words[2] >= since})
