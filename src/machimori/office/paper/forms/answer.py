# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office's answers to a request for footage, and the instruction that follows an approval."""

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar, Literal

from machimori.office.paper import fields as f
from machimori.office.paper.masthead import Form, Masthead
from machimori.office.paper.sheet import Block, Fields, Sentences, Signature
from machimori.policy.wareki import wareki

NOT_FOUND = (
    "保存期間が過ぎ、消去されている",
    "その時間の録画が欠けている",
    "カメラの撮影範囲の外である",
    "該当する人や物が写っていない",
)


@dataclass(frozen=True, kw_only=True)
class Answer(Form):
    """An outgoing answer to one request, which it names by day and number."""

    WAY: ClassVar[Literal["in", "out", "inside"]] = "out"

    applicant: f.Party | None = None
    requested: dt.date | None = None
    request_number: str | None = None

    def other_side(self) -> tuple[str, ...]:
        """The applicant."""
        return self.applicant.lines() if self.applicant else (f.BLANK_ADDRESSEE,)

    def _opening(self, words: str) -> Sentences:
        requested = wareki(self.requested, weekday=False) if self.requested else f.BLANK_DAY
        number = f"（{self.request_number}）" if self.request_number else ""
        return Sentences(texts=(f"{requested}付け{number}で{words}",))


@dataclass(frozen=True, kw_only=True)
class Approval(Answer):
    """承認書, of all or a part (A14). `conditions` bind the recipient; `valid_until` ends it."""

    KIND: ClassVar[str] = "approval"
    TITLE: ClassVar[str] = "防犯カメラ画像提供承認書"

    ground: str | None = None
    ranges: tuple[f.FootageRange, ...] = ()
    handling: tuple[str, ...] = ()
    copies: str | None = None
    conditions: tuple[str, ...] = ()
    valid_until: dt.date | None = None
    return_by: dt.date | None = None
    refused_part: str | None = None
    decided_elsewhere: str | None = None
    """Day, number and post of a decision in the city's document system."""

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """What is approved, on which ground, under which conditions."""
        rows = [
            (f.text("根拠", self.ground),),
            (f.text("提供の方法", "、".join(self.handling)), f.text("複製の数", self.copies)),
            (f.day("有効期限", self.valid_until), f.day("返却等の期限", self.return_by)),
            (
                f.text(
                    "条件",
                    "\n".join(f"({n})　{one}" for n, one in enumerate(self.conditions, start=1)),
                    lines=4,
                ),
            ),
        ]
        if self.refused_part:
            rows.append((f.text("承認しない部分と理由", self.refused_part),))
        if self.decided_elsewhere:
            rows.append((f.text("決裁", self.decided_elsewhere),))
        return (
            self._opening("申請のあった防犯カメラの画像の提供について、次のとおり承認します。"),
            f.ranges("承認する画像の範囲", self.ranges),
            Fields(rows=tuple(rows)),
        )


@dataclass(frozen=True, kw_only=True)
class Refusal(Answer):
    """不承認通知書. `clause` is cited only for what it says; `remedy` is what can still be done."""

    KIND: ClassVar[str] = "refusal"
    TITLE: ClassVar[str] = "防犯カメラ画像提供不承認通知書"

    ranges: tuple[f.FootageRange, ...] = ()
    reason: str | None = None
    clause: str | None = None
    remedy: str | None = None

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """What was asked for and why it is refused."""
        return (
            self._opening(
                "申請のあった防犯カメラの画像の提供について、次の理由により承認しません。"
            ),
            f.ranges("申請のあった画像の範囲", self.ranges),
            Fields(
                rows=(
                    (f.text("承認しない理由", self.reason, lines=5),),
                    (f.text("定め", self.clause),),
                    (f.text("できること", self.remedy, lines=2),),
                )
            ),
        )


@dataclass(frozen=True, kw_only=True)
class NoFootageReply(Answer):
    """回答書（該当画像なし）: what was searched; `reason` is one of NOT_FOUND."""

    KIND: ClassVar[str] = "no_footage_reply"
    TITLE: ClassVar[str] = "防犯カメラ画像に関する回答書"

    ranges: tuple[f.FootageRange, ...] = ()
    reason: str | None = None
    detail: str | None = None

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """The ranges searched and the reason."""
        return (
            self._opening(
                "申請のあった防犯カメラの画像について、該当する画像がありませんでしたので回答します。"
            ),
            f.ranges("確認した範囲", self.ranges),
            Fields(
                rows=(
                    (f.choices("画像がない理由", f.options(NOT_FOUND, self.reason)),),
                    (f.text("説明", self.detail, lines=3),),
                )
            ),
        )


@dataclass(frozen=True, kw_only=True)
class Instruction(Form):
    """指示書: what the 取扱責任者 may take out (A15), and that it was done so (K15)."""

    KIND: ClassVar[str] = "instruction"
    TITLE: ClassVar[str] = "画像取出し指示書"
    WAY: ClassVar[Literal["in", "out", "inside"]] = "inside"

    approval_number: str | None = None
    to: str | None = None
    purpose: str | None = None
    ranges: tuple[f.FootageRange, ...] = ()
    handling: tuple[str, ...] = ()
    terminal: str | None = None
    medium: str | None = None
    attendees: str | None = None
    do_by: dt.date | None = None
    done: dt.datetime | None = None
    done_by: str | None = None
    medium_number: str | None = None
    checked: dt.datetime | None = None
    checked_by: str | None = None

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """The range, then the record of the act and of its check."""
        return (
            Sentences(texts=("次のとおり画像を取り出してください。範囲を超えてはいけません。",)),
            Fields(
                rows=(
                    (f.text("指示を受ける人", self.to), f.text("承認番号", self.approval_number)),
                    (f.text("目的", self.purpose, lines=2),),
                    (f.text("方法", "、".join(self.handling)), f.text("媒体", self.medium)),
                    (f.text("端末", self.terminal), f.day("期限", self.do_by)),
                    (f.text("立会人", self.attendees),),
                )
            ),
            f.ranges("カメラと範囲", self.ranges),
            Fields(
                heading="実施と完了確認",
                rows=(
                    (f.moment("実施日時", self.done), f.text("実施した人", self.done_by)),
                    (f.text("媒体番号", self.medium_number),),
                    (f.moment("確認日時", self.checked), f.text("確認した人", self.checked_by)),
                ),
            ),
            Signature(places=(f.text("管理責任者", None),)),
        )
