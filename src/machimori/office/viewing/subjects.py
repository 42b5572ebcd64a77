# SPDX-License-Identifier: AGPL-3.0-or-later
"""What footage is opened for, as far as viewing asks: a case of provision, or an internal use."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _t

from machimori.evidence.ordering import Order
from machimori.kernel.ids import CaseId
from machimori.office.internal import access as uses
from machimori.office.internal import ending
from machimori.office.internal.asking import check_use
from machimori.office.internal.history import File as UseFile
from machimori.office.people.acting import Acting
from machimori.office.people.models import Scheme
from machimori.office.provision import access as cases
from machimori.office.provision import asking, reviewing
from machimori.office.provision.drafting import Extent
from machimori.office.provision.history import File
from machimori.office.provision.orders import order_of, ordered
from machimori.office.provision.reviewing import Attendee
from machimori.office.provision.views.cases import title
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.terminals.presence import Established
from machimori.office.viewing.models import Viewing
from machimori.policy.profile import Profile

Doing = Literal["view", "print"]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What may be opened, for whom, and what the rules say to it."""

    name: CaseId
    scheme: Scheme
    rules: Profile
    title: str
    back: str
    """The address of its page."""
    whole: Extent
    open: bool
    """Whether it has come to where it may be opened, and not beyond."""
    fields: dict[str, Any]
    """Of a Viewing's row: what it belongs to."""
    permitted: tuple[Attendee, ...]
    """Who may look on."""
    prints: bool
    """Whether printing was approved or permitted."""
    order: Callable[[], Order]
    """Raises ActionRefusedError."""
    check: Callable[[Doing, int, Established, Acting], None]
    """Raises ActionRefusedError if the rules are against it, here, by this person, before so many
    others."""
    begin: Callable[[Acting], object]
    """The first look, inside the action's transaction."""
    case: File | None = None
    """The case of provision, in which a part can be chosen."""


def of_case(file: File) -> Subject:
    """A case of provision. Raises Http404 before there is an instruction."""
    whole = ordered(file)
    if whole is None:
        raise Http404

    def check(doing: Doing, _attended: int, where: Established, acting: Acting) -> None:
        _check_case(file, doing, where, acting)

    return Subject(
        name=file.case.case_id,
        scheme=file.case.scheme,
        rules=file.rules,
        title=title(file),
        back=reverse("provision:case", args=[file.case.pk]),
        whole=whole,
        open=file.state in ("instructed", "reviewing"),
        fields={"case": file.case},
        permitted=reviewing.attendees(file),
        prints="print" in file.application.uses,
        order=lambda: order_of(file),
        check=check,
        begin=lambda acting: reviewing.begin_viewing(file, acting=acting),
        case=file,
    )


def of_use(file: UseFile) -> Subject:
    """An internal use."""
    said = file.latest("attendance")
    permitted = tuple(
        Attendee(
            serial=number,
            affiliation="",
            name=who,
            reason=said.data["reason"],
            permitted_by=said.by.name,
        )
        for number, who in enumerate(file.attendees)
        if said is not None
    )

    def check(doing: Doing, attended: int, where: Established, acting: Acting) -> None:
        check_use(file, doing, attended=attended, where=where, acting=acting)

    return Subject(
        name=file.use.case_id,
        scheme=file.use.scheme,
        rules=file.rules,
        title=file.number,
        back=reverse("internal:use", args=[file.use.pk]),
        whole=file.extent,
        open=file.usable,
        fields={"use": file.use},
        permitted=permitted,
        prints="print" in file.uses,
        order=file.order,
        check=check,
        begin=lambda acting: ending.begin(file, acting=acting),
    )


def subject_of(viewing: Viewing, acting: Acting) -> Subject | None:
    """What the viewing is of, if the acting person may see it."""
    if viewing.case_id is not None:
        case = cases.find(acting, viewing.case_id)
        return of_case(case) if case else None
    use = uses.find(acting, viewing.use_id or "")
    return of_use(use) if use else None


def _check_case(file: File, doing: Doing, where: Established, acting: Acting) -> None:
    heading = _t("画像を開けません") if doing == "view" else _t("印刷できません")
    if doing not in file.application.uses and doing == "print":
        raise ActionRefusedError(heading, Reason(text=_t("承認に印刷が含まれていません。")))
    found = asking.ask(
        file.rules,
        doing,
        file.application,
        acting=acting,
        approved=True,
        instructed=True,
        within_range=True,
        at_terminal=where.at_terminal,
        place=where.place,
    )
    asking.require(heading, *asking.shown(found.reasons))
