# SPDX-License-Identifier: AGPL-3.0-or-later
"""Holds: keys re-sealed to the case outlive expiry, to their last day and no longer."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from machimori.kernel.envelope import Envelope
from machimori.kernel.ids import CaseId, SchemeId
from machimori.kernel.instants import Micros
from machimori.ledger.entry import Entry
from machimori.vault.client.protocol import Message
from machimori.vault.client.signers import HoldSigners
from machimori.vault.client.statements import EarlyDestruction, Hold, HoldEnd
from machimori.vault.client.testing import Officer, header_for, hold, nonce, rules, signed
from machimori.vault.errors import VaultRefusedError
from machimori.vault.opening.handlers import HANDLERS
from machimori.vault.opening.testing import (
    ONE_DAY,
    SECOND,
    SEVEN_DAYS,
    Rig,
    Segment,
    seal_segment,
)
from machimori.vault.sealing.bundle import BundledKey, KeyBundle
from machimori.vault.sealing.seal import chunk_key

DAY = 24 * 3600


def pass_days(rig: Rig, days: int) -> None:
    for _ in range(days):
        rig.clock.advance(DAY)
        rig.vault.expire()


def order(
    rig: Rig, segment: Segment, last_day: str = "2026-11-20", case: str = "case-1"
) -> Envelope:
    """A hold of two officers over a segment."""
    start = segment.skeleton.sealed.header.start
    statement = hold(
        scheme="street",
        cameras=[segment.skeleton.sealed.header.camera],
        start=start,
        end=Micros(start + 6 * SECOND),
        last_day=last_day,
        case=case,
    )
    return signed(statement, *rig.officers[:2])


def end(case: str = "case-1") -> HoldEnd:
    return HoldEnd(case=CaseId(case), ground="捜査終結", scheme=SchemeId("street"), nonce=nonce())


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(VaultRefusedError) as caught:
        act()
    return caught.value.reason


def test_a_held_segment_opens_after_its_day_is_destroyed(rig: Rig) -> None:
    held, other = rig.segment("cam-1"), rig.segment("cam-2")
    keys = rig.vault.hold(order(rig, held), (held.header(),))
    assert keys.sealed.keys() == {held.id}
    pass_days(rig, 7)
    rig.restart()
    opened = rig.reader.open(rig.release(rig.authorise(held), held))
    assert opened[held.id].chunks == {i: chunk_key(held.data_key, i) for i in range(6)}
    assert refused(lambda: rig.release(rig.authorise(other), other)) == "expired"
    assert refused(lambda: rig.release(rig.authorise(held, case="case-2"), held)) == "expired"


def test_the_holds_last_day_is_enforced(rig: Rig) -> None:
    held = rig.segment()
    rig.vault.hold(order(rig, held, last_day="2026-11-12"), (held.header(),))
    pass_days(rig, 10)
    assert rig.release(rig.authorise(held), held).sealed
    rig.clock.advance(14 * 3600)
    assert refused(lambda: rig.release(rig.authorise(held), held)) == "expired"
    names = [d.name for d in rig.vault.expire()]
    assert "case.case-1" in names
    assert not (rig.home / "keyring" / "case.case-1.0.json").exists()


def test_the_end_of_a_hold_destroys_its_keys_at_once(rig: Rig) -> None:
    held = rig.segment()
    envelope = order(rig, held)
    rig.vault.hold(envelope, (held.header(),))
    pass_days(rig, 7)
    rig.submit(end())
    assert refused(lambda: rig.release(rig.authorise(held), held)) == "expired"
    assert refused(lambda: rig.vault.hold(envelope, ())) == "replayed"
    assert refused(lambda: rig.submit(end())) == "no_hold"


def test_a_closed_vault_ends_a_hold(rig: Rig) -> None:
    held = rig.segment()
    rig.vault.hold(order(rig, held), (held.header(),))
    rig.restart(unlock=False)
    rig.submit(end())
    assert not [p for place in rig.places.values() for p in place.glob("case.*")]


def test_more_headers_join_the_hold_and_a_new_hold_follows_an_old_one(rig: Rig) -> None:
    first = rig.segment()
    envelope = order(rig, first)
    rig.vault.hold(envelope, (first.header(),))
    second = rig.segment()
    assert rig.vault.hold(envelope, (first.header(), second.header())).sealed.keys() == {second.id}
    rig.submit(end())
    again = rig.segment()
    assert rig.vault.hold(order(rig, again), (again.header(),)).sealed.keys() == {again.id}
    pass_days(rig, 7)
    assert rig.release(rig.authorise(again), again).sealed
    assert refused(lambda: rig.release(rig.authorise(first), first)) == "expired"


def cover(rig: Rig, cameras: tuple[str, ...], start: Micros, seconds: int) -> Envelope:
    """A hold of two officers over some cameras' time."""
    statement = hold(
        scheme="street",
        cameras=list(cameras),
        start=start,
        end=Micros(start + seconds * SECOND),
        last_day="2026-11-20",
    )
    return signed(statement, *rig.officers[:2])


def brought(rig: Rig, envelope: Envelope, segments: list[Segment]) -> tuple[int, int, int]:
    """Sizes of the request and its answer in bytes, and the case's segments."""
    request = Message(
        body={"complete": [], "op": "hold", "unreachable": [], "until": ""},
        blobs=(envelope.encode(), *(s.header() for s in segments)),
    )
    answer = HANDLERS["hold"](rig.vault, request)
    return len(request.encode()), len(answer.encode()), answer.body["ok"]["segments"]


def test_neither_an_answer_nor_a_write_grows_with_the_case(rig: Rig) -> None:
    """A request that fits into a message has an answer that does, however much is held already."""
    start, cameras = rig.clock.now(), ("cam-1", "cam-2")
    envelope = cover(rig, cameras, start, 600)
    at = [Micros(start + n * SECOND) for n in range(120)]
    bundle = rig.bundle()
    made = {
        camera: [
            seal_segment(header=header_for(bundle, camera, t), bundle=bundle, recorder=rig.recorder)
            for t in at
        ]
        for camera in cameras
    }
    answers = set()
    for first in range(0, 120, 10):
        request, answer, held = brought(rig, envelope, made["cam-1"][first : first + 10])
        assert answer <= request
        assert held == first + 10
        answers.add(answer - len(str(held)))
    assert len(answers) == 1
    before = rig.home / "keyring" / "case.case-1.cam-1.2026-11-02.json"
    inode = before.stat().st_ino
    _, answer, held = brought(rig, envelope, made["cam-2"][:10])
    assert (answer - len(str(held)), held) == (answers.pop(), 130)
    assert before.stat().st_ino == inode, "another camera-day's keys were written again"
    again = brought(rig, envelope, made["cam-1"])
    assert (again[1] < 3000, again[2]) == (True, 130), "what the case has is not answered again"
    pass_days(rig, 7)
    rig.restart()
    for segment in (made["cam-1"][0], made["cam-1"][119], made["cam-2"][9]):
        opened = rig.reader.open(rig.release(rig.authorise(segment), segment))
        assert opened[segment.id].chunks[5] == chunk_key(segment.data_key, 5)
    unheld = made["cam-2"][10]
    assert refused(lambda: rig.release(rig.authorise(unheld), unheld)) == "expired"
    rig.submit(end())
    assert not list((rig.home / "keyring").glob("case.*"))


def test_a_hold_needs_its_signers_and_stays_in_its_bounds(rig: Rig) -> None:
    segment = rig.segment()
    envelope = order(rig, segment)
    alone = replace(envelope, signatures=envelope.signatures[:1])
    assert refused(lambda: rig.vault.hold(alone, (segment.header(),))) == "too_few_signers"
    other = rig.segment("cam-2")
    assert refused(lambda: rig.vault.hold(envelope, (other.header(),))) == "wrong_camera"
    far = order(rig, segment, last_day="2029-01-01")
    assert refused(lambda: rig.vault.hold(far, (segment.header(),))) == "last_day"
    rig.clock.advance(600)
    late = rig.segment()
    assert refused(lambda: rig.vault.hold(envelope, (late.header(),))) == "outside_interval"


def test_a_forged_header_re_seals_nothing(rig: Rig) -> None:
    segment = rig.segment()
    moved = replace(
        segment.skeleton.sealed,
        header=replace(segment.skeleton.sealed.header, sequence=9),
    )
    assert refused(lambda: rig.vault.hold(order(rig, segment), (moved.encode(),))) == "moved_key"


def test_expiry_and_hold_have_one_order(rig: Rig) -> None:
    """What expired first cannot be held any more; what was held first is kept."""
    segment = rig.segment()
    pass_days(rig, 7)
    assert refused(lambda: rig.vault.hold(order(rig, segment), (segment.header(),))) == "expired"


class TestUnreachableHeaders:
    def key(self, segment: Segment) -> str:
        return segment.skeleton.sealed.header.key

    def test_the_camera_days_key_survives_by_a_puncture_to_a_stated_day(self, rig: Rig) -> None:
        held, other = rig.segment("cam-1"), rig.segment("cam-2")
        envelope = order(rig, held)
        rig.vault.hold(envelope, (), unreachable=(self.key(held),), until="2026-11-20")
        pass_days(rig, 6)
        rig.clock.advance(DAY)
        (done,) = rig.vault.expire()
        assert done.kept == (self.key(held),)
        assert set(done.punctured) == {k.key for k in rig_keys(rig) if k.camera != "cam-1"}
        assert refused(lambda: rig.release(rig.authorise(other), other)) == "expired"
        assert refused(lambda: rig.release(rig.authorise(held, case="case-2"), held)) == "expired"
        assert rig.release(rig.authorise(held), held).sealed
        keys = rig.vault.hold(envelope, (held.header(),), complete=(self.key(held),))
        assert keys.sealed.keys() == {held.id}
        names = [d.name for d in rig.vault.expire()]
        assert names == ["day.two-weeks.2026-11-02"]
        assert rig.release(rig.authorise(held), held).sealed

    def test_a_false_word_that_all_is_brought_is_on_record_and_can_be_undone(
        self, rig: Rig
    ) -> None:
        """Who has the socket and the signed hold can say so without bringing anything."""
        held = rig.segment()
        envelope, key = order(rig, held), self.key(held)
        rig.vault.hold(envelope, (), unreachable=(key,), until="2026-11-20")
        assert refused(lambda: rig.vault.hold(envelope, (), complete=(key,))) == "outside_interval"
        pass_days(rig, 6)
        rig.vault.hold(envelope, (), complete=(key,))
        (entry,) = rig.vault.journal(rig.vault.status()["records"] - 1)
        assert Entry.decode(entry).data["complete"] == 1
        rig.restart()
        assert rig.release(rig.authorise(held), held).sealed, "the retention is not over"
        rig.vault.hold(envelope, (), unreachable=(key,), until="2026-11-20")
        pass_days(rig, 5)
        assert rig.release(rig.authorise(held), held).sealed, "naming it again undoes the word"

    def test_a_hold_gives_up_only_what_it_keeps_itself(self, rig: Rig) -> None:
        held = rig.segment()
        key = self.key(held)
        first, second = order(rig, held), order(rig, held)
        rig.vault.hold(first, (), unreachable=(key,), until="2026-11-20")
        rig.vault.hold(second, (), unreachable=(key,), until="2026-11-12")
        pass_days(rig, 1)
        rig.vault.hold(second, (), complete=(key,))
        assert refused(lambda: rig.vault.hold(second, (), complete=("cam-2/2026-11-02/0",))) == (
            "outside_interval"
        )
        pass_days(rig, 12)
        assert rig.release(rig.authorise(held), held).sealed

    def test_the_stated_day_ends_it(self, rig: Rig) -> None:
        held = rig.segment()
        rig.vault.hold(order(rig, held), (), unreachable=(self.key(held),), until="2026-11-10")
        pass_days(rig, 8)
        assert list(rig.places["first"].glob("day.*.2026-11-02.*"))
        pass_days(rig, 1)
        assert not list(rig.places["first"].glob("day.*.2026-11-02.*"))

    def test_only_what_the_hold_covers_is_kept(self, rig: Rig) -> None:
        held, other = rig.segment("cam-1"), rig.segment("cam-2")
        envelope = order(rig, held)
        for key, until, reason in (
            (self.key(other), "2026-11-10", "outside_interval"),
            (self.key(held), "2027-11-10", "last_day"),
            (self.key(held), "", "last_day"),
            ("cam-1/2026-11-02/9", "2026-11-10", "destroyed"),
        ):
            with pytest.raises(VaultRefusedError) as caught:
                rig.vault.hold(envelope, (), unreachable=(key,), until=until)
            assert caught.value.reason == reason

    def test_what_a_hold_keeps_is_not_destroyed_early(self, rig: Rig) -> None:
        held = rig.segment()
        rig.vault.hold(order(rig, held), (), unreachable=(self.key(held),), until="2026-11-10")
        early = EarlyDestruction(
            camera=held.skeleton.sealed.header.camera,
            day=rig.today(),
            scheme=SchemeId("street"),
            ground="誤設置",
            nonce=nonce(),
        )
        assert refused(lambda: rig.submit(early)) == "held"


def rig_keys(rig: Rig) -> list[BundledKey]:
    path = rig.home / "bundles" / "day.two-weeks.2026-11-02.0.json"
    return list(KeyBundle.verified(path.read_bytes(), rig.city()).keys)


def test_a_hold_statement_is_not_submitted(rig: Rig) -> None:
    segment = rig.segment()
    assert isinstance(Hold.decode(order(rig, segment)), Hold)
    assert refused(lambda: rig.vault.submit(order(rig, segment))) == "not_submitted"


def test_P5_a_ground_without_a_hold_is_refused(rig: Rig) -> None:
    """印西 3(1): longer only as a statutory inquiry needs; for anything else nobody's signatures
    place a hold, nor does a case that is held change its ground."""
    segment = rig.segment()
    other = replace(Hold.decode(order(rig, segment)), ground="deterrence", nonce=nonce())
    envelope = signed(other, *rig.officers)
    assert refused(lambda: rig.vault.hold(envelope, (segment.header(),))) == "no_hold_ground"
    rig.vault.hold(order(rig, segment), (segment.header(),))
    moved = signed(replace(other, ground="disclosure", nonce=nonce()), *rig.officers)
    assert refused(lambda: rig.vault.hold(moved, (segment.header(),))) == "other_ground"


def test_I6_a_hold_reaches_as_many_days_beyond_retention_as_its_ground_has(rig: Rig) -> None:
    kept = {"two-weeks": SEVEN_DAYS, "one-day": ONE_DAY}
    rig.submit(rules("street", kept, version=2, effective_from=rig.clock.now(), hold_days=30))
    segment = rig.segment()
    # Recorded 11-02, kept through 11-08; thirty days more.
    assert (
        refused(lambda: rig.vault.hold(order(rig, segment, "2026-12-09"), (segment.header(),)))
        == "last_day"
    )
    rig.vault.hold(order(rig, segment, "2026-12-08"), (segment.header(),))
    pass_days(rig, 10)
    rig.vault.hold(order(rig, segment, "2026-12-12"), ())
    assert refused(lambda: rig.vault.hold(order(rig, segment, "2026-12-13"), ())) == "last_day"


def test_who_placed_a_hold_ends_it_and_nobody_else(rig: Rig) -> None:
    supervisor = Officer("supervisor", posts=("handling-supervisor",))
    rig.submit(supervisor.appointment())
    kept = {"two-weeks": SEVEN_DAYS, "one-day": ONE_DAY}
    new = rules("street", kept, version=2, effective_from=rig.clock.now())
    may = HoldSigners(number=1, posts=("handling-supervisor",), days=None)
    rig.submit(replace(new, hold_posts={"inquiry": may}))
    segment = rig.segment()
    by_manager = order(rig, segment)
    assert refused(lambda: rig.vault.hold(by_manager, (segment.header(),))) == "wrong_post"
    placed = signed(Hold.decode(by_manager), supervisor)
    rig.vault.hold(placed, (segment.header(),))
    assert refused(lambda: rig.submit(end())) == "wrong_post"
    rig.vault.submit(signed(end(), supervisor))
    assert rig.vault.status()["epochs"] >= 1
