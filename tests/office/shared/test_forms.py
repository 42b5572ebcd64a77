# SPDX-License-Identifier: AGPL-3.0-or-later
"""A day is typed as people write it."""

import datetime as dt
import importlib
import pkgutil

import pytest
from django import forms
from django.core.exceptions import ValidationError

from machimori import office
from machimori.office.shared.forms import DayField, ManyBoxes


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


def test_many_boxes_are_marked_and_escaped() -> None:
    class Chosen(forms.Form):
        it = forms.MultipleChoiceField(
            choices=[("a", "駅前"), ("b", "<b>北口</b>")], widget=ManyBoxes, label="カメラ"
        )

    drawn = str(Chosen({"it": ["b"]})["it"])
    assert '<label for="id_it_0"><input type="checkbox" name="it" value="a" id="id_it_0">' in drawn
    assert 'value="b" id="id_it_1" checked> &lt;b&gt;北口&lt;/b&gt;</label>' in drawn


def test_a_list_asks_in_words_before_somebody_has_chosen() -> None:
    """Django would show a row of dashes, which a screen reader reads out one by one."""
    seen = []
    for one in pkgutil.walk_packages(office.__path__, "machimori.office."):
        if not one.name.endswith("forms") or ".paper." in one.name:
            continue
        for kind in vars(importlib.import_module(one.name)).values():
            if isinstance(kind, type) and issubclass(kind, forms.BaseForm):
                fields = getattr(kind, "base_fields", {}).values()
                seen += [field for field in fields if isinstance(field, forms.ModelChoiceField)]
    assert seen
    assert [str(field.label) for field in seen if "-" in str(field.empty_label)] == []
