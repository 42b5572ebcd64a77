# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a crash leaves is made whole, also when the repair itself is cut off at any step."""

from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machimori.footage.check import check
from machimori.footage.naming import part_name
from machimori.footage.repair import remains, repair, repair_all
from machimori.footage.segment import SegmentReader
from machimori.footage.store import DirectoryStore
from machimori.footage.testing import MemoryStore, SampleRecorder
from machimori.kernel.durable import Disk
from machimori.kernel.instants import Micros

CHUNKS = [bytes([n]) * 100 for n in range(4)]


class PowerCutError(Exception):
    pass


def crashed(spool: Path) -> tuple[SampleRecorder, Path, bytes, list[int]]:
    """A recorder that died in its second segment: the open file, and where each chunk ends."""
    recorder = SampleRecorder()
    sealer = recorder.sealer()
    start = recorder.now
    data = sealer.open()
    ends = [len(data)]
    for plain in CHUNKS:
        data += recorder.chunk(sealer, plain)
        ends.append(len(data))
    recorder.learn(data)
    part = spool / "open" / recorder.camera / part_name(start)
    part.parent.mkdir(parents=True, exist_ok=True)
    part.write_bytes(data)
    return recorder, part, data, ends


def test_the_next_segment_of_the_chain_is_recovered_behind_the_last(tmp_path: Path) -> None:
    recorder = SampleRecorder()
    store = MemoryStore()
    store.put(*recorder.segment())
    store.put(*recorder.record())
    sealer = recorder.sealer()
    part = tmp_path / "open" / "cam-0001" / part_name(recorder.now)
    part.parent.mkdir(parents=True)
    part.write_bytes(sealer.open() + recorder.chunk(sealer, b"kept") + b"CHNK torn")
    (done,) = repair_all(remains(tmp_path), store=store, disk=Disk(), signer=recorder.signer)
    assert (done.outcome, done.cut, done.last) == ("recovered", 9, recorder.now)
    report = check(
        store, trusted={recorder.recorder: (recorder.signer.public,)}, now=recorder.now, pending=[]
    )
    assert [(f.verdict, f.meaning) for f in report.findings] == [("recovered", "crash")]
    assert report.exit_code == 0
    assert not part.exists()


@settings(max_examples=60)
@given(cut=st.floats(0, 1), garbage=st.binary(max_size=80))
def test_every_whole_chunk_before_the_cut_is_kept(
    tmp_path_factory: pytest.TempPathFactory, cut: float, garbage: bytes
) -> None:
    spool = tmp_path_factory.mktemp("spool")
    recorder, part, data, ends = crashed(spool)
    position = round(cut * len(data))
    part.write_bytes(data[:position] + garbage)
    whole = sum(end <= position for end in ends) - 1
    store = MemoryStore()
    done = repair(part, store=store, disk=Disk(), signer=recorder.signer)
    assert not part.exists()
    if whole < 1:
        if position + len(garbage) < ends[1]:
            assert (done.outcome, store.objects) == ("discarded", {})
        return
    assert done.outcome == "recovered"
    reader = SegmentReader.of_bytes(store.objects[done.name])
    reader.skeleton().check(recorder.signer.public)
    assert reader.end.trailer.recovered
    keys = recorder.keys[reader.segment_id.hex()]
    kept = [reader.chunk(i, keys.chunks[i]) for i in range(reader.end.trailer.chunks)]
    assert kept[:whole] == CHUNKS[:whole]
    assert len(kept) == whole


Stage = tuple[str, Literal["before", "after"]]


def steps_of(tmp_path: Path, kind: str) -> int:
    count = 0

    def on_step(step: str, path: Path, moment: str) -> None:
        nonlocal count
        count += 1

    run(tmp_path, kind, Disk(on_step))
    return count


def run(spool: Path, kind: str, disk: Disk) -> None:
    for part in remains(spool):
        store = DirectoryStore(spool / "store", disk)
        repair(part, store=store, disk=disk, signer=SampleRecorder().signer)


def prepare(spool: Path, kind: str) -> SampleRecorder:
    recorder, part, data, ends = crashed(spool)
    if kind == "torn":
        part.write_bytes(data[: ends[3] + 20])
    elif kind == "unpublished":
        other = SampleRecorder()
        _, closed = other.segment(CHUNKS)
        recorder.keys.update(other.keys)
        part.write_bytes(closed)
    return recorder


@pytest.mark.parametrize("kind", ["torn", "unpublished"])
def test_a_crash_before_or_after_any_step_is_repaired_by_the_next_run(
    tmp_path: Path, kind: str
) -> None:
    prepare(tmp_path / "count", kind)
    total = steps_of(tmp_path / "count", kind)
    assert total >= 10
    for stop in range(total):
        spool = tmp_path / str(stop)
        recorder = prepare(spool, kind)
        taken = 0

        def on_step(step: str, path: Path, moment: str, *, stop: int = stop) -> None:
            nonlocal taken
            if taken == stop:
                raise PowerCutError(step)
            taken += 1

        with pytest.raises(PowerCutError):
            run(spool, kind, Disk(on_step))
        run(spool, kind, Disk())
        assert remains(spool) == ()
        store = DirectoryStore(spool / "store", Disk())
        (stored,) = store.list()
        reader = SegmentReader.of_bytes(store.get(stored.name))
        reader.skeleton().check(recorder.signer.public)
        keys = recorder.keys[reader.segment_id.hex()]
        expected = CHUNKS[:3] if kind == "torn" else CHUNKS
        assert [reader.chunk(i, keys.chunks[i]) for i in range(len(expected))] == expected


def test_A9_a_published_file_is_never_written_to(tmp_path: Path) -> None:
    """Repair writes to no file that the store holds, not even one that is damaged."""
    recorder = SampleRecorder()
    name, data = recorder.segment(CHUNKS)
    part = tmp_path / "open" / "cam-0001" / part_name(Micros(1))
    part.parent.mkdir(parents=True)
    damaged = data[:200] + b"\0" + data[201:]
    part.write_bytes(damaged)
    store = DirectoryStore(tmp_path / "store", Disk())
    store.put(name, part)
    done = repair(part, store=store, disk=Disk(), signer=recorder.signer)
    assert done.outcome == "published"
    assert store.get(name) == damaged


def test_repair_knows_no_key(tmp_path: Path) -> None:
    recorder, part, data, _ = crashed(tmp_path)
    store = MemoryStore()
    done = repair(part, store=store, disk=Disk(), signer=recorder.signer)
    assert store.objects[done.name].startswith(data)


def test_a_store_that_is_down_leaves_the_file_for_the_next_run(tmp_path: Path) -> None:
    recorder, part, _, _ = crashed(tmp_path)
    store = MemoryStore()
    store.down = True
    with pytest.raises(Exception, match="does not answer"):
        repair(part, store=store, disk=Disk(), signer=recorder.signer)
    assert part.exists()
    store.down = False
    assert repair(part, store=store, disk=Disk(), signer=recorder.signer).outcome == "recovered"
