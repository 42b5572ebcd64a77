# SPDX-License-Identifier: AGPL-3.0-or-later
"""Papers that come in for a disclosure: 開示請求書 (個情法77条), a third party's 意見書 (86条)."""

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar, Literal

from machimori.office.paper import fields as f
from machimori.office.paper.masthead import Form, Masthead
from machimori.office.paper.sheet import Block, Choice, Fields, Notes, Sentences, Signature

MANNERS = ("閲覧", "写しの交付（窓口）", "写しの交付（郵送）")
AGENTS: dict[Literal["self", "legal", "mandated"], str] = {
    "self": "本人",
    "legal": "法定代理人",
    "mandated": "任意代理人",
}


@dataclass(frozen=True, kw_only=True)
class DisclosureRequest(Form):
    """保有個人情報開示請求書 (76条, 77条): who asks, for what, how, and for whom.

    An agent names the person and shows a proof of agency (76条2項, 77条2項). `received` starts the
    period of 83条.
    """

    KIND: ClassVar[str] = "disclosure_request"
    TITLE: ClassVar[str] = "保有個人情報開示請求書"

    requester: f.Party | None = None
    item: str | None = None
    manner: tuple[str, ...] = ()
    acting_as: Literal["self", "legal", "mandated"] | None = None
    subject_name: str | None = None
    subject_address: str | None = None
    proof_of_agency: str | None = None
    identity_kind: str | None = None
    received: dt.date | None = None
    received_by: str | None = None

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """Requester, information, manner, agency, the office's own column."""
        agents = tuple(
            Choice(text=text, chosen=kind == self.acting_as) for kind, text in AGENTS.items()
        )
        return (
            Sentences(
                texts=(
                    "個人情報の保護に関する法律第77条第1項の規定により、次のとおり"
                    "保有個人情報の開示を請求します。",
                )
            ),
            Fields(heading="請求者", rows=f.person(self.requester)),
            Fields(
                heading="請求の内容",
                rows=(
                    (f.text("開示を請求する保有個人情報", self.item, lines=4),),
                    (f.choices("希望する方法", f.options(MANNERS, *self.manner)),),
                ),
            ),
            Fields(
                heading="請求する人の立場",
                rows=(
                    (f.choices("立場", agents),),
                    (f.text("本人の氏名", self.subject_name),),
                    (f.text("本人の住所", self.subject_address),),
                ),
            ),
            Fields(
                heading="市の記入欄",
                rows=(
                    (f.day("受付日", self.received), f.text("受付した職員", self.received_by)),
                    (
                        f.text("本人確認書類", self.identity_kind),
                        f.text("代理の証明", self.proof_of_agency),
                    ),
                ),
            ),
            Notes(
                texts=(
                    "画像を探すため、場所、日時、そのときの服装などをできるだけ詳しく書いてください。",
                    "画像には保存期間があります。請求を受け付けると、決定が済むまで消去を止めます。",
                    "個人番号（マイナンバー）は記入しないでください。",
                )
            ),
        )


@dataclass(frozen=True, kw_only=True)
class ThirdPartyOpinion(Form):
    """第三者の意見書, the answer to an 意見照会書 (86条): no objection, or why disclosure harms."""

    KIND: ClassVar[str] = "third_party_opinion"
    TITLE: ClassVar[str] = "保有個人情報の開示に関する意見書"

    third_party: f.Party | None = None
    inquiry_number: str | None = None
    inquiry_date: dt.date | None = None
    item: str | None = None
    objects: bool | None = None
    objected_part: str | None = None
    reason: str | None = None

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """To which inquiry, the answer, the signature."""
        answers = (
            Choice(text="開示しても差し支えありません", chosen=self.objects is False),
            Choice(text="開示に反対します", chosen=self.objects is True),
        )
        return (
            Sentences(texts=("照会のあった保有個人情報の開示について、次のとおり回答します。",)),
            Fields(heading="意見を述べる人", rows=f.person(self.third_party)),
            Fields(
                heading="意見",
                rows=(
                    (
                        f.text("照会書の番号", self.inquiry_number),
                        f.day("照会書の日付", self.inquiry_date),
                    ),
                    (f.text("照会のあった保有個人情報", self.item, lines=2),),
                    (f.choices("開示について", answers),),
                    (f.text("反対する部分", self.objected_part, lines=2),),
                    (f.text("反対する理由", self.reason, lines=5),),
                ),
            ),
            Signature(places=(f.text("氏名（自署）", None),)),
        )
