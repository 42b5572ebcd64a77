# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the running web process may do with a table: part of the model, enforced by the database.

A model says it in `grants`; `site/database.py` turns that into GRANT. A model that says nothing
is refused there, so that no table is writable because somebody forgot. Reading is always granted.
Nothing may be deleted unless the model says so, and an update names its columns: `save()` needs
`update_fields`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Grants:
    """Beyond SELECT."""

    insert: bool = True
    update: tuple[str, ...] = ()
    """Columns (of the database: `person_id`, not `person`)."""
    delete: bool = False


FACT = Grants()
"""Inserted once, never changed: facts and registers."""
