# SPDX-License-Identifier: AGPL-3.0-or-later
"""Further letters of a statutory disclosure: correction (77条3項), transfer (85条), manner (87条),
consultation of the review board (105条)."""

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

from machimori.office.paper import fields as f
from machimori.office.paper.forms.disclosure import DisclosureLetter
from machimori.office.paper.forms.disclosure_request import MANNERS
from machimori.office.paper.masthead import Form, Masthead
from machimori.office.paper.sheet import Block, Fields, Notes, Sentences


@dataclass(frozen=True, kw_only=True)
class CorrectionNotice(DisclosureLetter):
    """補正を求める通知書 (77条3項): what is missing, and by when (83条1項)."""

    KIND: ClassVar[str] = "correction_notice"
    TITLE: ClassVar[str] = "保有個人情報開示請求書の補正について"

    what: str | None = None
    due: dt.date | None = None

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """What to correct, and by when."""
        return (
            self._opening(
                "提出のあった開示請求書について、個人情報の保護に関する法律第77条第3項の規定により、"
                "次のとおり補正をお願いします。"
            ),
            Fields(
                rows=(
                    (f.text("請求のあった保有個人情報", self.item, lines=2),),
                    (f.text("補正をお願いする事項", self.what, lines=5),),
                    (f.day("補正の期限", self.due),),
                )
            ),
            Notes(
                texts=(
                    "補正に要した日数は、決定の期限に算入しません（同法第83条第1項ただし書）。",
                    "期限までに補正がない場合は、開示請求に応じられないことがあります。",
                )
            ),
        )


@dataclass(frozen=True, kw_only=True)
class TransferNotice(DisclosureLetter):
    """移送通知書 (85条1項): to which body the request went, and why."""

    KIND: ClassVar[str] = "transfer_notice"
    TITLE: ClassVar[str] = "保有個人情報開示請求移送通知書"

    to: str | None = None
    transferred: dt.date | None = None
    reason: str | None = None

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """The body that decides from now on."""
        return (
            self._opening(
                "請求のあった保有個人情報について、個人情報の保護に関する法律第85条第1項の規定により、"
                "次のとおり移送しましたので通知します。"
            ),
            Fields(
                rows=(
                    (f.text("請求のあった保有個人情報", self.item, lines=2),),
                    (f.text("移送先の機関", self.to), f.day("移送の日", self.transferred)),
                    (f.text("移送の理由", self.reason, lines=4),),
                )
            ),
            Notes(texts=("開示の決定は、移送先の機関が行います。",)),
        )


@dataclass(frozen=True, kw_only=True)
class MannerStatement(Form):
    """開示の実施方法等申出書 (87条3項): how, and when, the requester wants it."""

    KIND: ClassVar[str] = "manner_statement"
    TITLE: ClassVar[str] = "保有個人情報の開示の実施方法等申出書"

    requester: f.Party | None = None
    notice_number: str | None = None
    notice_date: dt.date | None = None
    manner: str | None = None
    wish: str | None = None

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """To which notice, how, when."""
        return (
            Sentences(
                texts=("個人情報の保護に関する法律第87条第3項の規定により、次のとおり申し出ます。",)
            ),
            Fields(heading="申出をする人", rows=f.person(self.requester)),
            Fields(
                heading="申出",
                rows=(
                    (
                        f.text("決定通知書の番号", self.notice_number),
                        f.day("決定通知書の日付", self.notice_date),
                    ),
                    (f.choices("開示の実施の方法", f.options(MANNERS, self.manner)),),
                    (f.text("希望する日時など", self.wish, lines=2),),
                ),
            ),
            Notes(texts=("決定の通知があった日から30日以内に出してください（同条第4項）。",)),
        )


@dataclass(frozen=True, kw_only=True)
class ConsultationNotice(DisclosureLetter):
    """諮問をした旨の通知書 (105条2項): that the review board was asked about an appeal."""

    KIND: ClassVar[str] = "consultation_notice"
    TITLE: ClassVar[str] = "審査会に諮問した旨の通知書"

    board: str | None = None
    consulted: dt.date | None = None
    matter: str | None = None

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """Which board, when, about what."""
        return (
            self._opening(
                "審査請求のあった件について、個人情報の保護に関する法律第105条第1項の規定により"
                "諮問しましたので、同条第2項の規定により通知します。"
            ),
            Fields(
                rows=(
                    (f.text("審査請求に係る保有個人情報", self.item, lines=2),),
                    (f.text("審査請求の趣旨", self.matter, lines=4),),
                    (f.text("諮問先", self.board), f.day("諮問の日", self.consulted)),
                )
            ),
        )
