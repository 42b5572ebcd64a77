# SPDX-License-Identifier: AGPL-3.0-or-later
"""The people, days and footage of the examples."""

import datetime as dt

from machimori.kernel.instants import TOKYO
from machimori.office.paper.fields import FootageRange, Party
from machimori.office.paper.forms import handover
from machimori.office.paper.masthead import Masthead
from machimori.office.paper.sheet import Choice
from machimori.policy.wareki import CaseNumber

MASTHEAD = Masthead(
    form_number="様式第1号（第8条関係）",
    office=("見本市", "街頭防犯カメラシステム管理責任者", "交通防犯課長"),
    seal=True,
    contact=("見本市防災安全部交通防犯課", "見本市中央1丁目1番1号", "電話　000-000-0000"),
    rules="見本市街頭防犯カメラシステム管理運用要綱",
    appeals="見本市長",
    defendant="見本市",
)

DIGEST = "3b1f8c0a9d5e7246f0c1b2a3948576e6d5c4b3a29180f7e6d5c4b3a291807f6e"
CASE = CaseNumber(fiscal_year=2026, series="街頭", number=12)
POLICE = Party(
    body="見本県警察見本中央警察署刑事課",
    post="巡査部長",
    name="見本　太郎",
    address="見本市北1条1丁目1番地",
    contact="000-000-0110（内線123）",
)
CITIZEN = Party(name="見本　花子", address="見本市南3丁目4番5号", contact="000-000-0001")
DAY = dt.date(2026, 5, 14)
RANGES = (
    FootageRange(
        camera="街頭3",
        place="昭和通り4条交差点",
        start=dt.datetime(2026, 5, 10, 21, tzinfo=TOKYO),
        end=dt.datetime(2026, 5, 10, 22, tzinfo=TOKYO),
    ),
    FootageRange(
        camera="街頭4",
        place="昭和通り3条交差点",
        start=dt.datetime(2026, 5, 10, 23, 30, tzinfo=TOKYO),
        end=dt.datetime(2026, 5, 11, 0, 15, tzinfo=TOKYO),
    ),
)
MEDIA = (
    handover.Medium(
        number="R8-012-1",
        kind="DVD-R",
        content="街頭3、街頭4　5月10日21時から5月11日0時15分まで",
        digest=DIGEST,
    ),
)
GROUNDS = (
    Choice(text="画像から識別される特定の個人の同意がある"),
    Choice(text="法令等の定めによる依頼（捜査関係事項照会書）", chosen=True),
    Choice(text="人の生命、身体又は財産の安全を守るため、緊急かつやむを得ない"),
)


def at(day: int, hour: int, minute: int = 0) -> dt.datetime:
    """An instant of May 2026, by Tokyo's clock."""
    return dt.datetime(2026, 5, day, hour, minute, tzinfo=TOKYO)
