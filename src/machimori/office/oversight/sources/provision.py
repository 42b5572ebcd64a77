# SPDX-License-Identifier: AGPL-3.0-or-later
"""Uses in cases of provision (提供): searches, extraction, copies, hand-over, the copies' end."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final

from django.db.models import Q, QuerySet

from machimori.kernel.instants import instant
from machimori.office.handover.models import Copy
from machimori.office.handover.states import STATES as FATES
from machimori.office.oversight.asked import Asked, Word
from machimori.office.oversight.sources.source import Cases
from machimori.office.oversight.uses import Use
from machimori.office.provision.ending import why_nothing
from machimori.office.provision.forms import named
from machimori.office.provision.history import File
from machimori.office.provision.models import Fact
from machimori.office.provision.states import STEPS, Kind
from machimori.office.shared.addresses import address_of
from machimori.office.shared.templatetags.office import day

ACT: Final[dict[Kind, str]] = {
    "consulted": "search",
    "found_nothing": "search",
    "extraction_begun": "copy",
    "fetched": "copy",
    "written": "copy",
    "handed_over": "provide",
    "copy_settled": "end",
}
"""Which facts are uses, and of what kind."""


class Provision:
    """Facts of provision's cases."""

    name: ClassVar[str] = "provision"
    numbered: ClassVar[bool] = True
    of_provision: ClassVar[bool] = True

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
            found = found.filter(_means(word))
        return found.select_related("case__numbered", "by")

    def uses(self, rows: Sequence[Any], cases: Cases) -> list[Use]:
        return [
            _use(row, cases.files[row.case_id], cases.copies.get(row.case_id, ())) for row in rows
        ]


def _means(word: Word) -> Q:
    found = word.headed.of(Provision.name)
    if word.people:
        found |= Q(by__in=word.people)
    if word.camera:
        found |= Q(kind="extraction_begun", data__cameras__contains=[word.camera])
    return found


def _use(fact: Fact, whole: File, copies: Sequence[Copy]) -> Use:
    """The use as the case stood then."""
    file = replace(whole, facts=tuple(one for one in whole.facts if one.serial <= fact.serial))
    application, ground = file.application, file.ground
    kind: Kind = fact.kind  # type: ignore[assignment]  # the database holds no other
    part = file.latest("extraction_begun", "ordered") or file.facts[-1]
    cameras = tuple(part.data.get("cameras", application.cameras))
    start, end = application.start, application.end
    if "start" in part.data:
        start, end = instant(part.data["start"]), instant(part.data["end"])
    handed, written = file.latest("handed_over"), file.latest("written")
    begun = file.latest("extraction_begun")
    made = [one for one in copies if begun is not None and one.extraction == begun.serial]
    return Use(
        source=Provision.name,
        key=str(fact.pk),
        at=fact.at,
        act=ACT[kind],
        said=str(STEPS[kind].text),
        number=file.number,
        case=file.case.pk,
        href=address_of("provision:case", file.case.pk),
        person=fact.by_id,
        by=fact.by.name if fact.by else "",
        ground=named(ground) if ground else "",
        purpose=application.purpose,
        reason=application.reason or application.case,
        cameras=cameras,
        start=start,
        end=end,
        recipient=_named(handed.data) if handed else "",
        identity=_identity(handed.data) if handed else "",
        medium="、".join(written.data["media"]) if written else "",
        digest=" ".join(one.digest for one in made) if kind in ("written", "handed_over") else "",
        more=_more(fact),
    )


def _named(data: dict[str, Any]) -> str:
    return "　".join(filter(None, (data["body"], data["name"])))


def _identity(data: dict[str, Any]) -> str:
    return "　".join(filter(None, (data["identity_means"], data["identity_by"])))


def _more(fact: Fact) -> str:
    data = fact.data
    if fact.kind == "found_nothing":
        return f"{why_nothing(data['why'])}　{data['reason']}".strip()
    if fact.kind == "handed_over":
        return f"{day(dt.date.fromisoformat(data['due']))}　{data['conditions']}".strip()
    if fact.kind == "copy_settled":
        ended = day(dt.date.fromisoformat(data["on"]))
        return f"{FATES[data['fate']]}　{ended}"
    return ""
