# SPDX-License-Identifier: AGPL-3.0-or-later
"""保全: the hold that a request for disclosure places at once.

The thirty days of 83条 outlast retention, so receipt drafts a `Hold` statement for the vault over
the cameras and the interval that were asked for; an officer's key signs it, and the vault keeps the
keys through its last day. It reaches to the end of the time for an appeal, as far as the rules let
a hold last, and is renewed while an appeal runs.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel import canonical
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import UnavailableError
from machimori.office.custody.holding import hold_of, signers
from machimori.office.custody.rules_statement import DISCLOSURE
from machimori.office.custody.words import why_refused
from machimori.office.disclosure import access, dues
from machimori.office.disclosure.asked import Asked
from machimori.office.disclosure.history import File, add, check_state, day_of
from machimori.office.disclosure.models import Fact
from machimori.office.people.acting import Acting
from machimori.office.people.signing_in import signature_of
from machimori.office.shared.engine import engine
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.policy.deadlines import appeal_deadline
from machimori.vault.client.statements import Hold
from machimori.vault.errors import VaultRefusedError

GROUND = DISCLOSURE
"""What holds of requests for disclosure (個情法76条) name as their ground."""


def extent(asked: Asked) -> tuple[object, ...]:
    """What a hold of this request keeps."""
    return tuple(sorted(asked.cameras)), asked.start, asked.end


def draft(file: File, *, acting: Acting) -> File:
    """The hold's statement as a fact, to be signed; inside the action's transaction."""
    data = {"statement": canonical.b64(_statement(file, acting).envelope().payload)}
    return add(file.case, file, "hold_drafted", data, acting=acting)


@transaction.atomic
def renew(file: File, *, acting: Acting) -> File:
    """保全を延ばす: draft the hold anew, with a later last day. Raises ActionRefusedError."""
    check_state(file, "hold_drafted")
    heading = _t("保全を延ばせません")
    access.check_handles(acting, heading)
    if not file.asked.located:
        raise ActionRefusedError(
            heading,
            Reason(text=_t("カメラと日時がまだ分かりません。請求の内容を直してください。")),
        )
    return draft(file, acting=acting)


def pending(file: File) -> Envelope | None:
    """The statement that waits for signatures; None if there is none, or it is placed."""
    drafted, placed = file.latest("hold_drafted"), file.latest("hold_placed")
    if drafted is None or (placed is not None and placed.serial > drafted.serial):
        return None
    payload = canonical.unb64(drafted.data["statement"], where="statement")
    return Envelope(payload_type=Hold.payload_type(), payload=payload)


def placed(file: File) -> Hold | None:
    """The hold that the vault keeps; None while it was never placed."""
    found = file.latest("hold_placed")
    if found is None:
        return None
    return Hold.decode(Envelope.decode(canonical.unb64(found.data["envelope"], where="envelope")))


def last_day(file: File) -> dt.date | None:
    """Through which day the hold lasts; None without one."""
    found = placed(file)
    return dt.date.fromisoformat(found.last_day) if found else None


def signers_needed(file: File) -> int:
    """How many must sign (`signing.hold`)."""
    return signers(file.rules)


def signatures(file: File) -> tuple[Fact, ...]:
    """Who has signed the last draft."""
    drafted = file.latest("hold_drafted")
    since = drafted.serial if drafted else 0
    return tuple(one for one in file.facts if one.kind == "hold_signed" and one.serial > since)


@transaction.atomic
def sign(file: File, response: Mapping[str, Any], *, acting: Acting) -> File:
    """消去を止める署名: with the last signature that is needed the vault places the hold.

    The facts are written first and the vault is asked last, so that they stand together. Raises
    ActionRefusedError if nothing waits, the person has signed already, the key's signature is not
    over this statement, or the vault refuses or does not answer.
    """
    check_state(file, "hold_signed")
    heading = _t("消去を止められません")
    access.check_handles(acting, heading)
    statement = pending(file)
    if statement is None:
        raise ActionRefusedError(heading, Reason(text=_t("署名を待つ保全がありません。")))
    if any(one.by_id == acting.person.pk for one in signatures(file)):
        raise ActionRefusedError(
            heading, Reason(text=_t("あなたは署名しています。もう一人の署名を待ちます。"))
        )
    signed = statement.with_signature(signature_of(acting.person, statement, response))
    data = {"envelope": canonical.b64(signed.encode())}
    file = add(file.case, file, "hold_signed", data, acting=acting)
    if len(signatures(file)) < signers_needed(file):
        return file
    whole = statement
    for one in signatures(file):
        earlier = Envelope.decode(canonical.unb64(one.data["envelope"], where="envelope"))
        whole = whole.with_signature(earlier.signatures[0])
    data = {"envelope": canonical.b64(whole.encode())}
    file = add(file.case, file, "hold_placed", data, acting=acting)
    _place(heading, whole)
    return file


def _place(heading: str, envelope: Envelope) -> None:
    try:
        engine().holds.place(engine().vault, envelope)
    except VaultRefusedError as error:
        raise ActionRefusedError(
            heading,
            Reason(text=why_refused(error.reason)),
        ) from error
    except UnavailableError as error:
        raise ActionRefusedError(
            heading,
            Reason(text=_t("保管庫が答えません。開いているか確かめて、もう一度署名してください。")),
        ) from error


def _statement(file: File, acting: Acting) -> Hold:
    asked, today = file.asked, day_of(acting)
    assert asked.start is not None
    assert asked.end is not None
    return hold_of(
        case=file.case.case_id,
        ground=GROUND,
        scheme=file.case.scheme,
        cameras=asked.cameras,
        start=asked.start,
        end=asked.end,
        last_day=_until(file, today),
    )


def _until(file: File, today: dt.date) -> dt.date:
    """The end of the time for an appeal against a decision on the extended last day; while an
    appeal runs, as long as the rules let a hold last. No longer than that either way."""
    most = today + dt.timedelta(days=file.rules.number("signing.max_hold_days") or 1)
    if file.appeal is not None:
        return most
    decided = dues.decision_due(file, today, extended=True).last_day
    wanted = appeal_deadline(max(decided, today), calendar=dues.CALENDAR).last_day
    return min(most, wanted)
