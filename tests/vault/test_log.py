# SPDX-License-Identifier: AGPL-3.0-or-later
"""The log and its copies: a place may fail, home may not, and a wrong disk says so."""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from machimori.kernel.clock import SystemClock
from machimori.kernel.durable import Disk, Moment
from machimori.kernel.errors import DurabilityError
from machimori.kernel.ids import CameraId
from machimori.kernel.instants import Micros
from machimori.ledger.entry import Entry
from machimori.vault.client.testing import rules
from machimori.vault.errors import VaultDurabilityError, VaultRefusedError, VaultUnavailableError
from machimori.vault.opening.clocks import KernelClockStatus
from machimori.vault.opening.testing import SECOND, SEVEN_DAYS, Rig
from machimori.vault.opening.vault import Vault

DAY = 24 * 3600


class FullDisk(Disk):
    """Fails to sync below one directory while it is `full`."""

    def __init__(self) -> None:
        super().__init__(self._step)
        self.full: Callable[[Path], bool] = lambda path: False

    def _step(self, step: str, path: Path, moment: Moment) -> None:
        if moment == "before" and self.full(path):
            raise DurabilityError(f"{step} failed: {errno.ENOSPC}", where=str(path))


def test_a_full_place_does_not_stop_the_vault_and_is_brought_up_later(tmp_path: Path) -> None:
    disk = FullDisk()
    rig = Rig(tmp_path, disk=disk)
    disk.full = lambda path: "second" in path.parts
    segment = rig.segment()
    assert rig.release(rig.authorise(segment), segment).sealed
    homes = [path / "vault.log" for path in (rig.home, *rig.places.values())]
    assert homes[1].read_bytes() == homes[0].read_bytes()
    disk.full = lambda path: False
    rig.restart()
    assert homes[2].read_bytes() == homes[0].read_bytes()
    rig.vault.close()


def test_with_home_full_nothing_is_released_and_nothing_more_is_written(tmp_path: Path) -> None:
    disk = FullDisk()
    rig = Rig(tmp_path, disk=disk)
    segment = rig.segment()
    envelope = rig.authorise(segment)
    request = rig.request(envelope, segment)
    disk.full = lambda path: path == rig.home / "vault.log"
    with pytest.raises(DurabilityError):
        rig.vault.release(request)
    disk.full = lambda path: False
    with pytest.raises(VaultDurabilityError, match="could not be written before"):
        rig.release(rig.authorise(segment), segment)
    rig.restart()
    # The opening may be in a place already: it counts as used.
    with pytest.raises(VaultRefusedError) as caught:
        rig.release(envelope, segment)
    assert caught.value.reason == "openings_used_up"
    rig.vault.close()


def test_after_a_defect_at_a_place_nothing_more_is_written(tmp_path: Path) -> None:
    disk = FullDisk()
    rig = Rig(tmp_path, disk=disk)

    def defect(path: Path) -> bool:
        if "second" in path.parts:
            raise RuntimeError("no disk does this")
        return False

    disk.full = defect
    with pytest.raises(RuntimeError, match="no disk does this"):
        rig.classify("cam-7")
    disk.full = lambda path: False
    with pytest.raises(VaultDurabilityError, match="could not be written before"):
        rig.classify("cam-8")
    rig.restart()
    rig.classify("cam-8")
    homes = [path / "vault.log" for path in (rig.home, *rig.places.values())]
    assert len({home.read_bytes() for home in homes}) == 1
    rig.vault.close()


def test_the_journal_is_entries_that_the_journal_key_attests(rig: Rig) -> None:
    entries = [Entry.decode(data) for data in rig.vault.journal(0)]
    kinds = {entry.type for entry in entries}
    assert kinds >= {"rules.adopted", "camera.classed", "recorder.enrolled", "bundle.issued"}
    assert len({entry.id for entry in entries}) == len(entries)
    assert all("attestation" in entry.data for entry in entries)
    assert rig.vault.journal(0) == rig.vault.journal(-5)


def test_status_counts_the_days_for_which_there_are_keys(rig: Rig) -> None:
    assert rig.vault.status()["bundled_days"] == 1
    rig.vault.make_keys(14)
    assert rig.vault.status()["bundled_days"] == 14
    rig.clock.advance(DAY)
    assert rig.vault.status()["bundled_days"] == 13


def test_a_camera_without_keys_is_an_error_and_an_alarm(rig: Rig) -> None:
    """Every place is away when a camera joins days that have keys already."""
    markers = {
        path / "place.json": (path / "place.json").read_bytes() for path in rig.places.values()
    }
    for marker in markers:
        marker.unlink()
    assert rig.vault.status()["bundled_days"] == 1
    rig.classify("cam-4")
    assert rig.vault.status()["bundled_days"] == -1
    with pytest.raises(VaultUnavailableError, match="cameras of 2 class-days") as caught:
        rig.vault.make_keys(1)
    assert caught.value.where == "day.two-weeks.2026-11-02"
    assert rig.bundle().key_of(CameraId("cam-4")) is None
    for marker, content in markers.items():
        marker.write_bytes(content)
    assert rig.vault.make_keys(1) == 2
    assert rig.vault.status()["bundled_days"] == 1
    assert rig.bundle().key_of(CameraId("cam-4"))


def test_one_epoch_that_is_away_does_not_keep_others_from_their_keys(rig: Rig) -> None:
    rig.classify("cam-4")
    for path in rig.places.values():
        (path / "day.two-weeks.2026-11-02.0.epoch").unlink()
    with pytest.raises(VaultUnavailableError, match=r"1 class-days .* \(5 key pairs were made"):
        rig.vault.make_keys(2)
    assert rig.vault.bundle("two-weeks", "2026-11-04")
    with pytest.raises(VaultRefusedError) as caught:
        rig.vault.make_keys(1000)
    assert caught.value.reason == "too_many_days"


def test_the_kernel_is_asked_about_the_clock() -> None:
    status = KernelClockStatus()
    assert status.synchronised() in (True, False)
    assert len(status.boot()) == 36


def test_records_never_go_back_in_time(rig: Rig) -> None:
    before = Entry.decode(rig.vault.journal(0)[-1]).at
    rig.clock.set(Micros(before - 60_000_000))
    rig.classify("cam-7")
    assert Entry.decode(rig.vault.journal(0)[-1]).at == before
    rig.restart()


def test_officers_are_judged_at_the_time_that_goes_on_record(rig: Rig) -> None:
    """A clock set back a little is believed, but nobody signs who had left by the last record: the
    next start would find a log that officers did not sign."""
    leaving = rig.officers[0]
    rig.submit(leaving.appointment(valid_until=Micros(rig.clock.now() + 60 * SECOND)))
    rig.clock.advance(120)
    rig.vault.make_keys(2)
    rig.clock.set(Micros(rig.clock.now() - 90 * SECOND))
    with pytest.raises(VaultRefusedError) as caught:
        rig.submit(rules("alley", {"one-week": SEVEN_DAYS}))
    assert caught.value.reason == "appointment_not_valid"
    rig.restart()
    assert rig.vault.make_keys(3)


def test_two_processes_never_serve_one_vault(rig: Rig) -> None:
    with pytest.raises(VaultUnavailableError, match="another process"):
        rig.open()
    rig.vault.close()
    rig.vault = rig.open()


def test_where_there_is_no_vault_none_is_opened(tmp_path: Path) -> None:
    with pytest.raises(VaultUnavailableError, match="no vault here"):
        Vault(tmp_path / "nothing", clock=SystemClock(), status=KernelClockStatus())
