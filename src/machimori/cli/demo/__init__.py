# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori demo`: five cities' schemes at one local address, with invented people and cases.

With `--story` instead: the story of one request in a terminal (`terminal.py`).
"""

import argparse
from pathlib import Path

from machimori.cli.demo import five, terminal


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "demo",
        help="five cities' schemes at one local address, with invented people and cases",
        description="Five schemes (松戸, 佐賀, 印西, 旭川, 堺) at one local address: simulated"
        " cameras, real recorders, vault, ledger and pages, invented people and two weeks of their"
        " work. A second start goes on with the same city. Ctrl-C ends it.",
    )
    parser.add_argument(
        "--directory", type=Path, help="where it is kept (./city; with --story ./story)"
    )
    parser.add_argument("--port", type=int, default=8080, help="of the address (%(default)s)")
    parser.add_argument("--fresh", action="store_true", help="begin again with a new city")
    parser.add_argument(
        "--town",
        action="append",
        choices=five.NAMES,
        help="only this scheme, for a quicker start; may be given again",
    )
    parser.add_argument(
        "--story", action="store_true", help="instead: one request, told in the terminal"
    )
    story = parser.add_argument_group("with --story")
    story.add_argument("--once", action="store_true", help="end after the story")
    story.add_argument("--cameras", type=int, default=6, help="simulated cameras (6)")
    story.add_argument(
        "--seconds", type=int, default=60, help="recording before the story begins (60)"
    )
    story.add_argument("--out", type=Path, default=Path("demo"), help="the package's (./demo)")
    story.add_argument("--lang", choices=("ja", "en"), default="ja")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the city until Ctrl-C, or tell the story. Raises UsageError, StoryError."""
    if args.story:
        return terminal.run(args)
    return five.run(
        args.directory or Path("city"),
        port=args.port,
        fresh=args.fresh,
        towns=tuple(args.town or five.NAMES),
    )
