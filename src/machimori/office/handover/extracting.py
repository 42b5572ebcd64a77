# SPDX-License-Identifier: AGPL-3.0-or-later
"""取出し: the part that is needed, and its packages, one for each medium.

The instruction bounds the part (旭川 3(4), 堺 11(2)). The packages are made by a worker
(`working.py`), which goes by these facts.
"""

import datetime as dt
import secrets
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel.canonical import Json
from machimori.kernel.instants import instant, micros
from machimori.office.handover import history
from machimori.office.handover.media import KINDS, capacity
from machimori.office.handover.models import Copy
from machimori.office.handover.packages import Packed
from machimori.office.jobs.actions import defer
from machimori.office.people.acting import Acting, held
from machimori.office.provision import asking
from machimori.office.provision.drafting import Extent
from machimori.office.provision.history import File, add, add_by_itself, check_state
from machimori.office.provision.orders import ordered, to_take_out
from machimori.office.provision.reviewing import check_inside
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.terminals.presence import Established
from machimori.policy.decisions import Decision

PACKAGE: Final = "handover.package"
"""The job that makes the packages (`working.py`)."""


@transaction.atomic
def begin(
    file: File,
    part: Extent,
    *,
    kind: str,
    gigabytes: int | None,
    place: Established,
    acting: Acting,
) -> File:
    """取り出す: this part of the instruction, for media of this kind. The worker goes on from here.

    Raises ActionRefusedError beyond the instruction, and with the rules' reasons.
    """
    check_state(file, "extraction_begun")
    whole = ordered(file)
    assert whole is not None
    check_inside(part, whole)
    if not part.inside(to_take_out(file) or whole):
        raise ActionRefusedError(
            _t("選んだ範囲を超えています"),
            Reason(text=_t("取り出せるのは、画像を確かめて選んだ範囲だけです。")),
        )
    check_copies(file, place, acting)
    assert kind in KINDS
    data: dict[str, Json] = {
        "cameras": sorted(part.cameras),
        "capacity": capacity(kind, gigabytes),
        "end": micros(part.end),
        "medium": kind,
        "start": micros(part.start),
    }
    defer(PACKAGE, subject=file.case.pk, at=acting.at)
    return add(file.case, file, "extraction_begun", data, acting=acting)


@transaction.atomic
def finish(file: File, made: tuple[Packed, ...], *, acting: Acting) -> File:
    """証拠一式ができた: a copy for each, with its fingerprint and size."""
    begun = file.latest("extraction_begun")
    assert begun is not None
    data: dict[str, Json] = {"bytes": sum(one.size for one in made), "parts": len(made)}
    after = add(file.case, file, "extracted", data, acting=acting)
    for number, one in enumerate(made, 1):
        copy = Copy.objects.create(
            id=f"c-{secrets.token_hex(8)}",
            case=file.case,
            extraction=begun.serial,
            part=number,
            parts=len(made),
            start=instant(one.start),
            end=instant(one.end),
            size=one.size,
            digest=one.digest,
        )
        data = {"digest": one.digest, "part": number, "size": one.size}
        history.add(copy, None, "packed", data, at=acting.at, by=acting.person)
    return after


@transaction.atomic
def fail(file: File, reason: str, *, acting: Acting) -> File:
    """取り出せなかった, and why; it can be begun anew."""
    check_state(file, "extraction_failed")
    return add(file.case, file, "extraction_failed", {"reason": reason}, acting=acting)


@transaction.atomic
def expire(file: File, reason: str, *, at: dt.datetime) -> File:
    """The packages lay too long: the extraction can be begun anew. No person does this."""
    return add_by_itself(file, "extraction_failed", {"reason": reason}, at=at)


def weigh_copying(file: File, place: Established, acting: Acting) -> Decision:
    """What the rules say if the acting person takes out now."""
    vacant = not held("handling_supervisor", acting.scheme, acting.at)
    return asking.ask(
        file.rules,
        "copy",
        file.application,
        acting=acting,
        approved=True,
        instructed=True,
        within_range=True,
        at_terminal=place.at_terminal,
        place=place.place,
        supervisor_vacant=vacant,
    )


def check_copies(file: File, place: Established, acting: Acting) -> None:
    """Raise ActionRefusedError with the rules' reasons."""
    found = weigh_copying(file, place, acting)
    asking.require(_t("取り出せません"), *asking.shown(found.reasons))
