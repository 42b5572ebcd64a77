# SPDX-License-Identifier: AGPL-3.0-or-later
"""How the parts of the installation are, each read by a function that never fails: a part that does
not answer is a reading too."""

import datetime as dt
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from django.db import DatabaseError, connection

from machimori.kernel.errors import MachimoriError
from machimori.kernel.instants import Micros, instant
from machimori.office.shared.config import config
from machimori.vault.client.client import Status, VaultClient

_PATIENCE: Final = 2.0
"""Seconds for the vault: a page does not hang with it."""


@dataclass(frozen=True, kw_only=True)
class Space:
    """A file system below some of the installation's directories."""

    names: tuple[str, ...]
    free: int
    """Bytes."""
    total: int


@dataclass(frozen=True, kw_only=True)
class Outbox:
    """Entries that wait for the ledger."""

    waiting: int
    oldest: dt.datetime | None


@dataclass(frozen=True, kw_only=True)
class Workers:
    """The office's jobs."""

    alive: int
    """Workers whose heart beat within the last half minute."""
    waiting: int
    failed: int


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """Entries by what became of them."""

    pending: int
    oldest: dt.datetime | None
    rejected: int


def vault() -> Status | None:
    """The vault's own status; None if it does not answer."""
    try:
        with VaultClient(config().vault, patience=_PATIENCE) as client:
            return client.status()
    except (MachimoriError, OSError):
        return None


def spaces() -> list[Space]:
    """Free space, each file system once."""
    office = config()
    named = {"store": office.store, "cases": office.cases, "ledger": office.ledger}
    found: dict[int, tuple[list[str], Path]] = {}
    for name, path in named.items():
        if path.is_dir():
            found.setdefault(path.stat().st_dev, ([], path))[0].append(name)
    return [
        Space(names=tuple(names), free=usage.free, total=usage.total)
        for names, path in found.values()
        for usage in (shutil.disk_usage(path),)
    ]


def missing() -> list[str]:
    """Directories that are not there: a disk that is not mounted."""
    office = config()
    named = {"store": office.store, "cases": office.cases}
    return [name for name, path in named.items() if not path.exists()]


def certificate() -> dt.datetime | None:
    """When the server's certificate ends; None if the office is served without one.

    A file that is missing or cannot be read has ended long ago.
    """
    path = config().certificate
    if path is None:
        return None
    try:
        return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return dt.datetime.fromtimestamp(0, dt.UTC)


def outboxes(recorders: list[Path]) -> Outbox:
    """What recorders and expiry have noted and the courier has not carried yet."""
    expiry = config().expiry
    places = [*recorders, *([expiry] if expiry else [])]
    times = [at for place in places for at in _times(place / "outbox")]
    oldest = dt.datetime.fromtimestamp(min(times), dt.UTC) if times else None
    return Outbox(waiting=len(times), oldest=oldest)


def _times(directory: Path) -> Iterator[float]:
    try:
        for path in directory.glob("*.json"):
            yield path.stat().st_mtime
    except OSError:
        return  # carried while we looked


def database() -> tuple[Workers, Ledger, dt.datetime | None] | None:
    """What waits in the queue of jobs and in the ledger, and when somebody last opened the vault or
    practised it, by one question; None if the database does not answer it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT (SELECT count(*) FROM jobs.procrastinate_workers"
                "        WHERE last_heartbeat > now() - interval '30 seconds'),"
                "       (SELECT count(*) FROM office.jobs_progress"
                "        WHERE state IN ('waiting', 'running')),"
                "       (SELECT count(*) FROM office.jobs_progress WHERE state = 'failed'),"
                "       (SELECT count(*) FROM ledger.pending),"
                "       (SELECT (convert_from(body, 'UTF8')::json ->> 'at')::bigint"
                "        FROM ledger.pending ORDER BY seq LIMIT 1),"
                "       (SELECT count(*) FROM ledger.rejected),"
                "       (SELECT at FROM office.operation_attempt"
                "        WHERE succeeded ORDER BY at DESC LIMIT 1)"
            )
            alive, waiting, failed, pending, oldest, rejected, opened = cursor.fetchone()
    except DatabaseError:
        return None
    behind = Ledger(
        pending=pending,
        oldest=None if oldest is None else instant(Micros(oldest)),
        rejected=rejected,
    )
    return Workers(alive=alive, waiting=waiting, failed=failed), behind, opened
