# SPDX-License-Identifier: AGPL-3.0-or-later
"""Papers of a post: 誓約書 (I11, K7, A20) and 引継書, from one holder to the next."""

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar, Literal

from machimori.office.paper import fields as f
from machimori.office.paper.masthead import Form, Masthead
from machimori.office.paper.sheet import (
    Block,
    Column,
    Fields,
    Listing,
    Sentences,
    Signature,
)

PLEDGE = (
    "1　画像及び画像から知り得た個人に関する情報を、他に漏らしません。",
    "2　画像を、定められた目的以外に使いません。指示のない閲覧、複製及び持出しをしません。",
    "3　鍵、パスワード及び端末を適切に管理し、他人に使わせません。",
    "4　以上のことを、その職を離れた後も守ります。",
)


@dataclass(frozen=True, kw_only=True)
class Pledge(Form):
    """誓約書: signed at appointment, kept after it. A city may put in its own `sentences`."""

    KIND: ClassVar[str] = "pledge"
    TITLE: ClassVar[str] = "誓約書"

    person: f.Party | None = None
    post: str | None = None
    appointed: dt.date | None = None
    sentences: tuple[str, ...] = PLEDGE

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """The pledge and the signature."""
        known = self.person or f.Party()
        rules = f"{head.rules}を守り、" if head.rules else ""
        return (
            Sentences(
                texts=(
                    f"私は、防犯カメラの画像を取り扱うに当たり、{rules}次のことを誓約します。",
                    *self.sentences,
                )
            ),
            Fields(rows=((f.text("役割", self.post), f.day("任命日", self.appointed)),)),
            Signature(
                places=(
                    f.text("所属", known.body),
                    f.text("職", known.post),
                    f.text("氏名（自署）", None),
                )
            ),
        )


@dataclass(frozen=True, kw_only=True)
class OpenCase:
    """A case that goes on under the next holder."""

    number: str
    state: str
    subject: str
    next_deadline: dt.date | None
    held_until: dt.date | None


@dataclass(frozen=True, kw_only=True)
class HandoverItem:
    """A thing that is handed on: a key, a terminal, a medium."""

    kind: str
    number: str
    place: str


@dataclass(frozen=True, kw_only=True)
class PostHandover(Form):
    """引継書: open cases, things and matters from one holder of a post to the next."""

    KIND: ClassVar[str] = "post_handover"
    TITLE: ClassVar[str] = "事務引継書"
    WAY: ClassVar[Literal["in", "out", "inside"]] = "inside"

    scheme: str | None = None
    post: str | None = None
    predecessor: str | None = None
    successor: str | None = None
    on: dt.date | None = None
    cases: tuple[OpenCase, ...] = ()
    items: tuple[HandoverItem, ...] = ()
    matters: str | None = None

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """Cases, things, matters, both signatures."""
        return (
            Fields(
                rows=(
                    (f.text("制度", self.scheme), f.text("役割", self.post)),
                    (f.text("前任者", self.predecessor), f.text("後任者", self.successor)),
                    (f.day("引継日", self.on),),
                )
            ),
            Listing(
                heading="進行中の案件",
                columns=(
                    Column(title="案件番号", width=20),
                    Column(title="状態", width=12),
                    Column(title="件名", width=24),
                    Column(title="次の期限", width=15),
                    Column(title="保全の期限", width=15),
                ),
                rows=tuple(
                    (
                        one.number,
                        one.state,
                        one.subject,
                        f.short_day(one.next_deadline),
                        f.short_day(one.held_until),
                    )
                    for one in self.cases
                ),
                blank_rows=0 if self.cases else 4,
            ),
            Listing(
                heading="引き継ぐ物",
                columns=(
                    Column(title="種類", width=20),
                    Column(title="番号", width=24),
                    Column(title="保管場所", width=40),
                ),
                rows=tuple((one.kind, one.number, one.place) for one in self.items),
                blank_rows=0 if self.items else 4,
            ),
            Fields(rows=((f.text("申送り", self.matters, lines=6),),)),
            Signature(
                places=(f.text("前任者（自署）", None), f.text("後任者（自署）", None)),
            ),
        )
