# SPDX-License-Identifier: AGPL-3.0-or-later
"""完了確認 (堺 11(2)): made as instructed, and readable; never by who made it."""

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.office.handover.history import copies_of, current
from machimori.office.handover.working import discard_case
from machimori.office.people.acting import Acting
from machimori.office.provision import asking
from machimori.office.provision.history import File, add, check_state
from machimori.office.provision.states import Kind


@transaction.atomic
def check(file: File, *, note: str, acting: Acting) -> File:
    """完了を確認する. The packages leave the office's disk. Raises ActionRefusedError."""
    _check_completion(file, "checked", acting)
    made = add(file.case, file, "checked", {"note": note}, acting=acting)
    transaction.on_commit(lambda: discard_case(file))
    return made


@transaction.atomic
def reject(file: File, *, reason: str, acting: Acting) -> File:
    """やり直しを求める, with why; the extraction can be begun anew. Raises ActionRefusedError."""
    _check_completion(file, "check_failed", acting)
    made = add(file.case, file, "check_failed", {"reason": reason}, acting=acting)
    transaction.on_commit(lambda: discard_case(file))
    return made


def _check_completion(file: File, kind: Kind, acting: Acting) -> None:
    check_state(file, kind)
    begun = file.latest("extraction_begun")
    makers = {begun.by_id if begun else None}
    for copy in current(file, copies_of(file)):
        makers |= {one.by_id for one in copy.facts if one.kind in ("fetched", "written")}
    found = asking.ask(
        file.rules,
        "check_completion",
        file.application,
        acting=acting,
        own_act=acting.person.pk in makers,
    )
    asking.require(_t("完了を確認できません"), *asking.shown(found.reasons))
