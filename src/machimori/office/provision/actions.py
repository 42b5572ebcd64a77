# SPDX-License-Identifier: AGPL-3.0-or-later
"""Taking in and completing an application: every write before it goes to the signers.

Each action takes the file as the person saw it, asks the rules, and adds its fact and its ledger
entry in one transaction. What follows from the draft on is in `deciding`.
"""

import datetime as dt
import secrets

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel.instants import local_day, micros
from machimori.office.people.acting import Acting
from machimori.office.provision import asking
from machimori.office.provision.application import Application
from machimori.office.provision.history import File, add, check_state
from machimori.office.provision.models import Case
from machimori.office.provision.numbers import number
from machimori.office.rules.access import in_force
from machimori.office.shared.errors import ActionRefusedError, Reason


@transaction.atomic
def consult(application: Application, *, acting: Acting) -> File:
    """相談を記録する: place, time and the other side, no number yet. Raises ActionRefusedError."""
    _check_takes_in(None, application, acting)
    if not (application.body or application.name):
        raise ActionRefusedError(
            _t("相談を記録できません"), Reason(text=_t("相手の所属か氏名を入れてください。"))
        )
    return add(
        _new_case(acting), None, "consulted", {"application": application.to_json()}, acting=acting
    )


@transaction.atomic
def take_in(file: File | None, application: Application, *, acting: Acting) -> File:
    """受け付ける: the case gets its number. `file` is the consultation it grew from, if any.

    What is missing does not hinder it: an application is taken in and then completed. Raises
    ActionRefusedError if `acting` does not take in, or nobody is named as applicant.
    """
    check_state(file, "taken_in")
    _check_takes_in(file, application, acting)
    if not (application.body or application.name):
        raise ActionRefusedError(
            _t("受け付けられません"), Reason(text=_t("申請者の所属か氏名を入れてください。"))
        )
    case = file.case if file else _new_case(acting)
    made = add(case, file, "taken_in", {"application": application.to_json()}, acting=acting)
    number(case, on=local_day(micros(acting.at)))
    return made


@transaction.atomic
def amend(file: File, application: Application, *, reason: str, acting: Acting) -> File:
    """補正・訂正: the application anew, with why; the old stays in its fact.

    Raises ActionRefusedError.
    """
    check_state(file, "amended")
    _check_takes_in(file, application, acting)
    if not reason.strip():
        raise ActionRefusedError(
            _t("訂正の理由がありません"), Reason(text=_t("理由を入れてください。"))
        )
    if application == file.application:
        raise ActionRefusedError(
            _t("変わったところがありません"), Reason(text=_t("直すところを直してください。"))
        )
    data = {"application": application.to_json(), "reason": reason.strip()}
    return add(file.case, file, "amended", data, acting=acting)


@transaction.atomic
def ask_correction(file: File, *, due: dt.date, note: str, acting: Acting) -> File:
    """補正をお願いする: what is missing, and by when. Where the rules miss nothing but the draft
    was sent back, `note` says what is wanted, an item in each line.

    Raises ActionRefusedError if there is nothing to ask for.
    """
    check_state(file, "correction_asked")
    _check_takes_in(file, file.application, acting)
    reasons = asking.missing(file.rules, file.application, acting=acting)
    wanted = [one.text for one in reasons]
    if not wanted and file.sent_back is not None:
        wanted, note = [line.strip() for line in note.splitlines() if line.strip()], ""
        if not wanted:
            raise ActionRefusedError(
                _t("補正をお願いできません"),
                Reason(text=_t("直してほしいことを、「申請者に伝えること」に入れてください。")),
            )
    if not wanted:
        raise ActionRefusedError(
            _t("足りないものはありません"), Reason(text=_t("起案してください。"))
        )
    if due < local_day(micros(acting.at)):
        raise ActionRefusedError(
            _t("期限が過ぎた日です"), Reason(text=_t("これからの日を入れてください。"))
        )
    data = {"due": due.isoformat(), "missing": list(wanted), "note": note}
    return add(file.case, file, "correction_asked", data, acting=acting)


@transaction.atomic
def note_document(
    file: File, *, document: str, document_number: str, document_day: dt.date, acting: Acting
) -> File:
    """原本が届いた: the document that was promised. Raises ActionRefusedError if none is awaited
    or the ground does not accept this one."""
    check_state(file, "document_arrived")
    _check_takes_in(file, file.application, acting)
    ground = file.ground
    if not file.document_awaited or ground is None or document not in ground.documents:
        raise ActionRefusedError(
            _t("この文書は待っていません"),
            Reason(text=_t("根拠が求める文書を選んでください。")),
        )
    data = {
        "document": document,
        "document_day": document_day.isoformat(),
        "document_number": document_number,
    }
    return add(file.case, file, "document_arrived", data, acting=acting)


def _new_case(acting: Acting) -> Case:
    return Case.objects.create(id=f"c-{secrets.token_hex(8)}", scheme=acting.scheme)


def _check_takes_in(file: File | None, application: Application, acting: Acting) -> None:
    rules = file.rules if file else in_force(acting.scheme, local_day(micros(acting.at)))
    found = asking.ask(rules, "take_in", application, acting=acting)
    asking.require(_t("受け付けられません"), *asking.shown(found.reasons))
