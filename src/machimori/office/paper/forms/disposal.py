# SPDX-License-Identifier: AGPL-3.0-or-later
"""廃棄記録票: a medium destroyed beyond reading, by whom, how, before whom (I7, A11)."""

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar, Literal

from machimori.office.paper import fields as f
from machimori.office.paper.masthead import Form, Masthead
from machimori.office.paper.sheet import Block, Choice, Fields, Signature

METHODS = ("破砕", "裁断", "粉砕", "溶解")


@dataclass(frozen=True, kw_only=True)
class DisposalRecord(Form):
    """One medium's end. `methods` are those of the profile; `certificate` a contractor's paper."""

    KIND: ClassVar[str] = "disposal_record"
    TITLE: ClassVar[str] = "記録媒体廃棄記録票"
    WAY: ClassVar[Literal["in", "out", "inside"]] = "inside"

    medium_kind: str | None = None
    serial: str | None = None
    content: str | None = None
    methods: tuple[str, ...] = METHODS
    method: str | None = None
    place: str | None = None
    disposed: dt.datetime | None = None
    operator: str | None = None
    witness: str | None = None
    certificate: str | None = None
    photographed: bool | None = None

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """The medium, the act, the proof."""
        photograph = (
            Choice(text="あり", chosen=self.photographed is True),
            Choice(text="なし", chosen=self.photographed is False),
        )
        return (
            Fields(
                heading="媒体",
                rows=(
                    (f.text("種類", self.medium_kind), f.text("製造番号", self.serial)),
                    (f.text("記録の範囲", self.content, lines=3),),
                ),
            ),
            Fields(
                heading="廃棄",
                rows=(
                    (f.choices("方法", f.options(self.methods, self.method)),),
                    (f.moment("日時", self.disposed), f.text("場所", self.place)),
                    (f.text("行った人", self.operator), f.text("立会人", self.witness)),
                    (f.text("証明書", self.certificate), f.choices("写真", photograph)),
                ),
            ),
            Signature(places=(f.text("管理責任者", None),)),
        )
