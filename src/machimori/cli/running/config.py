# SPDX-License-Identifier: AGPL-3.0-or-later
"""The file of `machimori run` (TOML); docs/design/running.md describes it.

It says which parts run here. What the office's and a recorder's own files say, such as where the
ledger and the stores are, it does not say again.
"""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from machimori.kernel.errors import MachimoriError, MalformedError, UsageError
from machimori.kernel.ids import ClassId, check_name
from machimori.ledger.postgres.home import Home
from machimori.office.shared.config import OfficeConfig
from machimori.recorder.config import RecorderConfig

_T = TypeVar("_T")

_RUN = {
    *("office", "vault", "expiry", "workers", "expire_every", "carry_every", "keys_every"),
    "rehearsal_clock",
}
_RECORDER = {"config", "classes"}


@dataclass(frozen=True, kw_only=True)
class RecorderPart:
    """A recorder on this machine."""

    path: Path
    """Its own TOML file."""
    config: RecorderConfig
    classes: tuple[ClassId, ...]
    """Retention classes whose key bundles are brought to it from the vault; none named: all."""


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """An installation. Paths are absolute; times are seconds."""

    path: Path
    office: OfficeConfig
    ledger: Home
    vault: Path
    """The vault's home."""
    expiry: Path
    """Expiry's own directory: signing key, outbox, position."""
    recorders: tuple[RecorderPart, ...]
    workers: int
    """Processes that answer for the pages."""
    expire_every: float
    carry_every: float
    keys_every: float
    rehearsal_clock: Path | None = None
    """From which a vault that was made for rehearsals takes its time; a demo's has one."""

    @classmethod
    def load(cls, path: Path) -> "RunConfig":
        """Read the file and what it names. Raises UsageError that names file, table and member."""
        try:
            source = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError("is not TOML in UTF-8", where=str(path)) from error
        try:
            return _parse(source, path.resolve())
        except MachimoriError as error:
            raise UsageError(
                error.message, where=f"{path}: {error.where}", remedy=error.remedy
            ) from error


def _parse(source: dict[str, Any], path: Path) -> RunConfig:
    _only(source, {"run", "recorder"}, "table")
    table = source.get("run")
    if not isinstance(table, dict):
        raise UsageError("is missing", where="[run]")
    _only(table, _RUN, "[run]")
    base = path.parent
    office = _within("[run] office", OfficeConfig.read, _path(table, "office", base, "[run]"))
    vault = _path(table, "vault", base, "[run]")
    if not vault.is_dir():
        raise UsageError(
            "there is no vault here", where="[run] vault", remedy="`machimori vault init`"
        )
    recorders = source.get("recorder", [])
    if not isinstance(recorders, list) or not all(isinstance(item, dict) for item in recorders):
        raise UsageError("each recorder is a table [[recorder]]", where="recorder")
    parts = tuple(_recorder(item, base) for item in recorders)
    names = [part.config.id for part in parts]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(f"two recorders are called {twice[0]}", where="[[recorder]] config")
    return RunConfig(
        path=path,
        office=office,
        ledger=_within("[run] office: ledger", Home.read, office.ledger),
        vault=vault,
        expiry=_path(table, "expiry", base, "[run]"),
        recorders=parts,
        workers=int(_number(table, "workers", 1, 1, 32, whole=True)),
        expire_every=_number(table, "expire_every", 3600, 1, 86_400),
        carry_every=_number(table, "carry_every", 5, 0.1, 3600),
        keys_every=_number(table, "keys_every", 3600, 1, 86_400),
        rehearsal_clock=_path(table, "rehearsal_clock", base, "[run]")
        if "rehearsal_clock" in table
        else None,
    )


def _recorder(table: dict[str, Any], base: Path) -> RecorderPart:
    _only(table, _RECORDER, "[[recorder]]")
    path = _path(table, "config", base, "[[recorder]]")
    config = _within("[[recorder]] config", RecorderConfig.load, path)
    names = table.get("classes", [])
    if not isinstance(names, list):
        raise UsageError("is not a list of names", where="[[recorder]] classes")
    try:
        classes = tuple(ClassId(check_name(name, what="class")) for name in names)
    except (MalformedError, TypeError) as error:
        raise UsageError("is not a list of names", where="[[recorder]] classes") from error
    return RecorderPart(path=path, config=config, classes=classes)


def _within(where: str, read: Callable[[Path], _T], path: Path) -> _T:
    try:
        return read(path)
    except MachimoriError as error:
        raise UsageError(
            error.message, where=f"{where}: {error.where}", remedy=error.remedy
        ) from error


def _only(table: dict[str, Any], known: set[str], where: str) -> None:
    if unknown := sorted(set(table) - known):
        raise UsageError("is not known here", where=f"{where} {unknown[0][:40]}")


def _path(table: dict[str, Any], name: str, base: Path, where: str) -> Path:
    value = table.get(name)
    if value is None:
        raise UsageError("is missing", where=f"{where} {name}")
    if not isinstance(value, str) or not value:
        raise UsageError("is not a path", where=f"{where} {name}")
    return (base / value).resolve()


def _number(
    table: dict[str, Any],
    name: str,
    default: float,
    least: float,
    most: float,
    *,
    whole: bool = False,
) -> float:
    value = table.get(name, default)
    kinds = (int,) if whole else (int, float)
    if not isinstance(value, kinds) or isinstance(value, bool) or not least <= value <= most:
        kind = "a whole number" if whole else "a number"
        raise UsageError(f"is not {kind} from {least:g} to {most:g}", where=f"[run] {name}")
    return float(value)
