# SPDX-License-Identifier: AGPL-3.0-or-later
"""Each way in which a store can be wrong is told apart from the others, with its place."""

import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from machimori.footage.check import GRACE, check
from machimori.footage.items import identify, runs
from machimori.footage.naming import SegmentName
from machimori.footage.records import Record
from machimori.footage.scan import scan
from machimori.footage.store import StoredObject
from machimori.footage.testing import SampleRecorder
from machimori.footage.verdicts import (
    EXIT_ALTERED,
    EXIT_LOST,
    EXIT_SOUND,
    EXIT_WAITING,
    NOTES,
    Finding,
)
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import CameraId
from machimori.kernel.instants import Micros
from machimori.kernel.signing import SigningKey
from machimori.vault.sealing.layout import END_MAGIC

Town = Any


def findings(town: Town, **options: Any) -> list[Finding]:
    arguments = {"trusted": town.trusted, "now": town.now} | options
    return check(town.store, **arguments).findings


def told(found: list[Finding]) -> list[tuple[str, str]]:
    return sorted({(f.verdict, f.meaning) for f in found})


def layout(data: bytes) -> Any:
    return scan(lambda offset, length: data[offset : offset + length], len(data))


def pieces(data: bytes) -> tuple[bytes, list[bytes], bytes]:
    """Header, chunks and trailer of a segment."""
    chunks = layout(data).chunks
    return (
        data[: chunks[0].offset],
        [data[c.offset : c.end] for c in chunks],
        data[chunks[-1].end :],
    )


def test_a_sound_store_is_sound_with_and_without_keys(town: Town) -> None:
    assert findings(town) == []
    assert findings(town, keys=town.keys) == []
    assert findings(town, content=False) == []
    report = check(town.store, trusted=town.trusted, now=town.now, prefix=f"{town.day}/cam-0001/")
    assert (report.segments, report.records, report.manifests, report.exit_code) == (4, 1, 1, 0)


def flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize(
    ("where", "verdict", "meaning", "chunk"),
    [
        (lambda d: 30, "damaged", "header", None),
        (lambda d: layout(d).header_size - 10, "damaged", "header", None),
        (lambda d: layout(d).chunks[1].offset, "damaged", "bytes", None),
        (lambda d: layout(d).chunks[1].offset + 5, "damaged", "chunk", None),
        (lambda d: layout(d).chunks[1].offset + 27, "damaged", "bytes", None),
        (lambda d: layout(d).chunks[1].offset + 40, "damaged", "chunk", 1),
        (lambda d: layout(d).chunks[1].offset + 66, "damaged", "chunk", 1),
        (lambda d: layout(d).chunks[1].offset + 80, "damaged", "chunk", 1),
        (lambda d: layout(d).chunks[3].end - 1, "damaged", "chunk", 3),
        (lambda d: layout(d).chunks[3].end, "damaged", "trailer", None),
        (lambda d: layout(d).chunks[3].end + 30, "damaged", "trailer", None),
        (lambda d: len(d) - 100, "damaged", "trailer", None),
        (lambda d: len(d) - 1, "damaged", "trailer", None),
    ],
)
def test_a_flipped_bit_is_damage_at_its_place(
    town: Town, where: Callable[[bytes], int], verdict: str, meaning: str, chunk: int | None
) -> None:
    name = town.segments()[1]
    data = town.store.objects[name]
    town.store.objects[name] = flip(data, where(data))
    (found,) = findings(town)
    assert (found.verdict, found.meaning, found.name) == (verdict, meaning, name)
    if chunk is not None:
        assert found.chunk == chunk
        assert found.first is not None


@pytest.mark.parametrize("keep", ["nothing", "header", "two chunks", "no end"])
def test_a_cut_file_is_truncated(town: Town, keep: str) -> None:
    name = town.segments()[1]
    data = town.store.objects[name]
    header, chunks, _ = pieces(data)
    town.store.objects[name] = {
        "nothing": b"",
        "header": header + chunks[0][:30],
        "two chunks": header + chunks[0] + chunks[1] + chunks[2][:-5],
        "no end": data[:-20],
    }[keep]
    (found,) = findings(town)
    assert (found.verdict, found.name) == ("truncated", name)
    if keep == "two chunks":
        assert found.chunk == 1
        assert found.byte == len(header + chunks[0] + chunks[1])


def test_chunks_exchanged_doubled_or_cut_out(town: Town) -> None:
    name = town.segments()[1]
    header, chunks, trailer = pieces(town.store.objects[name])
    for order, expected in (
        ([0, 2, 1, 3], [("reordered", "chunk_order")]),
        ([0, 1, 1, 2, 3], [("duplicated", "chunk_twice")]),
        ([0, 1, 3], [("missing", "chunk_missing")]),
    ):
        town.store.objects[name] = header + b"".join(chunks[i] for i in order) + trailer
        found = findings(town)
        assert told(found) == expected
        assert check(town.store, trusted=town.trusted, now=town.now).exit_code >= EXIT_LOST


def test_segments_exchanged_are_reordered(town: Town) -> None:
    one, two = town.segments()[:2]
    objects = town.store.objects
    objects[one], objects[two] = objects[two], objects[one]
    assert told(findings(town)) >= [("foreign", "replaced"), ("reordered", "other_time")]
    assert {f.name for f in findings(town)} == {one, two}


def test_a_renamed_segment_is_reordered_and_missing_where_it_was(town: Town) -> None:
    one = town.segments()[1]
    span = town.span(one)
    other = str(
        SegmentName(day=span.day, camera=span.camera, first=Micros(span.first + 1), last=span.last)
    )
    town.store.objects[other] = town.store.objects.pop(one)
    assert ("reordered", "other_time") in told(findings(town))
    assert ("missing", "listed") in told(findings(town))


def test_a_copy_is_a_duplicate_wherever_it_stands(town: Town) -> None:
    one = town.segments()[1]
    span = town.span(one)
    for day, camera in (("2026-11-21", "cam-0001"), ("2026-11-22", "cam-0002")):
        copy = str(
            SegmentName(
                day=day, camera=CameraId(camera), first=span.first, last=Micros(span.last + 1)
            )
        )
        town.store.objects[copy] = town.store.objects[one]
        (found,) = findings(town)
        assert (found.verdict, found.name) == ("duplicated", copy)
        del town.store.objects[copy]
    record = town.record()
    copy = record.replace("cam-0001", "cam-0002")
    town.store.objects[copy] = town.store.objects[record]
    (found,) = findings(town)
    assert (found.verdict, found.name) == ("duplicated", copy) or copy == town.record(2)


def test_a_segment_moved_to_another_camera_is_foreign(town: Town) -> None:
    one = town.segments()[1]
    town.store.objects[one.replace("cam-0001", "cam-0002")] = town.store.objects.pop(one)
    found = findings(town)
    assert ("missing", "listed") in told(found)
    assert any(f.verdict == "foreign" and "cam-0002" in f.name for f in found)


def test_what_the_manifest_lists_and_is_gone_is_missing(town: Town) -> None:
    for gone in (town.segments()[1], town.segments()[-1], town.record()):
        data = town.store.objects.pop(gone)
        (found,) = findings(town)
        assert (found.verdict, found.meaning, found.name) == ("missing", "listed", gone)
        (waiting,) = findings(town, pending=[gone])
        assert (waiting.verdict, waiting.meaning) == ("not_yet_uploaded", "in_spool")
        town.store.objects[gone] = data


def test_a_hole_of_the_open_day_waits_and_later_is_missing(town: Town) -> None:
    gone = town.segments(day="2026-11-22")[1]
    del town.store.objects[gone]
    (found,) = findings(town)
    assert (found.verdict, found.meaning) == ("not_yet_uploaded", "open_day")
    assert check(town.store, trusted=town.trusted, now=town.now).exit_code == EXIT_WAITING
    (found,) = findings(town, pending=[gone])
    assert (found.verdict, found.meaning) == ("not_yet_uploaded", "in_spool")
    (found,) = findings(town, pending=[])
    assert (found.verdict, found.meaning) == ("missing", "hole")
    later = findings(town, now=Micros(town.now + GRACE + 2 * 86_400_000_000))
    assert ("missing", "hole") in told(later)
    assert ("missing", "manifest") in told(later)


def test_a_removed_manifest_does_not_hide_what_was_removed_with_it(town: Town) -> None:
    del town.store.objects[town.manifest()]
    del town.store.objects[town.segments()[1]]
    late = findings(town, now=Micros(town.now + GRACE + 2 * 86_400_000_000))
    mine = [f for f in late if "2026-11-21" in f.name]
    assert told(mine) == [("missing", "hole"), ("missing", "manifest")]


def test_a_whole_day_removed_shows_in_the_next(town: Town) -> None:
    for name in list(town.store.objects):
        if name.startswith("2026-11-21/cam-0001/"):
            del town.store.objects[name]
    (found,) = findings(town, pending=[])
    assert (found.verdict, found.meaning, found.count) == ("missing", "hole", 5)


def test_foreign_names_cameras_and_signers(town: Town) -> None:
    town.store.objects["2026-11-21/cam-0001/notes.txt"] = b"hello"
    (found,) = findings(town)
    assert (found.verdict, found.meaning) == ("foreign", "name")
    del town.store.objects["2026-11-21/cam-0001/notes.txt"]

    forger = SampleRecorder(camera="cam-0003", signer=SigningKey(bytes(32)))
    town.store.put(*forger.segment())
    (found,) = findings(town)
    assert (found.verdict, found.meaning) == ("foreign", "signature")
    assert told(findings(town, trusted={}))[0] == ("foreign", "signer")


def test_a_forged_segment_in_a_real_ones_place(town: Town) -> None:
    name = town.segments()[1]
    forger = SampleRecorder(signer=SigningKey(bytes(32)), start=town.span(name).first)
    forger.sequence = 1
    forged, data = forger.segment([b"a", b"b", b"c", b"d"])
    assert forged == name
    town.store.objects[name] = data
    (found,) = findings(town)
    assert (found.verdict, found.meaning, found.name) == ("foreign", "signature", name)


def test_a_recorder_that_records_twice_at_one_place_is_caught_by_the_manifest(town: Town) -> None:
    name = town.segments()[1]
    twin = SampleRecorder(start=town.span(name).first)
    twin.sequence, twin.head = 1, bytes.fromhex(identify_head(town, town.segments()[0]))
    _, town.store.objects[name] = twin.segment([b"another", b"truth", b"of the", b"same"])
    assert ("foreign", "replaced") in told(findings(town))


def identify_head(town: Town, name: str) -> str:
    data = town.store.objects[name]
    return identify(town.store, StoredObject(name=name, size=len(data))).head


def test_a_replaced_segment_of_the_open_day_breaks_the_chain(town: Town) -> None:
    name = town.segments(day="2026-11-22")[1]
    twin = SampleRecorder(start=town.span(name).first)
    twin.sequence = town.recorders[0].sequence - 2
    twin.head = bytes.fromhex(identify_head(town, town.segments(day="2026-11-22")[0]))
    _, town.store.objects[name] = twin.segment([b"forged"])
    (found,) = findings(town)
    assert (found.verdict, found.meaning) == ("foreign", "link")
    assert found.name == town.segments(day="2026-11-22")[2]


def test_bytes_changed_together_with_their_crc_show_with_keys_only(town: Town) -> None:
    name = town.segments()[1]
    data = bytearray(town.store.objects[name])
    chunk = layout(bytes(data)).chunks[2]
    data[chunk.offset + 70] ^= 1
    crc = zlib.crc32(data[chunk.offset : chunk.offset + 64])
    crc = zlib.crc32(data[chunk.offset + 68 : chunk.end], crc)
    struct.pack_into(">I", data, chunk.offset + 64, crc)
    town.store.objects[name] = bytes(data)
    assert findings(town) == []
    (found,) = findings(town, keys=town.keys)
    assert (found.verdict, found.meaning, found.chunk) == ("damaged", "authentication", 2)


def test_expired_and_overwritten_are_accounted_for(town: Town) -> None:
    recorder = town.recorders[0]
    day = [
        identify(town.store, item)
        for item in town.store.list("2026-11-21/cam-0001/")
        if not item.name.endswith("manifest.json")
    ]
    first, rest = day[:2], day
    town.store.put(*recorder.overwritten(first))
    for item in first:
        town.store.delete(item.name)
    town.store.put(*recorder.segment([b"after"]))
    (note,) = findings(town)
    assert (note.verdict, note.meaning, note.count) == ("overwritten", "disk_full", 2)

    city = SigningKey(b"c" * 32)
    tombstone = Record(
        kind="expired",
        day=town.day,
        camera=recorder.camera,
        recorder=recorder.recorder,
        session="",
        sequence=0,
        previous="",
        first=rest[0].first,
        last=rest[-1].last,
        cause="retention",
        removed=runs(rest),
    )
    for item in town.store.list("2026-11-21/cam-0001/"):
        if not item.name.endswith(".overwritten.rec"):
            town.store.delete(item.name)
    town.store.put(str(tombstone.name), tombstone.sign("city", city).encode())
    found = findings(town, city=city.public, pending=[])
    assert told(found) == [("expired", "retention"), ("overwritten", "disk_full")]
    report = check(town.store, trusted=town.trusted, city=city.public, now=town.now)
    assert report.exit_code == EXIT_SOUND
    unsigned = findings(town, pending=[])
    assert ("foreign", "signature") in told(unsigned)
    assert ("missing", "hole") in told(unsigned)


def test_a_session_that_just_ends_is_noticed_and_a_stated_end_is_not(town: Town) -> None:
    recorder = town.recorders[0]
    later = SampleRecorder(session="6" * 32, start=Micros(recorder.now + 60_000_000))
    name, data = later.segment([b"new session"])
    town.store.put(name, data)
    assert told(findings(town, pending=[])) == [("missing", "no_end")]
    town.store.put(*recorder.record("closed", "shutdown", seconds=0))
    assert findings(town, pending=[]) == []


def test_every_finding_speaks_both_languages_and_has_a_place(town: Town) -> None:
    name = town.segments()[1]
    town.store.objects[name] = town.store.objects[name][: -len(END_MAGIC) - 60]
    (found,) = findings(town)
    english, japanese = found.lines()
    assert english.startswith(f"truncated: {name}, chunk 3, byte ")
    assert "途中で切断" in japanese
    assert found.json()["verdict"] == "truncated"
    assert check(town.store, trusted=town.trusted, now=town.now).exit_code == EXIT_LOST
    town.store.objects["stray"] = b""
    assert check(town.store, trusted=town.trusted, now=town.now).exit_code == EXIT_ALTERED


def only_the_hint_differs(before: bytes, after: bytes) -> bool:
    """A signature's key id is a hint that DSSE leaves unsigned and nobody believes."""
    try:
        one, other = Envelope.decode(before), Envelope.decode(after)
    except MalformedError:
        return False
    same = [s.sig for s in one.signatures] == [s.sig for s in other.signatures]
    return before != after and same and one.pae() == other.pae()


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_A9_no_single_change_of_a_closed_day_passes(town: Town, data: st.DataObject) -> None:
    """Whatever one thing a store's owner does to a closed day, a check without keys says so."""
    objects = town.store.objects
    before = dict(objects)
    name = data.draw(st.sampled_from([n for n in sorted(objects) if n.startswith(town.day)]))
    act = data.draw(st.sampled_from(["flip", "cut", "grow", "remove", "copy", "exchange"]))
    content = objects[name]
    if act == "flip":
        objects[name] = flip(content, data.draw(st.integers(0, len(content) - 1)))
    elif act == "cut":
        objects[name] = content[: data.draw(st.integers(0, len(content) - 1))]
    elif act == "grow":
        objects[name] = content + data.draw(st.binary(min_size=1, max_size=50))
    elif act == "remove":
        del objects[name]
    else:
        other = data.draw(st.sampled_from([n for n in sorted(objects) if n != name]))
        objects[name], objects[other] = (
            objects[other],
            (objects[other] if act == "copy" else content),
        )
    assume(not only_the_hint_differs(content, objects.get(name, b"")))
    late = Micros(town.now + GRACE + 2 * 86_400_000_000)
    try:
        told_of = findings(town, now=late, pending=[])
        assert any(f.verdict not in NOTES and f.meaning != "manifest" for f in told_of) or (
            name.endswith("manifest.json") and any(name[:19] in f.name for f in told_of)
        ), act
    finally:
        objects.clear()
        objects.update(before)
