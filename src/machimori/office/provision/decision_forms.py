# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is typed when a case is drafted, decided and ordered."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from machimori.office.provision.elsewhere import Elsewhere
from machimori.office.provision.forms import LONG, WholeExtentForm, words
from machimori.office.scans.forms import ScanField
from machimori.office.shared.forms import DayField, NoMyNumber
from machimori.policy.grounds import Ground


class DraftForm(NoMyNumber):
    """What was checked, and what the signers should know."""

    checks = forms.MultipleChoiceField(
        label=_("確かめたこと"), required=False, widget=forms.CheckboxSelectMultiple
    )
    note = forms.CharField(label=_("起案の理由"), max_length=1000, required=False, widget=LONG)

    conditions = forms.CharField(
        label=_("承認の条件"),
        max_length=1000,
        required=False,
        widget=LONG,
        help_text=_("1行に1つずつ。承認書、受領書、回答書に印刷します。"),
    )
    return_by = DayField(
        label=_("返却・消去の期限（条件にするとき）"),
        required=False,
        help_text=_("引き渡すときの期限は、この日より後にできません。"),
    )

    def __init__(self, *args: Any, ground: Ground | None, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["checks"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = words("grounds.*.checks", ground.checks if ground else ())
        field.required = bool(field.choices)


class NarrowForm(WholeExtentForm):
    """Less than was asked for, with why."""

    reason = forms.CharField(label=_("一部だけにする理由"), max_length=500, widget=LONG)


class InstructForm(WholeExtentForm):
    """What is to be taken out."""

    note = forms.CharField(
        label=_("取り出す人に伝えること"), max_length=500, required=False, widget=LONG
    )


class ElsewhereForm(NoMyNumber):
    """A decision in the city's document system, with why if it corrects an earlier record."""

    number = forms.CharField(
        label=_("決裁番号"), max_length=60, help_text=_("文書管理システムの番号のとおりに。")
    )
    day = DayField(label=_("決裁の日"))
    post = forms.CharField(
        label=_("決裁した職"), max_length=60, help_text=_("例：市民部長。氏名は書きません。")
    )
    reason = forms.CharField(label=_("直す理由"), max_length=500, widget=LONG)
    scan = ScanField(label=_("決裁の写し（あれば。PDF・JPEG・PNG・TIFF）"), required=False)

    def __init__(self, *args: Any, before: Elsewhere | None, **options: Any) -> None:
        super().__init__(*args, **options)
        if before is None:
            del self.fields["reason"]
            return
        self.initial = {"number": before.number, "day": before.day, "post": before.post}


class AgreeForm(NoMyNumber):
    """What who reads the draft on its round has to say."""

    note = forms.CharField(label=_("意見（あれば）"), max_length=500, required=False, widget=LONG)


class SendBackForm(NoMyNumber):
    """Why it goes back."""

    reason = forms.CharField(label=_("差し戻す理由"), max_length=500, widget=LONG)


class ReviewForm(NoMyNumber):
    """What the manager notes on reviewing a deputy's decision."""

    note = forms.CharField(label=_("後閲の意見"), max_length=500, required=False, widget=LONG)


class RefuseForm(NoMyNumber):
    """Why not, and by which clause."""

    reason = forms.CharField(label=_("不承認の理由"), max_length=1000, widget=LONG)
    clause = forms.ChoiceField(label=_("もとになる条文"), required=False)

    def __init__(self, *args: Any, clauses: Iterable[str], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["clause"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [*((one, one) for one in clauses), ("", _("条文によらない"))]
