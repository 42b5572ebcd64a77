# SPDX-License-Identifier: AGPL-3.0-or-later
"""The sequencer as a process: connects, sequences, connects again after the database was away.

    python -m machimori.ledger.postgres.process <directory>

It stops for good, with its error's exit code, only if the signer refuses (rollback) or the disk
does; a database that does not answer is waited for.
"""

import logging
import os
import sys
from pathlib import Path

import psycopg

from machimori.kernel.clock import Clock, SystemClock
from machimori.kernel.durable import Disk
from machimori.kernel.errors import MachimoriError
from machimori.ledger.postgres.home import Home
from machimori.ledger.postgres.sequencer import INTERVAL, Sequencer

RETRY = 0.2
"""Seconds before the database is tried again."""

_log = logging.getLogger(__name__)


def run(home: Home, clock: Clock, *, interval: float = INTERVAL) -> None:
    """Sequence until the process ends. Raises RollbackError, DurabilityError."""
    with home.signer(Disk()) as signer:
        while True:
            try:
                with psycopg.connect(
                    home.conninfo("sequencer"), autocommit=True, connect_timeout=5
                ) as connection:
                    sequencer = Sequencer(connection, signer, clock)
                    _log.info("sequencing from entry %d", sequencer.size)
                    sequencer.run(interval)
            except psycopg.Error as error:
                _log.warning(
                    "the database is away (%s); trying again",
                    error.sqlstate or type(error).__name__,
                )
                clock.sleep(RETRY)


def main(directory: str) -> int:
    """Run as a process of its own. Ends with the parent, if the parent asks for that."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s sequencer: %(message)s")
    try:
        run(Home.read(Path(directory)), SystemClock())
    except MachimoriError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a process's last words
        return error.exit_code
    except KeyboardInterrupt:
        pass
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
