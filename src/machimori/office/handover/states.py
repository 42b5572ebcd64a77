# SPDX-License-Identifier: AGPL-3.0-or-later
"""The states of a copy (複製), one for each medium, and which fact leads from where to where."""

from dataclasses import dataclass
from typing import Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

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


@dataclass(frozen=True, kw_only=True)
class Step:
    """A fact of this kind may follow in the states `after` (None: there is no copy yet), and the
    copy is in `then` from then on; None: it stays where it is."""

    text: Promise
    after: frozenset[State | None]
    then: State | None


def _step(text: Promise, *after: State | None, then: State | None = None) -> Step:
    return Step(text=text, after=frozenset(after), then=then)


STEPS: Final[dict[Kind, Step]] = {
    "packed": _step(_("証拠一式ができた"), None, then="packed"),
    "fetched": _step(_("端末に取り出した"), "packed"),
    "written": _step(_("媒体に書き、読み返した"), "packed", then="in_custody"),
    "dropped": _step(_("媒体に書かずに終わった"), "packed", then="dropped"),
    "handed_over": _step(_("引き渡した"), "in_custody", then="handed_over"),
    "extended": _step(_("期限を延ばした"), "handed_over"),
    "reminded": _step(_("返却・消去をお願いした"), "handed_over"),
    "returned": _step(_("返却された"), "handed_over", then="returned"),
    "erasure_reported": _step(_("消去の報告があった"), "handed_over", then="erasure_reported"),
    "destroyed": _step(_("廃棄した"), "in_custody", "handed_over", "returned", then="destroyed"),
    "kept": _step(_("相手が保有を続けると確かめた"), "handed_over", then="kept"),
}
