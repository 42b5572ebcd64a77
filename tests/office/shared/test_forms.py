# SPDX-License-Identifier: AGPL-3.0-or-later
"""A day is typed as people write it."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from machimori.office.shared.forms import DayField


@pytest.mark.parametrize(
    "text", ["令和8年4月1日", "R8.4.1", "2026-04-01", "2026/4/1", "令和８年４月１日"]
)
def test_a_day_in_any_of_its_forms(text: str) -> None:
    assert DayField().clean(text) == dt.date(2026, 4, 1)


@pytest.mark.parametrize("text", ["きのう", "R8.13.1", "2026-02-30"])
def test_what_is_no_day_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValidationError, match="2026-04-01"):
        DayField().clean(text)


def test_an_empty_day_may_be_allowed() -> None:
    assert DayField(required=False).clean("") is None
