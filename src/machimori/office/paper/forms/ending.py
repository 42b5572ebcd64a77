# SPDX-License-Identifier: AGPL-3.0-or-later
"""Answers that end a request otherwise than by footage, and the 起案文 that asks for a decision."""

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar, Literal

from machimori.office.paper import fields as f
from machimori.office.paper.forms.answer import Answer
from machimori.office.paper.masthead import Form, Masthead
from machimori.office.paper.sheet import (
    Block,
    Cell,
    Column,
    Fields,
    Listing,
    Sentences,
    Signature,
)
from machimori.policy.wareki import wareki

OUTCOMES = (
    "取下げを受け付けた",
    "承認の有効期限が過ぎた",
    "承認を中止した",
    "案内のみで終了した",
)


@dataclass(frozen=True, kw_only=True)
class OutcomeReply(Answer):
    """回答書 of a request that was withdrawn, lapsed or revoked; `outcome` is one of OUTCOMES."""

    KIND: ClassVar[str] = "outcome_reply"
    TITLE: ClassVar[str] = "防犯カメラ画像の提供に関する回答書"

    ranges: tuple[f.FootageRange, ...] = ()
    outcome: str | None = None
    ended: dt.date | None = None
    reason: str | None = None
    remedy: str | None = None

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """How it ended, when, why, and what can still be done."""
        return (
            self._opening(
                "申請のあった防犯カメラの画像の提供は、次のとおり終わりましたので回答します。"
            ),
            f.ranges("申請のあった画像の範囲", self.ranges),
            Fields(
                rows=(
                    (f.choices("終わり方", f.options(OUTCOMES, self.outcome)),),
                    (f.day("終わった日", self.ended),),
                    (f.text("理由", self.reason, lines=4),),
                    (f.text("できること", self.remedy, lines=2),),
                )
            ),
        )


@dataclass(frozen=True, kw_only=True)
class CorrectionReply(Answer):
    """回答書 of a request that goes back to the applicant: what is missing, and by when."""

    KIND: ClassVar[str] = "correction_reply"
    TITLE: ClassVar[str] = "防犯カメラ画像の提供の申請の補正について"

    ranges: tuple[f.FootageRange, ...] = ()
    missing: tuple[str, ...] = ()
    note: str | None = None
    due: dt.date | None = None

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """What to complete, and the day."""
        missing = "\n".join(f"({n})　{one}" for n, one in enumerate(self.missing, start=1))
        return (
            self._opening(
                "申請のあった防犯カメラの画像の提供について、次のとおり補正をお願いします。"
            ),
            f.ranges("申請のあった画像の範囲", self.ranges),
            Fields(
                rows=(
                    (f.text("補正すること", missing, lines=5),),
                    *f.remark("説明", self.note, filled=bool(missing)),
                    (f.day("期限", self.due),),
                )
            ),
        )


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A line of a draft's round or of its decision; without a name nobody has answered yet."""

    place: str
    """「回議　取扱責任者」, 「決裁」, 「代決」."""
    name: str = ""
    day: dt.date | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class DecisionDraft(Form):
    """起案文: what is to be decided and on what it rests, for those who read and sign.

    `checks` are what whoever drafted it has confirmed, `enclosures` the papers that go with it.
    """

    KIND: ClassVar[str] = "decision_draft"
    TITLE: ClassVar[str] = "起案文（防犯カメラ画像の提供）"
    WAY: ClassVar[Literal["in", "out", "inside"]] = "inside"

    drafted_by: str | None = None
    applicant: f.Party | None = None
    ground: str | None = None
    matter: str | None = None
    purpose: str | None = None
    ranges: tuple[f.FootageRange, ...] = ()
    handling: tuple[str, ...] = ()
    document: str | None = None
    identity: str | None = None
    checks: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    note: str | None = None
    valid_until: dt.date | None = None
    answers: tuple[Answered, ...] = ()
    """Where drafts go round: each place of the round, and who has signed."""
    decided_elsewhere: str | None = None
    """Day, number and post of a decision in the city's document system."""

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """Who asks for what, on which ground, and what was checked."""
        return (
            Sentences(texts=("次のとおり画像の提供を承認してよいか伺います。",)),
            Fields(heading="申請者", rows=f.party(self.applicant)),
            Fields(
                heading="伺いの内容",
                rows=(
                    (f.text("根拠", self.ground),),
                    (f.text("事案", self.matter, lines=2),),
                    (f.text("利用の目的", self.purpose),),
                    (f.text("文書", self.document), f.text("身分の確認", self.identity)),
                    (
                        f.text("提供の方法", "、".join(self.handling)),
                        f.day("有効期限", self.valid_until),
                    ),
                    (f.text("確かめたこと", "\n".join(self.checks), lines=2),),
                    (f.text("条件", "\n".join(self.conditions), lines=2),),
                    (f.text("起案の理由", self.note, lines=2),),
                    *((f.text("文書管理システムでの決裁", one),) for one in self._elsewhere()),
                ),
            ),
            f.ranges("画像の範囲", self.ranges, blank_rows=2),
            *self._answers(),
            Signature(places=(Cell(label="起案者", text=self.drafted_by or ""),)),
        )

    def _answers(self) -> tuple[Block, ...]:
        """Nothing where drafts do not go round."""
        if not self.answers:
            return ()
        columns = (("区分", 20), ("氏名", 20), ("日", 16), ("意見", 28))
        return (
            Listing(
                heading="回議と決裁",
                columns=tuple(Column(title=title, width=width) for title, width in columns),
                rows=tuple(
                    (
                        one.place,
                        one.name,
                        wareki(one.day, weekday=False) if one.day else "",
                        one.note,
                    )
                    for one in self.answers
                ),
            ),
        )

    def _elsewhere(self) -> tuple[str, ...]:
        return (self.decided_elsewhere,) if self.decided_elsewhere else ()
