# SPDX-License-Identifier: AGPL-3.0-or-later
"""媒体に書く: fetching a package at the terminal, and recording the medium that was read back."""

import re
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel.canonical import Json
from machimori.office.handover.extracting import check_copies
from machimori.office.handover.history import Followed, add, check_copy, copies_of, current
from machimori.office.handover.models import Head
from machimori.office.people.acting import Acting
from machimori.office.provision import history as cases
from machimori.office.provision.history import File
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.terminals.presence import Established

SHOWN: Final = 8
"""Digits of a fingerprint that people compare at the least."""


@dataclass(frozen=True, kw_only=True)
class Medium:
    """What was written, and how it was read back."""

    kind: str
    number: str
    measured: str
    """SHA-256 of the file on the medium, as the browser computed it; empty if it did not."""
    read_back: str
    """The beginning of the fingerprint as somebody typed it; empty if the browser computed it."""
    password_way: str
    """How the medium's password is handed over (`media.WAYS`); empty: it is not encrypted."""


@transaction.atomic
def fetch(file: File, copy: Followed, *, place: Established, acting: Acting) -> Followed:
    """証拠一式を端末に取り出す: on record before it leaves. Raises ActionRefusedError."""
    _check_current(file, copy)
    check_copy(copy, "fetched")
    check_copies(file, place, acting)
    cases.add(file.case, file, "fetched", {"part": copy.copy.part}, acting=acting)
    return add(copy.copy, copy, "fetched", {}, at=acting.at, by=acting.person)


def check_goes_on(file: File, copy: Followed, *, place: Established, acting: Acting) -> None:
    """A transfer that broke off may go on: the same person has it on record already.

    Raises ActionRefusedError.
    """
    _check_current(file, copy)
    check_copies(file, place, acting)
    last = copy.latest("fetched")
    if copy.state != "packed" or last is None or last.by_id != acting.person.pk:
        raise ActionRefusedError(
            _t("いまはできません"), Reason(text=_t("ボタンを押して、もう一度取り出してください。"))
        )


@transaction.atomic
def note_medium(
    file: File, copy: Followed, medium: Medium, *, place: Established, acting: Acting
) -> File:
    """媒体に書いた: what was read back from it must be the package. With the last medium the case
    waits for the completion check. Raises ActionRefusedError.
    """
    heading = _t("媒体を記録できません")
    _check_current(file, copy)
    check_copy(copy, "written")
    check_copies(file, place, acting)
    _check_read_back(copy, medium, heading)
    _check_number(copy, medium.number, heading)
    data: dict[str, Json] = {
        "compared": "whole" if medium.measured else "beginning",
        "kind": medium.kind,
        "number": medium.number,
        "password": medium.password_way,
    }
    written = add(copy.copy, copy, "written", data, at=acting.at, by=acting.person)
    rest = [one for one in current(file, copies_of(file)) if one.copy.pk != copy.copy.pk]
    if any(one.state != "in_custody" for one in rest):
        return file
    numbers: list[Json] = [one.number for one in (*rest, written)]
    return cases.add(file.case, file, "written", {"media": numbers}, acting=acting)


def _check_current(file: File, copy: Followed) -> None:
    if file.state != "extracting" or not current(file, (copy,)):
        raise ActionRefusedError(
            _t("いまはできません"), Reason(text=_t("この取出しは終わっています。"))
        )


def _check_read_back(copy: Followed, medium: Medium, heading: str) -> None:
    digest = copy.copy.digest
    typed = re.sub(r"[\s:-]", "", medium.read_back).lower()
    if medium.measured:
        same = medium.measured == digest
    else:
        same = len(typed) >= SHOWN and digest.startswith(typed)
    if not same:
        raise ActionRefusedError(
            heading,
            Reason(
                text=_t("媒体から読み返した指紋が、証拠一式の指紋と違います。書き直してください。")
            ),
        )


def _check_number(copy: Followed, number: str, heading: str) -> None:
    used = Head.objects.filter(
        scheme=copy.copy.case.scheme, number=number, state__in=("in_custody", "handed_over")
    )
    if used.exists():
        raise ActionRefusedError(
            heading,
            Reason(text=_t("この媒体番号は、いま使っているほかの媒体のものです。")),
        )
