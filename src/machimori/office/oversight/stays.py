# SPDX-License-Identifier: AGPL-3.0-or-later
"""廃棄の停止: records that an appeal, a lawsuit or an audit needs are not disposed of.

A stay names one case, its cause and who placed it; somebody by name releases it, with a reason.
"""

import secrets
from collections.abc import Iterable
from typing import Final

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.office.oversight import access, kept
from machimori.office.oversight.history import File, add, begin, by, files_of, records
from machimori.office.oversight.models import Fact
from machimori.office.people.acting import Acting
from machimori.office.people.models import Scheme
from machimori.office.shared.errors import refusal

CAUSES: Final[dict[str, Promise]] = {
    "appeal": _("審査請求"),
    "lawsuit": _("訴訟"),
    "audit": _("監査"),
    "other": _("そのほか"),
}


@transaction.atomic
def place(kind: str, case: str, *, cause: str, reference: str, reason: str, acting: Acting) -> File:
    """廃棄を止める, whether the case is over or not. Raises ActionRefusedError."""
    heading = _t("廃棄を止められません")
    _check(acting, heading)
    lock(acting.scheme)
    if not kept.exists(acting.scheme, kind, case):
        raise refusal(heading, _t("この文書は、もうありません。"))
    data = {
        "case": case,
        "cause": cause,
        "kind": kind,
        "reason": reason.strip(),
        "reference": reference.strip(),
    }
    key = f"{kind}:{case}:{secrets.token_hex(8)}"
    return begin("stayed", data, key=key, scheme=acting.scheme, **by(acting))


@transaction.atomic
def release(file: File, *, reason: str, acting: Acting) -> File:
    """停止を解く. Raises ActionRefusedError."""
    heading = _t("停止を解けません")
    _check(acting, heading)
    if not reason.strip():
        raise refusal(heading, _t("理由を入れてください。"))
    return add(file, "stay_released", {"reason": reason.strip()}, **by(acting))


def active(scheme: Scheme) -> dict[str, list[File]]:
    """The stays that hold now, by `Kept.name`; two queries."""
    last = Fact.objects.filter(case=OuterRef("pk")).order_by("-serial").values("state")[:1]
    rows = records(scheme, "stay").annotate(now=Subquery(last)).filter(now="stayed")
    found: dict[str, list[File]] = {}
    for file in files_of(list(rows)):
        found.setdefault(f"{file.opened['kind']}:{file.opened['case']}", []).append(file)
    return found


def of_case(scheme: Scheme, kind: str, case: str) -> list[File]:
    """Every stay of this case, the newest first; two queries."""
    return files_of(list(records(scheme, "stay").filter(key__startswith=f"{kind}:{case}:")))


def causes(files: Iterable[File]) -> str:
    """Why they hold, in words."""
    return "、".join(dict.fromkeys(str(CAUSES[one.opened["cause"]]) for one in files))


def lock(scheme: Scheme) -> None:
    """Hold off whoever else places a stay or disposes here, until the transaction ends."""
    Scheme.objects.select_for_update(of=("self",), no_key=True).get(pk=scheme.pk)


def _check(acting: Acting, heading: str) -> None:
    if not acting.holds(*access.KEEPERS):
        raise refusal(heading, _t("廃棄を止めたり解いたりするのは、管理責任者と取扱責任者です。"))
