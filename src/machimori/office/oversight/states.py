# SPDX-License-Identifier: AGPL-3.0-or-later
"""What oversight itself puts on record, and which fact leads from where to where."""

from dataclasses import dataclass
from typing import Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Record = Literal[
    "correction",
    "statement",
    "reconciliation",
    "finding",
    "report",
    "verification",
    "sample",
    "opinion",
    "complaint",
    "imported",
    "disposal",
    "stay",
]
State = Literal[
    "standing",
    "returned",
    "sent_back",
    "confirmed",
    "begun",
    "done",
    "found",
    "answered",
    "report_begun",
    "report_computed",
    "report_published",
    "drawn",
    "given",
    "replied",
    "received",
    "answered_to",
    "closed",
    "imported",
    "listed",
    "disposing",
    "disposed",
    "stayed",
    "released",
]
STATES: Final[dict[State, Promise]] = {
    "standing": _("訂正あり"),
    "returned": _("確認待ち"),
    "sent_back": _("差戻し"),
    "confirmed": _("確認済み"),
    "begun": _("調べています"),
    "done": _("終わりました"),
    "found": _("回答待ち"),
    "answered": _("回答済み"),
    "report_begun": _("数えています"),
    "report_computed": _("数え終わりました"),
    "report_published": _("公表中"),
    "drawn": _("確認中"),
    "given": _("返答待ち"),
    "replied": _("返答済み"),
    "received": _("回答前"),
    "answered_to": _("回答した"),
    "closed": _("終わった"),
    "imported": _("取込み済み"),
    "listed": _("廃棄の決定待ち"),
    "disposing": _("廃棄しています"),
    "disposed": _("廃棄済み"),
    "stayed": _("廃棄を止めている"),
    "released": _("停止を解いた"),
}
Kind = Literal[
    "corrected",
    "statement_returned",
    "statement_sent_back",
    "statement_confirmed",
    "run_begun",
    "run_done",
    "found",
    "answered",
    "report_begun",
    "report_computed",
    "report_published",
    "check_begun",
    "check_done",
    "sample_drawn",
    "sample_looked",
    "opinion_given",
    "opinion_replied",
    "complaint_received",
    "complaint_replied",
    "complaint_closed",
    "import_read",
    "disposal_listed",
    "disposal_decided",
    "disposal_done",
    "stayed",
    "stay_released",
]


@dataclass(frozen=True, kw_only=True)
class Step:
    """A fact of this kind follows in the states `after` (None: the record begins with it) of
    records of the kind `of`, which are in `then` from then on."""

    of: Record
    text: Promise
    after: frozenset[State | None]
    then: State


def _step(of: Record, text: Promise, *after: State | None, then: State) -> Step:
    return Step(of=of, text=text, after=frozenset(after), then=then)


STEPS: Final[dict[Kind, Step]] = {
    "corrected": _step("correction", _("訂正した"), None, "standing", then="standing"),
    "statement_returned": _step("statement", _("報告した"), None, "sent_back", then="returned"),
    "statement_sent_back": _step("statement", _("差し戻した"), "returned", then="sent_back"),
    "statement_confirmed": _step("statement", _("確認した"), "returned", then="confirmed"),
    "run_begun": _step("reconciliation", _("突合を始めた"), None, then="begun"),
    "run_done": _step("reconciliation", _("突合が終わった"), "begun", then="done"),
    "found": _step("finding", _("見つかった"), None, then="found"),
    "answered": _step("finding", _("回答した"), "found", "answered", then="answered"),
    "report_begun": _step("report", _("数え始めた"), None, then="report_begun"),
    "report_computed": _step("report", _("数えた"), "report_begun", then="report_computed"),
    "report_published": _step("report", _("公表した"), "report_computed", then="report_published"),
    "check_begun": _step("verification", _("検証を始めた"), None, then="begun"),
    "check_done": _step("verification", _("検証が終わった"), "begun", then="done"),
    "sample_drawn": _step("sample", _("抜き取った"), None, then="drawn"),
    "sample_looked": _step("sample", _("確かめた"), "drawn", then="drawn"),
    "opinion_given": _step("opinion", _("意見を書いた"), None, then="given"),
    "opinion_replied": _step("opinion", _("返答した"), "given", "replied", then="replied"),
    "complaint_received": _step("complaint", _("苦情を受けた"), None, then="received"),
    "complaint_replied": _step(
        "complaint", _("苦情に回答した"), "received", "answered_to", then="answered_to"
    ),
    "complaint_closed": _step("complaint", _("終わりにした"), "answered_to", then="closed"),
    "import_read": _step("imported", _("取り込んだ"), None, then="imported"),
    "disposal_listed": _step("disposal", _("保存年限が過ぎた"), None, then="listed"),
    "disposal_decided": _step(
        "disposal", _("廃棄を決めた"), None, "listed", "disposed", then="disposing"
    ),
    "disposal_done": _step("disposal", _("廃棄が終わった"), "disposing", then="disposed"),
    "stayed": _step("stay", _("廃棄を止めた"), None, then="stayed"),
    "stay_released": _step("stay", _("停止を解いた"), "stayed", then="released"),
}
