# SPDX-License-Identifier: AGPL-3.0-or-later
"""The city's rule for a full disk: the oldest goes, with a record; what is held never does."""

import threading
from pathlib import Path

import pytest

from machimori.footage.check import check
from machimori.footage.errors import StoreUnavailableError
from machimori.footage.records import decode
from machimori.footage.testing import SAMPLE_START, MemoryStore, SampleRecorder
from machimori.kernel.envelope import Envelope
from machimori.kernel.ids import CameraId, RecorderId
from machimori.kernel.instants import TOKYO, Micros
from machimori.recorder.space import Policy, Space

RECORDER = RecorderId("rec-1")


class Full:
    """A store of `room` bytes with ten segments of one camera, and who looks after it."""

    def __init__(self, directory: Path, policy: Policy, room: int = 40_000) -> None:
        self.store = MemoryStore()
        self.sample = SampleRecorder()
        self.names = []
        for _ in range(10):
            name, data = self.sample.segment([b"x" * 2000])
            self.store.put(name, data)
            self.names.append(name)
        self.events: list[str] = []
        self._directory, self._policy, self._room = directory, policy, room
        self.space = self.looking_after(self.store)

    def looking_after(self, store: MemoryStore) -> Space:
        return Space(
            store=store,
            place=self._directory,
            holds=self._directory / "holds",
            policy=self._policy,
            min_free=9_000,
            recorder=RECORDER,
            signer=self.sample.signer,
            tz=TOKYO,
            on_event=lambda event, detail: self.events.append(event),
            free=lambda place: self._room - sum(map(len, store.objects.values())),
        )

    def left(self) -> list[str]:
        return [name for name in self.names if name in self.store.objects]

    def verdicts(self) -> set[str]:
        trusted = {RECORDER: (self.sample.signer.public,)}
        found = check(self.store, trusted=trusted, now=SAMPLE_START).findings
        return {finding.verdict for finding in found}


def test_the_oldest_goes_with_a_signed_record_and_the_check_accounts_for_it(
    tmp_path: Path,
) -> None:
    full = Full(tmp_path, "overwrite")
    full.space.keep()
    assert 0 < len(full.left()) < 10
    assert full.left() == full.names[-len(full.left()) :]
    assert full.events == ["disk_overwriting"]
    names = [name for name in full.store.objects if name.endswith(".overwritten.rec")]
    record, envelope = decode(full.store.objects[names[0]])
    assert record.cause == "disk_full"
    assert envelope.signed_with(full.sample.signer.public)
    assert full.verdicts() <= {"sound", "overwritten"}


def test_the_policy_stop_removes_nothing(tmp_path: Path) -> None:
    full = Full(tmp_path, "stop")
    full.space.keep()
    assert full.left() == full.names
    assert full.events == ["disk_full"]
    assert full.space.state == "full"


def hold(directory: Path, first: Micros, last: Micros) -> None:
    (directory / "holds").mkdir()
    statement = {"cameras": ["cam-0001"], "case": "c-1", "from": first, "to": last}
    envelope = Envelope.of("application/vnd.machimori.hold+json", statement)
    (directory / "holds" / "h.json").write_bytes(envelope.encode())


def test_what_is_held_stays(tmp_path: Path) -> None:
    full = Full(tmp_path, "overwrite")
    hold(tmp_path, SAMPLE_START, Micros(SAMPLE_START + 2_500_000))
    full.space.keep()
    assert full.left()[:3] == full.names[:3]
    assert len(full.left()) < 10


def test_if_everything_is_held_it_stops_and_resumes_by_itself(tmp_path: Path) -> None:
    full = Full(tmp_path, "overwrite")
    hold(tmp_path, SAMPLE_START, Micros(SAMPLE_START + 60_000_000))
    full.space.keep()
    assert full.left() == full.names
    assert full.space.state == "full"
    (tmp_path / "holds" / "h.json").unlink()
    full.space.keep()
    assert len(full.left()) < 10
    full.space.keep()
    assert full.space.state == "ample"


def test_a_hold_that_cannot_be_read_stops_overwriting(tmp_path: Path) -> None:
    full = Full(tmp_path, "overwrite")
    (tmp_path / "holds").mkdir()
    (tmp_path / "holds" / "h.json").write_bytes(b"{")
    full.space.keep()
    assert full.left() == full.names
    assert "holds_unreadable" in full.events


def test_what_expired_meanwhile_is_left_to_the_record_of_its_expiry(tmp_path: Path) -> None:
    full = Full(tmp_path, "overwrite")
    read = full.store.read

    def expire_first(name: str, offset: int, length: int) -> bytes:
        full.store.read = read  # type: ignore[method-assign]
        full.store.delete(name)
        return read(name, offset, length)

    full.store.read = expire_first  # type: ignore[method-assign]
    full.space.keep()
    (name,) = [name for name in full.store.objects if name.endswith(".overwritten.rec")]
    record, _ = decode(full.store.objects[name])
    gone = [name for name in full.names if name not in full.store.objects]
    assert gone[0] == full.names[0]
    assert sum(run.last - run.first + 1 for run in record.removed) == len(gone) - 1
    assert full.space.overwritten == len(gone) - 1


@pytest.mark.parametrize("policy", ["overwrite", "stop"])
def test_with_room_nothing_happens(tmp_path: Path, policy: Policy) -> None:
    full = Full(tmp_path, policy, room=10**9)
    full.space.keep()
    assert full.left() == full.names
    assert full.events == []


class Together(MemoryStore):
    """Takes a record only while three others are being put: one after the other none is."""

    def __init__(self) -> None:
        super().__init__()
        self.others = threading.Barrier(4)
        self.armed = False

    def put(self, name: str, source: Path | bytes) -> None:
        if self.armed and name.endswith(".rec"):
            self.others.wait(timeout=30)
        super().put(name, source)


def test_several_cameras_are_overwritten_at_once(tmp_path: Path) -> None:
    """Four cameras, a segment each: a slow disk's syncs are waited for together."""
    full = Full(tmp_path, "overwrite", room=0)
    together = Together()
    for camera in ("cam-1", "cam-2", "cam-3", "cam-4"):
        name, data = SampleRecorder(camera=CameraId(camera)).segment([b"x" * 2000])
        together.put(name, data)
    together.armed = True
    space = full.looking_after(together)
    space.keep()
    assert space.overwritten == 4
    assert {camera for camera, *_ in space.removed} == {"cam-1", "cam-2", "cam-3", "cam-4"}


def test_what_was_removed_is_known_though_another_camera_failed(tmp_path: Path) -> None:
    class Broken(MemoryStore):
        def delete(self, name: str) -> None:
            if "/cam-2/" in name:
                raise StoreUnavailableError("gone", where=name)
            super().delete(name)

    full = Full(tmp_path, "overwrite", room=0)
    broken = Broken()
    for camera in ("cam-1", "cam-2", "cam-3"):
        name, data = SampleRecorder(camera=CameraId(camera)).segment([b"x" * 2000])
        broken.put(name, data)
    space = full.looking_after(broken)
    with pytest.raises(StoreUnavailableError):
        space.keep()
    assert [camera for camera, *_ in space.removed] == ["cam-1", "cam-3"]
