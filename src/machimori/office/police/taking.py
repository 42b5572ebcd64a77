# SPDX-License-Identifier: AGPL-3.0-or-later
"""取り出す: the vault releases by the chief's signature, and a verified package is made.

A worker makes it (`working.py`). It lies sealed in the office's directory (`handover/packages.py`)
until the station has saved it and says so; then it is gone.
"""

import datetime as dt
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.evidence.ordering import Order
from machimori.evidence.verifier.statement import Approval
from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.envelope import Envelope
from machimori.kernel.instants import micros
from machimori.office.handover import packages
from machimori.office.handover.packages import Packed
from machimori.office.handover.packing import discard_parts, part_name
from machimori.office.jobs.actions import defer
from machimori.office.people.acting import Acting
from machimori.office.police import asking
from machimori.office.police.history import File, add, check_state
from machimori.office.police.ordering import check_own
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.terminals.access import operates
from machimori.office.terminals.models import Terminal

PACKAGE: Final = "police.package"
"""The job that makes the package (`working.py`)."""
OWNER: Final = "emergency"
LONGEST: Final = dt.timedelta(days=7)
"""So long a package that the station has not saved lies on the office's disk."""


@transaction.atomic
def extract(file: File, *, terminal: Terminal | None, acting: Acting) -> File:
    """命令の範囲を取り出す, at the terminal that the browser has proved to be at.

    The worker makes the package from here on. Raises ActionRefusedError with the rules' reasons.
    """
    check_state(file, "begun")
    check_own(file, acting)
    heading = _t("取り出せません")
    signed = file.latest("ordered")
    assert signed is not None
    asking.ask(
        file.rules,
        "extract_emergency",
        heading,
        acting=acting,
        cause=file.order.data["cause"],
        ordered=True,
        at_terminal=terminal is not None
        and terminal.lent_to == file.extraction.station
        and operates(terminal, acting=acting),
        own_act=signed.by_id == acting.person.pk,
    )
    assert terminal is not None
    until = asking.due(file.rules, acting.at)
    data: dict[str, Json] = {"due": micros(until), "terminal": terminal.number}
    defer(PACKAGE, subject=file.extraction.pk, at=acting.at)
    return add(file.extraction, file, "begun", data, acting=acting)


@transaction.atomic
def finish(file: File, made: Packed, *, acting: Acting) -> File:
    """取り出した: the package's fingerprint and size; from the beginning the request is due."""
    begun = file.latest("begun")
    assert begun is not None
    data = {**begun.data, "digest": made.digest, "size": made.size}
    return add(file.extraction, file, "extracted", data, acting=acting)


@transaction.atomic
def fail(file: File, reason: str, *, acting: Acting) -> File:
    """取り出せなかった, and why; it can be begun anew."""
    return add(file.extraction, file, "failed", {"reason": reason}, acting=acting)


@transaction.atomic
def save(file: File, *, digest: str, acting: Acting) -> File:
    """端末に保存した: the station has the package and it is whole; the office's copy is deleted.

    `digest` is what the terminal computed or whoever saved it read off it: at least the first 8
    digits. Raises ActionRefusedError if it is another file's.
    """
    check_state(file, "saved")
    check_own(file, acting)
    fact = file.latest("extracted")
    assert fact is not None
    given = "".join(digest.split()).lower()
    if len(given) < 8 or not fact.data["digest"].startswith(given):
        raise ActionRefusedError(
            _t("保存したファイルが違います"),
            Reason(text=_t("ハッシュ値が合いません。もう一度保存してください。")),
        )
    made = add(file.extraction, file, "saved", {"terminal": fact.data["terminal"]}, acting=acting)
    transaction.on_commit(lambda: discard_parts(base_of(file)))
    return made


def base_of(file: File) -> str:
    """What the package of the last beginning is called, without the part's number."""
    begun = file.latest("begun")
    assert begun is not None
    return f"{OWNER}.{file.extraction.pk}.{begun.serial}"


def package_of(file: File) -> Packed | None:
    """The package, while it lies there."""
    return packages.find(part_name(base_of(file), 1))


def order_of(file: File) -> Order:
    """The order by which the vault opens what the chief has signed."""
    signed = file.latest("ordered")
    assert signed is not None
    envelope = Envelope.decode(canonical.unb64(signed.data["envelope"], where="envelope"))
    return Order(
        authorisation=envelope,
        approvals=tuple(
            Approval(keyid=one.keyid, officer=signed.by.officer, post="画像管理責任者")
            for one in envelope.signatures
        ),
    )
