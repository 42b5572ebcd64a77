# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every letter of a disclosure case, filled in from its facts. What is printed is Japanese."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, cast

from machimori.office.disclosure import dues
from machimori.office.disclosure.history import File, Opinion, said_day
from machimori.office.disclosure.models import Fact
from machimori.office.paper.fields import Party
from machimori.office.paper.forms import disclosure, disclosure_notices, disclosure_request
from machimori.office.paper.masthead import Form, Masthead
from machimori.office.shared.printing import masthead
from machimori.policy.wareki import CaseNumber, parse_case_number

BLANK: Final[tuple[type[Form], ...]] = (
    disclosure_request.DisclosureRequest,
    disclosure_request.ThirdPartyOpinion,
    disclosure_notices.MannerStatement,
)
"""What lies blank at the counter."""


def letters(file: File) -> dict[str, Form]:
    """Every paper that can be printed of the case as it is now, by a name for its address."""
    found: dict[str, Form] = {"disclosure_request": _request(file)}
    for kind, make in _BY_FACT.items():
        fact = file.since_decided(kind) if kind in _ROUND else file.latest(kind)
        form = make(file, fact) if fact is not None else None
        if form is not None:
            found[form.KIND] = form
    for number, one in enumerate(file.opinions, start=1):
        found[f"opinion_inquiry-{number}"] = _inquiry(file, one)
        if one.objects and file.discloses:
            found[f"opposed_disclosure-{number}"] = _opposed(file, one)
    return found


def head(file: File, form: Form) -> Masthead:
    """The city as the body that decides (個情法2条11項2号): sender and 教示."""
    city = file.rules.document.city
    return replace(
        masthead(file.rules, form.KIND), office=(f"{city}長",), appeals=f"{city}長", defendant=city
    )


def _common(file: File, fact: Fact) -> dict[str, Any]:
    asked = file.asked
    return {
        "date": said_day(fact, "on"),
        "document_number": fact.data.get("document_number") or None,
        "case": _case(file),
        "requester": Party(name=asked.name, address=asked.address),
        "requested": asked.received,
        "item": asked.item,
    }


def _case(file: File) -> CaseNumber:
    return parse_case_number(file.number)


def _request(file: File) -> Form:
    asked = file.asked
    return disclosure_request.DisclosureRequest(
        date=asked.received,
        case=_case(file),
        requester=Party(name=asked.name, address=asked.address, contact=asked.contact),
        item=asked.item,
        manner=asked.manner,
        acting_as=asked.acting_as,
        subject_name=asked.subject_name,
        subject_address=asked.subject_address,
        proof_of_agency=asked.agency,
        identity_kind=asked.identity,
        received=asked.received,
        received_by=file.facts[0].by.name,
    )


def _correction(file: File, fact: Fact) -> Form:
    return disclosure_notices.CorrectionNotice(
        **_common(file, fact), what=fact.data["what"], due=said_day(fact, "due")
    )


def _extension(file: File, fact: Fact) -> Form:
    new = dues.decision_due(file, said_day(fact, "on"))
    rest = fact.data["rest_due"]
    return disclosure.DecisionExtension(
        **_common(file, fact),
        due=said_day(fact, "due"),
        new_due=new.last_day,
        rest_due=dt.date.fromisoformat(rest) if rest else None,
        reason=fact.data["reason"],
    )


def _transfer(file: File, fact: Fact) -> Form:
    return disclosure_notices.TransferNotice(
        **_common(file, fact),
        to=fact.data["to"],
        transferred=said_day(fact, "on"),
        reason=fact.data["reason"],
    )


def _decision(file: File, fact: Fact) -> Form | None:
    if file.decision is None:
        return None
    common, said = _common(file, fact), fact.data
    notice = file.since_decided("notified")
    if notice is not None:
        common |= {
            "date": said_day(notice, "on"),
            "document_number": notice.data["document_number"] or None,
        }
    if not file.discloses:
        why = cast(Any, said["result"])
        return disclosure.NonDisclosure(**common, why=why, reason=_reason(said))
    manner = dues.manner_due(file)
    disclosing = {
        "purpose_of_use": said["purpose"],
        "manners": tuple(said["manners"]),
        "places": said["places"],
        "fee": said["fee"],
        "answer_by": manner.last_day if manner else None,
        "disclosed_from": dues.disclosed_from(file),
    }
    if said["result"] == "full":
        return disclosure.DisclosureDecision(**common, **disclosing)
    return disclosure.PartialDisclosure(
        **common, **disclosing, withheld=said["withheld"], reason=_reason(said)
    )


def _reason(said: dict[str, Any]) -> str:
    return f"{said['reason']}（{said['clause']}）" if said["clause"] else str(said["reason"])


def _manner(file: File, fact: Fact) -> Form:
    notice = file.since_decided("notified")
    assert notice is not None
    return disclosure_notices.MannerStatement(
        date=said_day(fact, "on"),
        case=_case(file),
        requester=Party(
            name=file.asked.name, address=file.asked.address, contact=file.asked.contact
        ),
        notice_number=notice.data["document_number"],
        notice_date=said_day(notice, "on"),
        manner=fact.data["manner"],
        wish=fact.data["wish"],
    )


def _consultation(file: File, fact: Fact) -> Form:
    appeal = next(
        one for one in file.facts[::-1] if one.kind == "appealed" and one.serial < fact.serial
    )
    common = _common(file, fact) | {"requested": said_day(appeal, "on")}
    return disclosure_notices.ConsultationNotice(
        **common,
        board=fact.data["board"],
        consulted=said_day(fact, "on"),
        matter=appeal.data["matter"],
    )


def _inquiry(file: File, one: Opinion) -> Form:
    said = one.asked.data
    common = _common(file, one.asked) | {
        "requester": Party(name=said["name"], address=said["address"])
    }
    return disclosure.OpinionInquiry(
        **common,
        duty=said["duty"],
        about=said["about"],
        reply_by=one.reply_by,
        reply_to=file.rules.document.city,
    )


def _opposed(file: File, one: Opinion) -> Form:
    told = file.since_decided("third_party_told")
    assert file.decision is not None
    assert one.answer is not None
    common = _common(file, told or file.decision) | {
        "requester": Party(name=one.asked.data["name"], address=one.asked.data["address"]),
        "requested": said_day(one.answer, "on"),
    }
    return disclosure.OpposedDisclosure(
        **common,
        decided=said_day(file.decision, "on"),
        reason=told.data["reason"] if told else None,
        disclosed_on=dues.disclosed_from(file),
    )


_ROUND: Final = frozenset(("decided", "manner_chosen"))
"""What is done anew after an upheld appeal."""
_BY_FACT: Final[dict[Any, Callable[[File, Fact], Form | None]]] = {
    "correction_asked": _correction,
    "extended": _extension,
    "transferred": _transfer,
    "decided": _decision,
    "manner_chosen": _manner,
    "consulted": _consultation,
}
