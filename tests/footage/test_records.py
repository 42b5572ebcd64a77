# SPDX-License-Identifier: AGPL-3.0-or-later
"""Records, manifests and names: both halves of each codec."""

import dataclasses
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.footage import manifest, naming, records
from machimori.footage.manifest import Manifest, ManifestItem
from machimori.footage.naming import ManifestName, Name, RecordName, SegmentName
from machimori.footage.records import CAUSES, Record, Removed
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import CameraId, RecorderId
from machimori.kernel.instants import MAX_MICROS, Micros
from machimori.kernel.signing import SigningKey

KINDS = {str(kind): kind for kind in CAUSES}
KEY = SigningKey(b"s" * 32)
cameras = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True).map(CameraId)
days = st.dates().map(str)
# Real footage comes nowhere near the years 1970 or 9999.
times = st.tuples(st.integers(0, MAX_MICROS), st.integers(0, MAX_MICROS)).map(
    lambda pair: (Micros(min(pair)), Micros(max(pair)))
)
heads = st.binary(min_size=32, max_size=32).map(bytes.hex)


@st.composite
def names(draw: st.DrawFn) -> Name:
    day, camera, (first, last) = draw(days), draw(cameras), draw(times)
    kind = draw(st.sampled_from(["seg", "manifest", *KINDS]))
    if kind == "manifest":
        return ManifestName(day=day, camera=camera)
    if kind == "seg":
        return SegmentName(day=day, camera=camera, first=first, last=last)
    return RecordName(day=day, camera=camera, first=first, last=last, kind=KINDS[kind])


@given(names())
def test_a_name_says_what_it_was_made_from(name: Name) -> None:
    assert naming.parse(str(name)) == name


@given(times, times)
def test_names_sort_by_time(one: tuple[Micros, Micros], two: tuple[Micros, Micros]) -> None:
    first, second = (
        SegmentName(day="2026-11-21", camera=CameraId("c"), first=start, last=end)
        for start, end in (one, two)
    )
    assert (str(first) < str(second)) == (first < second)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-21/cam",
        "2026-11-21/cam/x.seg",
        "2026-11-21/Cam/manifest.json",
        "2026-1-21/cam/manifest.json",
        "2026-11-21/cam/20261121T000000000000Z.seg",
        "2026-11-21/cam/20261121T000001000000Z-20261121T000000000000Z.seg",
        "2026-11-21/cam/20261121T000000000000Z-20261121T000000000000Z.lost.rec",
        "2026-11-21/cam/20261121T000000000000Z-20261121T000000000000Z.seg/x",
        "2026-11-21/cam/20261121T000000000000Z-20261131T000000000000Z.seg",
        "2026-11-21/cam/20261121T000000000Z-20261121T000000000000Z.seg",
    ],
)
def test_other_names_are_not_ours(text: str) -> None:
    with pytest.raises(MalformedError):
        naming.parse(text)


@st.composite
def some_records(draw: st.DrawFn) -> Record:
    first, last = draw(times)
    limit = 2**53 - 1
    kind = draw(st.sampled_from(sorted(CAUSES)))
    removed = draw(
        st.lists(
            st.builds(
                Removed,
                session=heads,
                first=st.integers(0, limit),
                last=st.integers(0, limit),
                head=heads,
            ),
            max_size=3,
        )
    )
    return Record(
        kind=kind,
        day=draw(days),
        camera=draw(cameras),
        recorder=RecorderId("rec-1"),
        session=draw(heads),
        sequence=draw(st.integers(0, limit)),
        previous=draw(st.one_of(st.just(""), heads)),
        first=Micros(min(first, limit)),
        last=Micros(min(last, limit)),
        cause=draw(st.sampled_from(CAUSES[kind])),
        detail=draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=100)),
        removed=tuple(removed),
        attestation=draw(st.sampled_from(["", "AAAA"])),
    )


@given(some_records())
def test_a_record_is_read_as_it_was_signed(record: Record) -> None:
    envelope = record.sign("rec-1", KEY)
    read, again = records.decode(envelope.encode())
    assert (read, again) == (record, envelope)
    assert again.signed_with(KEY.public)
    assert naming.parse(str(record.name)) == record.name


GAP = Record(
    kind="gap",
    day="2026-11-21",
    camera=CameraId("cam-0001"),
    recorder=RecorderId("rec-1"),
    session="5" * 32,
    sequence=3,
    previous="ab" * 32,
    first=Micros(10),
    last=Micros(20),
    cause="network",
)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "else"},
        {"kind": 5},
        {"cause": "retention"},
        {"cause": ["network"]},
        {"day": "yesterday"},
        {"camera": "../cam"},
        {"from": 30},
        {"sequence": -1},
        {"detail": "x" * 501},
        {"removed": 5},
        {"removed": ["x"]},
        {"removed": []},
        {"attestation": ""},
        {"further": 1},
    ],
)
def test_a_statement_that_is_no_record_is_malformed(change: dict[str, object]) -> None:
    with pytest.raises(MalformedError):
        records.decode(Envelope.of(records.RECORD_TYPE, GAP.statement() | change).encode())


def test_one_kind_of_statement_does_not_pass_for_another() -> None:
    record = GAP.sign("rec-1", KEY)
    decoders: list[Callable[[bytes], object]] = [manifest.decode]
    for decode in decoders:
        with pytest.raises(MalformedError):
            decode(record.encode())
    moved = dataclasses.replace(record, payload_type=manifest.MANIFEST_TYPE)
    assert not moved.signed_with(KEY.public)


def item(name: str) -> ManifestItem:
    return ManifestItem(name=name, size=10, head="ab" * 32, session="5" * 32, sequence=0)


NAMES = [
    str(SegmentName(day="2026-11-21", camera=CameraId("cam"), first=Micros(n), last=Micros(n)))
    for n in range(3)
]


def listing(*items: ManifestItem, day: str = "2026-11-21") -> Manifest:
    return Manifest(
        camera=CameraId("cam"),
        day=day,
        recorder=RecorderId("rec-1"),
        closed=Micros(100),
        items=items,
    )


@given(st.sets(st.sampled_from(NAMES)))
def test_a_manifest_is_read_as_it_was_signed(chosen: set[str]) -> None:
    made = listing(*(item(name) for name in sorted(chosen)))
    envelope = made.sign("rec-1", KEY)
    assert manifest.decode(envelope.encode()) == (made, envelope)


def test_a_manifest_lists_its_own_day_once_and_in_order() -> None:
    for items, day in (
        ((item(NAMES[1]), item(NAMES[0])), "2026-11-21"),
        ((item(NAMES[0]), item(NAMES[0])), "2026-11-21"),
        ((item(NAMES[0]),), "2026-11-22"),
        ((item("2026-11-21/cam/manifest.json"),), "2026-11-21"),
    ):
        with pytest.raises(MalformedError):
            listing(*items, day=day)
