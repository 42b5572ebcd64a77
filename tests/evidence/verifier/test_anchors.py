# SPDX-License-Identifier: AGPL-3.0-or-later
"""An anchor shows what the ledger holds of this footage, or the package is altered."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.evidence.errors import PackageError
from machimori.evidence.testing import read_files, restate, write_files
from machimori.evidence.verifier.anchors import FORMAT, AnchoredHead, Link, existence
from machimori.evidence.verifier.check import verify
from machimori.evidence.verifier.statement import Camera, Statement
from machimori.evidence.verifier.verdict import Judgement, Verdict
from machimori.footage.anchors import Head, Heads
from machimori.kernel import canonical
from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import CameraId, RecorderId, new_id
from machimori.kernel.instants import Micros
from machimori.kernel.signing import SigningKey
from machimori.ledger import tree
from machimori.ledger.entry import Entry
from machimori.ledger.proof import Inclusion
from machimori.ledger.testing import MemoryLedger

ANCHOR = "data/anchors/cam-0001-01.json"
OTHER = "ab" * 32


def judged(made: Any, tmp_path: Path, files: dict[str, bytes], change: Any = None) -> Judgement:
    """What the verifier says of these files, when even the city's key signed for them."""
    forged = restate(files, made.city.key, change or (lambda statement: statement))
    path = write_files(tmp_path / "x.zip", forged, relist=True)
    return verify(path, city=made.city.fingerprint)


def other_entry(head: AnchoredHead, **data: Any) -> bytes:
    entry = Entry.decode(head.entry)
    return replace(entry, data={**entry.data, **data}).encode()


def foreign(head: AnchoredHead) -> AnchoredHead:
    """The very anchor, in a ledger that the city did not certify."""
    ledger = MemoryLedger(signing_key=SigningKey.generate(), name="ledger.sample/machimori")
    entry = Entry.decode(head.entry)
    ledger.append(entry)
    return replace(head, inclusion=ledger.inclusion(entry.id))


FORGERIES: dict[str, Callable[[AnchoredHead], AnchoredHead]] = {
    "another time in the entry": lambda h: replace(
        h, entry=replace(Entry.decode(h.entry), at=Micros(1)).encode()
    ),
    "another root in the entry": lambda h: replace(h, entry=other_entry(h, root=OTHER)),
    "another ledger": foreign,
    "another place in the ledger": lambda h: replace(
        h, inclusion=replace(h.inclusion, index=h.inclusion.index + 1)
    ),
    "another proof": lambda h: replace(
        h, inclusion=replace(h.inclusion, hashes=h.inclusion.hashes[::-1])
    ),
    "a proof cut short": lambda h: replace(h, inclusion=replace(h.inclusion, hashes=())),
    "another path": lambda h: replace(h, path=(bytes(32), *h.path[1:])),
    "a path cut short": lambda h: replace(h, path=h.path[1:]),
    "another row of the list": lambda h: replace(h, index=1 - h.index),
    "another run of the recorder": lambda h: replace(h, session="6" * 32),
    "fewer items": lambda h: replace(h, sequence=h.sequence - 1),
    "more items": lambda h: replace(h, sequence=h.sequence + 1, links=((h.sequence, OTHER),)),
    "a hole": lambda h: replace(h, sequence=h.sequence + 2, links=((h.sequence + 1, OTHER),)),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_anchor_is_altered(made: Any, tmp_path: Path, forgery: str) -> None:
    """Whoever holds the city's key, but not the ledger's, cannot date footage."""
    files = read_files(made.path)
    changed = FORGERIES[forgery](AnchoredHead.decode(files[ANCHOR])).encode()
    assert changed != files[ANCHOR]
    judgement = judged(made, tmp_path, {**files, ANCHOR: changed})
    assert judgement.verdict is Verdict.ALTERED
    assert [(f.code, f.where) for f in judgement.findings if f.severity != "note"] == [
        ("anchor", ANCHOR)
    ]
    assert judgement.existed == []


@pytest.mark.parametrize(
    "data", [b"", b"{}", canonical.dumps({"format": FORMAT}), b"[1]"], ids=repr
)
def test_what_is_no_anchor_is_altered(made: Any, tmp_path: Path, data: bytes) -> None:
    judgement = judged(made, tmp_path, {**read_files(made.path), ANCHOR: data})
    assert judgement.verdict is Verdict.ALTERED
    assert ("anchor", ANCHOR) in {(f.code, f.where) for f in judgement.findings}


def of_camera(change: Callable[[Camera], Camera]) -> Callable[[Statement], Statement]:
    return lambda s: replace(s, cameras=(change(s.cameras[0]),))


def naming(path: str) -> Callable[[Camera], Camera]:
    return lambda c: replace(c, segments=tuple(replace(s, anchor=path) for s in c.segments))


def dated(camera: Camera) -> Camera:
    return replace(camera, anchors=tuple(replace(a, by=Micros(a.by - 1)) for a in camera.anchors))


@pytest.mark.parametrize(
    "lie",
    [dated, naming(""), naming("data/anchors/cam-0001-02.json")],
    ids=["another time", "no anchor", "another anchor"],
)
def test_the_statement_cannot_contradict_the_anchors(
    made: Any, tmp_path: Path, lie: Callable[[Camera], Camera]
) -> None:
    judgement = judged(made, tmp_path, read_files(made.path), of_camera(lie))
    assert judgement.verdict is Verdict.ALTERED
    assert "anchors" in {f.code for f in judgement.findings}


def test_an_anchor_that_the_statement_does_not_use_is_refused(made: Any, tmp_path: Path) -> None:
    files = read_files(made.path)
    twice = {**files, "data/anchors/cam-0001-02.json": files[ANCHOR]}

    def both(camera: Camera) -> Camera:
        again = replace(camera.anchors[0], path="data/anchors/cam-0001-02.json")
        return replace(camera, anchors=(*camera.anchors, again))

    judgement = judged(made, tmp_path, twice, of_camera(both))
    assert judgement.verdict is Verdict.ALTERED
    kept = judged(made, tmp_path, files, of_camera(lambda c: replace(c, anchors=())))
    assert kept.verdict is Verdict.ALTERED


def test_a_city_that_leaves_the_anchor_out_says_so(made: Any, tmp_path: Path) -> None:
    files = read_files(made.path)
    del files[ANCHOR]

    def without(camera: Camera) -> Camera:
        return replace(naming("")(camera), anchors=())

    judgement = judged(made, tmp_path, files, of_camera(without))
    assert judgement.verdict is Verdict.SOUND
    assert "no_anchor" in {f.code for f in judgement.findings}


def test_an_anchor_of_another_recording_does_not_fit(
    made: Any, made_of: Callable[[str], Any], tmp_path: Path
) -> None:
    other = read_files(made_of("h265").path)[ANCHOR]
    judgement = judged(made, tmp_path, {**read_files(made.path), ANCHOR: other})
    assert ("anchor", ANCHOR) in {(f.code, f.where) for f in judgement.findings}


DIGESTS = st.binary(min_size=32, max_size=32)
HEADS = st.builds(
    AnchoredHead,
    session=st.text("0123456789abcdef", min_size=32, max_size=32),
    sequence=st.integers(1, 1 << 40),
    index=st.integers(0, 9),
    size=st.integers(10, 1 << 20),
    path=st.lists(DIGESTS, max_size=6).map(tuple),
    links=st.dictionaries(st.integers(0, 1 << 40), DIGESTS.map(bytes.hex), max_size=6).map(
        lambda links: tuple(sorted(links.items()))
    ),
    entry=st.binary(max_size=80),
    inclusion=st.builds(
        Inclusion,
        index=st.integers(0, 1 << 40),
        hashes=st.lists(DIGESTS, max_size=6).map(tuple),
        checkpoint=st.text(max_size=40).map(str.encode),
    ),
)


@given(HEADS)
def test_anchored_heads_come_back_as_they_were(head: AnchoredHead) -> None:
    assert AnchoredHead.decode(head.encode()) == head


@given(HEADS, st.data())
def test_whatever_is_read_is_written_in_one_way(head: AnchoredHead, data: st.DataObject) -> None:
    """No two files say the same, and what does not parse raises the domain error."""
    encoded = bytearray(head.encode())
    position = data.draw(st.integers(0, len(encoded) - 1))
    encoded[position] ^= data.draw(st.integers(1, 255))
    try:
        found = AnchoredHead.decode(bytes(encoded))
    except MalformedError:
        return
    assert found != head
    assert found.encode() == bytes(encoded)


@pytest.mark.parametrize(
    "change",
    [
        {"sequence": 0},
        {"index": 2},
        {"index": -1},
        {"links": ((1, OTHER), (1, OTHER))},
        {"links": ((2, OTHER), (1, OTHER))},
        {"links": ((-1, OTHER),)},
        {"links": ((1, "AB" * 32),)},
        {"path": (b"short",)},
        {"path": (bytes(32),) * 65},
    ],
    ids=str,
)
def test_impossible_anchored_heads_are_refused(made: Any, change: dict[str, Any]) -> None:
    head = AnchoredHead.decode(read_files(made.path)[ANCHOR])
    with pytest.raises(PackageError):
        replace(head, **change)


def chain_of(count: int) -> list[Link]:
    links: list[Link] = []
    for number in range(count):
        links.append(
            Link(
                recorder="rec-1",
                session="5" * 32,
                sequence=number,
                previous=links[-1].head if links else "",
                digest=bytes([number + 1] * 32).hex(),
                last=Micros(1000 * number),
                where=str(number),
            )
        )
    return links


@given(st.data())
def test_exactly_what_leads_to_an_anchored_head_is_covered(data: st.DataObject) -> None:
    """Any chain, any part of it packaged, any links given, any neighbours in the list: covered are
    the packaged items from the last break on, and a changed digest covers nothing."""
    count = data.draw(st.integers(1, 8))
    chain = chain_of(count)
    packaged = data.draw(st.sets(st.integers(0, count - 1), min_size=1))
    given_links = data.draw(st.sets(st.integers(0, count - 1)))
    others = data.draw(st.integers(0, 6))
    heads = [
        Head(camera=CameraId(f"cam-{n}"), session="6" * 32, sequence=1, head=OTHER)
        for n in range(others)
    ]
    own = Head(camera=CameraId("cam-x"), session="5" * 32, sequence=count, head=chain[-1].head)
    heads = sorted([*heads, own])
    listed = Heads(
        recorder=RecorderId("rec-1"), entry=new_id(), at=Micros(500_000), heads=tuple(heads)
    )
    ledger = MemoryLedger()
    ledger.append(listed.ledger_entry())
    nodes: dict[tree.Node, bytes] = {}
    frontier = tree.Frontier(nodes.__setitem__)
    for row in heads:
        frontier.push(row.leaf())
    index = heads.index(own)
    anchored = AnchoredHead(
        session="5" * 32,
        sequence=count,
        index=index,
        size=len(heads),
        path=tuple(tree.fill(tree.inclusion_plan(index, len(heads)), nodes.__getitem__)),
        links=tuple((n, chain[n].digest) for n in sorted(given_links)),
        entry=ledger.entry(listed.entry),
        inclusion=ledger.inclusion(listed.entry),
    )
    items = [chain[number] for number in sorted(packaged)]
    broken = [n for n in range(count) if n not in packaged | given_links]
    expected = {n for n in packaged if not broken or n > broken[-1]}
    if not expected:
        with pytest.raises(PackageError):
            existence("cam-x", items, {"p": anchored}, ledger.key)
        return
    (one,) = existence("cam-x", items, {"p": anchored}, ledger.key)
    assert {place[2] for place in one.places} == expected
    assert one.by == 500_000
    assert one.index == 0
    with pytest.raises(PackageError):
        existence("cam-y", items, {"p": anchored}, ledger.key)
    number = data.draw(st.sampled_from(sorted(expected)))
    wrong = [replace(item, digest=OTHER) if item.sequence == number else item for item in items]
    if number == count - 1 or number + 1 in given_links - packaged:
        with pytest.raises(PackageError):
            existence("cam-x", wrong, {"p": anchored}, ledger.key)
    else:
        (one,) = existence("cam-x", wrong, {"p": anchored}, ledger.key)
        assert min(place[2] for place in one.places) > number


def test_no_claim_is_earlier_than_the_footage_itself(made: Any) -> None:
    """A recorder whose clock was set back after a segment does not date it before its end."""
    head = AnchoredHead.decode(read_files(made.path)[ANCHOR])
    (shown,) = made.package.statement.cameras[0].anchors
    assert shown.by == Entry.decode(head.entry).at
    chain = [replace(chain_of(1)[0], last=Micros(900_000))]
    listed = Heads(
        recorder=RecorderId("rec-1"),
        entry=new_id(),
        at=Micros(500_000),
        heads=(Head(camera=CameraId("c"), session="5" * 32, sequence=1, head=chain[0].head),),
    )
    ledger = MemoryLedger()
    ledger.append(listed.ledger_entry())
    late = AnchoredHead(
        session="5" * 32,
        sequence=1,
        index=0,
        size=1,
        path=(),
        links=(),
        entry=ledger.entry(listed.entry),
        inclusion=ledger.inclusion(listed.entry),
    )
    (one,) = existence("c", chain, {"p": late}, ledger.key)
    assert one.by == 900_000
