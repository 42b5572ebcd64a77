# SPDX-License-Identifier: AGPL-3.0-or-later
"""委任する: the manager's key signs the statement that the vault checks."""

import datetime as dt
import secrets
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel.envelope import Envelope
from machimori.kernel.instants import micros
from machimori.ledger.entry import Entry
from machimori.office.deputies import access
from machimori.office.deputies.models import Delegation
from machimori.office.people.acting import Acting
from machimori.office.people.models import Person
from machimori.office.people.signing_in import signature_of
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.recording import record
from machimori.vault.client import statements

MANAGER = "system-manager"
"""What statements call the post of 管理責任者."""


def draft(
    deputy: Person, *, valid_from: dt.datetime, valid_until: dt.datetime, acting: Acting
) -> Envelope:
    """The statement to sign. Raises ActionRefusedError if the rules do not let the acting person
    delegate to this deputy, or not in this time."""
    access.check_delegates(acting)
    heading = _t("代決者を決められません")
    if not access.candidates(acting).filter(pk=deputy.pk).exists():
        raise ActionRefusedError(
            heading, Reason(text=_t("この人は、代決できる職に任命されていません。"))
        )
    if not max(acting.at, valid_from) < valid_until:
        raise ActionRefusedError(
            heading, Reason(text=_t("終わりの日は、きょうより後、始まりの日より後にしてください。"))
        )
    return statements.Delegation(
        officer=acting.person.officer_id,
        deputy=deputy.officer_id,
        posts=(MANAGER,),
        scheme=acting.scheme.scheme_id,
        valid_from=micros(valid_from),
        valid_until=micros(valid_until),
        nonce=secrets.token_hex(16),
    ).envelope()


@transaction.atomic
def delegate(envelope: Envelope, response: Mapping[str, Any], *, acting: Acting) -> Delegation:
    """Keep the delegation that the acting person's key signed; `response` is the browser's
    assertion over its digest. Raises ActionRefusedError as `draft`, or if the key did not sign
    this statement."""
    said = statements.Delegation.decode(envelope)
    deputy = Person.objects.get(officer=said.deputy)
    start, end = (
        dt.datetime.fromtimestamp(at / 1_000_000, dt.UTC)
        for at in (said.valid_from, said.valid_until)
    )
    draft(deputy, valid_from=start, valid_until=end, acting=acting)
    if said.officer != acting.person.officer or said.scheme != acting.scheme.pk:
        raise ActionRefusedError(
            _t("代決者を決められません"), Reason(text=_t("もう一度はじめからお願いします。"))
        )
    signed = envelope.with_signature(signature_of(acting.person, envelope, response))
    made = Delegation.objects.create(
        scheme=acting.scheme,
        officer=acting.person,
        deputy=deputy,
        valid_from=start,
        valid_until=end,
        envelope=signed.encode(),
        at=acting.at,
    )
    record(
        Entry(
            type="delegation.signed",
            at=micros(acting.at),
            subject={
                "by": acting.person.officer,
                "officer": deputy.officer,
                "scheme": acting.scheme.scheme_id,
            },
            data={
                "from": said.valid_from,
                "statement": envelope.digest().hex(),
                "until": said.valid_until,
            },
        )
    )
    return made
