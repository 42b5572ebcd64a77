# SPDX-License-Identifier: AGPL-3.0-or-later
"""Instants as the database writes them, read by Python's own function for ISO 8601.

Django has psycopg read each by a pattern: 4.2 µs instead of 0.7, and a first page reads a thousand.
"""

import datetime as dt
from typing import Any

from psycopg.abc import Buffer
from psycopg.types.datetime import TimestamptzLoader


class InstantLoader(TimestamptzLoader):
    """Reads a `timestamptz` of a connection in UTC."""

    timezone = dt.UTC
    """By which Django sees that it needs none of its own."""

    def load(self, data: Buffer) -> dt.datetime:
        """An aware datetime. Raises DataError for what none can be."""
        try:
            return dt.datetime.fromisoformat(bytes(data).decode())
        except ValueError:
            return super().load(data)


def install(connection: Any, **_signal: Any) -> None:
    """For Django's signal `connection_created`."""
    connection.connection.adapters.register_loader("timestamptz", InstantLoader)
