# SPDX-License-Identifier: AGPL-3.0-or-later
"""Handing footage over: 受領書 and 媒体受渡票 (K16, I13)."""

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar, Literal

from machimori.office.paper import fields as f
from machimori.office.paper.forms.answer import Answer
from machimori.office.paper.masthead import Form, Masthead
from machimori.office.paper.sheet import (
    Block,
    Column,
    Fields,
    Listing,
    Notes,
    Sentences,
    Signature,
)

FATES = ("返却", "消去の報告", "廃棄", "条件どおりの保有")


@dataclass(frozen=True, kw_only=True)
class Medium:
    """One medium: its number in the register, what is on it, and SHA-256 of the package (hex)."""

    number: str
    kind: str
    content: str
    digest: str


def _media(values: tuple[Medium, ...]) -> Listing:
    return Listing(
        heading="媒体",
        columns=(
            Column(title="媒体番号", width=12),
            Column(title="種類", width=10),
            Column(title="内容", width=26),
            Column(title="ハッシュ値（SHA-256）", width=24),
        ),
        rows=tuple((one.number, one.kind, one.content, one.digest) for one in values),
        blank_rows=0 if values else 3,
    )


@dataclass(frozen=True, kw_only=True)
class Receipt(Form):
    """受領書: signed by who receives; kind and checker of the identity, never a copy of it."""

    KIND: ClassVar[str] = "receipt"
    TITLE: ClassVar[str] = "防犯カメラ画像受領書"

    received: dt.datetime | None = None
    recipient: f.Party | None = None
    approval_number: str | None = None
    media: tuple[Medium, ...] = ()
    conditions: tuple[str, ...] = ()
    return_by: dt.date | None = None
    identity_kind: str | None = None
    identity_checked_by: str | None = None

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """What was received, under which conditions, by whom."""
        known = self.recipient or f.Party()
        signer = "　".join(part for part in (known.body, known.post) if part)
        return (
            Sentences(texts=("次の画像を受け取りました。条件を守って管理します。",)),
            Fields(
                rows=(
                    (f.moment("受領日時", self.received),),
                    (
                        f.text("承認番号", self.approval_number),
                        f.day("返却等の期限", self.return_by),
                    ),
                    (f.text("条件", "\n".join(self.conditions), lines=3),),
                )
            ),
            _media(self.media),
            Signature(
                places=(f.text("所属・職", signer), f.text("氏名（自署）", None)),
            ),
            Fields(
                heading="市の記入欄",
                rows=(
                    (
                        f.text("身分証の種類", self.identity_kind),
                        f.text("確認した職員", self.identity_checked_by),
                    ),
                ),
            ),
            Notes(texts=("身分証の写しは取りません。個人番号は記録しません。",)),
        )


@dataclass(frozen=True, kw_only=True)
class MediaSlip(Form):
    """媒体受渡票: written, read back, handed over, and what became of it in the end."""

    KIND: ClassVar[str] = "media_slip"
    TITLE: ClassVar[str] = "媒体受渡票"
    WAY: ClassVar[Literal["in", "out", "inside"]] = "inside"

    media: tuple[Medium, ...] = ()
    written: dt.datetime | None = None
    written_by: str | None = None
    verified: dt.datetime | None = None
    verified_by: str | None = None
    key_route: str | None = None
    handed: dt.datetime | None = None
    handed_by: str | None = None
    recipient: f.Party | None = None
    return_by: dt.date | None = None
    fate: str | None = None
    fate_on: dt.date | None = None
    fate_by: str | None = None

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """The life of the media in the order in which it happens."""
        return (
            _media(self.media),
            Fields(
                heading="書込みと読返し",
                rows=(
                    (f.moment("書込み", self.written), f.text("書き込んだ人", self.written_by)),
                    (f.moment("読返し", self.verified), f.text("確かめた人", self.verified_by)),
                    (f.text("パスワード", self.key_route),),
                ),
            ),
            Fields(heading="受け取る人", rows=f.party(self.recipient)),
            Fields(
                heading="引渡し",
                rows=((f.moment("引渡し", self.handed), f.text("渡した人", self.handed_by)),),
            ),
            Fields(
                heading="返却・消去・廃棄",
                rows=(
                    (f.day("期限", self.return_by),),
                    (f.choices("結果", f.options(FATES, self.fate)),),
                    (f.day("日付", self.fate_on), f.text("確認した人", self.fate_by)),
                ),
            ),
            Signature(places=(f.text("受け取った人", None),)),
        )


@dataclass(frozen=True, kw_only=True)
class ProvidedReply(Answer):
    """回答書 of a request whose footage was handed over: what, on which media, under what."""

    KIND: ClassVar[str] = "provided_reply"
    TITLE: ClassVar[str] = "防犯カメラ画像の提供に関する回答書"

    ranges: tuple[f.FootageRange, ...] = ()
    media: tuple[Medium, ...] = ()
    handed: dt.datetime | None = None
    recipient: f.Party | None = None
    conditions: tuple[str, ...] = ()
    return_by: dt.date | None = None

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """What was given, to whom and when, and by when it comes back."""
        known = self.recipient or f.Party()
        conditions = "\n".join(f"({n})　{one}" for n, one in enumerate(self.conditions, start=1))
        return (
            self._opening("申請のあった防犯カメラの画像を、次のとおり提供しましたので回答します。"),
            f.ranges("提供した画像の範囲", self.ranges),
            _media(self.media),
            Fields(
                rows=(
                    (
                        f.moment("渡した日時", self.handed),
                        f.text("受け取った方", "　".join(filter(None, (known.body, known.name)))),
                    ),
                    (f.text("条件", conditions, lines=3),),
                    (f.day("返却・消去の期限", self.return_by),),
                )
            ),
        )


@dataclass(frozen=True, kw_only=True)
class CopyReminder(Answer):
    """依頼文 about copies that are out: they were to come back, or to be reported as erased."""

    KIND: ClassVar[str] = "copy_reminder"
    TITLE: ClassVar[str] = "提供した画像の複製の返却・消去について（依頼）"

    handed: dt.date | None = None
    recipient: f.Party | None = None
    media: tuple[Medium, ...] = ()
    due: dt.date | None = None
    """The earliest day by which one of these media was to come back."""
    times: int | None = None
    """How often it has been asked for, with this letter."""

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """Which media, since when, and what to do now."""
        known = self.recipient or f.Party()
        return (
            self._opening(
                "申請のあった防犯カメラの画像を提供しましたが、次の媒体の返却又は消去の報告を、まだ受けて"
                "いません。媒体を返却するか、消去して報告してください。"
            ),
            _media(self.media),
            Fields(
                rows=(
                    (f.text("受け取った方", "　".join(filter(None, (known.body, known.name)))),),
                    (f.day("渡した日", self.handed),),
                    (
                        f.day("返却・消去の期限", self.due),
                        f.text("依頼の回数", f"{self.times}回目" if self.times else None),
                    ),
                )
            ),
            Notes(
                texts=(
                    "消去したときは、媒体番号、消去した日、方法、消去した人を書面で知らせてください。",
                )
            ),
        )
