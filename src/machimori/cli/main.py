# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori`: one command per module of this package.

Every error that Machimori raises on purpose ends here as one line on standard error and its own
exit status (docs/ref/errors.md). Anything else is a defect and keeps its traceback.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence

from machimori import __version__
from machimori.kernel.errors import MachimoriError

COMMANDS: tuple[str, ...] = (
    "init",
    "run",
    "backup",
    "restore",
    "simcity",
    "record",
    "vault",
    "footage",
    "ledger",
    "evidence",
    "policy",
    "office",
    "demo",
    "bench",
)
"""Modules of `machimori.cli` that register a command, in the order of `--help`."""


def build_parser(commands: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """The command line of these commands."""
    parser = argparse.ArgumentParser(
        prog="machimori",
        description="街守: street security cameras, sealed at once, opened on a legal ground.",
    )
    parser.add_argument("--version", action="version", version=f"machimori {__version__}")
    subparsers = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name in commands:
        importlib.import_module(f"machimori.cli.{name}").register(subparsers)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the process's exit status."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    # Importing every command takes half a second; a supervisor starts several at once.
    chosen = words[:1] if words and words[0] in COMMANDS else COMMANDS
    options = build_parser(chosen).parse_args(words)
    try:
        status: int = options.run(options)
    except MachimoriError as error:
        print(f"machimori: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 141
    return status


if __name__ == "__main__":
    sys.exit(main())
