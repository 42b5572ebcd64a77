# SPDX-License-Identifier: AGPL-3.0-or-later
"""Papers that come in: a body's 申請書, and that of the person shown (堺11(1)(エ), (4), (5))."""

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

from machimori.office.paper import fields as f
from machimori.office.paper.masthead import Form, Masthead
from machimori.office.paper.sheet import Block, Cell, Choice, Fields, Notes, Sentences

HANDLING = ("閲覧", "複製", "印刷（静止画）")
MEDIA = ("DVD-R", "USBメモリ", "紙", "持参した媒体")


@dataclass(frozen=True, kw_only=True)
class ProvisionRequest(Form):
    """申請書 (旭川3(4); I13, A14, A15, K14).

    `grounds` are the profile's, ticked where they apply. `inquiry_*` describe the 照会書, whose
    original may follow; `call_back` is how the office made sure that it is real.
    """

    KIND: ClassVar[str] = "provision_request"
    TITLE: ClassVar[str] = "防犯カメラ画像提供申請書"

    applicant: f.Party | None = None
    grounds: tuple[Choice, ...] = ()
    matter: str | None = None
    purpose: str | None = None
    ranges: tuple[f.FootageRange, ...] = ()
    handling: tuple[str, ...] = ()
    medium: str | None = None
    inquiry_number: str | None = None
    inquiry_date: dt.date | None = None
    original_arrived: dt.date | None = None
    call_back: str | None = None
    identity_kind: str | None = None
    identity_checked_by: str | None = None
    received: dt.date | None = None

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """Applicant, request, the office's own column."""
        rules = f"{head.rules}に基づき、" if head.rules else ""
        return (
            Sentences(texts=(f"{rules}次のとおり防犯カメラの画像の提供を申請します。",)),
            Fields(heading="申請者", rows=f.party(self.applicant)),
            Fields(
                heading="申請の内容",
                rows=(
                    (f.choices("根拠", self.grounds),)
                    if self.grounds
                    else (f.text("根拠", None, lines=2),),
                    (f.text("事件等の概要", self.matter, lines=3),),
                    (f.text("利用の目的", self.purpose, lines=2),),
                    (f.choices("提供の方法", f.options(HANDLING, *self.handling)),),
                    (f.choices("媒体", f.options(MEDIA, self.medium)),),
                ),
            ),
            f.ranges("画像の範囲", self.ranges),
            Fields(
                heading="照会書（添付する場合）",
                rows=((f.text("文書番号", self.inquiry_number), f.day("日付", self.inquiry_date)),),
            ),
            Fields(
                heading="市の記入欄",
                rows=(
                    (f.day("受付日", self.received), f.day("原本受領日", self.original_arrived)),
                    (
                        f.text("身分証の種類", self.identity_kind),
                        f.text("確認した職員", self.identity_checked_by),
                    ),
                    (f.text("折返し確認", self.call_back),),
                ),
            ),
            Notes(
                texts=(
                    "提供を受けた画像は、申請した目的だけに使い、関係法令に従って管理してください。",
                    "身分証の写しは取りません。個人番号（マイナンバー）は記入しないでください。",
                )
            ),
        )


@dataclass(frozen=True, kw_only=True)
class SubjectRequest(Form):
    """本人申出書: the person shown, or somebody with their consent (K17), and the checks (K18).

    Not the statutory 開示請求書, which goes its own way (K19). The `judged_*` fields are the
    office's answers, None while open.
    """

    KIND: ClassVar[str] = "subject_request"
    TITLE: ClassVar[str] = "防犯カメラ画像提供申出書（本人の画像）"

    applicant: f.Party | None = None
    purpose: str | None = None
    place: str | None = None
    searched: str | None = None
    photo_identity: str | None = None
    is_subject: bool | None = None
    subject_name: str | None = None
    consent_attached: bool | None = None
    face_photo_attached: bool | None = None
    judged_kept: bool | None = None
    judged_identifiable: bool | None = None
    judged_others_shown: bool | None = None
    judged_removable: bool | None = None

    def blocks(self, head: Masthead) -> tuple[Block, ...]:
        """Applicant, request, enclosures, the office's judgement."""
        return (
            Sentences(texts=("次のとおり、防犯カメラの画像の提供を申し出ます。",)),
            Fields(heading="申出者", rows=f.person(self.applicant)),
            Fields(
                heading="申出の内容",
                rows=(
                    (f.text("利用の目的", self.purpose, lines=3),),
                    (f.text("撮影場所", self.place, lines=2),),
                    (f.text("検索する日時", self.searched, lines=2),),
                ),
            ),
            Fields(
                heading="確認書類",
                rows=(
                    (f.text("本人確認書類（写真付き）", self.photo_identity),),
                    (
                        f.choices(
                            "申出者",
                            (
                                Choice(text="写っている本人", chosen=self.is_subject is True),
                                Choice(text="本人以外", chosen=self.is_subject is False),
                            ),
                        ),
                        f.text("本人の氏名", self.subject_name),
                    ),
                    (
                        f.choices(
                            "本人以外のとき",
                            (
                                Choice(text="本人の同意書", chosen=bool(self.consent_attached)),
                                Choice(
                                    text="本人の顔写真等", chosen=bool(self.face_photo_attached)
                                ),
                            ),
                        ),
                    ),
                ),
            ),
            Fields(
                heading="市の記入欄（提供の可否の確認）",
                rows=(
                    (_judged("保存期間内の画像ですか", self.judged_kept),),
                    (_judged("日時・場所を特定できますか", self.judged_identifiable),),
                    (_judged("不開示情報を含みますか", self.judged_others_shown),),
                    (_judged("不開示情報を取り除けますか", self.judged_removable),),
                ),
            ),
            Notes(
                texts=(
                    "開示請求（個人情報の保護に関する法律第76条）は、別の手続きです。",
                    "本人確認書類の写しは取りません。個人番号は記入しないでください。",
                )
            ),
        )


def _judged(label: str, answer: bool | None) -> Cell:
    return f.choices(
        label,
        (Choice(text="はい", chosen=answer is True), Choice(text="いいえ", chosen=answer is False)),
    )
