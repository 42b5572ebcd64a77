# SPDX-License-Identifier: AGPL-3.0-or-later
"""画像確認: who may look on, that somebody looks, and which part of the instruction is needed.

The part bounds what is taken out afterwards (旭川 3(4)); it never goes beyond the instruction.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel.canonical import Json
from machimori.kernel.instants import micros
from machimori.office.people.acting import Acting
from machimori.office.provision.deciding import check_decides_at_all
from machimori.office.provision.drafting import Extent
from machimori.office.provision.history import File, add, check_state
from machimori.office.provision.orders import ordered
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.templatetags.office import second


@dataclass(frozen=True, kw_only=True)
class Attendee:
    """立会人: somebody who may look on, and why the manager finds that necessary."""

    serial: int
    """Of the fact that permits it."""
    affiliation: str
    name: str
    reason: str
    permitted_by: str

    def __str__(self) -> str:
        return f"{self.affiliation} {self.name}".strip()


def attendees(file: File) -> tuple[Attendee, ...]:
    """Those who may look on, in the order in which they were permitted."""
    return tuple(
        Attendee(
            serial=fact.serial,
            affiliation=fact.data["affiliation"],
            name=fact.data["name"],
            reason=fact.data["reason"],
            permitted_by=fact.by.name if fact.by else "",
        )
        for fact in file.facts
        if fact.kind == "attendee_permitted"
    )


@transaction.atomic
def permit_attendee(
    file: File, *, affiliation: str, name: str, applicant: bool, reason: str, acting: Acting
) -> File:
    """立会いを認める. `applicant`: they come from the applicant's side, to whom looking must have
    been granted. Raises ActionRefusedError."""
    check_state(file, "attendee_permitted")
    heading = _t("立会いを認められません")
    check_decides_at_all(file, acting, heading)
    if not reason.strip():
        raise ActionRefusedError(heading, Reason(text=_t("立会いが必要な理由を入れてください。")))
    if applicant and "view" not in file.application.uses:
        raise ActionRefusedError(
            heading,
            Reason(text=_t("承認に閲覧が含まれていないので、申請した側の人には見せられません。")),
        )
    data: dict[str, Json] = {
        "affiliation": affiliation.strip(),
        "applicant": applicant,
        "name": name.strip(),
        "reason": reason.strip(),
    }
    return add(file.case, file, "attendee_permitted", data, acting=acting)


@transaction.atomic
def begin_viewing(file: File, *, acting: Acting) -> File:
    """The first look at what was instructed."""
    if file.state == "reviewing":
        return file
    return add(file.case, file, "viewing_begun", {}, acting=acting)


@transaction.atomic
def select(file: File, parts: Sequence[Extent], *, acting: Acting) -> File:
    """範囲を選ぶ: of each camera that is needed one interval. Chosen again, the last counts.

    Raises ActionRefusedError beyond the instruction, for a camera twice, and for nothing.
    """
    check_state(file, "selected")
    whole = ordered(file)
    assert whole is not None
    names = [camera for part in parts for camera in part.cameras]
    if not names or len(set(names)) != len(names):
        raise ActionRefusedError(
            _t("範囲が選ばれていません"), Reason(text=_t("必要なカメラを選んでください。"))
        )
    for part in parts:
        check_inside(part, whole)
    chosen: list[Json] = [
        [camera, micros(part.start), micros(part.end)]
        for part in sorted(parts, key=lambda one: one.cameras)
        for camera in part.cameras
    ]
    return add(file.case, file, "selected", {"parts": chosen}, acting=acting)


def check_inside(part: Extent, whole: Extent) -> None:
    """Raise ActionRefusedError, with what goes beyond, unless the part is inside the whole."""
    if part.inside(whole):
        return
    heading = _t("指示の範囲を超えています")
    first = second(whole.start)

    def said(at: dt.datetime) -> str:
        """The day is said once."""
        return second(at).removeprefix(first[: -len("00:00:00")])

    told = {"start": first, "end": said(whole.end)}
    reasons = []
    for at in (part.start, part.end):
        if not whole.start <= at <= whole.end:
            text = _t("指示は%(start)sから%(end)sまでです。%(at)sは選べません。")
            reasons.append(Reason(text=text % (told | {"at": said(at)})))
    if set(part.cameras) - set(whole.cameras):
        text = _t("指示は%(start)sから%(end)sまで、カメラは指示したものだけです。")
        reasons.append(Reason(text=text % told))
    if not reasons:
        reasons.append(Reason(text=_t("終わりが始まりより前です。")))
    raise ActionRefusedError(heading, *reasons)
