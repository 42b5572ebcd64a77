# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ledger in PostgreSQL: embedded server, schema and roles, sequencer, reader."""

from machimori.ledger.postgres.client import Ledger
from machimori.ledger.postgres.pending import append

__all__ = ["Ledger", "append"]
