# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every page is given, and the form of an ordinary answer."""

import datetime as dt
from typing import Any

from django.http import HttpRequest

from machimori.kernel.instants import local_day
from machimori.office.shared.config import config
from machimori.office.shared.engine import engine


def today() -> dt.date:
    """Today, by the engine's clock and Tokyo's calendar."""
    return local_day(engine().clock.now())


def page(request: HttpRequest) -> dict[str, Any]:
    """The context of `shared/base.html`: who acts, what day it is, whether this is a demo."""
    return {
        "acting": getattr(request, "acting", None),
        "today": today(),
        "demo": config().demo,
    }
