# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the police fetched from the cameras of an agreement (直接取得)."""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from django.db.models import Q, QuerySet

from machimori.office.direct.history import File, files_of
from machimori.office.direct.models import Fact
from machimori.office.direct.states import STEPS, Kind
from machimori.office.oversight.asked import Asked
from machimori.office.oversight.sources.source import Cases
from machimori.office.oversight.uses import Use
from machimori.office.shared.addresses import address_of

ACT: Final[dict[Kind, str]] = {"acquired": "direct", "seen": "view", "saved": "copy"}


class Direct:
    """Facts of direct acquisitions."""

    name: ClassVar[str] = "direct"
    numbered: ClassVar[bool] = True
    of_provision: ClassVar[bool] = False

    def rows(self, asked: Asked) -> "QuerySet[Any]":
        kinds = [kind for kind, act in ACT.items() if asked.act in ("", act)]
        found = Fact.objects.filter(
            asked.within("at"),
            asked.people("by"),
            asked.held("by", "at"),
            kind__in=kinds,
            case__scheme=asked.scheme,
        )
        if asked.stations is not None:
            found = found.filter(case__station__in=asked.stations)
        for word in asked.words:
            means = word.headed.of(self.name)
            found = found.filter(means | Q(by__in=word.people) if word.people else means)
        return found.select_related("case__numbered", "by")

    def uses(self, rows: Sequence[Any], cases: Cases) -> list[Use]:
        wanted = {row.case_id: row.case for row in rows}
        found = files_of(list(wanted.values()), cases.rules) if wanted else ()
        files = {file.case.pk: file for file in found}
        return [_use(row, files[row.case_id]) for row in rows]


def _use(fact: Fact, file: File) -> Use:
    kind: Kind = fact.kind  # type: ignore[assignment]  # the database holds no other
    request, extent = file.request.data, file.extent
    taken = file.latest("acquired")
    return Use(
        source=Direct.name,
        key=str(fact.pk),
        at=fact.at,
        act=ACT[kind],
        said=str(STEPS[kind].text),
        number=file.number,
        case=file.case.pk,
        href=address_of("direct:acquisition", file.case.pk),
        person=fact.by_id,
        by=fact.by.name,
        ground=request["ground_label"],
        purpose=request["purpose"],
        reason=request["reference"],
        cameras=extent.cameras,
        start=extent.start,
        end=extent.end,
        recipient=file.case.station,
        digest=taken.data["digest"] if taken and kind != "seen" else "",
    )
