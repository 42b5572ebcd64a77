# SPDX-License-Identifier: AGPL-3.0-or-later
"""What happened to the recorder as a whole, for the log, for health, and for whoever is called."""

import logging
import threading
from collections import Counter, deque

from machimori.kernel.canonical import Json
from machimori.kernel.instants import Micros, rfc3339

log = logging.getLogger("machimori.recorder")

KEPT = 100


class Events:
    """The last events, and how often each kind came. Safe for several threads."""

    def __init__(self) -> None:
        self._recent: deque[tuple[Micros, str, str, str]] = deque(maxlen=KEPT)
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()

    def add(self, event: str, detail: str, *, now: Micros, camera: str = "") -> None:
        """Note an event; it is logged as well."""
        with self._lock:
            self._recent.append((now, event, camera, detail))
            self.counts[event] += 1
        log.warning("%s %s %s", event, camera or "-", detail)

    def recent(self) -> list[Json]:
        """The last events as JSON, oldest first."""
        with self._lock:
            found = list(self._recent)
        return [
            {"at": rfc3339(at), "event": event, "camera": camera, "detail": detail}
            for at, event, camera, detail in found
        ]
