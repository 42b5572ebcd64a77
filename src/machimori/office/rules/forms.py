# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is typed about the rules: a value in the form that its question has, and the decision."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.office.rules.actions import REASON, Act
from machimori.office.rules.words import bounds, either, in_words_with_unit
from machimori.office.shared.forms import DayField
from machimori.policy.answers import Answer, Value
from machimori.policy.profile import Profile
from machimori.policy.questions import Question, catalogue


class ActForm(forms.Form):
    """The city's decision itself."""

    number = forms.CharField(
        label=_("決裁番号"), required=False, max_length=80, help_text=_("あとから入力できます。")
    )
    adopted_on = DayField(label=_("決裁の日"))
    effective_from = DayField(
        label=_("いつから"),
        help_text=_("この日からきまりになります。前の日に始まった案件には、前のきまりを使います。"),
    )

    def act(self) -> Act:
        """The decision that was typed."""
        found = self.cleaned_data
        return Act(
            number=found["number"],
            adopted_on=found["adopted_on"],
            effective_from=found["effective_from"],
        )


class AdoptionForm(ActForm):
    """A value for one question, why, and the decision."""

    value = forms.Field()
    reason = forms.CharField(
        label=_("決めた理由"),
        max_length=REASON,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    field_order = ("value", "reason", "number", "adopted_on", "effective_from")

    def __init__(self, *args: Any, rules: Profile, key: str, **options: Any) -> None:
        answer = rules.answer(key)
        initial = {
            "value": _initial(answer),
            "reason": answer.reason if answer.status == "unset" else "",
        }
        options["initial"] = initial | options.get("initial", {})
        super().__init__(*args, **options)
        self._kind = catalogue().question(key).kind
        self.fields["value"] = _field(rules, key)
        if answer.status == "unset":
            self.fields["reason"].help_text = _t("このまま使うことも、書きかえることもできます。")
        self.order_fields(self.field_order)

    def value_given(self) -> Value:
        """The value as the question takes it."""
        found = self.cleaned_data["value"]
        if self._kind == "flag":
            return bool(found == "yes")
        if self._kind == "names":
            return tuple(found)
        assert isinstance(found, int | str | dt.date)
        return found


class LinesField(forms.CharField):
    """A list of texts, one in a line; cleaned to a list."""

    widget = forms.Textarea

    def clean(self, value: Any) -> Any:
        """The lines that are not empty."""
        return [line.strip() for line in (super().clean(value) or "").splitlines() if line.strip()]

    def prepare_value(self, value: Any) -> Any:
        """The list as it is typed."""
        return "\n".join(value) if isinstance(value, list | tuple) else value


class NumberForm(forms.Form):
    """The 決裁番号, once there is one."""

    number = forms.CharField(label=_("決裁番号"), max_length=80)


class StartForm(forms.Form):
    """The first day of a scheme."""

    starts_on = DayField(label=_("始める日"))


class FilterForm(forms.Form):
    """Which answers to list, as of which day."""

    section = forms.ChoiceField(label=_("分野"), required=False)
    status = forms.ChoiceField(
        label=_("だれが決めたか"),
        required=False,
        choices=[
            ("", _("すべて")),
            ("unset", _("決まっていません")),
            ("local", _("市の決定")),
            ("stated", _("文書の定め")),
            ("assumed", _("標準の定め")),
        ],
    )
    on = DayField(label=_("いつのきまりか"), required=False, help_text=_("例：R8.4.1"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        section = self.fields["section"]
        assert isinstance(section, forms.ChoiceField)
        section.choices = [
            ("", _t("すべて")),
            *((one.id, either(one.ja, one.en)) for one in catalogue().sections),
        ]


def _initial(answer: Answer) -> Any:
    value = answer.recommended if answer.value is None else answer.value
    if isinstance(value, bool):
        return "yes" if value else "no"
    return list(value) if isinstance(value, tuple) else value


def _field(rules: Profile, key: str) -> forms.Field:
    question, answer = catalogue().question(key), rules.answer(key)
    label, limit = either(question.ja, question.en), bounds(rules, key, question, answer)
    help_text = either(question.help_ja, question.help_en)
    if limit:
        help_text += " " + _t("選べるのは、%(bounds)sです。") % {"bounds": limit}
    shown: dict[str, Any] = {"label": label, "help_text": help_text}
    match question.kind:
        case "flag":
            pairs = [("yes", _t("はい")), ("no", _t("いいえ"))]
            return forms.ChoiceField(choices=pairs, **shown)
        case "number":
            # Beyond what the document leaves, the policy refuses, and says by which clause.
            return forms.IntegerField(
                min_value=question.minimum or 0, max_value=question.maximum or 1_000_000, **shown
            )
        case "choice":
            return forms.ChoiceField(choices=_choices(question, answer), **shown)
        case "names":
            return _names(rules, key, question, answer, shown)
        case "day":
            return DayField(**(shown | {"help_text": f"{help_text} {_DAY}"}))
        case "clock":
            widget = forms.TextInput(attrs={"inputmode": "numeric"})
            hint = f"{help_text} " + _t("例：08:30")
            return forms.RegexField(
                r"\A(?:[01]\d|2[0-3]):[0-5]\d\Z", widget=widget, **(shown | {"help_text": hint})
            )
    return forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 3}), **shown)


_DAY = _("例：令和8年4月1日、R8.4.1、2026-04-01")


def _choices(question: Question, answer: Answer) -> list[tuple[str, str]]:
    return [
        (one.id, either(one.ja, one.en))
        for one in question.choices
        if not answer.choices or one.id in answer.choices
    ]


def _names(
    rules: Profile, key: str, question: Question, answer: Answer, shown: dict[str, Any]
) -> forms.Field:
    if question.choices:
        pairs = _choices(question, answer)
    elif key.endswith(".places"):
        pairs = [
            (name, in_words_with_unit(rules, key, question, (name,)))
            for name in rules.members("places")
        ]
    else:
        hint = f"{shown['help_text']} " + _t("一行に一つずつ入れてください。")
        return LinesField(required=False, **(shown | {"help_text": hint}))
    if pairs:
        shown["help_text"] += " " + _t("どれも選ばなければ「なし」です。")
    else:
        shown["help_text"] += " " + _t("文書に挙げられたものがないので、選ぶものはありません。")
    return forms.MultipleChoiceField(
        choices=pairs, widget=forms.CheckboxSelectMultiple, required=False, **shown
    )
