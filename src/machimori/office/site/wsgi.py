# SPDX-License-Identifier: AGPL-3.0-or-later
"""The application that the server calls: Django behind the static files."""

import gc
import importlib
import logging
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.core.wsgi import get_wsgi_application
from whitenoise import WhiteNoise

from machimori.ledger.postgres.home import Home
from machimori.office.shared.config import OfficeConfig
from machimori.office.shared.engine import Engine, install
from machimori.office.site.settings import configure, static_directories, static_version

_FOR_EVER = 365 * 24 * 3600


def load(directory: str) -> Any:
    """The office in this directory, as a WSGI application. Configures this process.

    Raises OfficeConfigError, LedgerUnavailableError.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s office: %(message)s")
    config = OfficeConfig.read(Path(directory))
    home = Home.read(config.ledger)
    configure(config, conninfo=home.conninfo("office"))
    SessionStore.clear_expired()
    install(
        Engine.of(
            home=home,
            vault=config.vault,
            store=config.store,
            cases=config.cases,
            clock_shift=config.clock_shift,
        )
    )
    application = with_static_files(get_wsgi_application(), config)
    _set_aside()
    return application


def _set_aside() -> None:
    """Fetch every page's module now, and let Python not look through them for garbage: it did every
    twenty pages, for 150 ms in which this worker answered nobody. They live as long as it does."""
    importlib.import_module(settings.ROOT_URLCONF)
    gc.collect()
    gc.freeze()


def with_static_files(application: Any, config: OfficeConfig) -> WhiteNoise:
    """Static files under their digest's address, which may be cached for ever."""
    directories = static_directories(config)
    prefix = f"static/{static_version(directories)}/"
    served = WhiteNoise(
        application,
        max_age=_FOR_EVER,
        allow_all_origins=False,
        add_headers_function=_headers,
    )
    for directory in directories:
        served.add_files(str(directory), prefix=prefix)
    return served


def _headers(headers: Any, _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
