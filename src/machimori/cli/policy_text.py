# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori policy text`: the operating rule as plain text, as a page, as PDF."""

import argparse
import datetime as dt
import json
import sys
from collections.abc import Callable
from pathlib import Path

from machimori.cli import inputs
from machimori.kernel.clock import SystemClock
from machimori.kernel.errors import UsageError
from machimori.kernel.instants import local_day
from machimori.office.paper.operating_rule import rule_sheet
from machimori.office.paper.press import FONTS, Press
from machimori.office.paper.rule_page import rule_page
from machimori.policy.adoption import Adoption, adopt_recommended, in_force
from machimori.policy.adoption_statement import adoption_of
from machimori.policy.text.composing import operating_rule
from machimori.policy.text.plain import plain_text

_Command = Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]


def register(command: _Command) -> None:
    """Add `text` to the commands of `policy`."""
    parser = command(
        "text",
        _text,
        "the operating rule (管理運用規程) that a profile makes; plain text by default",
    )
    parser.add_argument(
        "profile", help="id of a profile that ships with the product, or a TOML file"
    )
    decided = parser.add_mutually_exclusive_group()
    decided.add_argument(
        "--adoptions",
        type=Path,
        metavar="FILE",
        help="the city's decisions, a JSON list of their statements",
    )
    decided.add_argument(
        "--adopted",
        type=dt.date.fromisoformat,
        metavar="DAY",
        help="as if the city had adopted every recommended value on this day",
    )
    parser.add_argument(
        "--on",
        type=dt.date.fromisoformat,
        metavar="DAY",
        help="the day whose rules are written; default: the day of --adopted, or today",
    )
    parser.add_argument(
        "--title", default="", help="of the rule; default: （市名）防犯カメラ管理運用規程"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--html", type=Path, metavar="OUT", help="write one self-contained page")
    form.add_argument("--pdf", type=Path, metavar="OUT", help="write PDF/A")
    parser.add_argument(
        "--fonts",
        type=Path,
        default=argparse.SUPPRESS,
        metavar="DIR",
        help="where the two fonts of papers lie; default: where the set-up puts them",
    )


def _text(options: argparse.Namespace) -> int:
    profile = inputs.profile(options.profile)
    adopted: dt.date | None = options.adopted
    on: dt.date = options.on or adopted or local_day(SystemClock().now())
    adoptions: tuple[Adoption, ...] = ()
    if adopted is not None:
        adoptions = adopt_recommended(
            profile, decision="", adopted_on=adopted, effective_from=adopted
        )
    elif options.adoptions is not None:
        adoptions = _adoptions(options.adoptions)
    rule = operating_rule(in_force(profile, adoptions, on), on=on, title=options.title)
    if options.html is not None:
        _write(options.html, rule_page(rule).encode())
    elif options.pdf is not None:
        printed = Press(getattr(options, "fonts", FONTS)).pdf(rule_sheet(rule), on=on)
        for warning in printed.warnings:
            print(warning, file=sys.stderr)
        _write(options.pdf, printed.pdf)
    else:
        print(plain_text(rule), end="")
    return 0


def _adoptions(path: Path) -> tuple[Adoption, ...]:
    try:
        rows = json.loads(inputs.read_text(path))
    except (json.JSONDecodeError, RecursionError):
        rows = None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UsageError(
            "is no JSON list of decisions",
            where=str(path),
            remedy="a decision has key, value, reason, decision, adopted_on, effective_from",
        )
    return tuple(adoption_of(row) for row in rows)


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", where=str(path)) from error
