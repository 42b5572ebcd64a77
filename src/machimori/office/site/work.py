# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori office work`: a process that does the office's jobs. Any number of them may run."""

import importlib
import logging
from pathlib import Path

from machimori.ledger.postgres.home import Home
from machimori.office.shared.config import OfficeConfig
from machimori.office.shared.engine import Engine, install
from machimori.office.site.settings import configure


def set_up(directory: Path) -> str:
    """Make this process one of the office's; the connection string of the office's role.

    Raises OfficeConfigError, LedgerUnavailableError.
    """
    config = OfficeConfig.read(directory)
    home = Home.read(config.ledger)
    conninfo = home.conninfo("office")
    configure(config, conninfo=conninfo)
    install(
        Engine.of(
            home=home,
            vault=config.vault,
            store=config.store,
            cases=config.cases,
            clock_shift=config.clock_shift,
        )
    )
    return conninfo


def work(directory: Path, *, concurrency: int = 2) -> None:
    """Do jobs until SIGTERM or Ctrl-C. The database runs elsewhere (`serve`, or a server).

    Raises what `set_up` does.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s office work: %(message)s")
    conninfo = set_up(directory)
    # Models can be imported only once this process is configured.
    worker = importlib.import_module("machimori.office.jobs.worker")
    worker.work(conninfo, concurrency=concurrency)
