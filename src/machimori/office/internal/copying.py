# SPDX-License-Identifier: AGPL-3.0-or-later
"""複製: the package of what was permitted, the medium, and its end. Every write of it.

The package lies sealed on the office's disk (`handover.packages`) from when the worker made it
until it was read back from the medium, seven days at most; then the medium is the only copy.
"""

import datetime as dt
import re
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel.instants import local_day, micros
from machimori.office.handover import packages
from machimori.office.handover.packages import Packed
from machimori.office.handover.packing import discard_parts, part_name
from machimori.office.handover.writing import SHOWN
from machimori.office.internal import asking
from machimori.office.internal.history import Copy, File, add, check_state
from machimori.office.jobs.actions import defer
from machimori.office.people.acting import Acting
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.terminals.presence import Established
from machimori.policy.profile import Profile

PACKAGE: Final = "internal.package"
"""The job that makes the package (`working.py`)."""
OWNER: Final = "internal"
LONGEST: Final = dt.timedelta(days=7)
"""So long a package waits on the office's disk to be written."""


def making(file: File) -> bool:
    """Whether the worker has still to make a package."""
    fact = file.latest("copying", "copied", "copy_failed")
    return fact is not None and fact.kind == "copying"


def ready(file: File) -> bool:
    """Whether a package waits to be written to a medium."""
    fact = file.latest("copying", "copied", "copy_failed", "copy_written")
    return fact is not None and fact.kind == "copied"


@transaction.atomic
def begin(file: File, *, where: Established, acting: Acting) -> File:
    """複製を始める: the worker makes the package from here on. Raises ActionRefusedError."""
    check_state(file, "copying")
    asking.check_use(file, "copy", attended=0, where=where, acting=acting)
    if making(file) or ready(file):
        raise ActionRefusedError(
            _t("いまは始められません"), Reason(text=_t("前の複製を、先に媒体に書いてください。"))
        )
    defer(PACKAGE, subject=file.use.pk, at=acting.at)
    return add(file.use, file, "copying", {}, acting=acting)


def check_fetch(file: File, *, where: Established, acting: Acting) -> None:
    """Raise ActionRefusedError unless the package is there and the acting person may have it."""
    asking.check_use(file, "copy", attended=0, where=where, acting=acting)
    if not ready(file):
        raise ActionRefusedError(
            _t("まだ取り出せません"), Reason(text=_t("書き込む複製がありません。"))
        )


def due_day(rules: Profile, today: dt.date) -> dt.date | None:
    """The day by which the rules want a copy ended that is made today; None if they name none."""
    days = rules.number("copies.due_days")
    return None if days is None else today + dt.timedelta(days=days)


@transaction.atomic
def finish(file: File, made: Packed, *, acting: Acting) -> File:
    """複製ができた: the package's fingerprint and bytes."""
    data = {"bytes": made.size, "digest": made.digest}
    return add(file.use, file, "copied", data, acting=acting)


@transaction.atomic
def fail(file: File, reason: str, *, acting: Acting) -> File:
    """複製できなかった, and why; it can be begun anew."""
    return add(file.use, file, "copy_failed", {"reason": reason}, acting=acting)


@transaction.atomic
def write(
    file: File,
    *,
    kind: str,
    number: str,
    read_back: str,
    due: dt.date,
    where: Established,
    acting: Acting,
) -> File:
    """媒体に書いた: what was read back from it must be the package. Raises ActionRefusedError."""
    check_state(file, "copy_written")
    heading = _t("媒体を記録できません")
    asking.check_use(file, "copy", attended=0, where=where, acting=acting)
    made = file.latest("copied")
    if made is None or not ready(file):
        raise ActionRefusedError(heading, Reason(text=_t("書き込む複製がありません。")))
    if due < local_day(micros(acting.at)):
        raise ActionRefusedError(
            heading, Reason(text=_t("期限には、これからの日を入れてください。"))
        )
    typed = re.sub(r"[\s:-]", "", read_back).lower()
    if len(typed) < SHOWN or not made.data["digest"].startswith(typed):
        text = _t("媒体から読み返した指紋が、証拠一式の指紋と違います。書き直してください。")
        raise ActionRefusedError(heading, Reason(text=text))
    data = {
        "digest": made.data["digest"],
        "due": due.isoformat(),
        "kind": kind,
        "number": number.strip(),
    }
    found = add(file.use, file, "copy_written", data, acting=acting)
    transaction.on_commit(lambda: discard_parts(base_of(file)))
    return found


@transaction.atomic
def check(file: File, serial: int, *, acting: Acting) -> File:
    """複製を確かめる (堺 11(2)): the manager, never who made it. Raises ActionRefusedError."""
    check_state(file, "copy_checked")
    asking.check_permits(file, acting)
    copy = _copy(file, serial)
    if copy.checked is not None or copy.written.by_id == acting.person.pk:
        raise ActionRefusedError(
            _t("完了を確認できません"),
            Reason(text=_t("自分で作った複製は、自分では確認できません。")),
        )
    return add(file.use, file, "copy_checked", {"copy": serial}, acting=acting)


@transaction.atomic
def end(file: File, serial: int, *, fate: str, on: dt.date, witness: str, acting: Acting) -> File:
    """複製の終わり: erased or destroyed, when and before whom. Raises ActionRefusedError."""
    check_state(file, "copy_ended")
    heading = _t("複製の終わりを記録できません")
    copy = _copy(file, serial)
    if copy.ended is not None:
        raise ActionRefusedError(heading, Reason(text=_t("もう記録してあります。")))
    if on > local_day(micros(acting.at)):
        raise ActionRefusedError(heading, Reason(text=_t("まだ来ていない日です。")))
    data = {"copy": serial, "fate": fate, "on": on.isoformat(), "witness": witness.strip()}
    return add(file.use, file, "copy_ended", data, acting=acting)


def base_of(file: File) -> str:
    """What the package of the last copy is called, without the part's number."""
    fact = file.latest("copying")
    assert fact is not None
    return f"{OWNER}.{file.use.pk}.{fact.serial}"


def package_of(file: File) -> Packed | None:
    """The package of the last copy, while it lies there."""
    return packages.find(part_name(base_of(file), 1)) if file.latest("copying") else None


def _copy(file: File, serial: int) -> Copy:
    found = next((one for one in file.copies if one.written.serial == serial), None)
    if found is None:
        raise ActionRefusedError(
            _t("その複製はありません"),
            Reason(text=_t("いまの内容を見てから、もう一度してください。")),
        )
    return found
