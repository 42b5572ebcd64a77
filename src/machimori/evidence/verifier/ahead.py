# SPDX-License-Identifier: AGPL-3.0-or-later
"""Run an iterator in another thread, a few items ahead of who consumes it.

Reading, decrypting and hashing let other threads run; de-packetising does not. Side by side they
take the time of the longer, not of both. In a browser Python has no threads, and one follows the
other.
"""

import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

THREADS: Final = sys.platform not in ("emscripten", "wasi")
"""Whether this Python can start threads (PEP 11)."""
_T = TypeVar("_T")
_SWITCH = 0.00005
"""Seconds until a thread that wants to go on gets its turn: the usual 5 ms would leave the hashing
thread waiting for most of its time."""


@dataclass(frozen=True)
class _Failed:
    error: BaseException


class _Line(Generic[_T]):
    def __init__(self, items: Iterator[_T], depth: int) -> None:
        self.queue: queue.Queue[_T | _Failed | None] = queue.Queue(depth)
        self.stopped = threading.Event()
        self._items = items
        self.thread = threading.Thread(target=self._run, name="ahead", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        end: _Failed | None = None
        try:
            for item in self._items:
                self.queue.put(item)
                if self.stopped.is_set():
                    break
        except BaseException as error:  # raised again where the item was awaited
            end = _Failed(error)
        self.queue.put(end)


def ahead(items: Iterator[_T], *, depth: int = 4) -> Iterator[_T]:
    """The same items and the same exception, made up to `depth` items before they are asked for."""
    if not THREADS:
        yield from items
        return
    line = _Line(items, depth)
    try:
        while (item := line.queue.get()) is not None:
            if isinstance(item, _Failed):
                raise item.error
            yield item
    finally:
        line.stopped.set()
        while line.thread.is_alive():
            try:
                line.queue.get(timeout=0.01)
            except queue.Empty:
                continue
        line.thread.join()


@contextmanager
def quick_turns() -> Iterator[None]:
    """Let threads take turns more often than usual."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
