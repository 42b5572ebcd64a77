# SPDX-License-Identifier: AGPL-3.0-or-later
"""Expiry: what is due goes, punctures spare the rest, and no clock alone destroys much."""

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from machimori.kernel.ids import CameraId, SchemeId
from machimori.kernel.instants import Micros
from machimori.ledger.entry import Entry
from machimori.vault.client.statements import EarlyDestruction, Override, TimeStatement
from machimori.vault.client.testing import nonce
from machimori.vault.errors import VaultRefusedError
from machimori.vault.opening.clocks import FixedClockStatus
from machimori.vault.opening.setup import replace_place
from machimori.vault.opening.testing import Rig

DAY = 24 * 3600


def early(rig: Rig, camera: str = "cam-1") -> EarlyDestruction:
    return EarlyDestruction(
        camera=CameraId(camera),
        day=rig.today(),
        scheme=SchemeId("street"),
        ground="撮影範囲の誤り",
        nonce=nonce(),
    )


def pass_days(rig: Rig, days: int) -> None:
    """Days go by, and expiry runs on each."""
    for _ in range(days):
        rig.clock.advance(DAY)
        rig.vault.expire()


def epoch_files(rig: Rig) -> list[str]:
    return sorted(p.name for place in rig.places.values() for p in place.glob("*.epoch"))


def test_a_day_is_kept_to_its_last_day_and_gone_after_it(rig: Rig) -> None:
    """Seven days from the recording day: D+6 is the last, at midnight the key is destroyed."""
    segment = rig.segment()
    day = rig.today()
    pass_days(rig, 6)
    envelope = rig.authorise(segment, openings=2)
    rig.release(envelope, segment)
    rig.clock.advance(14 * 3600)
    (done,) = rig.vault.expire()
    assert done.name == f"day.two-weeks.{day}"
    assert done.places == dict.fromkeys(rig.places, "overwritten and unlinked")
    with pytest.raises(VaultRefusedError) as caught:
        rig.release(envelope, segment)
    assert caught.value.reason == "expired"
    assert not [name for name in epoch_files(rig) if day in name]
    assert rig.vault.expire() == ()


def test_expiry_is_on_record_before_and_after(rig: Rig) -> None:
    before = rig.vault.status()["records"]
    pass_days(rig, 7)
    kinds = [Entry.decode(e).type for e in rig.vault.journal(before)]
    assert kinds == ["epoch.destroyed"]
    (done,) = (Entry.decode(e) for e in rig.vault.journal(before))
    assert done.data["destroyed"] == 3
    assert done.data["ground"] == "expired"


def test_a_closed_vault_destroys_and_opens_nothing(rig: Rig) -> None:
    rig.restart(unlock=False)
    pass_days(rig, 6)
    rig.clock.advance(DAY)
    assert [d.name for d in rig.vault.expire()] == ["day.two-weeks.2026-11-02"]


def test_a_puncture_takes_one_camera_and_spares_the_others(rig: Rig) -> None:
    doomed, spared = rig.segment("cam-1"), rig.segment("cam-2")
    envelopes = rig.authorise(doomed), rig.authorise(spared)
    rig.submit(early(rig))
    with pytest.raises(VaultRefusedError) as caught:
        rig.release(envelopes[0], doomed)
    assert caught.value.reason == "destroyed"
    assert rig.release(envelopes[1], spared).sealed.keys() == {spared.id}
    day = rig.today()
    assert [n for n in epoch_files(rig) if day in n] == [f"day.two-weeks.{day}.1.epoch"] * 2


def test_a_closed_vault_punctures(rig: Rig) -> None:
    rig.restart(unlock=False)
    rig.submit(early(rig))
    with pytest.raises(VaultRefusedError) as caught:
        rig.submit(early(rig))
    assert caught.value.reason == "destroyed"


def test_a_destroyed_camera_day_gets_no_new_key(rig: Rig) -> None:
    rig.submit(early(rig))
    assert rig.vault.make_keys(1) == 0
    assert rig.vault.make_keys(2) == 3


def test_a_camera_added_later_gets_a_key_for_today(rig: Rig) -> None:
    segment = rig.segment("cam-1")
    rig.classify("cam-9")
    assert rig.vault.make_keys(1) == 2
    bundle = rig.bundle()
    assert [k.camera for k in bundle.keys] == ["cam-1", "cam-2", "cam-3", "cam-9"]
    assert bundle.serial == 1
    late = rig.segment("cam-9")
    for each in (segment, late):
        assert rig.release(rig.authorise(each), each).sealed.keys() == {each.id}
    rig.restart()
    assert rig.release(rig.authorise(late), late).sealed.keys() == {late.id}


class TestClock:
    def test_a_leap_of_days_needs_an_officer(self, rig: Rig) -> None:
        rig.clock.advance(9 * DAY)
        with pytest.raises(VaultRefusedError) as caught:
            rig.vault.expire()
        assert caught.value.reason == "beyond_one_day"
        rig.restart()
        with pytest.raises(VaultRefusedError):
            rig.vault.expire()
        through = (dt.date(2026, 11, 2) + dt.timedelta(days=9)).isoformat()
        rig.submit(Override(through_day=through, ground="停電のため停止", nonce=nonce()))
        assert len(rig.vault.expire()) == 2

    def test_a_clock_that_is_set_a_day_ahead_is_noticed(self, rig: Rig) -> None:
        rig.clock.advance(DAY)
        rig.vault.expire()
        rig.clock.set(Micros(rig.clock.now() + DAY * 1_000_000))
        with pytest.raises(VaultRefusedError) as caught:
            rig.vault.expire()
        assert caught.value.reason == "clock_stepped"

    def test_even_with_reboots_a_clock_gains_one_day_a_boot(self, rig: Rig) -> None:
        rig.clock.set(Micros(rig.clock.now() + DAY * 1_000_000))
        rig.status._boot = "boot-2"  # type: ignore[attr-defined]
        rig.vault.expire()
        rig.clock.set(Micros(rig.clock.now() + DAY * 1_000_000))
        with pytest.raises(VaultRefusedError) as caught:
            rig.vault.expire()
        assert caught.value.reason == "clock_stepped"

    def test_a_clock_set_back_destroys_nothing(self, rig: Rig) -> None:
        pass_days(rig, 2)
        rig.clock.set(Micros(rig.clock.now() - 5 * DAY * 1_000_000))
        with pytest.raises(VaultRefusedError) as caught:
            rig.vault.expire()
        assert caught.value.reason == "clock_behind"

    def test_without_synchronisation_an_officer_vouches_for_the_clock(self, tmp_path: Path) -> None:
        rig = Rig(tmp_path, status=FixedClockStatus(synchronised=False))
        rig.clock.advance(DAY)
        with pytest.raises(VaultRefusedError) as caught:
            rig.vault.expire()
        assert caught.value.reason == "clock_unsynchronised"
        wrong = TimeStatement(now=Micros(rig.clock.now() + 10**9), nonce=nonce(), note="")
        with pytest.raises(VaultRefusedError) as caught:
            rig.submit(wrong)
        assert caught.value.reason == "time_differs"
        rig.submit(replace(wrong, now=rig.clock.now()))
        assert rig.vault.expire() == ()
        assert rig.vault.status()["horizon"] == "2026-11-03"
        rig.clock.advance(9 * DAY)
        with pytest.raises(VaultRefusedError):
            rig.vault.expire()
        rig.vault.close()

    def test_a_clock_that_stood_far_ahead_is_put_right_by_officers(self, rig: Rig) -> None:
        now = rig.clock.now()
        rig.clock.set(Micros(now + 3000 * DAY * 1_000_000))
        with pytest.raises(VaultRefusedError):
            rig.vault.expire()
        rig.clock.set(now)
        with pytest.raises(VaultRefusedError) as caught:
            rig.vault.expire()
        assert caught.value.reason == "clock_behind"
        rig.submit(TimeStatement(now=now, nonce=nonce(), note=""))
        assert rig.vault.expire() == ()
        rig.restart()
        segment = rig.segment()
        assert rig.release(rig.authorise(segment), segment).sealed
        rig.clock.advance(DAY)
        assert rig.vault.expire() == ()
        assert rig.vault.status()["horizon"] == "2026-11-03"

    def test_the_clocks_refusal_is_recorded_once(self, rig: Rig) -> None:
        rig.clock.advance(9 * DAY)
        for _ in range(3):
            with pytest.raises(VaultRefusedError):
                rig.vault.expire()
        found = [Entry.decode(e).type for e in rig.vault.journal(0)]
        assert found.count("refusal") == 1


class TestPlaces:
    def test_a_place_that_is_away_is_pending_and_done_when_it_returns(self, rig: Rig) -> None:
        away = rig.places["second"]
        hidden = away.with_name("unplugged")
        away.rename(hidden)
        pass_days(rig, 6)
        rig.clock.advance(DAY)
        (done,) = rig.vault.expire()
        assert done.places == {"first": "overwritten and unlinked", "second": "pending"}
        assert rig.vault.status()["pending"]
        hidden.rename(away)
        rig.vault.expire()
        assert rig.vault.status()["pending"] == []
        assert not [n for n in epoch_files(rig) if "2026-11-02" in n]

    def test_a_place_that_missed_a_puncture_does_not_bring_the_key_back(self, rig: Rig) -> None:
        segment = rig.segment("cam-1")
        envelope = rig.authorise(segment)
        away = rig.places["second"]
        hidden = away.with_name("unplugged")
        away.rename(hidden)
        rig.submit(early(rig))
        hidden.rename(away)
        rig.restart()
        assert sorted(set(epoch_files(rig))) == [
            "day.two-weeks.2026-11-02.1.epoch",
            "day.two-weeks.2026-11-03.0.epoch",
        ]
        with pytest.raises(VaultRefusedError) as caught:
            rig.release(envelope, segment)
        assert caught.value.reason == "destroyed"

    def test_with_every_place_away_a_puncture_waits_and_the_key_stays_shut(self, rig: Rig) -> None:
        segment = rig.segment("cam-1")
        envelope = rig.authorise(segment)
        for place in rig.places.values():
            place.rename(place.with_name(f"{place.name}-away"))
        rig.submit(early(rig))
        with pytest.raises(VaultRefusedError) as caught:
            rig.release(envelope, segment)
        assert caught.value.reason == "destroyed"
        for place in rig.places.values():
            place.with_name(f"{place.name}-away").rename(place)
        rig.restart()
        assert "day.two-weeks.2026-11-02.1.epoch" in epoch_files(rig)
        assert "day.two-weeks.2026-11-02.0.epoch" not in epoch_files(rig)

    def test_a_damaged_mirror_is_mended_from_the_other(self, rig: Rig) -> None:
        segment = rig.segment()
        victim = rig.places["first"] / "day.two-weeks.2026-11-02.0.epoch"
        victim.write_bytes(bytes(100))
        assert rig.release(rig.authorise(segment), segment).sealed
        rig.restart()
        assert victim.read_bytes() == (rig.places["second"] / victim.name).read_bytes()

    def test_of_a_damaged_object_no_secret_is_left_on_the_disk(self, rig: Rig) -> None:
        victim = rig.places["first"] / "day.two-weeks.2026-11-02.0.epoch"
        whole = victim.read_bytes()
        with victim.open("r+b") as file:
            file.write(b"X")
        with victim.open("rb") as blocks:
            rig.restart()
            assert victim.read_bytes() == whole
            assert whole[-64:-32] not in blocks.read()

    def test_an_empty_mount_point_is_no_place(self, rig: Rig) -> None:
        """Its objects are not gone, they are out of reach: pending, not absent."""
        away = rig.places["second"]
        hidden = away.with_name("unplugged")
        away.rename(hidden)
        away.mkdir()
        pass_days(rig, 6)
        rig.clock.advance(DAY)
        (done,) = rig.vault.expire()
        assert done.places["second"] == "pending"
        assert not list(away.iterdir())
        away.rmdir()
        hidden.rename(away)
        rig.vault.expire()
        assert rig.vault.status()["pending"] == []

    def test_a_lost_place_is_replaced_and_filled(self, rig: Rig) -> None:
        segment = rig.segment()
        shutil.rmtree(rig.places["second"])
        with pytest.raises(VaultRefusedError) as caught:
            replace_place(rig.home, "third")
        assert caught.value.reason == "unknown_place"
        replace_place(rig.home, "second")
        rig.restart()
        shutil.rmtree(rig.places["first"])
        rig.restart()
        assert rig.release(rig.authorise(segment), segment).sealed
        with pytest.raises(VaultRefusedError) as caught:
            replace_place(rig.home, "second")
        assert caught.value.reason == "exists"
