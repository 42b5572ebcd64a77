# SPDX-License-Identifier: AGPL-3.0-or-later
"""Key bundles in the recorder's directory: to which public key a camera's day is sealed.

Whoever carries bundles from the vault puts them into the directory as files `*.json`; the recorder
believes those that the pinned vault key signed. A day's bundles are parsed when that day is
sealed and let go afterwards: a thousand cameras' keys for a month would be 40 MB.
"""

import datetime as dt
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from machimori.kernel.errors import MachimoriError
from machimori.kernel.ids import CameraId, ClassId, KeyId
from machimori.kernel.signing import PublicKey
from machimori.recorder.ports import DayKey
from machimori.vault.sealing.bundle import KeyBundle
from machimori.vault.sealing.seal import SealingKey

log = logging.getLogger(__name__)

ALARMS = (14, 7, 3, 1)
"""Days of keys left at which an alarm is raised."""
_DAYS_KEPT = 2


@dataclass(frozen=True, kw_only=True)
class _Seen:
    size: int
    changed: int
    day: str
    serial: int
    cameras: frozenset[str]


class BundleDirectory:
    """The keys in one directory. Safe for several threads.

    A camera's retention class is the one whose bundle has its key: the vault decides it.
    """

    def __init__(self, directory: Path, *, vault: PublicKey) -> None:
        self._directory = directory
        self._vault = vault
        self._lock = threading.Lock()
        self._seen: dict[str, _Seen] = {}
        self._refused: set[tuple[str, int, int]] = set()
        self._loaded: dict[str, dict[CameraId, tuple[ClassId, KeyId, bytes]]] = {}
        self.rescan()

    def find(self, camera: CameraId, day: dt.date) -> DayKey | None:
        """The key of that camera's day; None if no trusted bundle has one."""
        text = day.isoformat()
        with self._lock:
            keys = self._loaded.get(text)
            if keys is None:
                keys = self._load(text)
            found = keys.get(camera)
        if found is None:
            return None
        retention_class, key, public = found
        return DayKey(retention_class=retention_class, key=key, sealing=SealingKey(public))

    def rescan(self) -> None:
        """Look for new bundles. Reads and verifies only files that have changed."""
        with self._lock:
            present: dict[str, _Seen] = {}
            for path in sorted(self._directory.glob("*.json")):
                status = path.stat()
                before = self._seen.get(path.name)
                place = (path.name, status.st_size, status.st_mtime_ns)
                if before and (before.size, before.changed) == place[1:]:
                    present[path.name] = before
                    continue
                if place in self._refused:
                    continue
                try:
                    bundle = KeyBundle.verified(path.read_bytes(), self._vault)
                except MachimoriError as error:
                    log.error("key bundle %s refused: %s", path.name, error)
                    self._refused.add(place)
                    continue
                present[path.name] = _Seen(
                    size=status.st_size,
                    changed=status.st_mtime_ns,
                    day=bundle.day,
                    serial=bundle.serial,
                    cameras=frozenset(k.camera for k in bundle.keys),
                )
                self._loaded.pop(bundle.day, None)
            self._seen = present

    def days_left(self, camera: CameraId, today: dt.date) -> int:
        """Whole days after today with a key, up to the first without; -1: there is none today."""
        with self._lock:
            days = {seen.day for seen in self._seen.values() if camera in seen.cameras}
        left = -1
        while (today + dt.timedelta(days=left + 1)).isoformat() in days:
            left += 1
        return left

    def _load(self, day: str) -> dict[CameraId, tuple[ClassId, KeyId, bytes]]:
        """The keys of one day; a bundle with a higher serial replaces what it repeats."""
        files = sorted((seen.serial, name) for name, seen in self._seen.items() if seen.day == day)
        keys: dict[CameraId, tuple[ClassId, KeyId, bytes]] = {}
        for _, name in files:
            try:
                bundle = KeyBundle.verified((self._directory / name).read_bytes(), self._vault)
            except (MachimoriError, OSError) as error:
                log.error("key bundle %s refused: %s", name, error)
                continue
            keys.update({k.camera: (bundle.retention_class, k.key, k.public) for k in bundle.keys})
        while len(self._loaded) >= _DAYS_KEPT:
            del self._loaded[min(self._loaded)]
        self._loaded[day] = keys
        return keys


class KeyAlarm:
    """Says that some camera's keys run out: once at each level of `ALARMS`, not at each look."""

    def __init__(
        self,
        keys: BundleDirectory,
        cameras: Callable[[], Sequence[CameraId]],
        on_event: Callable[[str, str], None],
    ) -> None:
        self._keys = keys
        self._cameras = cameras
        self._on_event = on_event
        self._level = 0

    def look(self, today: dt.date) -> None:
        """Compare the camera with the fewest days of keys after `today` with the levels."""
        cameras = self._cameras()
        if not cameras:
            return
        left = min(self._keys.days_left(camera, today) for camera in cameras)
        level = next((days for days in reversed(ALARMS) if left <= days), 0)
        if level and level != self._level:
            self._on_event("keys_run_out", f"keys for {max(left, 0)} more days")
        self._level = level
