# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a command is given: files, times, a store, a profile.

Each raises UsageError and says which it was.
"""

import argparse
from pathlib import Path

from machimori.kernel.errors import MalformedError, UsageError
from machimori.kernel.instants import Micros, parse_rfc3339
from machimori.policy.document import ProfileId
from machimori.policy.profile import Profile, bundled, parse, profiles


def read(path: Path) -> bytes:
    """A file's content."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from error


def read_text(path: Path) -> str:
    """The same as text in UTF-8. What is in it is not quoted: it may be a secret."""
    try:
        return read(path).decode()
    except UnicodeDecodeError:
        raise UsageError("is no text in UTF-8", where=str(path)) from None


def instant(text: str | None) -> Micros | None:
    """A time of RFC 3339; None if none was given."""
    try:
        return None if text is None else parse_rfc3339(text)
    except MalformedError as error:
        raise UsageError(error.message, where=error.where) from error


def profile(name: str) -> Profile:
    """The rules that ship under this name, or those in the TOML file of this name."""
    known = ProfileId(name)
    return bundled(known) if known in profiles() else parse(read_text(Path(name)))


def add_store(parser: argparse.ArgumentParser) -> None:
    """The argument `--store`."""
    parser.add_argument(
        "--store", type=Path, required=True, help="a directory, or a .toml file naming a bucket"
    )
