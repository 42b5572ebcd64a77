# SPDX-License-Identifier: AGPL-3.0-or-later
"""The attacker owns store, database and the office's place. Each attempt fails, with its reason."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MalformedError
from machimori.kernel.ids import CameraId, OfficerId, SchemeId
from machimori.kernel.instants import Micros
from machimori.kernel.signing import SigningKey
from machimori.ledger.entry import Entry
from machimori.ledger.testing import MemoryLedger
from machimori.vault.client.reader import Reader
from machimori.vault.client.statements import Appointment, Authorisation, Revocation
from machimori.vault.client.testing import Officer, nonce, rules, signed
from machimori.vault.errors import VaultMalformedError, VaultRefusedError
from machimori.vault.opening.testing import DAY, SECOND, SEVEN_DAYS, Rig, Segment, frame
from machimori.vault.sealing.bundle import KeyBundle
from machimori.vault.sealing.layout import ChunkHeader, SignedTrailer
from machimori.vault.sealing.seal import chunk_key
from machimori.vault.sealing.skeleton import Skeleton


def refused(act: Callable[[], object]) -> str:
    """The reason for which the vault refuses."""
    with pytest.raises(VaultRefusedError) as caught:
        act()
    return caught.value.reason


def changed(envelope: Envelope, **members: object) -> Envelope:
    """The same signatures over an altered statement."""
    statement = replace(Authorisation.decode(envelope), **members)  # type: ignore[arg-type]
    return replace(statement.envelope(), signatures=envelope.signatures)


def sign_frame(
    skeleton: Skeleton, chunks: tuple[ChunkHeader, ...], recorder: SigningKey
) -> Skeleton:
    """The frame with other chunks, signed again by whoever has the recorder's key."""
    altered = replace(skeleton, chunks=chunks)
    trailer = replace(skeleton.end.trailer, digest=altered.digest(), last=chunks[-1].arrived_to)
    unsigned = SignedTrailer(trailer=trailer, signature=bytes(64))
    end = replace(unsigned, signature=recorder.sign(unsigned.message()))
    return replace(altered, end=end)


class TestAuthorisations:
    def test_one_officer_is_not_enough(self, rig: Rig) -> None:
        segment = rig.segment()
        both = rig.authorise(segment)
        alone = replace(both, signatures=both.signatures[:1])
        assert refused(lambda: rig.release(alone, segment)) == "too_few_signers"

    def test_one_officer_who_signs_twice_is_one(self, rig: Rig) -> None:
        segment = rig.segment()
        both = rig.authorise(segment)
        twice = replace(both, signatures=both.signatures[:1] * 2)
        assert refused(lambda: rig.release(twice, segment)) == "too_few_signers"

    def test_nobody_signs_for_an_officer(self, rig: Rig) -> None:
        segment = rig.segment()
        both = rig.authorise(segment)
        forger = SigningKey.generate()
        forged = replace(both, signatures=both.signatures[:1]).signed_by(
            rig.officers[1].keyid, forger
        )
        assert refused(lambda: rig.release(forged, segment)) == "bad_signature"

    def test_a_stranger_is_no_officer(self, rig: Rig) -> None:
        segment = rig.segment()
        alone = replace(rig.authorise(segment), signatures=rig.authorise(segment).signatures[:0])
        stranger = Officer("stranger")
        envelope = stranger.sign(rig.officers[0].sign(alone))
        assert refused(lambda: rig.release(envelope, segment)) == "unknown_signer"

    def test_a_revoked_officer_signs_for_nothing(self, rig: Rig) -> None:
        segment = rig.segment()
        envelope = rig.authorise(segment)
        revocation = Revocation(officer=rig.officers[1].id, ground="異動", nonce=nonce())
        rig.vault.submit(signed(revocation, rig.officers[0], rig.officers[2]))
        assert refused(lambda: rig.release(envelope, segment)) == "revoked_officer"

    def test_an_appointment_that_ended_signs_for_nothing(self, rig: Rig) -> None:
        late = Officer("officer-9")
        appointment = late.appointment(valid_until=Micros(rig.clock.now() + 60 * SECOND))
        rig.submit(appointment)
        rig.clock.advance(3600)
        segment = rig.segment()
        envelope = replace(rig.authorise(segment), signatures=())
        envelope = late.sign(rig.officers[0].sign(envelope))
        assert refused(lambda: rig.release(envelope, segment)) == "appointment_not_valid"

    def test_another_post_does_not_count(self, rig: Rig) -> None:
        clerk = Officer("clerk", posts=("clerk",))
        rig.submit(clerk.appointment())
        segment = rig.segment()
        envelope = clerk.sign(rig.officers[0].sign(replace(rig.authorise(segment), signatures=())))
        assert refused(lambda: rig.release(envelope, segment)) == "wrong_post"

    @pytest.mark.parametrize(
        "member",
        [
            {"cameras": (CameraId("cam-1"), CameraId("cam-2"))},
            {"openings": 5},
            {"start": Micros(0)},
            {"valid_to": Micros(7_000_000_000_000_000)},
            {"reader": Reader.generate().public.raw},
        ],
        ids=["cameras", "openings", "interval", "validity", "reader"],
    )
    def test_a_widened_authorisation_has_no_signature(
        self, rig: Rig, member: dict[str, object]
    ) -> None:
        segment = rig.segment()
        widened = changed(rig.authorise(segment), **member)
        assert refused(lambda: rig.release(widened, segment)) == "bad_signature"

    def test_a_replay_opens_nothing(self, rig: Rig) -> None:
        segment = rig.segment()
        request = rig.request(rig.authorise(segment, openings=3), segment)
        rig.vault.release(request)
        assert refused(lambda: rig.vault.release(request)) == "stale_challenge"

    def test_openings_are_counted_across_restarts(self, rig: Rig) -> None:
        segment = rig.segment()
        envelope = rig.authorise(segment, openings=2)
        rig.release(envelope, segment)
        rig.restart()
        rig.release(envelope, segment)
        rig.restart()
        assert refused(lambda: rig.release(envelope, segment)) == "openings_used_up"

    def test_a_nonce_serves_one_authorisation(self, rig: Rig) -> None:
        segment = rig.segment()
        first = rig.authorise(segment)
        rig.release(first, segment)
        again = replace(Authorisation.decode(first), purpose="another purpose")
        envelope = signed(again, *rig.officers[:2])
        assert refused(lambda: rig.release(envelope, segment)) == "nonce_reused"

    def test_an_authorisation_is_not_valid_early_or_late(self, rig: Rig) -> None:
        segment = rig.segment()
        envelope = rig.authorise(segment)
        rig.clock.advance(2 * 24 * 3600)
        assert refused(lambda: rig.release(envelope, segment)) == "not_valid_now"

    def test_setting_the_clock_back_revives_nothing(self, rig: Rig) -> None:
        segment = rig.segment()
        envelope = rig.authorise(segment)
        rig.clock.advance(2 * 24 * 3600)
        assert refused(lambda: rig.release(envelope, segment)) == "not_valid_now"
        rig.clock.set(Micros(rig.clock.now() - 2 * DAY))
        assert refused(lambda: rig.release(envelope, segment)) == "clock_behind"

    def test_rules_bound_what_officers_may_grant(self, rig: Rig) -> None:
        segment = rig.segment()
        plain = Authorisation.decode(rig.authorise(segment))
        for members, reason in (
            ({"openings": 11}, "openings"),
            ({"end": Micros(plain.start + 3 * DAY)}, "interval"),
            ({"valid_to": Micros(plain.valid_from + 31 * DAY)}, "too_long_valid"),
            ({"scheme": SchemeId("cityhall")}, "no_rules"),
        ):
            wide = signed(replace(plain, **members), *rig.officers[:2])
            assert refused(partial(rig.release, wide, segment)) == reason


class TestSegments:
    def test_a_camera_that_is_not_named_stays_closed(self, rig: Rig) -> None:
        envelope = rig.authorise(rig.segment("cam-1"))
        other = rig.segment("cam-2")
        assert refused(lambda: rig.release(envelope, other)) == "wrong_camera"

    def test_a_segment_outside_the_interval_stays_closed(self, rig: Rig) -> None:
        envelope = rig.authorise(rig.segment())
        rig.clock.advance(60)
        later = rig.segment()
        assert refused(lambda: rig.release(envelope, later)) == "outside_interval"

    def test_one_segment_that_does_not_fit_refuses_them_all(self, rig: Rig) -> None:
        good = rig.segment()
        envelope = rig.authorise(good)
        rig.clock.advance(60)
        later = rig.segment()
        assert refused(lambda: rig.release(envelope, good, later)) == "outside_interval"
        assert rig.release(envelope, good).sealed.keys() == {good.id}

    def test_a_forged_trailer_is_not_the_recorders(self, rig: Rig) -> None:
        segment = rig.segment()
        forged = Segment(frame(segment.skeleton.sealed, SigningKey.generate()), b"")
        envelope = rig.authorise(segment)
        assert refused(lambda: rig.release(envelope, forged)) == "forged_segment"

    def test_chunks_cannot_be_moved_into_the_interval(self, rig: Rig) -> None:
        segment = rig.segment()
        frame_ = segment.skeleton
        moved = tuple(
            replace(c, arrived_from=frame_.sealed.header.start, arrived_to=c.arrived_to)
            for c in frame_.chunks
        )
        forged = Segment(replace(frame_, chunks=moved), b"")
        assert refused(lambda: rig.release(rig.authorise(segment), forged)) == "forged_segment"

    def test_a_stolen_recorders_key_does_not_move_yesterday_into_the_interval(
        self, rig: Rig
    ) -> None:
        old = rig.segment()
        rig.clock.advance(24 * 3600)
        now = rig.clock.now()
        genuine = frame(old.skeleton.sealed, rig.recorder)
        moved = tuple(
            replace(c, arrived_from=now, arrived_to=Micros(now + SECOND)) for c in genuine.chunks
        )
        forged = Segment(sign_frame(genuine, moved, rig.recorder), b"")
        envelope = rig.authorise(rig.segment())
        assert refused(lambda: rig.release(envelope, forged)) == "forged_segment"

    def test_nor_does_it_move_what_came_later_into_the_interval(self, rig: Rig) -> None:
        early = rig.segment()
        rig.clock.advance(3600)
        late = frame(rig.segment().skeleton.sealed, rig.recorder)
        start = early.skeleton.sealed.header.start
        reaching_back = tuple(replace(c, arrived_from=start) for c in late.chunks)
        forged = Segment(sign_frame(late, reaching_back, rig.recorder), b"")
        envelope = rig.authorise(early)
        assert refused(lambda: rig.release(envelope, forged)) == "forged_segment"

    def test_a_forged_header_lends_its_key_to_nobody(self, rig: Rig) -> None:
        """A recorder's own key, in the wrong hands, cannot move a sealed key to another time."""
        segment = rig.segment()
        later = replace(
            segment.skeleton.sealed.header, start=Micros(rig.clock.now() + 3600 * SECOND)
        )
        moved = replace(segment.skeleton.sealed, header=later)
        forged = Segment(frame(moved, rig.recorder), b"")
        rig.clock.advance(3700)
        assert refused(lambda: rig.release(rig.authorise(forged), forged)) == "moved_key"

    def test_a_sealed_key_cannot_be_moved_to_another_camera(self, rig: Rig) -> None:
        wanted, allowed = rig.segment("cam-2"), rig.segment("cam-1")
        mixed = replace(
            wanted.skeleton.sealed,
            header=replace(wanted.skeleton.sealed.header, camera=CameraId("cam-1")),
        )
        forged = Segment(frame(mixed, rig.recorder), b"")
        envelope = rig.authorise(allowed)
        assert refused(lambda: rig.release(envelope, forged)) == "wrong_key"

    def test_a_sealed_key_cannot_be_moved_between_segments(self, rig: Rig) -> None:
        first, second = rig.segment("cam-1"), rig.segment("cam-2")
        mixed = replace(first.skeleton.sealed, sealed_key=second.skeleton.sealed.sealed_key)
        forged = Segment(frame(mixed, rig.recorder), b"")
        assert refused(lambda: rig.release(rig.authorise(first), forged)) == "moved_key"

    def test_a_scheme_opens_its_own_cameras_only(self, rig: Rig) -> None:
        rig.submit(rules("cityhall", {"hall": SEVEN_DAYS}))
        segment = rig.segment()
        other = replace(Authorisation.decode(rig.authorise(segment)), scheme=SchemeId("cityhall"))
        envelope = signed(other, *rig.officers[:2])
        assert refused(lambda: rig.release(envelope, segment)) == "wrong_scheme"

    def test_an_unknown_recorder_is_believed_nothing(self, rig: Rig) -> None:
        segment = rig.segment()
        header = replace(segment.skeleton.sealed.header, recorder="recorder-9")  # type: ignore[arg-type]
        forged = Segment(frame(replace(segment.skeleton.sealed, header=header), rig.recorder), b"")
        assert refused(lambda: rig.release(rig.authorise(forged), forged)) == "unknown_recorder"

    def test_a_skeleton_of_noise_is_malformed(self, rig: Rig) -> None:
        segment = rig.segment()
        request = rig.request(rig.authorise(segment), segment)
        with pytest.raises(MalformedError):
            rig.vault.release(replace(request, skeletons=(b"MMSEG" + bytes(100),)))


class TestReader:
    def test_nobody_else_reads_a_release(self, rig: Rig) -> None:
        segment = rig.segment()
        release = rig.release(rig.authorise(segment), segment)
        with pytest.raises(VaultMalformedError):
            Reader.generate().open(release)

    def test_a_released_blob_cannot_pass_for_another_segments(self, rig: Rig) -> None:
        segment = rig.segment()
        release = rig.release(rig.authorise(segment), segment)
        moved = replace(release, sealed={bytes(32): release.sealed[segment.id]})
        with pytest.raises(VaultMalformedError):
            rig.reader.open(moved)

    def test_a_release_holds_no_key_of_what_was_not_authorised(self, rig: Rig) -> None:
        segment = rig.segment()
        start = segment.skeleton.sealed.header.start
        part = replace(
            Authorisation.decode(rig.authorise(segment)),
            start=Micros(start + 2 * SECOND),
            end=Micros(start + 4 * SECOND),
        )
        opened = rig.reader.open(rig.release(signed(part, *rig.officers[:2]), segment))
        assert opened[segment.id].chunks == {i: chunk_key(segment.data_key, i) for i in (2, 3)}


class TestLedger:
    def test_an_authorisation_that_is_not_on_record_opens_nothing(self, rig: Rig) -> None:
        segment = rig.segment()
        first = rig.request(rig.authorise(segment), segment)
        other = rig.authorise(segment)
        assert (
            refused(lambda: rig.vault.release(replace(first, authorisation=other)))
            == "not_in_ledger"
        )

    def test_another_ledger_proves_nothing(self, rig: Rig) -> None:
        segment = rig.segment()
        request = rig.request(rig.authorise(segment), segment)
        fake = MemoryLedger()
        entry = Entry.decode(request.opening_entry)
        fake.append(entry)
        forged = replace(request, opening_inclusion=fake.inclusion(entry.id).encode())
        assert refused(lambda: rig.vault.release(forged)) == "not_in_ledger"

    def test_a_ledger_rolled_back_is_refused(self, rig: Rig) -> None:
        segment = rig.segment()
        for _ in range(3):
            rig.release(rig.authorise(segment), segment)
        envelope = rig.authorise(segment)
        request = rig.request(envelope, segment)
        smaller = MemoryLedger(signing_key=rig.ledger._signing_key)
        signed_entry = Entry.decode(request.authorisation_entry)
        opening = Entry.decode(request.opening_entry)
        smaller.append(signed_entry, opening)
        rolled = replace(
            request,
            authorisation_inclusion=smaller.inclusion(signed_entry.id).encode(),
            opening_inclusion=smaller.inclusion(opening.id).encode(),
        )
        assert refused(lambda: rig.vault.release(rolled)) == "ledger_rolled_back"

    def test_a_ledger_rewritten_is_refused(self, rig: Rig) -> None:
        """As large as before, signed by the right key, and with another past."""
        segment = rig.segment()
        rig.release(rig.authorise(segment), segment)
        request = rig.request(rig.authorise(segment), segment)
        other = MemoryLedger(signing_key=rig.ledger._signing_key)
        fillers = [Entry(type="refusal", at=rig.clock.now()) for _ in range(8)]
        signed_entry = Entry.decode(request.authorisation_entry)
        opening = Entry.decode(request.opening_entry)
        other.append(*fillers)
        other.append(signed_entry, opening)
        rewritten = replace(
            request,
            authorisation_inclusion=other.inclusion(signed_entry.id).encode(),
            opening_inclusion=other.inclusion(opening.id).encode(),
        )
        assert refused(lambda: rig.vault.release(rewritten)) == "ledger_rewritten"
        own = replace(rewritten, consistency=other.consistency(8).encode())
        assert refused(lambda: rig.vault.release(own)) == "ledger_rewritten"

    def test_a_challenge_is_the_vaults_own_and_fresh(self, rig: Rig) -> None:
        segment = rig.segment()
        envelope = rig.authorise(segment)
        request = rig.request(envelope, segment)
        rig.clock.advance(11 * 60)
        assert refused(lambda: rig.vault.release(request)) == "stale_challenge"
        made_up = Entry(
            type="release.requested",
            at=rig.clock.now(),
            data={"authorisation": envelope.digest().hex(), "challenge": "00" * 32},
        )
        rig.ledger.append(made_up)
        forged = replace(
            request,
            opening_entry=made_up.encode(),
            opening_inclusion=rig.ledger.inclusion(made_up.id).encode(),
        )
        assert refused(lambda: rig.vault.release(forged)) == "stale_challenge"


class TestOfficersAndStatements:
    def test_one_person_cannot_be_two_officers(self, rig: Rig) -> None:
        twin = Officer("officer-8")
        twin.key = rig.officers[0].key
        assert refused(lambda: rig.submit(twin.appointment())) == "key_in_use"

    def test_a_statement_is_taken_in_once(self, rig: Rig) -> None:
        late = Officer("officer-7")
        envelope = signed(late.appointment(), *rig.officers[:2])
        rig.vault.submit(envelope)
        revocation = Revocation(officer=OfficerId("officer-7"), ground="退職", nonce=nonce())
        rig.vault.submit(signed(revocation, *rig.officers[:2]))
        assert refused(lambda: rig.vault.submit(envelope)) == "replayed"

    def test_officers_cannot_lock_the_city_out(self, rig: Rig) -> None:
        for officer in rig.officers[:1]:
            rig.submit(Revocation(officer=officer.id, ground="異動", nonce=nonce()))
        last = Revocation(officer=rig.officers[2].id, ground="異動", nonce=nonce())
        assert refused(lambda: rig.vault.submit(signed(last, *rig.officers[1:]))) == "last_officers"

    def test_an_appointment_locks_the_city_out_no_more_than_a_revocation(self, rig: Rig) -> None:
        def demoted(officer: Officer) -> Appointment:
            return replace(officer.appointment(), posts=("clerk",))

        rig.submit(demoted(rig.officers[2]))
        assert refused(lambda: rig.submit(demoted(rig.officers[1]))) == "last_officers"

    def test_who_is_appointed_for_april_signs_in_march(self, rig: Rig) -> None:
        april = Micros(rig.clock.now() + 3600 * SECOND)
        officer = rig.officers[1]
        successor = Officer(officer.id)  # the same person with a new key
        successor.keyid = f"{officer.keyid}-2"
        rig.submit(successor.appointment(valid_from=april))
        segment = rig.segment()
        envelope = replace(rig.authorise(segment, openings=2), signatures=())
        before = officer.sign(rig.officers[0].sign(envelope))
        after = successor.sign(rig.officers[0].sign(envelope))
        assert refused(lambda: rig.release(after, segment)) == "unknown_signer"
        rig.release(before, segment)
        rig.clock.advance(3600)
        assert refused(lambda: rig.release(before, segment)) == "unknown_signer"
        rig.release(after, segment)

    def test_a_revocation_ends_what_was_still_to_begin(self, rig: Rig) -> None:
        officer = rig.officers[1]
        april = Micros(rig.clock.now() + 3600 * SECOND)
        rig.submit(officer.appointment(valid_from=april))
        revocation = Revocation(officer=officer.id, ground="退職", nonce=nonce())
        rig.vault.submit(signed(revocation, rig.officers[0], rig.officers[2]))
        rig.clock.advance(7200)
        segment = rig.segment()
        assert refused(lambda: rig.release(rig.authorise(segment), segment)) == "revoked_officer"

    def test_rules_are_not_replaced_by_older_or_foreign_ones(self, rig: Rig) -> None:
        retention = {"two-weeks": SEVEN_DAYS, "one-day": SEVEN_DAYS}
        assert refused(lambda: rig.submit(rules("street", retention))) == "old_version"
        assert refused(lambda: rig.submit(rules("other", retention))) == "class_in_use"
        one = rules("street", {"two-weeks": SEVEN_DAYS}, version=2)
        assert refused(lambda: rig.submit(one)) == "class_dropped"
        past = rules("street", retention, version=2)
        later = replace(past, effective_from=Micros(rig.clock.now() - 3 * DAY))
        assert refused(lambda: rig.submit(later)) == "backdated"
        many = replace(past, effective_from=rig.clock.now(), release_signers=9)
        assert refused(lambda: rig.submit(many)) == "too_few_officers"

    def test_a_swapped_bundle_is_not_the_vaults(self, rig: Rig) -> None:
        genuine = rig.bundle()
        mine = Reader.generate()
        swapped = replace(
            genuine, keys=tuple(replace(k, public=mine.public.raw) for k in genuine.keys)
        )
        with pytest.raises(MalformedError, match="not signed by the pinned vault key"):
            KeyBundle.verified(swapped.signed(SigningKey.generate()), rig.city())
        resigned = replace(
            swapped.envelope(),
            signatures=Envelope.decode(rig.vault.bundle("two-weeks", rig.today())).signatures,
        )
        with pytest.raises(MalformedError, match="not signed by the pinned vault key"):
            KeyBundle.verified(resigned.encode(), rig.city())

    def test_footage_sealed_to_a_swapped_key_never_opens_here(self, rig: Rig) -> None:
        segment = rig.segment()
        header = segment.skeleton.sealed.header
        foreign = replace(header, key=f"{header.camera}/{header.day}/7")  # type: ignore[arg-type]
        forged = Segment(frame(replace(segment.skeleton.sealed, header=foreign), rig.recorder), b"")
        assert refused(lambda: rig.release(rig.authorise(segment), forged)) == "unknown_key"

    def test_the_city_key_attests_evidence_of_real_releases_only(self, rig: Rig) -> None:
        segment = rig.segment()
        release = rig.release(rig.authorise(segment), segment)
        kind = "application/vnd.machimori.evidence-statement+json"
        payload = b'{"release":"%s"}' % release.release_id.hex().encode()
        assert rig.vault.attest(release.release_id, kind, payload).signed_with(rig.city())
        for release_id, payload_type, data, reason in (
            (bytes(16), kind, payload, "no_release"),
            (
                release.release_id,
                "application/vnd.machimori.key-bundle+json",
                payload,
                "not_attested",
            ),
            (release.release_id, kind, b'{"release":"00"}', "not_attested"),
            (release.release_id, kind, b"{}", "not_attested"),
        ):
            assert refused(partial(rig.vault.attest, release_id, payload_type, data)) == reason


def test_a_recorder_stolen_after_a_segment_closed_opens_nothing(rig: Rig) -> None:
    """Its disk holds skeleton and ciphertext, its memory the bundle: no secret among them."""
    segment = rig.segment()
    stolen = segment.skeleton.encode() + rig.vault.bundle("two-weeks", rig.today())
    assert segment.data_key not in stolen
    assert all(chunk_key(segment.data_key, i) not in stolen for i in range(6))
    assert Skeleton.decode(segment.skeleton.encode()) == segment.skeleton


def test_refusals_are_on_record_and_name_no_person(rig: Rig) -> None:
    segment = rig.segment()
    alone = replace(rig.authorise(segment), signatures=())
    before = rig.vault.status()["records"]
    assert refused(lambda: rig.release(alone, segment)) == "too_few_signers"
    (entry,) = (Entry.decode(e) for e in rig.vault.journal(before))
    assert entry.type == "refusal"
    assert entry.data["reason"] == "too_few_signers"
    assert "requester" not in str(entry)
