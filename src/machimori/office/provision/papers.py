# SPDX-License-Identifier: AGPL-3.0-or-later
"""The papers of a case, filled in from its facts: 申請書, 起案文, 承認書, 不承認通知書, 回答書.

What is printed is Japanese whatever the language of the page.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from machimori.kernel.instants import local_day, micros
from machimori.office.paper.fields import FootageRange, Party
from machimori.office.paper.forms.answer import Approval, NoFootageReply, Refusal
from machimori.office.paper.forms.ending import (
    OUTCOMES,
    Answered,
    CorrectionReply,
    DecisionDraft,
    OutcomeReply,
)
from machimori.office.paper.forms.request import HANDLING, ProvisionRequest, SubjectRequest
from machimori.office.paper.masthead import Form
from machimori.office.paper.sheet import Choice
from machimori.office.provision import circulating, elsewhere
from machimori.office.provision.application import USES
from machimori.office.provision.drafting import Extent, extent_of
from machimori.office.provision.ending import valid_until, why_nothing
from machimori.office.provision.forms import named
from machimori.office.provision.history import File
from machimori.office.provision.models import Fact
from machimori.policy.grounds import grounds
from machimori.policy.questions import catalogue
from machimori.policy.wareki import CaseNumber, parse_case_number, wareki, wareki_minute
from machimori.policy.wording import post_name
from machimori.vault.client.statements import Authorisation

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
    asked = _party(file)
    if ground is not None and ground.basis == "consent":
        checks = set(file.checks)
        return SubjectRequest(
            date=requested(file),
            case=_case(file),
            applicant=asked,
            purpose=application.purpose,
            place=application.place,
            searched=_searched(file),
            photo_identity=application.identity_means,
            is_subject=application.by_subject,
            subject_name=application.subject_name,
            consent_attached="subject_consent" in application.papers,
            face_photo_attached="face_photo" in application.papers,
            judged_kept=True if "within_retention" in checks else None,
            judged_identifiable=True if "identifiable" in checks else None,
        )
    return ProvisionRequest(
        date=requested(file),
        case=_case(file),
        applicant=asked,
        grounds=tuple(
            Choice(text=named(one), chosen=ground is not None and one.id == ground.id)
            for one in grounds(file.rules)
        ),
        matter=application.case,
        purpose=application.purpose,
        ranges=_asked(file),
        handling=_handling(file),
        inquiry_number=application.document_number,
        inquiry_date=application.document_day,
        original_arrived=application.original_day,
        call_back=application.call_back,
        identity_kind=application.identity_means,
        identity_checked_by=application.identity_by,
        received=requested(file),
    )


def _correction(file: File) -> Form | None:
    """補正のお願い, as it was sent, also once the correction has come."""
    fact = file.latest("correction_asked")
    if fact is None:
        return None
    then = replace(file, facts=tuple(one for one in file.facts if one.serial <= fact.serial))
    return CorrectionReply(
        date=local_day(micros(fact.at)),
        case=_case(file),
        applicant=_party(then),
        requested=requested(then),
        request_number=file.number,
        ranges=_asked(then),
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
        case=_case(file),
        drafted_by=fact.by.name if fact.by else "",
        applicant=_party(file),
        ground=_ground(file),
        matter=application.case,
        purpose=application.purpose,
        ranges=_granted(file),
        handling=_handling(file),
        document=_document(file),
        identity=application.identity_means,
        checks=_words("grounds.*.checks", file.checks),
        conditions=_conditions(file),
        note=fact.data["note"],
        valid_until=_until(file),
        answers=_answers(file),
        decided_elsewhere=_elsewhere(file),
    )


def _approval(file: File) -> Form | None:
    fact = file.latest("authorised")
    if fact is None:
        return None
    part = file.latest_draft
    narrowed = part is not None and part.kind == "narrowed"
    return Approval(
        date=local_day(micros(fact.at)),
        case=_case(file),
        applicant=_party(file),
        requested=requested(file),
        request_number=file.number,
        ground=_ground(file),
        ranges=_granted(file),
        handling=_handling(file),
        conditions=file.conditions,
        valid_until=_until(file),
        return_by=file.return_by,
        refused_part=part.data["reason"] if narrowed and part else None,
        decided_elsewhere=_elsewhere(file),
    )


def _refusal(file: File) -> Form | None:
    fact = file.latest("declined")
    if fact is None:
        return None
    return Refusal(
        date=local_day(micros(fact.at)),
        case=_case(file),
        applicant=_party(file),
        requested=requested(file),
        request_number=file.number,
        ranges=_asked(file),
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
        case=_case(file),
        applicant=_party(file),
        requested=requested(file),
        request_number=file.number,
        ranges=_asked(file),
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
        case=_case(file),
        applicant=_party(file),
        requested=requested(file),
        request_number=file.number,
        ranges=_asked(file),
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


def requested(file: File) -> dt.date:
    """The day of the application."""
    fact = file.latest("taken_in", "consulted")
    assert fact is not None
    return local_day(micros(fact.at))


def _case(file: File) -> CaseNumber | None:
    return parse_case_number(file.number) if file.number else None


def _party(file: File) -> Party:
    said = file.application
    return Party(body=said.body, name=said.name, address=said.address, contact=said.contact)


def _ground(file: File) -> str:
    return named(file.ground) if file.ground else ""


def _document(file: File) -> str:
    said = file.application
    if file.document_awaited:
        return "原本待ち"
    words = _words("grounds.*.documents", (said.document,)) if said.document else ()
    return "　".join((*words, said.document_number)).strip()


def _handling(file: File) -> tuple[str, ...]:
    return tuple(HANDLING[USES.index(name)] for name in file.application.uses)


def _conditions(file: File) -> tuple[str, ...]:
    """The conditions, with the day by which copies come back among them."""
    by = file.return_by
    if by is None:
        return file.conditions
    return (*file.conditions, f"{wareki(by)}までに返却または消去すること。")


def _until(file: File) -> dt.date | None:
    until = valid_until(file)
    return local_day(micros(until)) if until else None


def _elsewhere(file: File) -> str | None:
    said = elsewhere.of(file)
    return said.line if said else None


def _answers(file: File) -> tuple[Answered, ...]:
    """The round, and under it who has signed; nothing where drafts do not go round."""
    stops = circulating.stops(file)
    said = [(f"回議　{post_name(file.rules, one.post)[0]}", one.agreed) for one in stops]
    said += [("代決" if one.kind == "deputised" else "決裁", one) for one in file.signatures]
    return tuple(_answered(place, fact) for place, fact in said) if stops else ()


def _answered(place: str, fact: Fact | None) -> Answered:
    if fact is None:
        return Answered(place=place)
    name, day = fact.by.name if fact.by else "", local_day(micros(fact.at))
    return Answered(place=place, name=name, day=day, note=fact.data.get("note", ""))


def _searched(file: File) -> str:
    said = file.application
    if said.start is None or said.end is None:
        return ""
    return f"{wareki_minute(said.start)}から{wareki_minute(said.end)}まで"


def _asked(file: File) -> tuple[FootageRange, ...]:
    said = file.application
    if said.start is None or said.end is None:
        return ()
    return ranges(file, Extent(cameras=said.cameras, start=said.start, end=said.end))


def _granted(file: File) -> tuple[FootageRange, ...]:
    if file.statement is None:
        return ()
    return ranges(file, extent_of(Authorisation.decode(file.statement)))


def ranges(file: File, extent: Extent) -> tuple[FootageRange, ...]:
    """An extent as papers print it: a line for each camera."""
    known = file.described(extent.cameras)
    return tuple(
        FootageRange(
            camera=known[name].name if name in known else name,
            place=known[name].place if name in known else "",
            start=extent.start,
            end=extent.end,
        )
        for name in extent.cameras
    )


def _words(pattern: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one.ja for one in catalogue().questions[pattern].choices if one.id in names)
