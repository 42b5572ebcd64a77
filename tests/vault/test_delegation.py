# SPDX-License-Identifier: AGPL-3.0-or-later
"""A deputy signs in an officer's place: dated, for one scheme, and never beside the officer."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from machimori.kernel.envelope import Envelope
from machimori.kernel.ids import CameraId, OfficerId, SchemeId
from machimori.kernel.instants import Micros
from machimori.vault.client.statements import Delegation, EarlyDestruction, Revocation
from machimori.vault.client.testing import POST, Officer, nonce, signed
from machimori.vault.errors import VaultRefusedError
from machimori.vault.opening.testing import SECOND, Rig, Segment

HOUR = 3600 * SECOND


def refused(act: Callable[[], object]) -> str:
    """The reason for which the vault refuses."""
    with pytest.raises(VaultRefusedError) as caught:
        act()
    return caught.value.reason


@pytest.fixture
def deputy(rig: Rig) -> Officer:
    """An operator whom the vault knows, without a post that signs."""
    made = Officer("officer-7", posts=("operator",))
    rig.submit(made.appointment())
    return made


def delegation(rig: Rig, deputy: Officer, **members: Any) -> Delegation:
    """From the first officer, for an hour from now."""
    now = rig.clock.now()
    made = Delegation(
        officer=rig.officers[0].id,
        deputy=deputy.id,
        posts=(POST,),
        scheme=SchemeId("street"),
        valid_from=now,
        valid_until=Micros(now + HOUR),
        nonce=nonce(),
    )
    return replace(made, **members)


def delegate(rig: Rig, deputy: Officer, **members: Any) -> None:
    rig.vault.submit(signed(delegation(rig, deputy, **members), rig.officers[0]))


def bare(rig: Rig, segment: Segment) -> Envelope:
    return replace(rig.authorise(segment, openings=5), signatures=())


def test_a_deputy_signs_in_place_of_who_delegated(rig: Rig, deputy: Officer) -> None:
    segment = rig.segment()
    both = deputy.sign(rig.officers[1].sign(bare(rig, segment)))
    assert refused(lambda: rig.release(both, segment)) == "wrong_post"
    delegate(rig, deputy)
    rig.release(both, segment)


def test_deputy_and_officer_are_one_signer(rig: Rig, deputy: Officer) -> None:
    delegate(rig, deputy)
    segment = rig.segment()
    both = deputy.sign(rig.officers[0].sign(bare(rig, segment)))
    assert refused(lambda: rig.release(both, segment)) == "too_few_signers"


def test_a_delegation_holds_between_its_days_only(rig: Rig, deputy: Officer) -> None:
    begins = Micros(rig.clock.now() + HOUR)
    delegate(rig, deputy, valid_from=begins, valid_until=Micros(begins + HOUR))
    segment = rig.segment()
    both = deputy.sign(rig.officers[1].sign(bare(rig, segment)))
    assert refused(lambda: rig.release(both, segment)) == "wrong_post"
    rig.clock.advance(3600)
    rig.release(both, segment)
    rig.clock.advance(3600)
    assert refused(lambda: rig.release(both, segment)) == "wrong_post"


def test_a_later_delegation_replaces_the_earlier(rig: Rig, deputy: Officer) -> None:
    delegate(rig, deputy)
    delegate(rig, deputy, valid_until=Micros(rig.clock.now() + SECOND))
    rig.clock.advance(1)
    segment = rig.segment()
    both = deputy.sign(rig.officers[1].sign(bare(rig, segment)))
    assert refused(lambda: rig.release(both, segment)) == "wrong_post"


def test_one_that_is_over_ends_the_one_before_and_nothing_else(rig: Rig, deputy: Officer) -> None:
    """Ended before its day: from then on the deputy's signature opens nothing, not even what it
    opened before; the end itself can be handed in once, and by nobody but who delegated."""
    now = rig.clock.now()
    over = {"valid_from": Micros(now - HOUR), "valid_until": now}
    assert refused(lambda: delegate(rig, deputy, **over)) == "not_valid_now"
    delegate(rig, deputy)
    segment = rig.segment()
    both = deputy.sign(rig.officers[1].sign(bare(rig, segment)))
    rig.release(both, segment)
    end = delegation(rig, deputy, **over)
    assert refused(lambda: rig.vault.submit(signed(end, rig.officers[1]))) == "not_the_officer"
    other = Officer("officer-8", posts=("operator",))
    assert refused(lambda: delegate(rig, other, **over)) == "not_valid_now"
    rig.vault.submit(signed(end, rig.officers[0]))
    assert refused(lambda: rig.release(both, segment)) == "wrong_post"
    assert refused(lambda: rig.vault.submit(signed(end, rig.officers[0]))) == "replayed"
    assert refused(lambda: delegate(rig, deputy, **over)) == "not_valid_now"
    rig.restart()
    assert refused(lambda: rig.release(both, segment)) == "wrong_post"
    assert [one.valid_until for one in rig.vault.standing().delegations] == [now]


def test_one_that_has_not_begun_is_ended_too(rig: Rig, deputy: Officer) -> None:
    begins = Micros(rig.clock.now() + HOUR)
    delegate(rig, deputy, valid_from=begins, valid_until=Micros(begins + HOUR))
    now = rig.clock.now()
    delegate(rig, deputy, valid_from=Micros(now - 1), valid_until=now)
    segment = rig.segment()
    both = deputy.sign(rig.officers[1].sign(bare(rig, segment)))
    rig.clock.advance(3600)
    assert refused(lambda: rig.release(both, segment)) == "wrong_post"


def test_it_ends_with_the_appointment_of_who_delegated(rig: Rig, deputy: Officer) -> None:
    delegate(rig, deputy)
    gone = Revocation(officer=rig.officers[0].id, ground="異動", nonce=nonce())
    rig.vault.submit(signed(gone, *rig.officers[1:]))
    segment = rig.segment()
    both = deputy.sign(rig.officers[1].sign(bare(rig, segment)))
    assert refused(lambda: rig.release(both, segment)) == "wrong_post"


@pytest.mark.parametrize("scheme", ["other", "street"])
def test_only_the_officer_delegates_and_only_to_others(
    rig: Rig, deputy: Officer, scheme: str
) -> None:
    wish = delegation(rig, deputy, scheme=SchemeId(scheme))
    submit = rig.vault.submit
    assert refused(lambda: submit(wish.envelope())) == "too_few_signers"
    assert refused(lambda: submit(signed(wish, rig.officers[1]))) == "not_the_officer"
    assert refused(lambda: submit(signed(wish, deputy))) == "wrong_post"
    own = replace(wish, deputy=rig.officers[0].id)
    assert refused(lambda: submit(signed(own, rig.officers[0]))) == "own_deputy"
    past = replace(wish, valid_until=rig.clock.now())
    assert refused(lambda: submit(signed(past, rig.officers[0]))) == "not_valid_now"


def test_a_deputy_does_not_delegate_further(rig: Rig, deputy: Officer) -> None:
    delegate(rig, deputy)
    further = delegation(rig, Officer("officer-8"), officer=deputy.id)
    assert refused(lambda: rig.vault.submit(signed(further, deputy))) == "wrong_post"


def test_a_deputy_signs_nothing_but_releases_and_holds(rig: Rig, deputy: Officer) -> None:
    delegate(rig, deputy)
    street = SchemeId("street")
    order = EarlyDestruction(
        camera=CameraId("cam-1"), day=rig.today(), scheme=street, ground="消去", nonce=nonce()
    )
    assert refused(lambda: rig.vault.submit(signed(order, rig.officers[1], deputy))) == "wrong_post"
    gone = Revocation(officer=OfficerId("officer-7"), ground="異動", nonce=nonce())
    assert refused(lambda: rig.vault.submit(signed(gone, rig.officers[1], deputy))) == "wrong_post"


def test_another_scheme_has_other_deputies(rig: Rig, deputy: Officer) -> None:
    delegate(rig, deputy, scheme=SchemeId("other"))
    segment = rig.segment()
    both = deputy.sign(rig.officers[1].sign(bare(rig, segment)))
    assert refused(lambda: rig.release(both, segment)) == "wrong_post"


def test_a_restart_remembers_who_stands_in(rig: Rig, deputy: Officer) -> None:
    delegate(rig, deputy)
    segment = rig.segment()
    rig.restart()
    both = deputy.sign(rig.officers[1].sign(bare(rig, segment)))
    rig.release(both, segment)
