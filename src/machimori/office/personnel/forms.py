# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is typed about personnel."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from machimori.office.people.acting import Acting
from machimori.office.people.forms import NewPersonForm, named
from machimori.office.people.models import Appointment, Person
from machimori.office.personnel.access import rules_today
from machimori.office.personnel.models import CORRECTED, HAPPENED, KEYS
from machimori.office.shared.forms import CHOOSE, DayField
from machimori.office.shared.posts import LABELS, Post
from machimori.office.shared.templatetags.office import day, last_day, post
from machimori.policy.wording import post_name

LONG = forms.Textarea(attrs={"rows": 4})


class PledgeForm(forms.Form):
    """A signature on paper."""

    signed_on = DayField(label=_("署名した日"))
    kept_at = forms.CharField(
        label=_("誓約書の保管場所"), max_length=200, help_text=_("例：総務課 書庫 人事ファイル")
    )


class PledgeCorrectionForm(forms.Form):
    """訂正 of a pledge's record."""

    signed_on = DayField(
        label=_("正しい署名の日"),
        required=False,
        help_text=_("署名がまだだったときは、空けておいてください。"),
    )
    kept_at = forms.CharField(label=_("誓約書の保管場所"), max_length=200)
    reason = forms.CharField(label=_("訂正の理由"), max_length=200)


class TransferForm(forms.Form):
    """An Excel file of changes, their day and their number."""

    on = DayField(
        label=_("異動の日（新しい人の最初の日）"),
        help_text=_("例：令和9年4月1日。終わる人は前の日の24時までです。"),
    )
    file = forms.FileField(label=_("記入したExcelのファイル（.xlsx）"))
    decision = forms.CharField(
        label=_("決裁番号"), required=False, max_length=80, help_text=_("あとから入力できます。")
    )


class DecisionForm(forms.Form):
    """The number of the city's decision, once there is one."""

    decision = forms.CharField(label=_("決裁番号"), max_length=80)


class IssueForm(forms.Form):
    """A number to sign in with."""

    login = forms.RegexField(
        r"\A[0-9A-Za-z._-]{1,40}\Z",
        label=_("番号"),
        help_text=_("番号も変えるときは、新しい番号を入れてください。半角の英数字です。"),
    )


class KeyForm(forms.Form):
    """A key that is not in the register."""

    kind = forms.ChoiceField(label=_("種類"), choices=list(KEYS.items()))
    number = forms.CharField(label=_("番号"), max_length=40, help_text=_("札に書く番号。例：K-01"))
    place = forms.CharField(
        label=_("場所"), max_length=200, help_text=_("開けるもの、または置き場所。")
    )


class KeyEventForm(forms.Form):
    """What happened to a key."""

    kind = forms.ChoiceField(label=_("したこと"))
    holder = forms.ModelChoiceField(
        label=_("渡した相手"),
        queryset=Person.objects.none(),
        required=False,
        empty_label=_("だれにも渡していない"),
        help_text=_("渡したときだけ選んでください。"),
    )
    on = DayField(label=_("その日"))
    witness = forms.CharField(label=_("立会人"), max_length=80)
    text = forms.CharField(label=_("場所、理由など"), max_length=200, required=False)

    def __init__(self, *args: Any, holders: Any, possible: Sequence[str], **options: Any) -> None:
        super().__init__(*args, **options)
        kind = self.fields["kind"]
        assert isinstance(kind, forms.ChoiceField)
        kind.choices = [(name, HAPPENED[name]) for name in possible]
        field = self.fields["holder"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = holders
        field.label_from_instance = named  # type: ignore[assignment]  # Django's own hook


class KeyCorrectionForm(KeyEventForm):
    """訂正 of a line of 鍵簿: the line as it should have been."""

    reason = forms.CharField(label=_("訂正の理由"), max_length=200)

    def __init__(self, *args: Any, holders: Any, **options: Any) -> None:
        super().__init__(*args, holders=holders, possible=(), **options)
        kind = self.fields["kind"]
        assert isinstance(kind, forms.ChoiceField)
        kind.choices = list(CORRECTED.items())


class RosterForm(forms.Form):
    """A contractor's report."""

    company = forms.CharField(label=_("会社"), max_length=120)
    reported_on = DayField(label=_("報告の日"))
    file = forms.FileField(label=_("記入したExcelのファイル（.xlsx）"))


class RosterLineForm(NewPersonForm):
    """One line of the report: places and posts by what they are called."""

    post = forms.CharField(label=_("職"))
    place = forms.CharField(label=_("場所"))
    first = DayField(label=_("始まり"))
    last = DayField(label=_("終わり"), required=False)

    def __init__(self, *args: Any, acting: Acting, posts: Sequence[Post], **options: Any) -> None:
        super().__init__(*args, **options)
        rules = rules_today(acting)
        self._places = {rules.text(f"places.{one}.label"): one for one in rules.members("places")}
        self._posts = {str(LABELS[one]): one for one in posts}
        self._posts |= {post_name(rules, one)[0]: one for one in posts}

    def clean_post(self) -> Post:
        """The post of that name. Raises ValidationError."""
        found = self._posts.get(self.cleaned_data["post"].strip())
        if found is None:
            names = "、".join(self._posts)
            raise forms.ValidationError(
                _("名簿で入れる職を書いてください：%(names)s"), params={"names": names}
            )
        return found

    def clean_place(self) -> str:
        """The id of the place of that name. Raises ValidationError."""
        found = self._places.get(self.cleaned_data["place"].strip())
        if found is None:
            names = "、".join(name for name in self._places if name)
            raise forms.ValidationError(
                _("きまりにある場所を書いてください：%(names)s"), params={"names": names}
            )
        return found


class DutyCorrectionForm(forms.Form):
    """訂正 of a line of 従事者名簿."""

    place = forms.ChoiceField(label=_("正しい場所"))
    company = forms.CharField(label=_("正しい会社"), max_length=120)
    reported_on = DayField(label=_("正しい報告の日"))
    reason = forms.CharField(label=_("訂正の理由"), max_length=200)

    def __init__(self, *args: Any, acting: Acting, **options: Any) -> None:
        super().__init__(*args, **options)
        rules, field = rules_today(acting), self.fields["place"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (one, rules.text(f"places.{one}.label") or one) for one in rules.members("places")
        ]


class HandoverForm(forms.Form):
    """Who leaves a post to whom."""

    leaving = forms.ModelChoiceField(
        label=_("前任者"), queryset=Appointment.objects.none(), empty_label=CHOOSE
    )
    coming = forms.ModelChoiceField(
        label=_("後任者"), queryset=Appointment.objects.none(), empty_label=CHOOSE
    )
    on = DayField(label=_("引継ぎの日"))
    matters = forms.CharField(
        label=_("申送り"),
        required=False,
        max_length=2000,
        widget=LONG,
        help_text=_("案件、鍵、端末、複製、期限は自動で入ります。そのほかのことを書いてください。"),
    )

    def __init__(self, *args: Any, among: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("leaving", "coming"):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = among
            field.label_from_instance = _held  # type: ignore[assignment]  # Django's own hook


def _held(one: Appointment) -> str:
    until = f"～{last_day(one.valid_until)}" if one.valid_until else ""
    return f"{post(one.post)}　{one.person.name}（{day(one.valid_from)}{until}）"
