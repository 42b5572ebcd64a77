# SPDX-License-Identifier: AGPL-3.0-or-later
"""The vault's journal as the courier reads it: page by page, through the client."""

from machimori.vault.client.client import VaultClient


class VaultJournal:
    """Reads the journal of the vault that `client` speaks to."""

    page = 1000

    def __init__(self, client: VaultClient) -> None:
        self._client = client

    def length(self) -> int:
        """Records so far. Raises VaultUnavailableError."""
        return self._client.status().records

    def read(self, since: int) -> list[bytes]:
        """The ledger entries among records `since` to `since + 999`. VaultUnavailableError."""
        return self._client.journal(since)
