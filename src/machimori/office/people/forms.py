# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is typed about people."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from machimori.kernel.instants import day_start, instant
from machimori.office.people import access, second
from machimori.office.people.acting import Acting
from machimori.office.people.models import Person
from machimori.office.people.rules import PASSWORDS
from machimori.office.shared.forms import CHOOSE, DayField
from machimori.office.shared.posts import LABELS

_LOGIN = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
_DIGITS = {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}


class PasswordForm(forms.Form):
    """Number and password, and the 確認コード where anybody has registered for one."""

    login = forms.CharField(
        label=_("職員番号"), max_length=40, widget=forms.TextInput(attrs=_LOGIN)
    )
    password = forms.CharField(
        label=_("パスワード"),
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    code = forms.CharField(
        label=_("確認コード"),
        required=False,
        max_length=20,
        help_text=_("登録した人だけ、アプリに出ている6桁を入れます。"),
        widget=forms.TextInput(attrs=_DIGITS),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not second.used():
            del self.fields["code"]


class SecondForm(forms.Form):
    """The first 確認コード, which shows that the app has the secret."""

    code = forms.CharField(
        label=_("アプリに出ている6桁"),
        max_length=20,
        widget=forms.TextInput(attrs=_DIGITS),
    )


class CodeForm(forms.Form):
    """Number and registration code."""

    login = forms.CharField(
        label=_("職員番号"), max_length=40, widget=forms.TextInput(attrs=_LOGIN)
    )
    code = forms.CharField(
        label=_("登録コード"),
        max_length=40,
        help_text=_("紙で受け取った20文字です。大文字と小文字、ハイフンの違いはかまいません。"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false"}),
    )


class NewPasswordForm(forms.Form):
    """A new password, twice."""

    password = forms.CharField(
        label=_("新しいパスワード"),
        max_length=200,
        help_text=format_lazy(_("{n}文字以上にしてください。"), n=PASSWORDS.shortest),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("もう一度"),
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        """Both must be the same."""
        found = super().clean() or {}
        if found.get("password") != found.get("again"):
            raise forms.ValidationError(_("2つのパスワードが違います。"))
        return found


class AppointmentForm(forms.Form):
    """Whom, to which post, from when to when."""

    person = forms.ModelChoiceField(
        label=_("だれを"), queryset=Person.objects.none(), empty_label=CHOOSE
    )
    post = forms.ChoiceField(label=_("職"))
    valid_from = DayField(label=_("いつから"))
    last = DayField(
        label=_("いつまで（その日を含む）"),
        required=False,
        help_text=_("決まっていなければ、空けておいてください。"),
    )
    decision = forms.CharField(
        label=_("決裁番号"),
        required=False,
        max_length=80,
        help_text=_("あとから入力できます。"),
    )

    def __init__(self, *args: Any, acting: Acting, **options: Any) -> None:
        super().__init__(*args, **options)
        self._acting = acting
        person = self.fields["person"]
        assert isinstance(person, forms.ModelChoiceField)
        person.queryset = access.people(acting)
        person.label_from_instance = named  # type: ignore[assignment]  # Django's own hook
        post = self.fields["post"]
        assert isinstance(post, forms.ChoiceField)
        post.choices = [(name, LABELS[name]) for name in access.appointable(acting)]

    def interval(self) -> tuple[dt.datetime, dt.datetime | None]:
        """From the first day's start, or now if that is today; until the last day's end."""
        first, last = self.cleaned_data["valid_from"], self.cleaned_data["last"]
        return start_of(self._acting.at, first), end_of(last)


class EndForm(forms.Form):
    """The last day of an appointment."""

    last = DayField(
        label=_("最後の日（その日の24時まで）"),
        required=False,
        help_text=_("空けておくと、いますぐ終わります。"),
    )


class DecisionForm(forms.Form):
    """The number of the city's decision, once there is one."""

    decision = forms.CharField(label=_("決裁番号"), max_length=80)


class NewPersonForm(forms.Form):
    """A person who is not known yet."""

    login = forms.RegexField(
        r"\A[0-9A-Za-z._-]{1,40}\Z",
        label=_("職員番号"),
        help_text=_("サインインで使う番号です。半角の英数字にしてください。"),
    )
    name = forms.CharField(label=_("氏名"), max_length=80)
    kana = forms.CharField(label=_("ふりがな"), max_length=120, required=False)
    section = forms.CharField(label=_("所属"), max_length=120, required=False)


class KeyLabelForm(forms.Form):
    """What a key is called."""

    label = forms.CharField(label=_("キーの呼び名"), max_length=60, initial=_("机のキー"))


def named(person: Person) -> str:
    """A person in a list to choose from."""
    return f"{person.name}（{person.section or person.login}）"


def start_of(at: dt.datetime, first: dt.date) -> dt.datetime:
    """The start of a day; the instant `at` if that lies in this day."""
    start = instant(day_start(first))
    return at if start <= at < start + dt.timedelta(days=1) else start


def end_of(last: dt.date | None) -> dt.datetime | None:
    """The first instant after a day."""
    return instant(day_start(last + dt.timedelta(days=1))) if last else None
