# SPDX-License-Identifier: AGPL-3.0-or-later
"""The first scheme and the first person, and a demo's people: what nobody can act for yet."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction

from machimori.kernel.durable import Disk
from machimori.kernel.errors import UsageError
from machimori.kernel.ids import OfficerId
from machimori.office.people import actions
from machimori.office.people.keys import Keys
from machimori.office.people.models import Credential, Person, Scheme
from machimori.office.people.softkey import SoftwareKey
from machimori.office.shared.config import config
from machimori.office.shared.first import First
from machimori.policy.profile import profiles


@transaction.atomic
def found(first: First, *, at: dt.datetime) -> str:
    """Scheme, person, appointment as 管理責任者; the registration code for their first key.

    Asked again for the same two, because a crash took the code, it makes another code, until there
    is a key. Raises UsageError if a name has a wrong form or another scheme was founded here.
    """
    if Scheme.objects.filter(pk=first.scheme).exists():
        if code := another_code(first.login, at=at):
            return code
        raise UsageError("this office was founded, and its founder has a key", where=first.scheme)
    scheme = make_scheme(first.scheme, name=first.scheme_name, profile=first.profile)
    person = actions.install_person(
        actions.NewPerson(login=first.login, name=first.name, section=first.section), at=at
    )
    actions.install_appointment(person, scheme, "system_manager", at=at, valid_from=at)
    return actions.install_code(person, at=at)


@transaction.atomic
def another_code(login: str, *, at: dt.datetime) -> str | None:
    """A new registration code for somebody without a key; None for one who has had one.

    Raises UsageError if nobody has this number.
    """
    person = Person.objects.filter(login=login).first()
    if person is None:
        raise UsageError("nobody has this staff number", where=login[:63])
    if person.credentials.exists():
        return None
    return actions.install_code(person, at=at)


def make_scheme(scheme: str, *, name: str, profile: str) -> Scheme:
    """A scheme that has not started. Raises UsageError if a name has a wrong form or is taken, or
    no such profile ships with the product."""
    if profile not in profiles():
        raise UsageError(
            "no such profile", where=profile[:63], remedy="one of " + ", ".join(profiles())
        )
    made = Scheme(id=scheme, name=name, profile=profile)
    try:
        made.full_clean()
    except ValidationError as error:
        raise UsageError(
            "not a scheme: " + ", ".join(sorted(error.message_dict)), where=scheme[:63]
        ) from error
    made.save(force_insert=True)
    return made


def give_demo_key(person: Person, *, at: dt.datetime, disk: Disk) -> Credential:
    """Make and register a software key for a demo's person, through the real ceremony.

    Raises ActionRefusedError wherever the installation is not a demo.
    """
    office = config()
    keys = Keys(origin=office.origin, host=office.host)
    made = SoftwareKey.create(
        office.demo_keys, OfficerId(person.officer), disk, origin=office.origin, host=office.host
    )
    options, state = keys.begin_registration(person)
    return actions.install_key(
        person,
        keys.complete_registration(state, made.register(options)),
        label="デモ用のキー",
        at=at,
        software_demo=True,
    )
