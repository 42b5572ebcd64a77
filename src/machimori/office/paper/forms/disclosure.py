# SPDX-License-Identifier: AGPL-3.0-or-later
"""Letters of a statutory disclosure (個人情報の保護に関する法律, 76条 to 87条).

The law says what a decision must carry: 82条1項 (purpose of use, how disclosure is done), 82条2項
with 行政手続法8条 (reasons for what is not disclosed), 83条2項 and 84条 (new due day and reason),
行政不服審査法82条 and 行政事件訴訟法46条 (教示). Each is a field, or a sentence made from the head.
"""

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar, Literal

from machimori.office.paper import fields as f
from machimori.office.paper.masthead import Form, Masthead
from machimori.office.paper.sheet import Block, Cell, Choice, Fields, Notes, Sentences
from machimori.policy.wareki import wareki

NON_DISCLOSURE: dict[Literal["exempt", "existence_refused", "absent"], str] = {
    "exempt": "不開示情報に当たる（法第78条）",
    "existence_refused": "存否を明らかにできない（法第81条）",
    "absent": "保有していない",
}


@dataclass(frozen=True, kw_only=True)
class DisclosureLetter(Form):
    """A letter about one request: to whom, when it was made, for what."""

    WAY: ClassVar[Literal["in", "out", "inside"]] = "out"

    requester: f.Party | None = None
    requested: dt.date | None = None
    item: str | None = None

    def other_side(self) -> tuple[str, ...]:
        """The requester, or whoever the letter is to."""
        return self.requester.lines() if self.requester else (f.BLANK_ADDRESSEE,)

    def _opening(self, words: str) -> Sentences:
        requested = wareki(self.requested, weekday=False) if self.requested else f.BLANK_DAY
        return Sentences(texts=(f"{requested}付けで{words}",))


@dataclass(frozen=True, kw_only=True)
class DisclosureDecision(DisclosureLetter):
    """開示決定通知書 (82条1項). `manners`, `places` and `fee` are how disclosure can be had."""

    KIND: ClassVar[str] = "disclosure_decision"
    TITLE: ClassVar[str] = "保有個人情報開示決定通知書"

    purpose_of_use: str | None = None
    manners: tuple[str, ...] = ()
    places: str | None = None
    fee: str | None = None
    answer_by: dt.date | None = None
    disclosed_from: dt.date | None = None

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """What is disclosed, and how it can be had."""
        return (
            self._opening(
                "請求のあった保有個人情報について、個人情報の保護に関する法律第82条第1項の"
                "規定により、次のとおり開示することに決定しました。"
            ),
            Fields(rows=self._rows()),
            _manner_notes(),
        )

    def _rows(self) -> tuple[tuple[Cell, ...], ...]:
        return (
            (f.text("開示する保有個人情報", self.item, lines=2),),
            (f.text("利用目的", self.purpose_of_use, lines=2),),
            (f.text("開示の実施の方法", "\n".join(self.manners), lines=2),),
            (f.text("日時・場所", self.places, lines=2),),
            (f.text("費用", self.fee),),
            (f.day("申出の期限", self.answer_by), f.day("開示できる日", self.disclosed_from)),
        )


@dataclass(frozen=True, kw_only=True)
class PartialDisclosure(DisclosureDecision):
    """部分開示決定通知書 (79条, 82条1項): what is left out and why, with the 教示."""

    KIND: ClassVar[str] = "partial_disclosure"
    TITLE: ClassVar[str] = "保有個人情報部分開示決定通知書"

    withheld: str | None = None
    reason: str | None = None

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """What is disclosed, what is not and why, how it can be had and contested."""
        return (
            self._opening(
                "請求のあった保有個人情報について、個人情報の保護に関する法律第82条第1項の"
                "規定により、次のとおり一部を開示することに決定しました。"
            ),
            Fields(
                rows=(
                    *self._rows(),
                    (f.text("開示しない部分", self.withheld, lines=2),),
                    (f.text("開示しない理由", self.reason, lines=3),),
                )
            ),
            _manner_notes(),
            appeal_notes(head),
        )


@dataclass(frozen=True, kw_only=True)
class NonDisclosure(DisclosureLetter):
    """不開示決定通知書 (82条2項): exempt, existence refused, or not held; with the 教示."""

    KIND: ClassVar[str] = "non_disclosure"
    TITLE: ClassVar[str] = "保有個人情報不開示決定通知書"

    why: Literal["exempt", "existence_refused", "absent"] | None = None
    reason: str | None = None

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """What was asked for, why it is not disclosed, how that can be contested."""
        return (
            self._opening(
                "請求のあった保有個人情報について、個人情報の保護に関する法律第82条第2項の"
                "規定により、次のとおり開示しないことに決定しました。"
            ),
            Fields(
                rows=(
                    (f.text("請求のあった保有個人情報", self.item, lines=2),),
                    (
                        f.choices(
                            "決定の区分",
                            tuple(
                                Choice(text=text, chosen=kind == self.why)
                                for kind, text in NON_DISCLOSURE.items()
                            ),
                        ),
                    ),
                    (f.text("開示しない理由", self.reason, lines=6),),
                )
            ),
            appeal_notes(head),
        )


@dataclass(frozen=True, kw_only=True)
class DecisionExtension(DisclosureLetter):
    """決定期限の延長 (83条2項) or, with `rest_due`, the rule for very large requests (84条).

    `due` is the present last day and `new_due` the extended one; under 84条 `new_due` is that of
    the considerable part.
    """

    KIND: ClassVar[str] = "decision_extension"
    TITLE: ClassVar[str] = "開示決定等期限延長通知書"

    due: dt.date | None = None
    new_due: dt.date | None = None
    rest_due: dt.date | None = None
    reason: str | None = None

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """The present and the new last day, and why."""
        large = self.rest_due is not None
        clause = "第84条" if large else "第83条第2項"
        rows: list[tuple[Cell, ...]] = [
            (f.text("請求のあった保有個人情報", self.item, lines=2),),
            (f.day("これまでの期限", self.due),),
            (f.day("相当の部分の期限" if large else "延長後の期限", self.new_due),),
        ]
        if large:
            rows.append((f.day("残りの部分の期限", self.rest_due),))
        rows.append(
            (f.text("法第84条を適用する理由" if large else "延長の理由", self.reason, lines=5),)
        )
        return (
            self._opening(
                "請求のあった保有個人情報について、個人情報の保護に関する法律"
                f"{clause}の規定により、次のとおり開示決定等の期限を延長します。"
            ),
            Fields(rows=tuple(rows)),
        )


@dataclass(frozen=True, kw_only=True)
class OpinionInquiry(DisclosureLetter):
    """第三者意見照会書 (86条1項, or 2項 where asking is a duty).

    `requester` is the third party here; the person who asked for disclosure is not named.
    """

    KIND: ClassVar[str] = "opinion_inquiry"
    TITLE: ClassVar[str] = "保有個人情報の開示に係る意見照会書"

    duty: bool = False
    about: str | None = None
    reply_by: dt.date | None = None
    reply_to: str | None = None

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """What about the third party may be disclosed, and by when they may answer."""
        clause = "第86条第2項" if self.duty else "第86条第1項"
        return (
            self._opening(
                "次の保有個人情報に開示請求がありました。あなたに関する情報が含まれているため、"
                f"個人情報の保護に関する法律{clause}の規定により、開示についての御意見を伺います。"
            ),
            Fields(
                rows=(
                    (f.text("開示請求のあった保有個人情報", self.item, lines=2),),
                    (f.text("あなたに関する情報の内容", self.about, lines=4),),
                    (f.day("意見書の提出期限", self.reply_by),),
                    (f.text("提出先", self.reply_to, lines=2),),
                )
            ),
            Notes(
                texts=(
                    "反対の意見書が出された場合に開示を決定したときは、決定の日と開示する日との間に"
                    "少なくとも2週間を置き、決定したことをお知らせします。",
                )
            ),
        )


@dataclass(frozen=True, kw_only=True)
class OpposedDisclosure(DisclosureLetter):
    """反対意見書を出した第三者への通知 (86条3項): decided all the same, why, and from which day."""

    KIND: ClassVar[str] = "opposed_disclosure"
    TITLE: ClassVar[str] = "反対意見書に係る保有個人情報の開示決定通知書"

    decided: dt.date | None = None
    reason: str | None = None
    disclosed_on: dt.date | None = None

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """The decision, its reason, the day of disclosure, how it can be contested."""
        return (
            self._opening(
                "意見書の提出のあった保有個人情報について、次のとおり開示することに決定しました"
                "ので、個人情報の保護に関する法律第86条第3項の規定により通知します。"
            ),
            Fields(
                rows=(
                    (f.text("開示する保有個人情報", self.item, lines=2),),
                    (f.day("開示決定の日", self.decided), f.day("開示する日", self.disclosed_on)),
                    (f.text("決定の理由", self.reason, lines=5),),
                )
            ),
            appeal_notes(head),
        )


def appeal_notes(head: Masthead) -> Notes:
    """The 教示 (行政不服審査法82条1項, 行政事件訴訟法46条1項), with the head's authorities."""
    authority = head.appeals or "　　　　　　　　"
    defendant = head.defendant or "　　　　　　　　"
    return Notes(
        texts=(
            "この決定に不服がある場合は、この決定があったことを知った日の翌日から起算して3か月以内に、"
            f"{authority}に対して審査請求をすることができます（決定があったことを知った日の翌日から"
            "起算して3か月以内であっても、決定の日の翌日から起算して1年を経過すると、できません。）。",
            "この決定の取消しの訴えは、この決定があったことを知った日の翌日から起算して6か月以内に、"
            f"{defendant}を被告として提起することができます（決定の日の翌日から起算して1年を経過すると、"
            "できません。）。審査請求をした場合は、その裁決があったことを知った日の翌日から起算して"
            "6か月以内に提起することができます。",
        )
    )


def _manner_notes() -> Notes:
    return Notes(
        texts=(
            "この通知があった日から30日以内に、開示の実施の方法を申し出てください"
            "（個人情報の保護に関する法律第87条第3項、第4項）。",
            "開示を受けるときは、この通知書と本人であることを確認できる書類をお持ちください。",
        )
    )
