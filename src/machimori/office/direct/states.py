# SPDX-License-Identifier: AGPL-3.0-or-later
"""The states of a direct acquisition (佐賀 協定②; S6), and which fact leads where."""

from typing import Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from machimori.office.shared.steps import Step, step

State = Literal[
    "requested",
    "acquiring",
    "acquired",
    "awaiting_reconciliation",
    "matched",
    "unmatched",
    "remedied",
    "closed",
    "not_acquired",
    "withdrawn",
]
STATES: Final[dict[State, Promise]] = {
    "requested": _("署名待ち"),
    "acquiring": _("取得中"),
    "acquired": _("取得済"),
    "awaiting_reconciliation": _("突合待ち"),
    "matched": _("一致"),
    "unmatched": _("不一致"),
    "remedied": _("是正済"),
    "closed": _("完結"),
    "not_acquired": _("取得できず"),
    "withdrawn": _("取りやめ"),
}

Kind = Literal[
    "requested",
    "signed",
    "acquired",
    "failed",
    "seen",
    "saved",
    "reminded",
    "matched",
    "unmatched",
    "remedied",
    "closed",
    "withdrawn",
]


STEPS: Final[dict[Kind, Step[State]]] = {
    "requested": step(_("取得を申し込んだ"), None, then="requested"),
    "signed": step(_("署名した"), "requested", then="acquiring"),
    "acquired": step(_("取得した"), "acquiring", then="acquired"),
    "failed": step(_("取得できなかった"), "acquiring", then="not_acquired"),
    "seen": step(_("最初の画像を見た"), "acquired", then=None),
    "saved": step(_("端末に保存した"), "acquired", then="awaiting_reconciliation"),
    "reminded": step(_("署に記録を催促した"), "awaiting_reconciliation"),
    "matched": step(_("突合して一致した"), "awaiting_reconciliation", then="matched"),
    "unmatched": step(_("突合して一致しなかった"), "awaiting_reconciliation", then="unmatched"),
    "remedied": step(_("是正した"), "unmatched", then="remedied"),
    "closed": step(_("完結にした"), "matched", "remedied", then="closed"),
    "withdrawn": step(_("取りやめた"), "requested", then="withdrawn"),
}
WAY: Final[tuple[State, ...]] = (
    "requested",
    "acquiring",
    "acquired",
    "awaiting_reconciliation",
    "matched",
    "closed",
)
"""The line of steps at the head of a page; where it did not match, 不一致 and 是正 stand there."""
WAY_UNMATCHED: Final[tuple[State, ...]] = (*WAY[:4], "unmatched", "remedied", "closed")
