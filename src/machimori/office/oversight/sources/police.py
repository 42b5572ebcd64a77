# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the police took out themselves in an emergency (緊急の取出し), and its erasure."""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from django.db.models import Q, QuerySet

from machimori.office.oversight.asked import Asked, Word
from machimori.office.oversight.sources.source import Cases
from machimori.office.oversight.uses import Use
from machimori.office.police.history import File
from machimori.office.police.models import Fact
from machimori.office.police.states import STEPS, Kind
from machimori.office.shared.addresses import address_of

ACT: Final[dict[Kind, str]] = {"extracted": "emergency", "saved": "copy", "erased": "end"}


class Police:
    """Facts of emergency extractions."""

    name: ClassVar[str] = "police"
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
            found = found.filter(_means(word, asked))
        return found.select_related("case", "by")

    def uses(self, rows: Sequence[Any], cases: Cases) -> list[Use]:
        taken = {row.case_id: row.case for row in rows}
        facts: dict[str, list[Fact]] = {name: [] for name in taken}
        found = Fact.objects.filter(case__in=list(taken)).order_by("serial")
        for fact in found if taken else ():
            facts[fact.case_id].append(fact)
        files = {
            name: File(extraction=one, facts=tuple(facts[name])) for name, one in taken.items()
        }
        return [_use(row, files[row.case_id]) for row in rows]


def _means(word: Word, asked: Asked) -> Q:
    found = word.headed.of(Police.name)
    if word.people:
        found |= Q(by__in=word.people)
    if word.camera:
        ordered = Fact.objects.filter(
            kind="written", case__scheme=asked.scheme, data__cameras__contains=[word.camera]
        )
        found |= Q(case__in=ordered.values("case"))
    return found


def _use(fact: Fact, file: File) -> Use:
    kind: Kind = fact.kind  # type: ignore[assignment]  # the database holds no other
    order, extent = file.order.data, file.extent
    taken = file.latest("extracted")
    return Use(
        source=Police.name,
        key=str(fact.pk),
        at=fact.at,
        act=ACT[kind],
        said=str(STEPS[kind].text),
        number=order["reference"],
        case=file.extraction.pk,
        href=address_of("police:extraction", file.extraction.pk),
        person=fact.by_id,
        by=fact.by.name,
        purpose=order["matter"],
        reason=order["urgency"],
        cameras=extent.cameras,
        start=extent.start,
        end=extent.end,
        recipient=file.extraction.station,
        medium=taken.data["terminal"] if taken else "",
        digest=taken.data["digest"] if taken and kind != "erased" else "",
        more=fact.data.get("means", ""),
    )
