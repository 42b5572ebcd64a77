# SPDX-License-Identifier: AGPL-3.0-or-later
"""Django's settings, made from one OfficeConfig; no module of settings, no environment."""

import hashlib
import logging
from functools import cache
from pathlib import Path
from typing import Any

import django
from django.conf import settings as django_settings
from django.db.backends.signals import connection_created
from psycopg.conninfo import conninfo_to_dict

from machimori.office.shared.config import OfficeConfig
from machimori.office.site import declared, instants

_PACKAGE = Path(__file__).resolve().parent.parent


def static_directories(config: OfficeConfig) -> tuple[Path, ...]:
    """Our own static files, then those that set-up took from npm."""
    return (_PACKAGE / "shared" / "static", config.static or _PACKAGE / "static_npm")


@cache
def static_version(directories: tuple[Path, ...]) -> str:
    """A digest of all static files: it stands in their addresses, so that they may be cached."""
    digest = hashlib.sha256()
    for directory in directories:
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                digest.update(str(path.relative_to(directory)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def settings(config: OfficeConfig, *, conninfo: str) -> dict[str, Any]:
    """All settings of the process that connects with `conninfo`."""
    values = {name: getattr(declared, name) for name in dir(declared) if name.isupper()}
    version = static_version(static_directories(config))
    return values | {
        "OFFICE": config,
        "SECRET_KEY": config.secret(),
        "ALLOWED_HOSTS": [config.host],
        "DATABASES": {"default": _database(conninfo)},
        "STATIC_URL": f"/static/{version}/",
        "SESSION_COOKIE_SECURE": config.tls,
        "CSRF_COOKIE_SECURE": config.tls,
        # The prefix forbids a neighbour under the same domain to plant a cookie (RFC 6265bis).
        "SESSION_COOKIE_NAME": "__Host-session" if config.tls else "session",
        "CSRF_COOKIE_NAME": "__Host-csrf" if config.tls else "csrf",
    }


_SESSION = "-c search_path=office,jobs -c random_page_cost=1.1"
"""What an office's connection says. Its tables lie in memory or on a solid-state disk: what
PostgreSQL assumes, a disk that turns, made it read all heads for the hundred of a first page."""


def _database(conninfo: str) -> dict[str, Any]:
    parts = conninfo_to_dict(conninfo)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", "machimori"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": str(parts.pop("port", "") or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **parts,
            "options": f"{parts.get('options', '')} {_SESSION}".strip(),
        },
    }


def configure(config: OfficeConfig, *, conninfo: str) -> None:
    """Set this process up for Django. Once per process; a second time is an error of Django's."""
    silent = logging.getLogger("django")
    silent.addHandler(logging.NullHandler())
    silent.propagate = False
    logging.getLogger("fido2").setLevel(logging.WARNING)
    django_settings.configure(**settings(config, conninfo=conninfo))
    django.setup()
    connection_created.connect(instants.install, dispatch_uid=instants.__name__)
