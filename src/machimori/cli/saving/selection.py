# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which files of an installation are backed up. Named are those that may be; all else stays out.

Left out on purpose, because a copy would undo what the installation promises: the places of
destructible keys, the cases' reader keys and those of packages, the root's key file; and because it
is sealed, large and has its own media: footage.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from machimori.cli.running.config import RecorderPart, RunConfig
from machimori.kernel.errors import UsageError

_ROOT: Final = ("init.json", "officers/*.json", "to-sign/*.json")
_LEDGER: Final = (
    *("ledger.json", "secrets/*", "signer/key", "signer/name", "signer/checkpoint"),
    "vault-carried",
)
_OFFICE: Final = ("office.json", "secret", "scans/*.sealed", "scan-keys/*.key")
_EXPIRY: Final = ("*.key", "*.json", "outbox/*.json")
_RECORDER: Final = (
    *("*.key", "*.pub", "*.json", "*.toml", "*password*"),
    *("outbox/*.json", "keys/*.json", "holds/*.json"),
)


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """What is not in the file, and why."""

    what: str
    why: str


def files(config: RunConfig) -> Iterator[Path]:
    """The files, in the order in which they are taken. Raises UsageError for a part that lies
    outside of the installation's directory.

    The signer and the position of the courier come before the database: what is taken later holds
    all that they refer to.
    """
    root = config.path.parent
    yield config.path
    yield from _matching(root, root, _ROOT)
    for path in (config.office.certificate, config.office.key):
        if path is not None and path.exists():
            yield _inside(root, path)
            request = path.with_name("request.csr.pem")
            if path == config.office.key and request.exists():
                yield _inside(root, request)
    yield from _matching(root, config.ledger.directory, _LEDGER)
    yield from _matching(root, config.office.directory, _OFFICE)
    yield from _matching(root, config.expiry, _EXPIRY)
    for part in config.recorders:
        yield from _recorder(root, part)


def left_out(config: RunConfig) -> list[LeftOut]:
    """What a person must know is missing."""
    return [
        LeftOut(what="the vault's places", why="a key in a backup would outlive its destruction"),
        LeftOut(
            what="the root's key file or passphrase",
            why="with it and a place all footage opens; keep it apart",
        ),
        LeftOut(
            what=f"readers/ and package-keys/ in {config.office.directory}",
            why="they open what was released; an approval that is open needs a new one",
        ),
        LeftOut(
            what=f"{config.office.store}, {config.office.cases}",
            why="sealed footage has its own copies; it ends with its keys, wherever it lies",
        ),
        LeftOut(
            what="open parts and spools of recorders",
            why="a recorder repairs or uploads them where they are",
        ),
    ]


def _recorder(root: Path, part: RecorderPart) -> Iterator[Path]:
    yield _inside(root, part.path)
    for path in _matching(root, part.config.directory, _RECORDER):
        if path != part.path:
            yield path


def _matching(root: Path, directory: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    seen: set[Path] = set()
    for pattern in patterns:
        for path in sorted(directory.glob(pattern)):
            hidden = path.name.startswith(".")
            if path.is_file() and not path.is_symlink() and not hidden and path not in seen:
                seen.add(path)
                yield _inside(root, path)


def _inside(root: Path, path: Path) -> Path:
    if not path.resolve().is_relative_to(root):
        raise UsageError(
            "lies outside of the installation's directory",
            where=str(path),
            remedy="move it inside, or back it up by itself",
        )
    return path
