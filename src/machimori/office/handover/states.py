# SPDX-License-Identifier: AGPL-3.0-or-later
"""The states of a copy (複製), one for each medium, and which fact leads from where to where."""

from typing import Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from machimori.office.shared.steps import Step, step

State = Literal[
    "packed",
    "in_custody",
    "handed_over",
    "returned",
    "erasure_reported",
    "destroyed",
    "kept",
    "dropped",
]
STATES: Final[dict[State, Promise]] = {
    "packed": _("書込み待ち"),
    "in_custody": _("市で保管中"),
    "handed_over": _("引渡し済み"),
    "returned": _("返却済み"),
    "erasure_reported": _("消去の報告あり"),
    "destroyed": _("廃棄済み"),
    "kept": _("条件により保有"),
    "dropped": _("書込みなし"),
}
OPEN: Final[tuple[State, ...]] = ("packed", "in_custody", "handed_over")
"""The case cannot be completed while one of its copies is here."""
FATES: Final[tuple[State, ...]] = ("returned", "erasure_reported", "destroyed", "kept")
"""How a copy ends that was handed over."""

Kind = Literal[
    "packed",
    "fetched",
    "written",
    "dropped",
    "handed_over",
    "extended",
    "reminded",
    "returned",
    "erasure_reported",
    "destroyed",
    "kept",
]


STEPS: Final[dict[Kind, Step[State]]] = {
    "packed": step(_("証拠一式ができた"), None, then="packed"),
    "fetched": step(_("端末に取り出した"), "packed"),
    "written": step(_("媒体に書き、読み返した"), "packed", then="in_custody"),
    "dropped": step(_("媒体に書かずに終わった"), "packed", then="dropped"),
    "handed_over": step(_("引き渡した"), "in_custody", then="handed_over"),
    "extended": step(_("期限を延ばした"), "handed_over"),
    "reminded": step(_("返却・消去をお願いした"), "handed_over"),
    "returned": step(_("返却された"), "handed_over", then="returned"),
    "erasure_reported": step(_("消去の報告があった"), "handed_over", then="erasure_reported"),
    "destroyed": step(_("廃棄した"), "in_custody", "handed_over", "returned", then="destroyed"),
    "kept": step(_("相手が保有を続けると確かめた"), "handed_over", then="kept"),
}
