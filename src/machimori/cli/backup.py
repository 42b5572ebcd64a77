# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori backup`: a whole installation in one file, while it runs."""

import argparse
from pathlib import Path

from machimori.cli.running.config import RunConfig
from machimori.cli.saving import selection, taking
from machimori.kernel.clock import SystemClock
from machimori.kernel.durable import Disk


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "backup",
        help="a whole installation in one file, while it runs",
        description="Write ledger, vault, office, recorders' keys and all configuration into one"
        " file, read it back and compare. Keys that must be destructible, the root and footage are"
        " never in it. Keep the file as you keep keys: it holds passwords and signing keys.",
    )
    parser.add_argument("directory", type=Path, help="the installation's directory")
    parser.add_argument(
        "--to", type=Path, required=True, help="a file to make, or a directory to make it in"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Take it. Raises UsageError and what the parts raise."""
    config = RunConfig.load(args.directory / "machimori.toml")
    path, count = taking.take(config, args.to, clock=SystemClock(), disk=Disk())
    print(f"{path}: {count} files, read back and compared")
    for one in selection.left_out(config):
        print(f"not in it: {one.what} ({one.why})")
    return 0
