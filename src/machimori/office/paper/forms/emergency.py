# SPDX-License-Identifier: AGPL-3.0-or-later
"""The 申請書 that follows an emergency extraction (旭川3(5); A17), and the city's answer."""

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar, Literal

from machimori.office.paper import fields as f
from machimori.office.paper.masthead import Form, Masthead
from machimori.office.paper.sheet import Block, Choice, Fields, Sentences
from machimori.policy.wareki import wareki

HOURS: dict[Literal["early", "night", "closed_day"], str] = {
    "early": "早朝",
    "night": "夜間",
    "closed_day": "休日・祝日・週休日",
}
"""Keys as `machimori.policy.calendar` classes hours."""

Verdict = Literal["accepted", "excess_found", "rejected"]
VERDICTS: dict[Verdict, str] = {
    "accepted": "適正",
    "excess_found": "範囲超過",
    "rejected": "不適",
}
_ASKED: dict[Verdict, str] = {
    "accepted": "使い終わった画像は消去し、消去したことを報告してください。",
    "excess_found": "範囲を超えた画像はすぐに消去してください。"
    "残りの画像も使い終わったら消去し、消去したことを報告してください。",
    "rejected": "取り出した画像はすぐに消去し、消去したことを報告してください。",
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
    verdict: Verdict | None = None
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


@dataclass(frozen=True, kw_only=True)
class EmergencyVerdict(Form):
    """審査結果通知書: what the city found of an emergency extraction, and what it asks for now."""

    KIND: ClassVar[str] = "emergency_verdict"
    TITLE: ClassVar[str] = "緊急の取出しの審査結果通知書"
    WAY: ClassVar[Literal["in", "out", "inside"]] = "out"

    applicant: f.Party | None = None
    requested: dt.date | None = None
    request_number: str | None = None
    reference: str | None = None
    ordered: dt.datetime | None = None
    extracted: dt.datetime | None = None
    ranges: tuple[f.FootageRange, ...] = ()
    verdict: Verdict | None = None
    remarks: str | None = None

    def other_side(self) -> tuple[str, ...]:
        """The station."""
        return self.applicant.lines() if self.applicant else (f.BLANK_ADDRESSEE,)

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """Which request, what was taken out, the verdict, and what follows from it."""
        day = wareki(self.requested, weekday=False) if self.requested else f.BLANK_DAY
        number = f"（{self.request_number}）" if self.request_number else ""
        asked = tuple(text for kind, text in _ASKED.items() if kind == self.verdict)
        return (
            Sentences(
                texts=(
                    f"{day}付け{number}で申請のあった緊急の取出しについて審査しましたので、"
                    "次のとおり結果をお知らせします。",
                )
            ),
            Fields(
                heading="審査した取出し",
                rows=(
                    (f.text("事件番号", self.reference),),
                    (f.moment("命令の時刻", self.ordered), f.moment("取出し", self.extracted)),
                ),
            ),
            f.ranges("取り出した画像の範囲", self.ranges),
            Fields(
                heading="審査の結果",
                rows=(
                    (
                        f.choices(
                            "判定",
                            tuple(
                                Choice(text=text, chosen=kind == self.verdict)
                                for kind, text in VERDICTS.items()
                            ),
                        ),
                    ),
                    (f.text("意見", self.remarks, lines=4),),
                ),
            ),
            *((Sentences(texts=asked),) if asked else ()),
        )
