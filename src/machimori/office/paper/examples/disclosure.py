# SPDX-License-Identifier: AGPL-3.0-or-later
"""Letters of a statutory disclosure, filled in."""

import datetime as dt

from machimori.office.paper.examples.story import CITIZEN, DAY
from machimori.office.paper.fields import Party
from machimori.office.paper.forms import disclosure, disclosure_request
from machimori.office.paper.masthead import Form

DISCLOSURE: tuple[Form, ...] = (
    disclosure_request.DisclosureRequest(
        date=dt.date(2026, 4, 20),
        requester=CITIZEN,
        item="令和8年4月18日10時から11時までの市役所本館1階のカメラの画像のうち、私が写っているもの",
        manner=("閲覧",),
        acting_as="self",
        identity_kind="運転免許証",
        received=dt.date(2026, 4, 20),
        received_by="見本　一郎",
    ),
    disclosure.DisclosureDecision(
        date=DAY,
        document_number="見交第130号",
        requester=CITIZEN,
        requested=dt.date(2026, 4, 20),
        item="令和8年4月18日10時から11時までの市役所本館1階のカメラの画像",
        purpose_of_use="庁舎の適正な管理並びに事故及び犯罪の未然防止",
        manners=("閲覧", "複製したDVD-Rの交付"),
        places="5月20日以降の開庁日　9時から17時まで　交通防犯課の窓口",
        fee="DVD-R　1枚　100円",
        answer_by=dt.date(2026, 6, 15),
        disclosed_from=dt.date(2026, 5, 20),
    ),
    disclosure.PartialDisclosure(
        date=DAY,
        document_number="見交第131号",
        requester=CITIZEN,
        requested=dt.date(2026, 4, 20),
        item="令和8年4月18日10時から11時までの市役所本館1階のカメラの画像",
        purpose_of_use="庁舎の適正な管理並びに事故及び犯罪の未然防止",
        manners=("閲覧",),
        places="5月20日以降の開庁日　9時から17時まで　交通防犯課の窓口",
        fee="無料",
        answer_by=dt.date(2026, 6, 15),
        disclosed_from=dt.date(2026, 5, 20),
        withheld="請求者以外の人の顔と姿",
        reason="開示請求者以外の個人に関する情報であって、特定の個人を識別できるため（法第78条第1項第2号）。",
    ),
    disclosure.NonDisclosure(
        date=DAY,
        document_number="見交第132号",
        requester=CITIZEN,
        requested=dt.date(2026, 4, 20),
        item="令和8年3月1日の市役所本館1階のカメラの画像",
        why="absent",
        reason="請求の時には保存期間が過ぎており、画像を保有していないため。",
    ),
    disclosure.DecisionExtension(
        date=DAY,
        document_number="見交第133号",
        requester=CITIZEN,
        requested=dt.date(2026, 4, 20),
        item="令和8年4月18日10時から11時までの市役所本館1階のカメラの画像",
        due=dt.date(2026, 5, 20),
        new_due=dt.date(2026, 6, 19),
        reason="第三者の意見を聴く必要があり、期限までに決定することが困難なため。",
    ),
    disclosure.OpinionInquiry(
        date=dt.date(2026, 4, 24),
        document_number="見交第134号",
        requester=Party(name="見本　三郎"),
        requested=dt.date(2026, 4, 20),
        item="令和8年4月18日10時から11時までの市役所本館1階のカメラの画像",
        about="10時20分ごろ、正面入口であなたの姿が映っています。",
        reply_by=dt.date(2026, 5, 8),
        reply_to="見本市防災安全部交通防犯課",
    ),
    disclosure_request.ThirdPartyOpinion(
        date=dt.date(2026, 5, 7),
        third_party=Party(name="見本　三郎", address="見本市西2丁目2番2号", contact="000-000-0002"),
        inquiry_number="見交第134号",
        inquiry_date=dt.date(2026, 4, 24),
        item="令和8年4月18日10時から11時までの市役所本館1階のカメラの画像",
        objects=True,
        objected_part="10時20分ごろの私の姿",
        reason="通院していることを知られたくないため。",
    ),
    disclosure.OpposedDisclosure(
        date=DAY,
        document_number="見交第135号",
        requester=Party(name="見本　三郎"),
        requested=dt.date(2026, 5, 7),
        item="令和8年4月18日10時から11時までの市役所本館1階のカメラの画像",
        decided=DAY,
        reason="あなたの顔と姿を取り除いて開示するため、権利利益を害するおそれがありません。",
        disclosed_on=dt.date(2026, 5, 29),
    ),
)
