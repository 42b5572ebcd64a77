# SPDX-License-Identifier: AGPL-3.0-or-later
import asyncio
import time

from machimori.recorder.rtsp.turns import Turns


def test_no_more_than_the_limit_at_a_time() -> None:
    running = most = 0

    async def act(turns: Turns) -> None:
        nonlocal running, most
        async with turns.one():
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.001)
            running -= 1

    async def all_of() -> None:
        turns = Turns(limit=3, patience=10)
        await asyncio.gather(*(act(turns) for _ in range(30)))

    asyncio.run(all_of())
    assert most == 3


def test_who_hangs_keeps_nobody_waiting() -> None:
    async def all_of() -> float:
        turns = Turns(limit=2, patience=0.05)

        async def hang() -> None:
            async with turns.one():
                await asyncio.sleep(30)

        hanging = [asyncio.create_task(hang()) for _ in range(4)]
        await asyncio.sleep(0)
        started = time.monotonic()
        async with turns.one():
            waited = time.monotonic() - started
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)
        # Every turn was given back once, not twice.
        async with turns.one(), turns.one():
            assert turns._free.locked()
        return waited

    assert 0.05 < asyncio.run(all_of()) < 5
