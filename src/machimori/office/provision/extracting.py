# SPDX-License-Identifier: AGPL-3.0-or-later
"""取出しから媒体まで: the part that is needed, the package, the medium. Every write of it.

The instruction bounds the part (旭川 3(4), 堺 11(2)). The package is made by a worker
(`working.py`), which goes by these facts.
"""

import re
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel.canonical import Json
from machimori.kernel.instants import micros
from machimori.office.jobs.actions import defer
from machimori.office.people.acting import Acting, held
from machimori.office.provision import asking
from machimori.office.provision.drafting import Extent
from machimori.office.provision.history import File, add, check_state
from machimori.office.provision.orders import ordered
from machimori.office.provision.packages import Made
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.templatetags.office import minute
from machimori.office.terminals.presence import Established
from machimori.policy.decisions import Decision

PACKAGE: Final = "provision.package"
"""The job that makes the package (`working.py`)."""
SHOWN: Final = 8
"""Digits of a fingerprint that people compare at the least."""


@transaction.atomic
def begin(file: File, part: Extent, *, place: Established, acting: Acting) -> File:
    """取り出す: this part of the instruction. The worker makes the package from here on.

    Raises ActionRefusedError beyond the instruction, and with the rules' reasons.
    """
    check_state(file, "extraction_begun")
    whole = ordered(file)
    assert whole is not None
    if not part.inside(whole):
        raise ActionRefusedError(
            _t("指示の範囲を超えています"),
            Reason(
                text=_t("指示は%(start)sから%(end)sまで、カメラは指示したものだけです。")
                % {"start": minute(whole.start), "end": minute(whole.end)}
            ),
        )
    _check_copies(file, place, acting)
    data: dict[str, Json] = {
        "cameras": sorted(part.cameras),
        "end": micros(part.end),
        "start": micros(part.start),
    }
    defer(PACKAGE, subject=file.case.pk, at=acting.at)
    return add(file.case, file, "extraction_begun", data, acting=acting)


@transaction.atomic
def finish(file: File, made: Made, *, acting: Acting) -> File:
    """証拠一式ができた: its fingerprint and size."""
    check_state(file, "extracted")
    return add(
        file.case, file, "extracted", {"bytes": made.size, "digest": made.digest}, acting=acting
    )


@transaction.atomic
def fail(file: File, reason: str, *, acting: Acting) -> File:
    """取り出せなかった, and why; it can be begun anew."""
    check_state(file, "extraction_failed")
    return add(file.case, file, "extraction_failed", {"reason": reason}, acting=acting)


@transaction.atomic
def fetch(file: File, *, place: Established, acting: Acting) -> File:
    """証拠一式を端末に取り出す: on record before it leaves. Raises ActionRefusedError."""
    check_state(file, "fetched")
    _package(file, _t("まだ取り出せません"))
    _check_copies(file, place, acting)
    return add(file.case, file, "fetched", {}, acting=acting)


@transaction.atomic
def note_medium(
    file: File, *, kind: str, number: str, read_back: str, place: Established, acting: Acting
) -> File:
    """媒体に書いた: what was read back from it must be the package.

    `read_back` is the beginning of the fingerprint, SHOWN digits or more. Raises
    ActionRefusedError.
    """
    check_state(file, "written")
    heading = _t("媒体を記録できません")
    digest = _package(file, heading)
    _check_copies(file, place, acting)
    typed = re.sub(r"[\s:-]", "", read_back).lower()
    if len(typed) < SHOWN or not digest.startswith(typed):
        raise ActionRefusedError(
            heading,
            Reason(
                text=_t("媒体から読み返した指紋が、証拠一式の指紋と違います。書き直してください。")
            ),
        )
    data = {"digest": digest, "kind": kind, "number": number.strip()}
    return add(file.case, file, "written", data, acting=acting)


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


def _check_copies(file: File, place: Established, acting: Acting) -> None:
    found = weigh_copying(file, place, acting)
    asking.require(_t("取り出せません"), *asking.shown(found.reasons))


def _package(file: File, heading: str) -> str:
    """The fingerprint of the package that is ready."""
    made, begun = file.latest("extracted"), file.latest("extraction_begun")
    if made is None or begun is None or made.serial < begun.serial:
        raise ActionRefusedError(
            heading, Reason(text=_t("証拠一式を作っています。できるまでお待ちください。"))
        )
    digest: str = made.data["digest"]
    return digest
