# SPDX-License-Identifier: AGPL-3.0-or-later
"""突合の結果 on paper: how the run went, what it found of a period, answers, a place to sign."""

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar, Literal

from machimori.office.paper import fields as f
from machimori.office.paper.masthead import Form, Masthead
from machimori.office.paper.sheet import Block, Column, Fields, Listing, Notes, Signature


@dataclass(frozen=True, kw_only=True)
class Reconciliation(Form):
    """突合の結果: a row is when, what, which case, details, answer with whose it is."""

    KIND: ClassVar[str] = "reconciliation"
    TITLE: ClassVar[str] = "突合の結果"
    WAY: ClassVar[Literal["in", "out", "inside"]] = "inside"
    LANDSCAPE: ClassVar[bool] = True

    period: str = ""
    run: dt.datetime | None = None
    """When the last run began."""
    openings: int | None = None
    matched: int | None = None
    rows: tuple[tuple[str, ...], ...] = ()

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """The last run's figures, what was found, a place to sign."""
        del head
        blocks: list[Block] = [
            Fields(
                rows=(
                    (f.text("期間", self.period), f.moment("最後の突合", self.run)),
                    (
                        f.text("保管庫が開けた記録", _number(self.openings)),
                        f.text("うち一致した記録", _number(self.matched)),
                    ),
                )
            ),
            Listing(
                heading="見つかったもの",
                columns=(
                    Column(title="見つけた日時", width=16),
                    Column(title="内容", width=22),
                    Column(title="案件", width=20),
                    Column(title="くわしく", width=40),
                    Column(title="回答", width=34),
                    Column(title="回答した人", width=14),
                ),
                rows=self.rows,
                blank_rows=0,
                small=True,
            ),
        ]
        if not self.rows:
            blocks.append(Notes(texts=("この期間に見つかったものはありません。",)))
        return (*blocks, Signature(places=(f.text("管理責任者", None),)))


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
