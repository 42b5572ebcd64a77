# SPDX-License-Identifier: AGPL-3.0-or-later
"""突合: the city compares what was fetched with what the station's own record says.

The verdict is not chosen: it follows from the comparison.
"""

from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.office.direct.access import COMPARERS
from machimori.office.direct.history import File, add, check_state
from machimori.office.direct.states import Kind
from machimori.office.people.acting import Acting
from machimori.office.provision.drafting import Extent
from machimori.office.shared.errors import ActionRefusedError, Reason

DIFFERENCES: Final[dict[str, Promise]] = {
    "reference": _("事件番号が違う"),
    "cameras": _("カメラが違う"),
    "start": _("始まりの日時が違う"),
    "end": _("終わりの日時が違う"),
}


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the station's record (保存履歴) says of this acquisition."""

    reference: str
    extent: Extent


def differences(file: File, told: Told) -> list[str]:
    """Where the two differ: keys of DIFFERENCES."""
    fetched = file.extent
    compared = {
        "reference": (file.request.data["reference"], told.reference.strip()),
        "cameras": (set(fetched.cameras), set(told.extent.cameras)),
        "start": (fetched.start, told.extent.start),
        "end": (fetched.end, told.extent.end),
    }
    return [name for name, (here, there) in compared.items() if here != there]


@transaction.atomic
def compare(file: File, told: Told, *, acting: Acting) -> File:
    """突合する: 一致 or 不一致, with where they differ. Raises ActionRefusedError."""
    _check(acting)
    found = differences(file, told)
    kind: Kind = "unmatched" if found else "matched"
    check_state(file, kind)
    data = {
        "cameras": sorted(told.extent.cameras),
        "differences": found,
        "end": told.extent.end.isoformat(),
        "reference": told.reference.strip(),
        "start": told.extent.start.isoformat(),
    }
    return add(file.case, file, kind, data, acting=acting)


@transaction.atomic
def remedy(file: File, *, done: str, acting: Acting) -> File:
    """是正した: what was put right. Raises ActionRefusedError."""
    check_state(file, "remedied")
    _check(acting)
    return add(file.case, file, "remedied", {"done": done.strip()}, acting=acting)


@transaction.atomic
def close(file: File, *, acting: Acting) -> File:
    """完結にする. Raises ActionRefusedError."""
    check_state(file, "closed")
    if not acting.holds("system_manager"):
        raise ActionRefusedError(
            _t("完結にできません"), Reason(text=_t("管理責任者が完結にします。"))
        )
    return add(file.case, file, "closed", {}, acting=acting)


def _check(acting: Acting) -> None:
    if not acting.holds(*COMPARERS):
        raise ActionRefusedError(
            _t("突合できません"), Reason(text=_t("突合は、市の管理責任者か取扱責任者が行います。"))
        )
