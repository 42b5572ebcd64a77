# SPDX-License-Identifier: AGPL-3.0-or-later
"""The states of a disclosure case, and which fact leads from where to where.

Extension and appeal stand beside the state: the facts `extended`, `appealed`, `consulted` and
`ruled` leave it where it is, save that an upheld appeal takes the case back to `identifying`.
"""

from dataclasses import dataclass
from typing import Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

State = Literal[
    "received",
    "awaiting_correction",
    "identifying",
    "hearing_third_party",
    "decided",
    "awaiting_manner",
    "disclosed",
    "transferred",
    "withdrawn",
    "closed",
]
STATES: Final[dict[State, Promise]] = {
    "received": _("受付"),
    "awaiting_correction": _("補正中"),
    "identifying": _("検索・特定"),
    "hearing_third_party": _("意見照会"),
    "decided": _("決定"),
    "awaiting_manner": _("申出待ち"),
    "disclosed": _("実施"),
    "transferred": _("移送"),
    "withdrawn": _("取下げ"),
    "closed": _("完結"),
}
WAY: Final[tuple[State, ...]] = (
    "received",
    "identifying",
    "hearing_third_party",
    "decided",
    "awaiting_manner",
    "disclosed",
    "closed",
)
"""The ordinary way, for the line of steps at the head of a case."""
UNDECIDED: Final[tuple[State, ...]] = (
    "received",
    "awaiting_correction",
    "identifying",
    "hearing_third_party",
)
DECIDED: Final[tuple[State, ...]] = ("decided", "awaiting_manner", "disclosed")

Result = Literal["full", "partial", "exempt", "existence_refused", "absent"]
RESULTS: Final[dict[Result, Promise]] = {
    "full": _("開示"),
    "partial": _("部分開示"),
    "exempt": _("不開示"),
    "existence_refused": _("存否応答拒否"),
    "absent": _("不存在"),
}
DISCLOSING: Final[tuple[Result, ...]] = ("full", "partial")

Kind = Literal[
    "taken_in",
    "amended",
    "hold_drafted",
    "hold_signed",
    "hold_placed",
    "correction_asked",
    "corrected",
    "accepted",
    "found",
    "opinion_asked",
    "opinion_filed",
    "extended",
    "transferred",
    "withdrawn",
    "decided",
    "notified",
    "third_party_told",
    "manner_chosen",
    "disclosed",
    "appealed",
    "consulted",
    "ruled",
    "closed",
]


@dataclass(frozen=True, kw_only=True)
class Step:
    """A fact of this kind may follow in the states `after` (None: there is no case yet), and leads
    to one of `then`; empty: the case stays where it is."""

    text: Promise
    after: frozenset[State | None]
    then: tuple[State, ...] = ()


def _step(text: Promise, *after: State | None, then: tuple[State, ...] = ()) -> Step:
    return Step(text=text, after=frozenset(after), then=then)


_OPEN: Final[tuple[State, ...]] = (*UNDECIDED, *DECIDED)

STEPS: Final[dict[Kind, Step]] = {
    "taken_in": _step(_("受け付けた"), None, then=("received",)),
    "amended": _step(_("請求の内容を直した"), "received", "identifying"),
    "hold_drafted": _step(_("消去を止める範囲を決めた"), *_OPEN),
    "hold_signed": _step(_("消去を止める署名をした"), *_OPEN),
    "hold_placed": _step(_("消去を止めた"), *_OPEN),
    "correction_asked": _step(
        _("補正をお願いした"), "received", "identifying", then=("awaiting_correction",)
    ),
    "corrected": _step(_("補正が届いた"), "awaiting_correction", then=("received",)),
    "accepted": _step(_("請求書を確かめた"), "received", then=("identifying",)),
    "found": _step(_("探した結果を記録した"), "identifying", "hearing_third_party"),
    "opinion_asked": _step(
        _("第三者に意見を照会した"),
        "identifying",
        "hearing_third_party",
        then=("hearing_third_party",),
    ),
    "opinion_filed": _step(_("第三者の意見が届いた"), "hearing_third_party"),
    "extended": _step(_("期限を延長した"), *UNDECIDED),
    "transferred": _step(_("移送した"), "received", "identifying", then=("transferred",)),
    "withdrawn": _step(_("取り下げられた"), *UNDECIDED, then=("withdrawn",)),
    "decided": _step(_("決定した"), "identifying", "hearing_third_party", then=("decided",)),
    "notified": _step(_("通知した"), "decided", then=("decided", "awaiting_manner")),
    "third_party_told": _step(_("反対した第三者に知らせた"), "decided", "awaiting_manner"),
    "manner_chosen": _step(_("実施の方法の申出があった"), "awaiting_manner"),
    "disclosed": _step(_("開示した"), "awaiting_manner", then=("disclosed",)),
    "appealed": _step(
        _("審査請求があった"),
        *DECIDED,
        "closed",
        then=("decided", "awaiting_manner", "disclosed"),
    ),
    "consulted": _step(_("審査会に諮問した"), *DECIDED),
    "ruled": _step(
        _("裁決があった"),
        *DECIDED,
        then=("decided", "awaiting_manner", "disclosed", "identifying"),
    ),
    "closed": _step(
        _("完結した"),
        "decided",
        "awaiting_manner",
        "disclosed",
        "transferred",
        "withdrawn",
        then=("closed",),
    ),
}
