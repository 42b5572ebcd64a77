# SPDX-License-Identifier: AGPL-3.0-or-later
"""The states of an emergency extraction (旭川3(5); A17), and which fact leads where."""

from typing import Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from machimori.office.shared.steps import Step, step

State = Literal[
    "written",
    "ordered",
    "taking",
    "extracted",
    "awaiting_request",
    "under_review",
    "accepted",
    "excess_found",
    "rejected",
    "erasure_reported",
    "closed",
    "withdrawn",
]
STATES: Final[dict[State, Promise]] = {
    "written": _("命令の署名待ち"),
    "ordered": _("命令済"),
    "taking": _("取出し中"),
    "extracted": _("取出し済"),
    "awaiting_request": _("事後申請待ち"),
    "under_review": _("審査中"),
    "accepted": _("適正"),
    "excess_found": _("範囲超過"),
    "rejected": _("不適"),
    "erasure_reported": _("消去の確認待ち"),
    "closed": _("完結"),
    "withdrawn": _("取りやめ"),
}
OVER: Final[tuple[State, ...]] = ("closed", "withdrawn")
OPEN: Final[tuple[State, ...]] = tuple(one for one in STATES if one not in OVER)
VERDICTS: Final[tuple[State, ...]] = ("accepted", "excess_found", "rejected")
UNFILED: Final[tuple[State, ...]] = ("extracted", "awaiting_request")
"""Footage was taken out and the 申請書 has not come."""

Kind = Literal[
    "written",
    "ordered",
    "withdrawn",
    "begun",
    "failed",
    "extracted",
    "saved",
    "filed",
    "accepted",
    "excess_found",
    "rejected",
    "erased",
    "confirmed",
]


STEPS: Final[dict[Kind, Step[State]]] = {
    "written": step(_("命令を書いた"), None, then="written"),
    "ordered": step(_("命令に署名した"), "written", then="ordered"),
    "withdrawn": step(_("取りやめた"), "written", "ordered", then="withdrawn"),
    "begun": step(_("取出しを始めた"), "ordered", then="taking"),
    "failed": step(_("取り出せなかった"), "taking", then="ordered"),
    "extracted": step(_("取り出した"), "taking", then="extracted"),
    "saved": step(_("端末に保存した"), "extracted", then="awaiting_request"),
    "filed": step(_("申請書を出した"), *UNFILED, then="under_review"),
    "accepted": step(_("適正と判定した"), "under_review", then="accepted"),
    "excess_found": step(_("範囲超過と判定した"), "under_review", then="excess_found"),
    "rejected": step(_("不適と判定した"), "under_review", then="rejected"),
    "erased": step(_("消去した"), *VERDICTS, then="erasure_reported"),
    "confirmed": step(_("消去を確認した"), "erasure_reported", then="closed"),
}
WAY: Final[tuple[State, ...]] = (
    "written",
    "ordered",
    "taking",
    "extracted",
    "awaiting_request",
    "under_review",
    "accepted",
    "erasure_reported",
    "closed",
)
"""The line of steps at the head of a page; another verdict stands where `accepted` does."""
