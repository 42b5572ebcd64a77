# SPDX-License-Identifier: AGPL-3.0-or-later
"""The papers of an extraction, from its facts: 申請書 of the station, 審査結果通知書 of the city.

What is printed is Japanese whatever the language of the page.
"""

from typing import Final, cast

from machimori.kernel.instants import instant, local_day, micros
from machimori.office.paper.fields import Party
from machimori.office.paper.forms.emergency import EmergencyRequest, EmergencyVerdict, Verdict
from machimori.office.paper.masthead import Form
from machimori.office.police.history import File
from machimori.office.police.models import Fact
from machimori.office.provision.paper_fields import ranges_in

CHIEF: Final = "画像管理責任者"


def papers(file: File) -> dict[str, Form]:
    """Every paper that can be printed of the extraction now, by kind."""
    found = [_request(file), _verdict(file)]
    return {form.KIND: form for form in found if form is not None}


def _request(file: File) -> Form | None:
    """申請書, once footage was taken out: to be signed at the station, and as it was judged."""
    taken = file.latest("extracted")
    if taken is None:
        return None
    said, filed, judged = file.order.data, file.latest("filed"), _judged(file)
    return EmergencyRequest(
        date=local_day(micros(filed.at)) if filed else None,
        document_number=filed.data["document"] if filed else None,
        applicant=_station(file),
        ordered_by=said["chief_name"],
        ordered=instant(said["ordered_at"]),
        operator=_name(file.latest("begun")),
        terminal=taken.data["terminal"],
        extracted=taken.at,
        hours=said["hours"],
        urgency=said["urgency"],
        matter=f"{said['reference']}　{said['matter']}",
        ranges=ranges_in(file.extraction.scheme, file.extent),
        due=file.due,
        late_because=filed.data["late_because"] if filed else None,
        received=local_day(micros(filed.at)) if filed else None,
        verdict=_word(judged) if judged else None,
        remarks=judged.data["remarks"] if judged else None,
    )


def _verdict(file: File) -> Form | None:
    """審査結果通知書, once the city has judged."""
    filed, judged, taken = file.latest("filed"), _judged(file), file.latest("extracted")
    if filed is None or judged is None or taken is None:
        return None
    return EmergencyVerdict(
        date=local_day(micros(judged.at)),
        applicant=_station(file),
        requested=local_day(micros(filed.at)),
        request_number=filed.data["document"],
        reference=file.order.data["reference"],
        ordered=instant(file.order.data["ordered_at"]),
        extracted=taken.at,
        ranges=ranges_in(file.extraction.scheme, file.extent),
        verdict=_word(judged),
        remarks=judged.data["remarks"],
    )


def _judged(file: File) -> Fact | None:
    return file.latest("accepted", "excess_found", "rejected")


def _word(judged: Fact) -> Verdict:
    return cast(Verdict, judged.kind)


def _station(file: File) -> Party:
    return Party(body=file.extraction.station, post=CHIEF, name=file.order.data["chief_name"])


def _name(fact: Fact | None) -> str:
    return fact.by.name if fact else ""
