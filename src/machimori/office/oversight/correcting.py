# SPDX-License-Identifier: AGPL-3.0-or-later
"""訂正: what a line should have said. The fact stays as it is; old and new are both shown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.office.oversight import access
from machimori.office.oversight.history import File, add, begin, by, find_about
from machimori.office.oversight.models import Fact
from machimori.office.oversight.uses import Use
from machimori.office.people.acting import Acting
from machimori.office.people.models import Scheme
from machimori.office.shared.errors import refusal

FIELDS: Final[dict[str, Promise]] = {
    "purpose": _("目的"),
    "reason": _("理由"),
    "recipient": _("提供先"),
    "identity": _("相手の確認"),
    "medium": _("媒体"),
    "more": _("備考"),
}
"""What people typed. What the system measured is not corrected: it is what happened."""


@transaction.atomic
def correct(use: Use, *, field: str, new: str, reason: str, acting: Acting) -> File:
    """訂正する. Raises ActionRefusedError without a reason, without a change, or if `acting` does
    not keep the register."""
    heading = _t("訂正できません")
    if not acting.holds(*access.KEEPERS):
        raise refusal(heading, _t("訂正するのは、管理責任者と取扱責任者です。"))
    if field not in FIELDS or not reason.strip():
        raise refusal(heading, _t("訂正する欄と理由を入れてください。"))
    before = find_about(acting.scheme, "correction", use.name)
    old = value(use, before, field)
    if new.strip() == old:
        raise refusal(heading, _t("前と同じ内容です。"))
    data = {"field": field, "new": new.strip(), "old": old, "reason": reason.strip()}
    if before is None:
        return begin("corrected", data, key=use.name, scheme=acting.scheme, **by(acting))
    return add(before, "corrected", data, **by(acting))


def corrections(scheme: Scheme, uses: Iterable[Use]) -> Mapping[str, File]:
    """The corrections of these uses, by name; one query."""
    found: dict[str, list[Fact]] = {}
    facts = Fact.objects.filter(
        case__scheme=scheme, case__kind="correction", case__key__in=[use.name for use in uses]
    )
    for fact in facts.select_related("case", "by").order_by("serial"):
        found.setdefault(fact.case.key, []).append(fact)
    return {key: File(record=facts[0].case, facts=tuple(facts)) for key, facts in found.items()}


def value(use: Use, file: File | None, field: str) -> str:
    """What the field says now."""
    said: str = getattr(use, field)
    for fact in _of(file, field):
        said = fact.data["new"]
    return said


def shown(use: Use, file: File | None) -> Use:
    """The use as it is shown: a corrected field says both."""
    if file is None:
        return use
    changed: dict[str, Any] = {}
    for field in FIELDS:
        if found := _of(file, field):
            changed[field] = _t("%(new)s（訂正前：%(old)s）") % {
                "new": found[-1].data["new"],
                "old": getattr(use, field),
            }
    return replace(use, **changed)


def _of(file: File | None, field: str) -> Sequence[Fact]:
    return [one for one in file.facts if one.data["field"] == field] if file else []
