# SPDX-License-Identifier: AGPL-3.0-or-later
"""The states of an internal use, and which fact leads from where to where."""

from typing import Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from machimori.office.shared.steps import Step, step

State = Literal["drafted", "permitted", "in_use", "recorded", "closed", "refused", "withdrawn"]
STATES: Final[dict[State, Promise]] = {
    "drafted": _("起票"),
    "permitted": _("許可"),
    "in_use": _("利用中"),
    "recorded": _("記録済"),
    "closed": _("完結"),
    "refused": _("不許可"),
    "withdrawn": _("取下げ"),
}
WAY: Final[tuple[State, ...]] = ("drafted", "permitted", "in_use", "recorded", "closed")
"""For the line of steps at the head of a page."""
USABLE: Final[tuple[State, ...]] = ("permitted", "in_use")
"""Something may be opened."""

Kind = Literal[
    "drafted",
    "attendance",
    "permitted",
    "refused",
    "withdrawn",
    "begun",
    "copying",
    "copied",
    "copy_failed",
    "copy_written",
    "copy_checked",
    "copy_ended",
    "recorded",
    "closed",
]


STEPS: Final[dict[Kind, Step[State]]] = {
    "drafted": step(_("起票した"), None, then="drafted"),
    "attendance": step(_("立会いを認めた"), "drafted"),
    "permitted": step(_("署名して許可した"), "drafted", then="permitted"),
    "refused": step(_("許可しなかった"), "drafted", then="refused"),
    "withdrawn": step(_("取り下げた"), "drafted", "permitted", then="withdrawn"),
    "begun": step(_("利用を始めた"), *USABLE, then="in_use"),
    "copying": step(_("複製を始めた"), *USABLE, then="in_use"),
    "copied": step(_("複製ができた"), "in_use"),
    "copy_failed": step(_("複製できなかった"), "in_use"),
    "copy_written": step(_("複製を媒体に書いた"), "in_use"),
    "copy_checked": step(_("複製を確かめた"), "in_use", "recorded"),
    "copy_ended": step(_("複製を消去・廃棄した"), "in_use", "recorded"),
    "recorded": step(_("利用の結果を記録した"), "in_use", then="recorded"),
    "closed": step(_("完結にした"), "recorded", then="closed"),
}
