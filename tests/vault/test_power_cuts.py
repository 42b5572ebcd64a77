# SPDX-License-Identifier: AGPL-3.0-or-later
"""The disk dies before and after every single step of every act; the vault starts again."""

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from machimori.kernel.durable import Disk, Moment
from machimori.kernel.ids import CameraId, CaseId, SchemeId
from machimori.kernel.instants import Micros
from machimori.vault.client.statements import EarlyDestruction, HoldEnd
from machimori.vault.client.testing import hold, nonce, signed
from machimori.vault.errors import VaultRefusedError
from machimori.vault.opening.testing import SECOND, Rig, Segment

DAY = 24 * 3600
Act = Callable[[Rig], object]


class PowerCutError(BaseException):
    """The machine is off: nothing catches this."""


class DyingDisk(Disk):
    """Dies at the `fatal`-th moment (each step has two), and stays dead."""

    def __init__(self) -> None:
        super().__init__(self._step)
        self.fatal: int | None = None
        self.moments = 0
        self._lock = threading.Lock()

    def _take(self, step: str, path: Path, action: Callable[[], object]) -> None:
        # The cut happens to this process alone, so the steps count and the waiting does not.
        super()._take(step, path, (lambda: None) if "sync" in step else action)

    def _step(self, step: str, path: Path, moment: Moment) -> None:
        del step, path, moment
        with self._lock:
            self.moments += 1
            if self.fatal is not None and self.moments > self.fatal:
                raise PowerCutError


def early(rig: Rig) -> object:
    return rig.submit(
        EarlyDestruction(
            camera=CameraId("cam-1"),
            day="2026-11-02",
            scheme=SchemeId("street"),
            ground="誤設置",
            nonce=nonce(),
        )
    )


def expire(rig: Rig) -> object:
    rig.clock.advance(DAY)
    return rig.vault.expire()


def issue(rig: Rig) -> object:
    rig.classify("cam-4")
    return rig.vault.make_keys(0)


def end_hold(rig: Rig) -> object:
    return rig.submit(
        HoldEnd(case=CaseId("case-1"), ground="終結", scheme=SchemeId("street"), nonce=nonce())
    )


def place_hold(rig: Rig) -> Segment:
    """Hold a new segment for case-0."""
    segment = rig.segment("cam-1")
    start = segment.skeleton.sealed.header.start
    statement = hold(
        scheme="street",
        cameras=["cam-1"],
        start=start,
        end=Micros(start + 6 * SECOND),
        last_day="2026-11-20",
        case="case-0",
    )
    rig.vault.hold(signed(statement, *rig.officers[:2]), (segment.header(),))
    return segment


def opens(rig: Rig, segment: Segment, case: str = "case-0") -> bool:
    try:
        rig.release(rig.authorise(segment, case=case), segment)
    except VaultRefusedError as error:
        if error.reason in ("destroyed", "expired"):
            return False
        raise
    return True


def build(directory: Path, name: str) -> tuple[Rig, DyingDisk, Segment, Segment]:
    directory.mkdir()
    disk = DyingDisk()
    rig = Rig(directory, disk=disk, cameras=("cam-1", "cam-2"))
    first, second = rig.segment("cam-1"), rig.segment("cam-2")
    if name == "end_hold":
        statement = hold(
            scheme="street",
            cameras=["cam-1"],
            start=first.skeleton.sealed.header.start,
            end=Micros(first.skeleton.sealed.header.start + 6 * SECOND),
            last_day="2026-11-20",
        )
        rig.vault.hold(signed(statement, *rig.officers[:2]), (first.header(),))
    if name in ("expire", "end_hold"):
        for _ in range(6 if name == "expire" else 7):
            expire(rig)
    return rig, disk, first, second


ACTS: dict[str, Act] = {
    "early": early,
    "expire": expire,
    "issue": issue,
    "end_hold": end_hold,
    "hold": place_hold,
}


@pytest.mark.parametrize("name", ACTS)
def test_every_step_may_be_the_last(name: str, tmp_path: Path) -> None:
    rig, disk, *_ = build(tmp_path / "dry", name)
    disk.moments = 0
    ACTS[name](rig)
    total = disk.moments
    rig.vault.close()
    assert total > 20
    for fatal in range(total):
        rig, disk, first, second = build(tmp_path / str(fatal), name)
        disk.moments, disk.fatal = 0, fatal
        with pytest.raises(PowerCutError):
            ACTS[name](rig)
        rig.vault.close()
        rig.disk = Disk()
        rig.restart_after_cut()
        check(rig, name, first, second)
        rig.vault.close()


def check(rig: Rig, name: str, first: Segment, second: Segment) -> None:
    """Either nothing happened yet, or all of it did; and doing it again ends well."""
    files = [p.name for place in rig.places.values() for p in place.iterdir()]
    assert not [f for f in files if f.endswith(".tmp")]
    days = {f for f in files if f.endswith(".2026-11-02.0.epoch")}
    if name == "early":
        gone = not opens(rig, first)
        assert gone == (not days)
        assert opens(rig, second)
        if not gone:
            early(rig)
        assert not opens(rig, first)
    elif name == "expire":
        rig.vault.expire()
        assert not opens(rig, first)
        assert not list(rig.places["first"].glob("*2026-11-02*"))
    elif name == "hold":
        # What the cut left is sealed to a key that never counted; it must not be in the way.
        again = place_hold(rig)
        for _ in range(7):
            expire(rig)
        assert opens(rig, again)
        assert not opens(rig, first)
    elif name == "issue":
        assert opens(rig, first)
        with suppress(VaultRefusedError):
            rig.classify("cam-4")
        rig.vault.make_keys(1)
        third = rig.segment("cam-4")
        assert opens(rig, third)
        assert opens(rig, first)
        rig.restart()
        assert opens(rig, third)
    else:
        held = opens(rig, first, case="case-1")
        assert held == bool([f for f in files if f.startswith("case.")])
        if held:
            end_hold(rig)
        assert not opens(rig, first, case="case-1")


def test_a_cut_between_counting_and_answering_costs_an_opening(tmp_path: Path) -> None:
    """Never gives one: over all cuts, what was opened never exceeds what was granted."""
    rig, disk, segment, _ = build(tmp_path / "vault", "release")
    envelope = rig.authorise(segment, openings=1)
    request = rig.request(envelope, segment)
    disk.moments = 0
    disk.fatal = 1
    with pytest.raises(PowerCutError):
        rig.vault.release(request)
    rig.vault.close()
    rig.disk = Disk()
    rig.restart_after_cut()
    for _ in range(2):
        with pytest.raises(VaultRefusedError) as caught:
            rig.release(envelope, segment)
        assert caught.value.reason == "openings_used_up"
    rig.vault.close()
