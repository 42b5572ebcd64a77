# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forms of oversight."""

from django import forms
from django.utils.translation import gettext_lazy as _

from machimori.office.oversight.auditing import MOST
from machimori.office.oversight.complaints import CHANNELS
from machimori.office.oversight.correcting import FIELDS
from machimori.office.oversight.stays import CAUSES
from machimori.office.shared.forms import DayField, NoMyNumber


class CorrectionForm(forms.Form):
    """訂正."""

    field = forms.ChoiceField(label=_("訂正する欄"), choices=list(FIELDS.items()))
    new = forms.CharField(label=_("正しい内容"), max_length=500, required=False)
    reason = forms.CharField(
        label=_("訂正する理由"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("前の内容は消えません。理由といっしょに残ります。"),
    )


class ReturnForm(forms.Form):
    """報告する."""

    others = forms.CharField(
        label=_("この一覧にない保存"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "端末にほかの画像があれば、日時とカメラを書いてください。なければ空のままにします。"
        ),
    )
    remarks = forms.CharField(label=_("備考"), max_length=500, required=False)


class ConfirmForm(forms.Form):
    """確認する."""

    note = forms.CharField(
        label=_("確かめたこと"),
        max_length=500,
        help_text=_("端末に保存されている内容を、どう確かめたか。"),
    )


class ReasonForm(forms.Form):
    """A reason, and nothing else."""

    reason = forms.CharField(
        label=_("理由"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )


class SampleForm(forms.Form):
    """抜き取る."""

    first = DayField(label=_("期間の始まり"))
    last = DayField(label=_("期間の終わり"))
    size = forms.IntegerField(label=_("件数"), min_value=1, max_value=MOST, initial=20)
    seed = forms.CharField(
        label=_("種"),
        max_length=40,
        required=False,
        help_text=_(
            "空なら、でたらめに選びます。同じ期間と種からは、だれが選んでも同じ行になります。"
        ),
    )


class LookForm(forms.Form):
    """確かめた."""

    sound = forms.TypedChoiceField(
        label=_("結果"),
        choices=[("yes", _("正しい")), ("no", _("正しくない"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("気づいたこと"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class OpinionForm(forms.Form):
    """意見を書く."""

    about = forms.CharField(
        label=_("何について"), max_length=200, help_text=_("案件番号、カメラ、手続など。")
    )
    text = forms.CharField(
        label=_("意見"), max_length=2000, widget=forms.Textarea(attrs={"rows": 5})
    )


class ComplaintForm(forms.Form):
    """苦情を受ける."""

    on = DayField(label=_("受けた日"))
    channel = forms.ChoiceField(label=_("方法"), choices=list(CHANNELS.items()))
    who = forms.CharField(
        label=_("申し出た人"),
        max_length=200,
        required=False,
        help_text=_("名前を言わない人の苦情も受けます。"),
    )
    camera = forms.CharField(label=_("カメラ"), max_length=200, required=False)
    content = forms.CharField(
        label=_("内容"), max_length=2000, widget=forms.Textarea(attrs={"rows": 5})
    )


class ReplyForm(forms.Form):
    """回答する."""

    action = forms.CharField(
        label=_("したこと"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    reply = forms.CharField(
        label=_("回答"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class ImportForm(forms.Form):
    """取り込む."""

    file = forms.FileField(label=_("Excelのファイル（.xlsx）"))


class StayForm(NoMyNumber):
    """廃棄を止める."""

    cause = forms.ChoiceField(
        label=_("止める原因"), choices=list(CAUSES.items()), widget=forms.RadioSelect
    )
    reference = forms.CharField(label=_("事件や審査請求の番号"), max_length=100, required=False)
    reason = forms.CharField(
        label=_("止める理由"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )


class DisposalForm(NoMyNumber):
    """廃棄を決める."""

    number = forms.CharField(label=_("決裁番号"), max_length=80)
    decided_on = DayField(label=_("決裁の日"))
    sure = forms.BooleanField(
        label=_("一覧を確かめました。廃棄した文書は、元に戻せません。"),
    )
