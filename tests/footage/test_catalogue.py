# SPDX-License-Identifier: AGPL-3.0-or-later
"""The catalogue saves reading a day back, and is never believed against the listing."""

from pathlib import Path

from machimori.footage.catalogue import Catalogue
from machimori.footage.closing import close_day
from machimori.footage.manifest import Manifest
from machimori.footage.store import Store
from machimori.footage.testing import MemoryStore, SampleRecorder


class Counting(MemoryStore):
    reads = 0

    def read(self, name: str, offset: int, length: int) -> bytes:
        self.reads += 1
        return super().read(name, offset, length)


def close(store: Store, recorder: SampleRecorder, catalogue: Catalogue | None) -> Manifest:
    return close_day(
        store,
        camera=recorder.camera,
        day=recorder.day,
        recorder=recorder.recorder,
        signer=recorder.signer,
        now=recorder.now,
        known=catalogue.known(recorder.camera, recorder.day) if catalogue else None,
    )


def test_a_day_is_closed_without_reading_it_back(tmp_path: Path) -> None:
    store, recorder = Counting(), SampleRecorder()
    catalogue = Catalogue(store, tmp_path)
    source = tmp_path / "part"
    for _ in range(3):
        name, data = recorder.segment()
        source.write_bytes(data)
        catalogue.put(name, source)
    catalogue.put(*recorder.segment())
    catalogue.put(*recorder.record())
    made = close(catalogue, recorder, catalogue)
    assert store.reads == 0
    assert len(made.items) == 5
    store.delete(str(made.name))
    assert close(store, recorder, None) == made
    assert store.reads > 0
    catalogue.forget(recorder.day)
    assert catalogue.known(recorder.camera, recorder.day) == {}


def test_what_it_lacks_or_tells_wrongly_is_read(tmp_path: Path) -> None:
    store, recorder = Counting(), SampleRecorder()
    catalogue = Catalogue(store, tmp_path)
    for _ in range(2):
        catalogue.put(*recorder.segment())
    store.put(*recorder.segment())
    other, _ = next(iter(store.objects.items()))
    store.objects[other] += b"x"
    noted = tmp_path / recorder.day / f"{recorder.camera}.jsonl"
    noted.write_text(noted.read_text() + '{"name": "torn')
    made = close(catalogue, recorder, catalogue)
    assert [item.name for item in made.items] == sorted(store.objects)[1:-1]
    assert store.reads > 0
