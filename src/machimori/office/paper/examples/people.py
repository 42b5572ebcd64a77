# SPDX-License-Identifier: AGPL-3.0-or-later
"""Papers of a post, filled in."""

import datetime as dt

from machimori.office.paper.fields import Party
from machimori.office.paper.forms import people
from machimori.office.paper.masthead import Form

PEOPLE: tuple[Form, ...] = (
    people.Pledge(
        date=dt.date(2026, 4, 1),
        person=Party(body="見本市防災安全部交通防犯課", post="主事", name="見本　一郎"),
        post="取扱責任者",
        appointed=dt.date(2026, 4, 1),
    ),
    people.PostHandover(
        date=dt.date(2026, 3, 31),
        scheme="見本市街頭防犯カメラ",
        post="管理責任者",
        predecessor="交通防犯課長　見本　四郎",
        successor="交通防犯課長　見本　五郎",
        on=dt.date(2026, 4, 1),
        cases=(
            people.OpenCase(
                number="令和7年度 街頭 第98号",
                state="引渡し待ち",
                subject="見本中央警察署への提供",
                next_deadline=dt.date(2026, 4, 3),
                held_until=dt.date(2026, 4, 30),
            ),
        ),
        items=(
            people.HandoverItem(kind="保管庫の鍵", number="1", place="交通防犯課　施錠した引出し"),
            people.HandoverItem(kind="専用パソコン", number="1号", place="交通防犯課　保管庫"),
        ),
        matters="4月1日付けで取扱責任者も交替します。誓約書は提出済みです。",
    ),
)
