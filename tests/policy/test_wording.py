# SPDX-License-Identifier: AGPL-3.0-or-later
"""Dates and sources as the pages say them."""

import datetime as dt

import pytest

from machimori.policy.adoption import adopt
from machimori.policy.testing import adoption, document
from machimori.policy.wording import era_date, post_name, source


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (dt.date(2026, 4, 1), "令和8年4月1日"),
        (dt.date(2019, 5, 1), "令和元年5月1日"),
        (dt.date(2019, 4, 30), "平成31年4月30日"),
        (dt.date(1989, 1, 8), "平成元年1月8日"),
        (dt.date(1989, 1, 7), "昭和64年1月7日"),
        (dt.date(1926, 12, 25), "昭和元年12月25日"),
        (dt.date(1900, 1, 2), "1900年1月2日"),
    ],
)
def test_dates_in_the_era(day: dt.date, text: str) -> None:
    assert era_date(day) == text


def test_who_says_so() -> None:
    profile = adopt(document("asahikawa"), adoption("retention.days", 10))
    assert source(profile, "emergency.allowed").ja == "旭川市の骨子3(5)"
    assert source(profile, "retention.days").ja == "市の決定（令和8年4月1日 決裁）"
    assert source(profile, "acts.take_in").ja == "標準の定め"
    assert source(profile, "acts.take_in").clause == ""


def test_a_post_is_called_as_the_document_calls_it() -> None:
    assert post_name(document("inzai"), "operator") == ("取扱担当者", "operator")
    assert post_name(document("saga"), "operator") == ("取扱者・操作担当者", "operator")
