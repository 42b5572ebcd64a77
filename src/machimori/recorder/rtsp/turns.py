# SPDX-License-Identifier: AGPL-3.0-or-later
"""Start-up storms: a thousand cameras come back at once and must not all be talked to at once.

A handshake takes one of a few turns, and a slow one gives its turn up before it is done: it only
waits then, which costs nothing, and a hundred cameras that hang keep none of the others waiting.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

LIMIT = 50
"""Turns at a time."""
PATIENCE = 0.25
"""Seconds for which a handshake keeps its turn. One on a local line takes 0.02 s."""


class Turns:
    """For one event loop."""

    def __init__(self, *, limit: int = LIMIT, patience: float = PATIENCE) -> None:
        self._free = asyncio.Semaphore(limit)
        self._patience = patience

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Wait for a turn; it ends with the block or when patience does, whichever is first."""
        await self._free.acquire()
        held = True

        def end() -> None:
            nonlocal held
            if held:
                held = False
                self._free.release()

        timer = asyncio.get_running_loop().call_later(self._patience, end)
        try:
            yield
        finally:
            timer.cancel()
            end()
