# SPDX-License-Identifier: AGPL-3.0-or-later
"""From when on the footage provably existed: the package's anchors against its chains."""

from machimori.evidence.errors import PackageError
from machimori.evidence.verifier import coverage
from machimori.evidence.verifier.anchors import (
    MAX_SIZE,
    AnchoredHead,
    Existence,
    Place,
    existence,
)
from machimori.evidence.verifier.container import Source, whole
from machimori.evidence.verifier.coverage import Interval
from machimori.evidence.verifier.originals import Originals, Part
from machimori.evidence.verifier.statement import STATEMENT, Camera, Statement
from machimori.evidence.verifier.trust import Trust
from machimori.evidence.verifier.verdict import Existed, Judgement
from machimori.kernel.errors import MalformedError


def check_anchors(
    source: Source,
    statement: Statement,
    camera: Camera,
    trust: Trust,
    originals: Originals,
    judgement: Judgement,
) -> None:
    """Each anchor must follow from the camera's footage, and the statement must say what follows.

    Footage without an anchor is a note: nothing contradicts it, and nothing vouches for its time.
    """
    if not originals.complete or any(a.path not in source.files for a in camera.anchors):
        return  # what is missing or altered was named; what is left may not lead to the anchor
    try:
        key = trust.ledger(statement.keys.ledger_name)
    except MalformedError:
        return  # named by whoever checks the ledger's proofs
    heads = {}
    for anchor in camera.anchors:
        try:
            heads[anchor.path] = AnchoredHead.decode(whole(source, anchor.path, limit=MAX_SIZE))
        except MalformedError as error:
            judgement.add("altered", "anchor", anchor.path, error.message)
    if len(heads) != len(camera.anchors):
        return
    try:
        shown = existence(camera.camera, originals.links, heads, key)
    except PackageError as error:
        judgement.add("altered", "anchor", error.where, error.message)
        return
    judgement.signatures += len(shown)
    if [(one.path, one.by) for one in shown] != [(a.path, a.by) for a in camera.anchors]:
        judgement.add("altered", "anchors", STATEMENT, camera.camera)
    by_place = {place: one.path for one in shown for place in one.places}
    for part in originals.parts:
        if part.segment.anchor != by_place.get(_place(part), ""):
            judgement.add("altered", "anchors", STATEMENT, camera.camera)
    _tell(statement, camera, originals, shown, judgement)


def _tell(
    statement: Statement,
    camera: Camera,
    originals: Originals,
    shown: tuple[Existence, ...],
    judgement: Judgement,
) -> None:
    """What is shown of which time, and of which nothing is."""
    covered: set[Place] = set()
    for one in shown:
        covered |= one.places
        for start, end in _times(statement, originals, one.places):
            judgement.existed.append(
                Existed(camera=camera.camera, start=start, end=end, by=one.by, index=one.index)
            )
    rest = frozenset(_place(part) for part in originals.parts) - covered
    for start, end in _times(statement, originals, rest):
        judgement.unanchored.append((camera.camera, start, end))
    if rest:
        judgement.add("note", "no_anchor", camera.camera)


def _times(
    statement: Statement, originals: Originals, places: frozenset[Place]
) -> tuple[Interval, ...]:
    return coverage.covered(
        (
            (chunk.arrived_from, chunk.arrived_to)
            for part in originals.parts
            if _place(part) in places
            for chunk in part.chunks
        ),
        statement.start,
        statement.end,
    )


def _place(part: Part) -> Place:
    header = part.skeleton.sealed.header
    return header.recorder, header.session, header.sequence
