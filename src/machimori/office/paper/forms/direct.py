# SPDX-License-Identifier: AGPL-3.0-or-later
"""Papers of direct acquisition (佐賀 協定②; S6, S9): the request, and the city's reminder."""

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar, Literal

from machimori.office.paper import fields as f
from machimori.office.paper.masthead import Form, Masthead
from machimori.office.paper.sheet import Block, Fields, Sentences, Signature
from machimori.policy.wareki import wareki


@dataclass(frozen=True, kw_only=True)
class DirectRequest(Form):
    """直接取得申込書: under which agreement who fetches what, for which case, with what result."""

    KIND: ClassVar[str] = "direct_request"
    TITLE: ClassVar[str] = "防犯カメラ画像の直接取得申込書"

    agreement: str | None = None
    agreed: dt.date | None = None
    station: str | None = None
    operator: str | None = None
    requested: dt.datetime | None = None
    reference: str | None = None
    ground: str | None = None
    purpose: str | None = None
    ranges: tuple[f.FootageRange, ...] = ()
    code: str | None = None
    """照合番号 of the statement that the operator's key signed."""
    signed: dt.datetime | None = None
    saved: dt.datetime | None = None
    digest: str | None = None
    """SHA-256 of the package, hexadecimal."""

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """Agreement, station, case, footage, and what was fetched."""
        return (
            Sentences(texts=("協定に基づき、次のとおり防犯カメラの画像を直接取得します。",)),
            Fields(
                heading="協定と申込者",
                rows=(
                    (f.text("協定", self.agreement),),
                    (f.day("協定の締結日", self.agreed),),
                    (f.text("警察署", self.station), f.text("画像取扱者", self.operator)),
                    (f.moment("申込み", self.requested),),
                ),
            ),
            Fields(
                heading="取得の理由",
                rows=(
                    (f.text("事件番号", self.reference),),
                    (f.text("根拠", self.ground),),
                    (f.text("目的", self.purpose, lines=3),),
                ),
            ),
            f.ranges("取得する画像の範囲", self.ranges),
            Fields(
                heading="署名と取得",
                rows=(
                    (f.text("照合番号", self.code),),
                    (f.moment("署名", self.signed),),
                    (f.moment("端末への保存", self.saved),),
                    (f.text("指紋（SHA-256）", self.digest),),
                ),
            ),
            Signature(places=(f.text("画像取扱者", None),)),
        )


@dataclass(frozen=True, kw_only=True)
class DirectReminder(Form):
    """突合のための記録の提出依頼: the station has not sent what the city compares with."""

    KIND: ClassVar[str] = "direct_reminder"
    TITLE: ClassVar[str] = "直接取得した画像に係る記録の提出について（依頼）"
    WAY: ClassVar[Literal["in", "out", "inside"]] = "out"

    station: f.Party | None = None
    number: str | None = None
    reference: str | None = None
    operator: str | None = None
    saved: dt.date | None = None
    ranges: tuple[f.FootageRange, ...] = ()
    was_due: dt.date | None = None
    due: dt.date | None = None
    times: int | None = None
    """How often the station has been asked, with this letter."""
    note: str | None = None

    def other_side(self) -> tuple[str, ...]:
        """The station."""
        return self.station.lines() if self.station else (f.BLANK_ADDRESSEE,)

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """Which acquisition, what is wanted, and by when."""
        passed = f"提出の期限（{wareki(self.was_due)}）を過ぎましたが、" if self.was_due else ""
        return (
            Sentences(
                texts=(
                    "協定により貴署が直接取得した次の画像について、"
                    f"{passed}取得の記録と突き合わせるための保存履歴がまだ届いていません。"
                    "下記の期限までに提出してください。",
                )
            ),
            Fields(
                heading="対象の取得",
                rows=(
                    (f.text("取得の番号", self.number),),
                    (f.text("事件番号", self.reference),),
                    (f.text("取得した人", self.operator), f.day("保存した日", self.saved)),
                ),
            ),
            f.ranges("取得した画像の範囲", self.ranges),
            Fields(
                heading="提出していただくもの",
                rows=(
                    (f.text("書類", "保存履歴（事件番号、カメラ、始まりと終わりの日時）"),),
                    (f.day("提出の期限", self.due), f.text("依頼の回数", self._times())),
                    *f.remark("連絡事項", self.note, filled=self.due is not None),
                ),
            ),
        )

    def _times(self) -> str:
        return f"{self.times}回目" if self.times else ""
