# SPDX-License-Identifier: AGPL-3.0-or-later
"""Release: what an authorisation opens, and that it opens nothing else."""

from dataclasses import replace

import pytest

from machimori.vault.client.signers import HoldSigners, Signers
from machimori.vault.client.statements import Authorisation
from machimori.vault.client.testing import POST, Officer, nonce, rules, signed
from machimori.vault.errors import VaultRefusedError
from machimori.vault.opening.testing import ONE_DAY, SEVEN_DAYS, Rig
from machimori.vault.sealing.seal import chunk_key, description_key


def test_the_reader_gets_exactly_the_chunks_of_the_interval(rig: Rig) -> None:
    segment = rig.segment()
    opened = rig.reader.open(rig.release(rig.authorise(segment), segment))
    keys = opened[segment.id]
    assert keys.description == description_key(segment.data_key)
    assert keys.chunks == {i: chunk_key(segment.data_key, i) for i in range(6)}


def test_an_opening_serves_once(rig: Rig) -> None:
    segment = rig.segment()
    envelope = rig.authorise(segment)
    rig.release(envelope, segment)
    with pytest.raises(VaultRefusedError) as caught:
        rig.release(envelope, segment)
    assert caught.value.reason == "openings_used_up"


def test_A17_one_officer_of_the_posts_that_the_rules_name_opens_on_their_ground(rig: Rig) -> None:
    """The police's image manager alone, on the ground `emergency` and on no other; on that ground
    the city's officers do not count, however many."""
    chief = Officer("chief", posts=("police-image-manager",))
    rig.submit(chief.appointment())
    segment = rig.segment()
    asked = Authorisation.decode(rig.authorise(segment))
    urgent = replace(asked, ground="emergency", nonce="a" * 32)

    def refused(statement: Authorisation, *officers: Officer) -> str:
        with pytest.raises(VaultRefusedError) as caught:
            rig.release(signed(statement, *officers), segment)
        return caught.value.reason

    assert refused(urgent, chief) == "wrong_post"
    kept = {"two-weeks": SEVEN_DAYS, "one-day": ONE_DAY}
    sole = {"emergency": ("police-image-manager",)}
    rig.submit(rules("street", kept, version=2, effective_from=rig.clock.now(), sole_signers=sole))
    assert refused(replace(urgent, ground="law", nonce="b" * 32), chief) == "wrong_post"
    assert refused(urgent, *rig.officers) == "wrong_post"
    opened = rig.reader.open(rig.release(signed(urgent, chief), segment))
    assert len(opened[segment.id].chunks) == 6


def test_K13_a_ground_has_signers_of_its_own(rig: Rig) -> None:
    """(オ) asks for two, others for one; who holds none of the ground's posts does not count."""
    deputy = Officer("supervisor", posts=("handling-supervisor",))
    rig.submit(deputy.appointment())
    kept = {"two-weeks": SEVEN_DAYS, "one-day": ONE_DAY}
    of = {
        "other": Signers(number=2, posts=(POST,)),
        "consent": Signers(number=1, posts=("handling-supervisor", POST)),
    }
    rig.submit(
        rules(
            "street",
            kept,
            version=2,
            signers=1,
            effective_from=rig.clock.now(),
            release_posts=of,
        )
    )
    segment = rig.segment()
    asked = Authorisation.decode(rig.authorise(segment))
    manager = rig.officers[0]

    def answer(ground: str, *officers: Officer) -> str:
        statement = replace(asked, ground=ground, nonce=nonce())
        try:
            rig.release(signed(statement, *officers), segment)
        except VaultRefusedError as error:
            return error.reason
        return "opened"

    assert answer("other", manager) == "too_few_signers"
    assert answer("other", manager, deputy) == "wrong_post"
    assert answer("other", *rig.officers[:2]) == "opened"
    assert answer("consent", deputy) == "opened"
    assert answer("law", deputy) == "wrong_post"
    assert answer("law", manager) == "opened"


def test_rules_that_ask_for_more_signers_than_there_are_officers_are_refused(rig: Rig) -> None:
    kept = {"two-weeks": SEVEN_DAYS, "one-day": ONE_DAY}
    for change in (
        {"release_posts": {"other": Signers(number=4, posts=(POST,))}},
        {
            "hold_posts": {
                "inquiry": HoldSigners(number=1, posts=("handling-supervisor",), days=None)
            }
        },
    ):
        new = rules("street", kept, version=2, effective_from=rig.clock.now())
        with pytest.raises(VaultRefusedError) as caught:
            rig.submit(replace(new, **change))
        assert caught.value.reason == "too_few_officers"
