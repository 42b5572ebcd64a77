# SPDX-License-Identifier: AGPL-3.0-or-later
"""The papers of a case, filled in from its facts: 申請書, 起案文, 承認書, 不承認通知書, 回答書.

What is printed is Japanese whatever the language of the page.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from machimori.kernel.instants import local_day, micros
from machimori.office.paper.forms.answer import Approval, NoFootageReply, Refusal
from machimori.office.paper.forms.ending import (
    OUTCOMES,
    CorrectionReply,
    DecisionDraft,
    OutcomeReply,
)
from machimori.office.paper.forms.request import ProvisionRequest, SubjectRequest
from machimori.office.paper.masthead import Form
from machimori.office.paper.sheet import Choice
from machimori.office.provision import paper_fields as filled
from machimori.office.provision.ending import why_nothing
from machimori.office.provision.forms import named
from machimori.office.provision.history import File
from machimori.policy.grounds import grounds

REMEDY: Final = "必要なときは、改めて申請することができます。"
_ENDINGS: Final = {
    "took_back": OUTCOMES[0],
    "ran_out": OUTCOMES[1],
    "stopped": OUTCOMES[2],
    "told": OUTCOMES[3],
}


def papers(file: File) -> dict[str, Form]:
    """Every paper that can be printed of the case as it is now, by kind; the latest last."""
    found: list[Form | None] = [make(file) for make in (*_MAKERS, *_others)]
    return {form.KIND: form for form in found if form is not None}


def register(maker: Callable[[File], Form | None]) -> None:
    """Have an app above make one more paper of every case; None where there is none."""
    if maker not in _others:
        _others.append(maker)


def _request(file: File) -> Form | None:
    application, ground = file.application, file.ground
    if file.latest("taken_in") is None:
        return None
    asked = filled.party(file)
    if ground is not None and ground.basis == "consent":
        checks = set(file.checks)
        return SubjectRequest(
            date=filled.requested(file),
            case=filled.numbered(file),
            applicant=asked,
            purpose=application.purpose,
            place=application.place,
            searched=filled.searched(file),
            photo_identity=application.identity_means,
            is_subject=application.by_subject,
            subject_name=application.subject_name,
            consent_attached="subject_consent" in application.papers,
            face_photo_attached="face_photo" in application.papers,
            judged_kept=True if "within_retention" in checks else None,
            judged_identifiable=True if "identifiable" in checks else None,
        )
    return ProvisionRequest(
        date=filled.requested(file),
        case=filled.numbered(file),
        applicant=asked,
        grounds=tuple(
            Choice(text=named(one), chosen=ground is not None and one.id == ground.id)
            for one in grounds(file.rules)
        ),
        matter=application.case,
        purpose=application.purpose,
        ranges=filled.asked(file),
        handling=filled.handling(file),
        inquiry_number=application.document_number,
        inquiry_date=application.document_day,
        original_arrived=application.original_day,
        call_back=application.call_back,
        identity_kind=application.identity_means,
        identity_checked_by=application.identity_by,
        received=filled.requested(file),
    )


def _correction(file: File) -> Form | None:
    """補正のお願い, as it was sent, also once the correction has come."""
    fact = file.latest("correction_asked")
    if fact is None:
        return None
    then = replace(file, facts=tuple(one for one in file.facts if one.serial <= fact.serial))
    return CorrectionReply(
        date=local_day(micros(fact.at)),
        case=filled.numbered(file),
        applicant=filled.party(then),
        requested=filled.requested(then),
        request_number=file.number,
        ranges=filled.asked(then),
        missing=tuple(fact.data["missing"]),
        note=fact.data["note"],
        due=dt.date.fromisoformat(fact.data["due"]),
    )


def _draft(file: File) -> Form | None:
    fact = file.latest("drafted")
    if fact is None or file.latest_draft is None:
        return None
    application = file.application
    return DecisionDraft(
        date=local_day(micros(fact.at)),
        case=filled.numbered(file),
        drafted_by=fact.by.name if fact.by else "",
        applicant=filled.party(file),
        ground=filled.ground(file),
        matter=application.case,
        purpose=application.purpose,
        ranges=filled.granted(file),
        handling=filled.handling(file),
        document=filled.document(file),
        identity=application.identity_means,
        checks=filled.words("grounds.*.checks", file.checks),
        conditions=filled.conditions(file),
        note=fact.data["note"],
        valid_until=filled.until(file),
        answers=filled.answers(file),
        decided_elsewhere=filled.decided_elsewhere(file),
    )


def _approval(file: File) -> Form | None:
    fact = file.latest("authorised")
    if fact is None:
        return None
    part = file.latest_draft
    narrowed = part is not None and part.kind == "narrowed"
    return Approval(
        date=local_day(micros(fact.at)),
        case=filled.numbered(file),
        applicant=filled.party(file),
        requested=filled.requested(file),
        request_number=file.number,
        ground=filled.ground(file),
        ranges=filled.granted(file),
        handling=filled.handling(file),
        conditions=file.conditions,
        valid_until=filled.until(file),
        return_by=file.return_by,
        refused_part=part.data["reason"] if narrowed and part else None,
        decided_elsewhere=filled.decided_elsewhere(file),
    )


def _refusal(file: File) -> Form | None:
    fact = file.latest("declined")
    if fact is None:
        return None
    return Refusal(
        date=local_day(micros(fact.at)),
        case=filled.numbered(file),
        applicant=filled.party(file),
        requested=filled.requested(file),
        request_number=file.number,
        ranges=filled.asked(file),
        reason=fact.data["reason"],
        clause=fact.data["clause"],
        remedy=REMEDY,
    )


def _not_found(file: File) -> Form | None:
    fact = file.latest("found_nothing")
    if fact is None:
        return None
    return NoFootageReply(
        date=local_day(micros(fact.at)),
        case=filled.numbered(file),
        applicant=filled.party(file),
        requested=filled.requested(file),
        request_number=file.number,
        ranges=filled.asked(file),
        reason=why_nothing(fact.data["why"]),
        detail=fact.data["reason"],
    )


def _outcome(file: File) -> Form | None:
    fact = file.latest("took_back", "ran_out", "stopped", "told")
    if fact is None:
        return None
    ended = local_day(micros(fact.at))
    return OutcomeReply(
        date=ended,
        case=filled.numbered(file),
        applicant=filled.party(file),
        requested=filled.requested(file),
        request_number=file.number,
        ranges=filled.asked(file),
        outcome=_ENDINGS[fact.kind],
        ended=ended,
        reason=fact.data.get("reason", ""),
        remedy=REMEDY,
    )


_MAKERS: Final[tuple[Callable[[File], Form | None], ...]] = (
    _request,
    _correction,
    _draft,
    _approval,
    _refusal,
    _not_found,
    _outcome,
)
_others: Final[list[Callable[[File], Form | None]]] = []
"""Papers of apps above."""
