# SPDX-License-Identifier: AGPL-3.0-or-later
"""委任を終える before its day: by who gave it, with a reason, signed for the vault.

The vault lets a later delegation between the same persons replace an earlier one. An end is such a
one: the same, up to the end. The office obeys it at once, the vault once it was handed in.
"""

import datetime as dt
import secrets
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel.envelope import Envelope
from machimori.kernel.instants import Micros, instant, micros
from machimori.ledger.entry import Entry, commit
from machimori.office.deputies import access
from machimori.office.deputies.actions import MANAGER
from machimori.office.deputies.models import Delegation, Ending
from machimori.office.people.acting import Acting
from machimori.office.people.signing_in import signature_of
from machimori.office.shared.errors import refusal
from machimori.office.shared.recording import record
from machimori.vault.client import statements


def check(delegation: Delegation, acting: Acting) -> None:
    """Raise ActionRefusedError unless the acting person gave this delegation and it goes on."""
    heading = _t("委任を終えられません")
    if delegation.officer_id != acting.person.pk:
        raise refusal(heading, _t("終えられるのは、委任した本人だけです。"))
    if delegation.pk not in {one.pk for one in access.current_ones(acting)}:
        raise refusal(heading, _t("同じ人へのあとの委任に、もう替わっています。"))
    if delegation.until <= acting.at:
        raise refusal(heading, _t("この委任は、もう終わっています。"))


def draft(delegation: Delegation, until: dt.datetime, *, acting: Acting) -> Envelope:
    """The statement to sign: the same delegation, up to `until`. Raises ActionRefusedError."""
    check(delegation, acting)
    if not acting.at <= until < delegation.until:
        raise refusal(
            _t("委任を終えられません"),
            _t("終わりの日は、きょうか、いまの終わりより前の日にしてください。"),
        )
    end = micros(until)
    return statements.Delegation(
        officer=acting.person.officer_id,
        deputy=delegation.deputy.officer_id,
        posts=(MANAGER,),
        scheme=acting.scheme.scheme_id,
        # One that has not begun begins no more; a statement's time has a beginning all the same.
        valid_from=min(micros(delegation.valid_from), Micros(end - 1)),
        valid_until=end,
        nonce=secrets.token_hex(16),
    ).envelope()


@transaction.atomic
def end(
    delegation: Delegation,
    envelope: Envelope,
    response: Mapping[str, Any],
    *,
    reason: str,
    acting: Acting,
) -> Ending:
    """Keep the end that the acting person's key signed; `response` is the browser's assertion over
    its digest. Raises ActionRefusedError as `check`, without a reason, or if the key did not sign
    this statement."""
    check(delegation, acting)
    said = statements.Delegation.decode(envelope)
    same = (said.officer, said.deputy, said.scheme)
    if same != (acting.person.officer, delegation.deputy.officer, acting.scheme.pk):
        raise refusal(_t("委任を終えられません"), _t("もう一度はじめからお願いします。"))
    if not reason.strip() or not instant(said.valid_until) < delegation.until:
        raise refusal(_t("委任を終えられません"), _t("理由と、終わりの日を入れてください。"))
    committed = commit(reason.strip())
    signed = envelope.with_signature(signature_of(acting.person, envelope, response))
    made = Ending.objects.create(
        delegation=delegation,
        until=instant(said.valid_until),
        reason=reason.strip(),
        envelope=signed.encode(),
        at=acting.at,
        salt=committed.salt,
    )
    record(
        Entry(
            type="delegation.ended",
            at=micros(acting.at),
            subject={
                "by": acting.person.officer,
                "officer": delegation.deputy.officer,
                "scheme": acting.scheme.scheme_id,
            },
            data={
                "ends": Envelope.decode(bytes(delegation.envelope)).digest().hex(),
                "statement": envelope.digest().hex(),
                "until": said.valid_until,
            },
            commitments={"reason": committed.digest},
        )
    )
    return made
