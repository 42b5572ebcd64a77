# SPDX-License-Identifier: AGPL-3.0-or-later
"""What those who manage the footage use themselves (内部利用): its beginning, copies, their end."""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _t

from machimori.office.internal.history import File, files_of
from machimori.office.internal.models import Fact
from machimori.office.internal.states import STEPS, Kind
from machimori.office.oversight.asked import Asked
from machimori.office.oversight.sources.source import Cases
from machimori.office.oversight.uses import Use
from machimori.office.shared.addresses import address_of

ACT: Final[dict[Kind, str]] = {
    "begun": "internal",
    "copying": "copy",
    "copy_written": "copy",
    "copy_ended": "end",
}


class Internal:
    """Facts of internal uses."""

    name: ClassVar[str] = "internal"
    numbered: ClassVar[bool] = True
    of_provision: ClassVar[bool] = False

    def rows(self, asked: Asked) -> "QuerySet[Any]":
        kinds = [kind for kind, act in ACT.items() if asked.act in ("", act)]
        if asked.stations is not None or not kinds:
            return Fact.objects.none()
        found = Fact.objects.filter(
            asked.within("at"),
            asked.people("by"),
            asked.held("by", "at"),
            kind__in=kinds,
            case__scheme=asked.scheme,
        )
        for word in asked.words:
            means = word.headed.of(self.name)
            found = found.filter(means | Q(by__in=word.people) if word.people else means)
        return found.select_related("case__numbered", "by")

    def uses(self, rows: Sequence[Any], cases: Cases) -> list[Use]:
        wanted = {row.case_id: row.case for row in rows}
        found = files_of(list(wanted.values()), cases.rules) if wanted else ()
        files = {file.use.pk: file for file in found}
        return [_use(row, files[row.case_id]) for row in rows]


def _use(fact: Fact, file: File) -> Use:
    kind: Kind = fact.kind  # type: ignore[assignment]  # the database holds no other
    extent, written = file.extent, kind == "copy_written"
    return Use(
        source=Internal.name,
        key=str(fact.pk),
        at=fact.at,
        act=ACT[kind],
        said=str(STEPS[kind].text),
        number=file.number,
        case=file.use.pk,
        href=address_of("internal:use", file.use.pk),
        person=fact.by_id,
        by=fact.by.name,
        ground=_t("内部利用"),
        purpose=file.draft.data["need"],
        cameras=extent.cameras,
        start=extent.start,
        end=extent.end,
        medium=str(fact.data.get("number", "")) if written else "",
        digest=str(fact.data.get("digest", "")) if written else "",
        more="　".join(file.attendees),
    )
