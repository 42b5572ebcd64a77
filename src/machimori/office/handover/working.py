# SPDX-License-Identifier: AGPL-3.0-or-later
"""What handover has workers do: the packages of an extraction, and their end when time has come."""

import datetime as dt
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.evidence.errors import NotDeliverableError
from machimori.kernel.errors import MachimoriError, RefusedError, UnavailableError
from machimori.office.handover import history, owners
from machimori.office.handover.extracting import PACKAGE, expire, fail, finish
from machimori.office.handover.models import Head
from machimori.office.handover.packages import clear_leavings
from machimori.office.handover.packing import discard_parts, pack
from machimori.office.jobs import registry
from machimori.office.jobs.registry import Work
from machimori.office.jobs.running import ATTEMPTS
from machimori.office.people.acting import Acting, now
from machimori.office.provision.history import File, file_of
from machimori.office.provision.models import Case
from machimori.office.provision.orders import order_of, part_of
from machimori.office.provision.states import State
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.printing import press

OWNER: Final = "case"
LONGEST: Final = dt.timedelta(days=7)
"""So long a package waits on the office's disk to be written and confirmed."""
_WAITING: Final[tuple[State, ...]] = ("extracting", "awaiting_check")


def base_of(file: File) -> str:
    """What the packages of the case's last extraction are called, without the part's number."""
    begun = file.latest("extraction_begun")
    assert begun is not None
    return f"{OWNER}.{file.case.pk}.{begun.serial}"


def make(work: Work) -> None:
    """Make the packages that the case's last fact asks for.

    What is refused or cannot be delivered becomes a fact with its reason, and so does a defect at
    the last attempt; what is not available (the vault is closed, the ledger down) is tried again.
    """
    file = file_of(Case.objects.select_related("scheme").get(pk=work.subject))
    begun = file.facts[-1]
    if begun.kind != "extraction_begun":
        return
    assert begun.by is not None
    acting = Acting(person=begun.by, scheme=file.case.scheme, posts=frozenset(), at=now())
    base = base_of(file)
    try:
        order = order_of(file, part_of(begun))
        made = pack(
            base,
            file.case.case_id,
            order,
            capacity=begun.data["capacity"],
            progress=work.report,
            mark=_mark(file),
        )
    except UnavailableError:
        raise
    except Exception as error:
        if not isinstance(error, MachimoriError) and work.attempt < ATTEMPTS:
            raise
        discard_parts(base)
        fail(file, why(error), acting=acting)
        return
    try:
        finish(file, made, acting=acting)
    except ActionRefusedError:
        # The case ended meanwhile: nobody may have the packages.
        discard_parts(base)


def _mark(file: File) -> bytes | None:
    """What is written over viewing copies, where the city's rules let them go along."""
    if not file.rules.flag("copies.viewing_copy"):
        return None
    return press().mark(f"閲覧用・証拠ではありません　{file.number}")


def why(error: Exception) -> str:
    """Why packages could not be made and what to do, for pages."""
    if isinstance(error, NotDeliverableError):
        return _t("この時間の録画がありません。カメラと日時を確かめてください。")
    if isinstance(error, RefusedError):
        return _t(
            "画像の保管庫が、この承認では開けないと答えました。有効期限と、開いた回数を確かめてください。"
        )
    return _t("証拠一式を作れませんでした。もう一度しても同じなら、システム担当に伝えてください。")


def discard_case(file: File) -> None:
    """End the packages of the case's last extraction, if there are any."""
    if file.latest("extraction_begun") is not None:
        discard_parts(base_of(file))


def sweep(at: dt.datetime) -> None:
    """End every package that is not wanted any more, and copies that nobody will write."""
    owners.sweep(at)
    clear_leavings()
    _drop(at)


def _wanted(name: str, at: dt.datetime) -> bool:
    """Whether a case still waits for this package. Ends the waiting of one that lay too long."""
    _, case, rest = name.split(".")
    serial = int(rest.partition("-")[0])
    found = Case.objects.select_related("scheme").filter(pk=case).first()
    if found is None:
        return False
    file = file_of(found)
    begun = file.latest("extraction_begun")
    if file.state not in _WAITING or begun is None or begun.serial != serial:
        return False
    made = file.latest("extracted")
    if made is None or made.serial < serial or at - made.at <= LONGEST:
        return True
    if file.state == "extracting":
        expire(
            file,
            _t("%(days)s日のあいだに媒体に書かれなかったので、証拠一式を消しました。")
            % {"days": LONGEST.days},
            at=at,
        )
    return False


def _drop(at: dt.datetime) -> None:
    """媒体に書かなかった: copies whose package is gone and whose extraction is over."""
    for head in Head.objects.filter(state="packed").select_related("copy__case__scheme"):
        file = file_of(head.copy.case)
        (copy,) = history.followed([head.copy])
        if file.state != "extracting" or not history.current(file, (copy,)):
            with transaction.atomic():
                history.add(copy.copy, copy, "dropped", {}, at=at, by=None)


def install() -> None:
    """Called once, when the app is ready."""
    registry.register(PACKAGE, make)
    owners.register(OWNER, _wanted)
    registry.every("* * * * *", "handover.sweep", lambda _work: sweep(now()))
