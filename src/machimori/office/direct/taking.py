# SPDX-License-Identifier: AGPL-3.0-or-later
"""取得: the package that a worker makes, its first picture, and its way to the station's terminal.

It lies sealed in the office's directory (`handover/packages.py`) until the station has saved it and
named its digest; then it is gone.
"""

import datetime as dt
import re
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.evidence.ordering import Order
from machimori.evidence.verifier.check import Progress
from machimori.evidence.verifier.statement import Approval
from machimori.kernel import canonical
from machimori.kernel.envelope import Envelope
from machimori.office.direct.history import File, add, check_state
from machimori.office.direct.requesting import check_own
from machimori.office.handover import packages
from machimori.office.handover.packages import Packed
from machimori.office.handover.packing import discard_parts, pack, part_name
from machimori.office.people.acting import Acting
from machimori.office.shared.engine import engine
from machimori.office.shared.errors import ActionRefusedError, Reason

SHOWN: Final = 8
"""Digits of the fingerprint that the station names at the least."""
LEDGER_TIME: Final = 10.0
"""Seconds that the ledger may take to include a signature; then the job is tried again."""
OWNER: Final = "direct"
LONGEST: Final = dt.timedelta(days=7)
"""So long a package that the station has not saved lies on the office's disk."""


def base_of(file: File) -> str:
    """What the package is called, without the part's number."""
    return f"{OWNER}.{file.case.pk}.1"


def package_of(file: File) -> Packed | None:
    """The package, while it lies there."""
    return packages.find(part_name(base_of(file), 1))


def make_package(file: File, progress: Progress | None = None) -> Packed:
    """Make the package, or take the one that is there. Raises what `handover.packing.pack` and the
    ledger raise."""
    order = _order(file)
    # The worker is faster than the ledger, which must take the signature in first.
    engine().ledger.wait(order.authorisation.digest().hex()[:32], LEDGER_TIME)
    return pack(base_of(file), file.case.case_id, order, progress=progress)[0]


@transaction.atomic
def finish(file: File, made: Packed, *, acting: Acting) -> File:
    """取得した: the package is ready to be fetched."""
    data = {"digest": made.digest, "size": made.size}
    return add(file.case, file, "acquired", data, acting=acting)


@transaction.atomic
def fail(file: File, reason: str, *, acting: Acting) -> File:
    """取得できなかった, and why: nothing was recorded then, or the vault refused."""
    return add(file.case, file, "failed", {"reason": reason}, acting=acting)


@transaction.atomic
def see(file: File, *, acting: Acting) -> File:
    """最初の画像を見る: on record before it is shown, the first time. Raises ActionRefusedError."""
    check_state(file, "seen")
    check_own(file, acting)
    if file.latest("seen") is not None:
        return file
    return add(file.case, file, "seen", {}, acting=acting)


@transaction.atomic
def save(file: File, *, digest: str, acting: Acting) -> File:
    """端末に保存した: the station has all of the package; the office's copy is deleted.

    `digest` is what was computed of the saved file, SHOWN digits or more. Raises
    ActionRefusedError if it is another file's.
    """
    check_state(file, "saved")
    check_own(file, acting)
    fact = file.latest("acquired")
    assert fact is not None
    given = re.sub(r"[\s:-]", "", digest).lower()
    if len(given) < SHOWN or not fact.data["digest"].startswith(given):
        raise ActionRefusedError(
            _t("保存したファイルが違います"),
            Reason(text=_t("指紋が合いません。もう一度、端末に取り出してください。")),
        )
    made = add(file.case, file, "saved", {"digest": given}, acting=acting)
    transaction.on_commit(lambda: discard_parts(base_of(file)))
    return made


def _order(file: File) -> Order:
    signed = file.latest("signed")
    assert signed is not None
    envelope = Envelope.decode(canonical.unb64(signed.data["envelope"], where="envelope"))
    return Order(
        authorisation=envelope,
        approvals=tuple(
            Approval(keyid=one.keyid, officer=signed.by.officer, post="画像取扱者")
            for one in envelope.signatures
        ),
    )
