# SPDX-License-Identifier: AGPL-3.0-or-later
"""The result of a verification of the ledger on paper."""

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar, Literal

from machimori.office.paper import fields as f
from machimori.office.paper.masthead import Form, Masthead
from machimori.office.paper.sheet import Block, Fields, Notes, Signature

_SHOWN = 20
"""Problems on the paper; the page has all."""


@dataclass(frozen=True, kw_only=True)
class LedgerCheck(Form):
    """台帳検証の結果: what was walked through, and what was found."""

    KIND: ClassVar[str] = "ledger_check"
    TITLE: ClassVar[str] = "台帳検証の結果"
    WAY: ClassVar[Literal["in", "out", "inside"]] = "inside"

    at: dt.datetime | None = None
    by: str = ""
    size: int = 0
    signed: int = 0
    checkpoints: int = 0
    root: str = ""
    problems: tuple[str, ...] = ()

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """Figures, findings, a place to sign."""
        shown = self.problems[:_SHOWN]
        return (
            Fields(
                rows=(
                    (f.moment("検証した日時", self.at), f.text("始めた人", self.by)),
                    (
                        f.text("記録の数", f"{self.size:,}"),
                        f.text("署名された記録の数", f"{self.signed:,}"),
                    ),
                    (f.text("確かめた署名の数", f"{self.checkpoints:,}"),),
                    (f.text("台帳の指紋（ルート）", self.root),),
                    (f.text("結果", "異常あり" if self.problems else "異常なし"),),
                )
            ),
            Notes(
                texts=shown
                or (
                    "すべての記録を計算し直し、保存された値、署名、これまでに控えた署名と一致しました。",
                )
            ),
            Signature(places=(f.text("監査", None),)),
        )
