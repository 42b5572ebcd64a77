# SPDX-License-Identifier: AGPL-3.0-or-later
"""Uses in statutory disclosure (開示): the search, and the disclosure to the person shown."""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _t

from machimori.office.disclosure.history import File, files_of
from machimori.office.disclosure.models import Fact
from machimori.office.disclosure.states import STEPS, Kind
from machimori.office.oversight.asked import Asked, Word
from machimori.office.oversight.sources.source import Cases
from machimori.office.oversight.uses import Use
from machimori.office.shared.addresses import address_of

ACT: Final[dict[Kind, str]] = {"found": "search", "disclosed": "provide"}


class Disclosure:
    """Facts of disclosure's cases."""

    name: ClassVar[str] = "disclosure"
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
            found = found.filter(_means(word, asked))
        return found.select_related("case__numbered", "by")

    def uses(self, rows: Sequence[Any], cases: Cases) -> list[Use]:
        wanted = {row.case_id: row.case for row in rows}
        found = files_of(list(wanted.values()), cases.rules) if wanted else ()
        files = {file.case.pk: file for file in found}
        return [_use(row, files[row.case_id]) for row in rows]


def _means(word: Word, asked: Asked) -> Q:
    found = word.headed.of(Disclosure.name)
    if word.people:
        found |= Q(by__in=word.people)
    if word.camera:
        said = Fact.objects.filter(
            case__scheme=asked.scheme, data__asked__cameras__contains=[word.camera]
        )
        found |= Q(case__in=said.values("case"))
    return found


def _use(fact: Fact, file: File) -> Use:
    kind: Kind = fact.kind  # type: ignore[assignment]  # the database holds no other
    asked, given = file.asked, fact.data
    disclosed = kind == "disclosed"
    return Use(
        source=Disclosure.name,
        key=str(fact.pk),
        at=fact.at,
        act=ACT[kind],
        said=str(STEPS[kind].text),
        number=file.number,
        case=file.case.pk,
        href=address_of("disclosure:case", file.case.pk),
        person=fact.by_id,
        by=fact.by.name,
        ground=_t("開示請求（個情法76条）"),
        purpose=asked.item,
        cameras=asked.cameras,
        start=asked.start,
        end=asked.end,
        recipient=asked.name if disclosed else "",
        identity="　".join((given["identity"], given["identity_by"])) if disclosed else "",
        medium=given["medium"] if disclosed else "",
    )
