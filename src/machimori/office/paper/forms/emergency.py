# SPDX-License-Identifier: AGPL-3.0-or-later
"""The 申請書 that follows an emergency extraction (旭川3(5); A17), with the city's verdict."""

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar, Literal

from machimori.office.paper import fields as f
from machimori.office.paper.masthead import Form, Masthead
from machimori.office.paper.sheet import Block, Choice, Fields, Sentences

HOURS: dict[Literal["early", "night", "closed_day"], str] = {
    "early": "早朝",
    "night": "夜間",
    "closed_day": "休日・祝日・週休日",
}
"""Keys as `machimori.policy.calendar` classes hours."""

VERDICTS: dict[Literal["accepted", "excess_found", "rejected"], str] = {
    "accepted": "適正",
    "excess_found": "範囲超過",
    "rejected": "不適",
}


@dataclass(frozen=True, kw_only=True)
class EmergencyRequest(Form):
    """緊急取得の事後申請書: who ordered and who acted, why it could not wait, what was taken."""

    KIND: ClassVar[str] = "emergency_request"
    TITLE: ClassVar[str] = "防犯カメラ画像提供申請書（緊急の取出し）"

    applicant: f.Party | None = None
    ordered_by: str | None = None
    ordered: dt.datetime | None = None
    operator: str | None = None
    terminal: str | None = None
    extracted: dt.datetime | None = None
    hours: Literal["early", "night", "closed_day"] | None = None
    urgency: str | None = None
    matter: str | None = None
    ranges: tuple[f.FootageRange, ...] = ()
    due: dt.datetime | None = None
    late_because: str | None = None
    received: dt.date | None = None
    verdict: Literal["accepted", "excess_found", "rejected"] | None = None
    remarks: str | None = None

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """Applicant, order and act, footage, the city's column."""
        return (
            Sentences(
                texts=("緊急のため申請の前に画像を取り出しましたので、次のとおり申請します。",)
            ),
            Fields(heading="申請者（画像管理責任者）", rows=f.party(self.applicant)),
            Fields(
                heading="命令と取出し",
                rows=(
                    (f.text("命じた人", self.ordered_by), f.moment("命令の時刻", self.ordered)),
                    (f.text("取り出した人", self.operator), f.moment("取出し", self.extracted)),
                    (f.text("端末", self.terminal),),
                    (
                        f.choices(
                            "時間帯",
                            tuple(
                                Choice(text=text, chosen=kind == self.hours)
                                for kind, text in HOURS.items()
                            ),
                        ),
                    ),
                    (f.text("急ぐ理由", self.urgency, lines=3),),
                    (f.text("事件の概要", self.matter, lines=3),),
                ),
            ),
            f.ranges("取り出した画像の範囲", self.ranges),
            Fields(
                rows=(
                    (f.moment("提出の期限", self.due),),
                    (f.text("遅れた理由", self.late_because),),
                )
            ),
            Fields(
                heading="市の記入欄",
                rows=(
                    (f.day("受付日", self.received),),
                    (
                        f.choices(
                            "判定",
                            tuple(
                                Choice(text=text, chosen=kind == self.verdict)
                                for kind, text in VERDICTS.items()
                            ),
                        ),
                    ),
                    (f.text("意見", self.remarks, lines=2),),
                ),
            ),
        )
