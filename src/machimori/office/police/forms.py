# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is typed about emergency extractions."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from machimori.kernel.instants import TOKYO
from machimori.office.people.access import appointable
from machimori.office.people.acting import Acting
from machimori.office.people.forms import NewPersonForm
from machimori.office.people.models import Person
from machimori.office.police.access import POLICE
from machimori.office.police.models import STATION
from machimori.office.police.ordering import Order
from machimori.office.provision.forms import LONG, WholeExtentForm
from machimori.office.shared.forms import DayField, NoMyNumber
from machimori.office.shared.posts import LABELS

_CAUSES = [("crime", _("犯罪の捜査")), ("accident", _("事故の捜査"))]


class PersonField(forms.TypedChoiceField):
    """Somebody by name, of those that the page knows; cleaned to a Person."""

    def offer(self, people: Iterable[Person]) -> None:
        """Let one of these be chosen."""
        known = {str(one.pk): one for one in people}
        self.choices = [(key, one.name) for key, one in known.items()]
        self.coerce = known.__getitem__


class OrderForm(WholeExtentForm):
    """The chief's order, as whoever is there writes it down."""

    chief = PersonField(label=_("命じた人"))
    ordered_day = DayField(label=_("命令の日"))
    ordered_time = forms.TimeField(label=_("命令の時刻"), help_text=_("例：21:00"))
    cause = forms.ChoiceField(label=_("何のためか"), choices=_CAUSES, widget=forms.RadioSelect)
    reference = forms.CharField(label=_("事件番号"), max_length=80)
    matter = forms.CharField(label=_("事件の概要"), max_length=1000, widget=LONG)
    urgency = forms.CharField(label=_("急ぐ理由"), max_length=1000, widget=LONG)
    field_order = (
        "chief",
        "ordered_day",
        "ordered_time",
        "cause",
        "reference",
        "matter",
        "urgency",
    )

    def __init__(self, *args: Any, chiefs: Iterable[Person], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["chief"]
        assert isinstance(field, PersonField)
        field.offer(chiefs)

    def order(self) -> Order:
        """What was typed."""
        data = self.cleaned_data
        return Order(
            chief=data["chief"],
            ordered_at=dt.datetime.combine(data["ordered_day"], data["ordered_time"], tzinfo=TOKYO),
            cause=data["cause"],
            urgency=data["urgency"],
            matter=data["matter"],
            reference=data["reference"],
            extent=self.extent(),
        )


class SavedForm(forms.Form):
    """What the terminal says of the file that was saved."""

    digest = forms.CharField(
        label=_("保存したファイルのハッシュ値の、はじめの8文字"),
        max_length=80,
        help_text=_(
            "保存した端末で計算します。Windowsでは「certutil -hashfile ファイル名 SHA256」です。"
        ),
    )


class RequestForm(NoMyNumber):
    """The 申請書 that follows."""

    document = forms.CharField(label=_("申請書の文書番号"), max_length=80)
    late_because = forms.CharField(
        label=_("遅れた理由"),
        max_length=500,
        required=False,
        widget=LONG,
        help_text=_("期限を過ぎたときだけ入れてください。"),
    )


class VerdictForm(NoMyNumber):
    """The city's verdict."""

    verdict = forms.ChoiceField(
        label=_("判定"),
        choices=[
            ("accepted", _("適正")),
            ("excess_found", _("範囲超過")),
            ("rejected", _("不適")),
        ],
        widget=forms.RadioSelect,
    )
    remarks = forms.CharField(label=_("意見"), max_length=1000, required=False, widget=LONG)


class ErasureForm(NoMyNumber):
    """When and how the station's copy was erased."""

    on = DayField(label=_("消去した日"))
    means = forms.CharField(label=_("消去の方法"), max_length=200)


class NoteForm(NoMyNumber):
    """What was found when it was confirmed."""

    note = forms.CharField(label=_("確認したこと"), max_length=500, widget=LONG)


class WithdrawForm(NoMyNumber):
    """Why an order is taken back."""

    reason = forms.CharField(label=_("取りやめる理由"), max_length=500, widget=LONG)


class EnterForm(NewPersonForm):
    """Somebody of a station's: person, post, station, notice."""

    post = forms.ChoiceField(label=_("職"))
    station = forms.CharField(label=_("警察署"), max_length=STATION)
    document = forms.CharField(label=_("通知の文書番号"), max_length=80)
    notified_on = DayField(label=_("通知の日"))
    valid_from = DayField(label=_("いつから"))
    last = DayField(
        label=_("いつまで（その日を含む）"),
        required=False,
        help_text=_("決まっていなければ、空けておいてください。"),
    )

    def __init__(self, *args: Any, acting: Acting, **options: Any) -> None:
        super().__init__(*args, **options)
        del self.fields["section"]
        field = self.fields["post"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(one, LABELS[one]) for one in appointable(acting) if one in POLICE]
        if not acting.holds("system_manager"):
            for name in ("station", "document", "notified_on"):
                del self.fields[name]


class PostingForm(NoMyNumber):
    """Who serves where."""

    person = PersonField(label=_("氏名"))
    station = forms.CharField(label=_("警察署"), max_length=STATION)

    def __init__(self, *args: Any, people: Iterable[Person], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["person"]
        assert isinstance(field, PersonField)
        field.offer(people)
