# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which clip a camera plays, rendered at first need and shared."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from machimori.simcity.clips import Clip, ClipSpec, render
from machimori.simcity.faults import CLIP_FAULTS, Arguments
from machimori.simcity.runs import Reel


class Library:
    """Clips and their reels of one city. A clip is rendered in a thread, streaming goes on."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._pool = ThreadPoolExecutor(max_workers=2)
        self._clips: dict[ClipSpec, asyncio.Future[Clip]] = {}
        self._reels: dict[tuple[ClipSpec, int], Reel] = {}

    async def clip(self, spec: ClipSpec) -> Clip:
        """The clip of `spec`, rendered once however many ask at a time."""
        loop = asyncio.get_running_loop()
        if spec not in self._clips:
            self._clips[spec] = loop.run_in_executor(self._pool, render, spec, self._cache)
        return await self._clips[spec]

    async def reel(self, spec: ClipSpec, channel: int) -> Reel:
        """The clip of `spec`, cut for an interleaved channel."""
        await self.clip(spec)
        return self.reel_now(spec, channel)

    def reel_now(self, spec: ClipSpec, channel: int) -> Reel:
        """Like `reel`, of a clip that has been rendered."""
        key = (spec, channel)
        if key not in self._reels:
            self._reels[key] = Reel(self._clips[spec].result(), channel)
        return self._reels[key]

    def close(self) -> None:
        """Stop rendering."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def varied(spec: ClipSpec, faults: dict[str, Arguments]) -> ClipSpec:
    """What a camera with base clip `spec` plays under these faults."""
    for name in CLIP_FAULTS:
        if name not in faults:
            continue
        given = faults[name]
        if name == "resolution":
            spec = spec.varied(width=given["width"], height=given["height"])
        elif name == "long_gop":
            # The loop restarts with a key picture, so the loop is as long as the distance; small
            # and slow, or rendering it would take longer than a test may.
            seconds = float(given["seconds"])
            spec = spec.varied(
                seconds=seconds, rate=5, gop=round(seconds * 5), width=176, height=144
            )
        elif name == "b_frames":
            spec = spec.varied(b_frames=given["count"])
        else:
            spec = spec.varied(slices=given["count"])
    return spec
