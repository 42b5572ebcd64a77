# SPDX-License-Identifier: AGPL-3.0-or-later
"""Only bundles of the pinned vault count; later serials replace earlier ones."""

import datetime as dt
from pathlib import Path

from machimori.kernel.ids import CameraId
from machimori.kernel.signing import SigningKey
from machimori.recorder.keys import BundleDirectory, KeyAlarm
from machimori.recorder.testing import write_bundle

TODAY = dt.date(2026, 11, 21)
CAMERA = CameraId("cam-0001")
VAULT = SigningKey(bytes(range(32)))


def test_days_left_counts_to_the_first_missing_day(tmp_path: Path) -> None:
    for offset in (0, 1, 2, 4):
        write_bundle(tmp_path, VAULT, TODAY + dt.timedelta(days=offset), (CAMERA,))
    keys = BundleDirectory(tmp_path, vault=VAULT.public)
    assert keys.days_left(CAMERA, TODAY) == 2
    assert keys.days_left(CameraId("other"), TODAY) == -1
    write_bundle(tmp_path, VAULT, TODAY + dt.timedelta(days=3), (CAMERA,))
    keys.rescan()
    assert keys.days_left(CAMERA, TODAY) == 4


def test_a_bundle_of_another_vault_is_refused(tmp_path: Path) -> None:
    write_bundle(tmp_path, SigningKey.generate(), TODAY, (CAMERA,))
    keys = BundleDirectory(tmp_path, vault=VAULT.public)
    assert keys.find(CAMERA, TODAY) is None
    write_bundle(tmp_path, VAULT, TODAY, (CAMERA,), serial=1)
    keys.rescan()
    found = keys.find(CAMERA, TODAY)
    assert found is not None
    assert found.key == "cam-0001/2026-11-21/1"


def test_a_later_serial_replaces_the_cameras_that_it_repeats(tmp_path: Path) -> None:
    other = CameraId("cam-0002")
    write_bundle(tmp_path, VAULT, TODAY, (CAMERA, other))
    keys = BundleDirectory(tmp_path, vault=VAULT.public)
    write_bundle(tmp_path, VAULT, TODAY, (CAMERA,), serial=1)
    keys.rescan()
    ids = [found.key for name in (CAMERA, other) if (found := keys.find(name, TODAY))]
    assert ids == ["cam-0001/2026-11-21/1", "cam-0002/2026-11-21/0"]


def test_running_out_is_said_once_at_each_level(tmp_path: Path) -> None:
    for offset in range(10):
        write_bundle(tmp_path, VAULT, TODAY + dt.timedelta(days=offset), (CAMERA,))
    keys = BundleDirectory(tmp_path, vault=VAULT.public)
    said: list[tuple[str, str]] = []
    alarm = KeyAlarm(keys, lambda: [CAMERA], lambda event, detail: said.append((event, detail)))
    for passed in range(11):
        alarm.look(TODAY + dt.timedelta(days=passed))
    assert said == [("keys_run_out", f"keys for {left} more days") for left in (9, 7, 3, 1)]
    for offset in range(10, 40):
        write_bundle(tmp_path, VAULT, TODAY + dt.timedelta(days=offset), (CAMERA,))
    keys.rescan()
    alarm.look(TODAY + dt.timedelta(days=10))
    assert len(said) == 4
    alarm.look(TODAY + dt.timedelta(days=38))
    assert said[4:] == [("keys_run_out", "keys for 1 more days")]
