# SPDX-License-Identifier: AGPL-3.0-or-later
"""The states of a provision case, and which fact leads from where to where."""

from typing import Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from machimori.office.shared.steps import Step, step

State = Literal[
    "consultation",
    "received",
    "awaiting_correction",
    "under_decision",
    "approved",
    "instructed",
    "reviewing",
    "extracting",
    "awaiting_check",
    "ready_for_handover",
    "provided",
    "closed",
    "refused",
    "not_found",
    "withdrawn",
    "lapsed",
    "revoked",
    "informed",
]
STATES: Final[dict[State, Promise]] = {
    "consultation": _("相談中"),
    "received": _("受付"),
    "awaiting_correction": _("補正待ち"),
    "under_decision": _("決裁中"),
    "approved": _("承認"),
    "instructed": _("指示済"),
    "reviewing": _("画像確認"),
    "extracting": _("取出し中"),
    "awaiting_check": _("完了確認待ち"),
    "ready_for_handover": _("引渡し待ち"),
    "provided": _("提供済"),
    "closed": _("完結"),
    "refused": _("不承認"),
    "not_found": _("該当画像なし"),
    "withdrawn": _("取下げ"),
    "lapsed": _("失効"),
    "revoked": _("承認の中止"),
    "informed": _("案内のみで終了"),
}
ENDED: Final[frozenset[State]] = frozenset(
    ("refused", "not_found", "withdrawn", "lapsed", "revoked", "informed")
)
"""How a case ends without footage being handed over. Nothing follows."""
WAY: Final[tuple[State, ...]] = (
    "consultation",
    "received",
    "under_decision",
    "approved",
    "instructed",
    "reviewing",
    "extracting",
    "awaiting_check",
    "ready_for_handover",
    "provided",
    "closed",
)
"""The ordinary way, for the line of steps at the head of a case."""

Kind = Literal[
    "consulted",
    "taken_in",
    "amended",
    "correction_asked",
    "document_arrived",
    "drafted",
    "agreed",
    "handed_back",
    "narrowed",
    "decided_elsewhere",
    "signed",
    "deputised",
    "reviewed",
    "sent_back",
    "authorised",
    "declined",
    "ordered",
    "attendee_permitted",
    "viewing_begun",
    "selected",
    "found_nothing",
    "took_back",
    "ran_out",
    "stopped",
    "told",
    "extraction_begun",
    "extracted",
    "extraction_failed",
    "fetched",
    "written",
    "checked",
    "check_failed",
    "handed_over",
    "copy_settled",
    "completed",
]


_OPEN: Final[tuple[State, ...]] = ("instructed", "reviewing")
"""There is an instruction, and what it names may be looked at."""
_TAKEN_OUT_NOTHING: Final[tuple[State, ...]] = ("approved", *_OPEN)
"""An approval is there and nothing has been taken out."""
_BEFORE_HAND_OVER: Final[tuple[State, ...]] = (
    *_TAKEN_OUT_NOTHING,
    "extracting",
    "awaiting_check",
    "ready_for_handover",
)


STEPS: Final[dict[Kind, Step[State]]] = {
    "consulted": step(_("相談を記録した"), None, then="consultation"),
    "taken_in": step(_("受け付けた"), None, "consultation", then="received"),
    "amended": step(_("申請の内容を直した"), "received", "awaiting_correction", then="received"),
    "correction_asked": step(_("補正をお願いした"), "received", then="awaiting_correction"),
    "document_arrived": step(_("原本が届いた"), "under_decision", *_TAKEN_OUT_NOTHING),
    "drafted": step(_("起案した"), "received", then="under_decision"),
    "agreed": step(_("回議で確認した"), "under_decision"),
    "handed_back": step(_("回議で差し戻した"), "under_decision", then="received"),
    "narrowed": step(_("一部承認の案にした"), "under_decision"),
    "decided_elsewhere": step(_("市の文書管理システムでの決裁を記録した"), "under_decision"),
    "signed": step(_("署名した"), "under_decision"),
    "deputised": step(_("代決として署名した"), "under_decision"),
    "reviewed": step(
        _("後閲した"),
        *(
            state
            for state in STATES
            if state not in ("consultation", "received", "under_decision", "informed")
        ),
    ),
    "sent_back": step(_("差し戻した"), "under_decision", then="received"),
    "authorised": step(_("承認した"), "under_decision", then="approved"),
    "declined": step(_("不承認にした"), "under_decision", then="refused"),
    "ordered": step(_("取出しを指示した"), "approved", then="instructed"),
    "attendee_permitted": step(_("立会いを認めた"), *_OPEN),
    "viewing_begun": step(_("画像の確認を始めた"), "instructed", then="reviewing"),
    "selected": step(_("取り出す範囲を選んだ"), "reviewing"),
    "found_nothing": step(
        _("該当する画像がないと確かめた"),
        "received",
        "awaiting_correction",
        "under_decision",
        *_TAKEN_OUT_NOTHING,
        then="not_found",
    ),
    "took_back": step(
        _("申請が取り下げられた"),
        "consultation",
        "received",
        "awaiting_correction",
        "under_decision",
        *_BEFORE_HAND_OVER,
        then="withdrawn",
    ),
    "ran_out": step(_("承認の有効期限が過ぎた"), *_TAKEN_OUT_NOTHING, then="lapsed"),
    "stopped": step(_("承認を中止した"), *_BEFORE_HAND_OVER, then="revoked"),
    "told": step(_("案内をして終わった"), "consultation", then="informed"),
    "extraction_begun": step(_("取出しを始めた"), *_OPEN, then="extracting"),
    "extracted": step(_("証拠一式ができた"), "extracting"),
    "extraction_failed": step(_("取り出せなかった"), "extracting", then="instructed"),
    "fetched": step(_("証拠一式を端末に取り出した"), "extracting"),
    "written": step(_("媒体に書き、読み返した"), "extracting", then="awaiting_check"),
    "checked": step(_("完了を確認した"), "awaiting_check", then="ready_for_handover"),
    "check_failed": step(_("やり直しを求めた"), "awaiting_check", then="instructed"),
    "handed_over": step(_("引き渡した"), "ready_for_handover", then="provided"),
    "copy_settled": step(_("複製の終わりを記録した"), "provided"),
    "completed": step(_("完結にした"), "provided", then="closed"),
}
SIGNED: Final[tuple[Kind, ...]] = ("signed", "deputised")
"""A signature under the statement: by whoever decides, or by their deputy."""
