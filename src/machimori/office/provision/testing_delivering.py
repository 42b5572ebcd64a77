# SPDX-License-Identifier: AGPL-3.0-or-later
"""Letting the vault know what it lacks, through the pages. Supported code, for other apps."""

from django.urls import reverse

from machimori.office.custody import delivering
from machimori.office.custody.differences import differences
from machimori.office.people.models import Person
from machimori.office.provision.testing_engine import EngineDesk


def second_manager(desk: EngineDesk) -> Person:
    """Another officer of the charter's post, so that two can sign."""
    person = desk.cast.person("system_manager")
    desk.give_key(person)
    desk.appoint(person)
    return person


def deliver(desk: EngineDesk, *signers: Person) -> None:
    """Draft every difference, and sign all of them, one after the other."""
    acting = desk.cast.acting(signers[0])
    standing = delivering.standing()
    assert standing is not None
    wanted = [
        f"{one.kind}/{one.about}" for one in differences(standing, acting) if one.make is not None
    ]
    answer = desk.browser(signers[0]).post(reverse("custody:draft"), {"what": wanted})
    assert answer.status_code == 302, answer.content.decode()
    for signer in signers:
        for letter in delivering.open_letters(acting):
            if signer not in letter.signed_by and not letter.complete:
                assert "location" in desk.sign_letter(letter, signer)
