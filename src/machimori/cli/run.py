# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori run`: everything that an installation needs, from one file."""

import argparse
import contextlib
import fcntl
import logging
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from machimori.cli.running.config import RunConfig
from machimori.cli.running.members import members
from machimori.cli.running.supervisor import Supervisor
from machimori.kernel.clock import SystemClock
from machimori.kernel.errors import UsageError


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "run",
        help="run a whole installation: database, vault, recorders, pages",
        description="Run ledger, vault, courier, recorders, expiry, pages and worker until"
        " SIGTERM or Ctrl-C; start again what ends; then end them in order. The vault starts shut.",
    )
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="TOML file")
    parser.add_argument(
        "--check", action="store_true", help="only read the file, and what it names, and end"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run until told to end. Raises UsageError."""
    config = RunConfig.load(args.config)
    if args.check:
        for member in members(config):
            print(member.name)
        return 0
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s run: %(message)s"
    )
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with _alone(config.path):
        Supervisor(members(config), SystemClock()).run(ended)
    return 0


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError("this installation runs already", where=str(path)) from error
        yield
