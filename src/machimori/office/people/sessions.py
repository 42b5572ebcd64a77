# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sessions in the database, as Django keeps them; read by one statement written by hand, because
every request reads one."""

from typing import Any, Final

from django.contrib.sessions.backends import db
from django.db import connection
from django.utils import timezone

_READ: Final = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"


class SessionStore(db.SessionStore):
    """Django's, but for how it is read."""

    def load(self) -> dict[str, Any]:
        """What the session holds; nothing, and no key, if there is no such session any more."""
        with connection.cursor() as cursor:
            cursor.execute(_READ, [self.session_key, timezone.now()])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        found: dict[str, Any] = self.decode(row[0])
        return found
