# SPDX-License-Identifier: AGPL-3.0-or-later
"""Registers on paper: 利用簿 (A15, K12, I13) and the monthly 保存履歴 of a lent terminal (A18)."""

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar, Literal

from machimori.office.paper import fields as f
from machimori.office.paper.masthead import Form, Masthead
from machimori.office.paper.sheet import (
    Block,
    Choice,
    Column,
    Fields,
    Listing,
    Notes,
    Signature,
)
from machimori.policy.wareki import wareki_minute


@dataclass(frozen=True, kw_only=True)
class Use:
    """One act with footage, as the usage register has it."""

    number: str
    at: dt.datetime
    operator: str
    act: str
    instruction: str
    ranges: tuple[f.FootageRange, ...]
    purpose: str
    recipient: str
    reason: str
    medium: str
    digest: str
    check: str
    receipt: dt.date | None
    erased: dt.date | None


@dataclass(frozen=True, kw_only=True)
class UsageRegister(Form):
    """利用簿（提供記録を兼ねる）: the entries of a period, oldest first."""

    KIND: ClassVar[str] = "usage_register"
    TITLE: ClassVar[str] = "防犯カメラ画像利用簿"
    WAY: ClassVar[Literal["in", "out", "inside"]] = "inside"
    LANDSCAPE: ClassVar[bool] = True

    period: str | None = None
    uses: tuple[Use, ...] = ()

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """One list; a period without an act says so."""
        rows = tuple(_use(one) for one in self.uses)
        blocks: list[Block] = [
            Listing(
                heading=self.period or "",
                columns=(
                    Column(title="番号", width=8),
                    Column(title="日時\n操作した人", width=16),
                    Column(title="行為\n指示", width=11),
                    Column(title="カメラと範囲", width=30),
                    Column(title="目的\n理由", width=20),
                    Column(title="提供先", width=15),
                    Column(title="媒体\nハッシュ値", width=18),
                    Column(title="完了確認", width=12),
                    Column(title="受領", width=11),
                    Column(title="消去", width=11),
                ),
                rows=rows,
                blank_rows=0 if rows or self.period else 10,
                small=True,
            )
        ]
        if self.period and not rows:
            blocks.append(Notes(texts=("この期間の利用はありません。",)))
        return tuple(blocks)


def _use(one: Use) -> tuple[str, ...]:
    return (
        one.number,
        f"{wareki_minute(one.at)}\n{one.operator}",
        f"{one.act}\n{one.instruction}",
        "\n".join(f"{r.camera}　{r.place}\n{f.interval(r.start, r.end)}" for r in one.ranges),
        f"{one.purpose}\n{one.reason}",
        one.recipient,
        f"{one.medium}\n{one.digest}",
        one.check,
        f.short_day(one.receipt),
        f.short_day(one.erased),
    )


@dataclass(frozen=True, kw_only=True)
class Saving:
    """One saving on a lent terminal; `request` is the application it belongs to, "" if none."""

    saved: dt.datetime
    operator: str
    range: f.FootageRange
    digest: str
    request: str
    kept_until: dt.date | None


@dataclass(frozen=True, kw_only=True)
class ExtractionHistory(Form):
    """保存履歴 of one month and terminal, with what is still kept; nil returns are returns."""

    KIND: ClassVar[str] = "extraction_history"
    TITLE: ClassVar[str] = "専用パソコン画像保存履歴（月次）"
    LANDSCAPE: ClassVar[bool] = True

    month: str | None = None
    station: str | None = None
    terminal: str | None = None
    serial: str | None = None
    savings: tuple[Saving, ...] = ()
    nil: bool = False

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """Terminal, list, nil return, signature."""
        return (
            Fields(
                rows=(
                    (f.text("対象の月", self.month), f.text("警察署", self.station)),
                    (f.text("端末", self.terminal), f.text("製造番号", self.serial)),
                    (
                        f.choices(
                            "保存の有無",
                            (
                                Choice(text="あり", chosen=bool(self.savings)),
                                Choice(text="なし", chosen=self.nil),
                            ),
                        ),
                    ),
                )
            ),
            Listing(
                columns=(
                    Column(title="保存日時", width=18),
                    Column(title="操作した人", width=12),
                    Column(title="カメラ", width=10),
                    Column(title="範囲", width=26),
                    Column(title="ハッシュ値（SHA-256）", width=24),
                    Column(title="申請書", width=16),
                    Column(title="保存中（期限）", width=14),
                ),
                rows=tuple(_saving(one) for one in self.savings),
                blank_rows=0 if self.savings or self.nil else 8,
                small=True,
            ),
            Signature(places=(f.text("画像管理責任者", None),)),
        )


def _saving(one: Saving) -> tuple[str, ...]:
    return (
        wareki_minute(one.saved),
        one.operator,
        f"{one.range.camera}\n{one.range.place}",
        f.interval(one.range.start, one.range.end),
        one.digest,
        one.request or "未提出",
        f.short_day(one.kept_until) or "消去済",
    )
