# SPDX-License-Identifier: AGPL-3.0-or-later
"""What runs in an installation, as data: a further process is one more `Member` in `members`."""

import socket
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from machimori.cli.running.config import RecorderPart, RunConfig
from machimori.kernel.errors import MachimoriError
from machimori.vault.client.client import VaultClient

_PROBE_SECONDS = 2


@dataclass(frozen=True, kw_only=True)
class Member:
    """A command of `machimori` that is kept running, or, with `every`, run again and again."""

    name: str
    command: tuple[str, ...]
    """Words after `machimori`."""
    needs: tuple[str, ...] = ()
    """Members that are ready before this one is started, each time."""
    ready: Callable[[], bool] = lambda: True
    """Whether it does its work; asked until it says yes. Returns within seconds, never raises."""
    every: float | None = None
    """Seconds between two runs of a command that ends by itself; None: it is not to end."""


def members(config: RunConfig) -> tuple[Member, ...]:
    """Everything that runs, in the order in which it starts; it ends in the opposite order.

    A recorder needs nobody: after a power cut it records before the database is up and while the
    vault is shut. It ends before the courier, so that its last entries can still be carried.
    """
    office = config.office
    socket_ = ("--socket", str(office.vault))
    stores = ("--store", str(office.store), "--cases", str(office.cases))
    outboxes = [part.config.directory / "outbox" for part in config.recorders]
    outboxes.append(config.expiry / "outbox")
    rehearsal = config.rehearsal_clock
    clock = ("--rehearsal-clock", str(rehearsal)) if rehearsal else ()
    ledger = "serve" if config.ledger.database is None else "sequence"
    return (
        Member(
            name="ledger",
            command=("ledger", ledger, "--directory", str(office.ledger)),
            ready=lambda: _database_answers(config),
        ),
        Member(
            name="vault",
            command=("vault", "serve", "--home", str(config.vault), *socket_, *clock),
            ready=lambda: _vault_answers(config),
        ),
        Member(
            name="courier",
            command=(
                *("ledger", "courier", "--directory", str(office.ledger)),
                *("--vault", str(office.vault), "--every", str(config.carry_every)),
                *(word for outbox in outboxes for word in ("--outbox", str(outbox))),
            ),
            needs=("ledger", "vault"),
        ),
        *(
            Member(
                name=_recorder(part),
                command=("record", "--config", str(part.path)),
                ready=lambda part=part: _listens(part.config.listen),  # type: ignore[misc]
            )
            for part in config.recorders
        ),
        Member(
            name="keys",
            command=("vault", "make-keys", *socket_),
            needs=("vault",),
            every=config.keys_every,
        ),
        *(
            Member(
                name=f"{_recorder(part)}-keys-{name}",
                command=(
                    *("vault", "bundles", "--class", name, *socket_),
                    *("--out", str(part.config.keys)),
                ),
                needs=("vault",),
                every=config.keys_every,
            )
            for part in config.recorders
            for name in part.classes
        ),
        *(
            Member(
                name=f"{_recorder(part)}-keys",
                command=("vault", "bundles", *socket_, "--out", str(part.config.keys)),
                needs=("vault",),
                every=config.keys_every,
            )
            for part in config.recorders
            if not part.classes
        ),
        Member(
            name="expiry",
            command=(
                *("footage", "expire", "--directory", str(config.expiry)),
                *("--vault", str(office.vault), *stores),
            ),
            needs=("vault",),
            every=config.expire_every,
        ),
        Member(
            name="web",
            command=(
                *("office", "serve", "--directory", str(office.directory)),
                *("--workers", str(config.workers), "--without-database"),
            ),
            needs=("ledger",),
            ready=lambda: _listens((office.address, office.port)),
        ),
        Member(
            name="worker",
            command=("office", "work", "--directory", str(office.directory)),
            # The web server has brought the tables up to date.
            needs=("web",),
        ),
    )


def _recorder(part: RecorderPart) -> str:
    return f"recorder-{part.config.id}"


def _database_answers(config: RunConfig) -> bool:
    try:
        # The web server's role: only when it may come in is the database of use to it.
        psycopg.connect(config.ledger.conninfo("office"), connect_timeout=_PROBE_SECONDS).close()
    except (psycopg.OperationalError, MachimoriError):
        return False
    return True


def _vault_answers(config: RunConfig) -> bool:
    try:
        with VaultClient(config.office.vault) as vault:
            vault.status()
    except MachimoriError:
        return False
    return True


def _listens(address: tuple[str, int] | None) -> bool:
    if address is None or address[1] == 0:
        # It serves no health anywhere, or where only it knows.
        return True
    try:
        socket.create_connection(address, timeout=_PROBE_SECONDS).close()
    except OSError:
        return False
    return True
