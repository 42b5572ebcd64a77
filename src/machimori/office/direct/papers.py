# SPDX-License-Identifier: AGPL-3.0-or-later
"""The papers of an acquisition, from its facts: 申込書 of the station, 催促 of the city.

What is printed is Japanese whatever the language of the page.
"""

import datetime as dt

from machimori.kernel.instants import local_day, micros
from machimori.office.direct.agreements import agreement
from machimori.office.direct.history import File
from machimori.office.paper.fields import Party
from machimori.office.paper.forms.direct import DirectReminder, DirectRequest
from machimori.office.paper.masthead import Form
from machimori.office.provision.paper_fields import ranges_in
from machimori.policy.wareki import parse_case_number


def papers(file: File) -> dict[str, Form]:
    """Every paper that can be printed of the acquisition now, by kind."""
    found = [_request(file), _reminder(file)]
    return {form.KIND: form for form in found if form is not None}


def _request(file: File) -> Form | None:
    """申込書, once it was signed."""
    signed, saved, taken = file.latest("signed"), file.latest("saved"), file.latest("acquired")
    if signed is None:
        return None
    under, said = agreement(file.rules, file.case.agreement), file.request.data
    return DirectRequest(
        date=local_day(micros(file.request.at)),
        case=parse_case_number(file.number),
        agreement=under.title if under else file.case.agreement,
        agreed=under.day if under else None,
        station=file.case.station,
        operator=file.request.by.name,
        requested=file.request.at,
        reference=said["reference"],
        ground=said["ground_label"],
        purpose=said["purpose"],
        ranges=ranges_in(file.case.scheme, file.extent),
        code=file.statement.short_code(),
        signed=signed.at,
        saved=saved.at if saved else None,
        digest=taken.data["digest"] if taken else None,
    )


def _reminder(file: File) -> Form | None:
    """催促, the last one, until the record was compared."""
    sent = [fact for fact in file.facts if fact.kind == "reminded"]
    saved = file.latest("saved")
    if not sent or saved is None or file.state != "awaiting_reconciliation":
        return None
    last = sent[-1]
    was_due = last.data["was_due"]
    return DirectReminder(
        date=local_day(micros(last.at)),
        case=parse_case_number(file.number),
        station=Party(body=file.case.station, post="署長"),
        number=file.number,
        reference=file.request.data["reference"],
        operator=file.request.by.name,
        saved=local_day(micros(saved.at)),
        ranges=ranges_in(file.case.scheme, file.extent),
        was_due=dt.date.fromisoformat(was_due) if was_due else None,
        due=dt.date.fromisoformat(last.data["due"]),
        times=len(sent),
        note=last.data["note"],
    )
