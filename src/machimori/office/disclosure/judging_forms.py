# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is typed between the search and completion."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from machimori.office.disclosure.forms import IdentityField, NumberedForm
from machimori.office.disclosure.history import File
from machimori.office.disclosure.judging import Decision
from machimori.office.disclosure.states import RESULTS
from machimori.office.paper.forms.disclosure_request import MANNERS
from machimori.office.provision.forms import LONG
from machimori.office.shared.forms import DayField, NoMyNumber

EXEMPT = [
    ("個情法78条1項1号", _("1号　請求者の生命、健康、生活、財産を害するおそれ")),
    ("個情法78条1項2号", _("2号　請求者以外の個人に関する情報")),
    ("個情法78条1項3号", _("3号　法人などに関する情報")),
    ("個情法78条1項4号", _("4号　国の安全などを害するおそれ")),
    ("個情法78条1項5号", _("5号　犯罪の予防、捜査などに支障を及ぼすおそれ")),
    ("個情法78条1項6号", _("6号　審議、検討などに関する情報")),
    ("個情法78条1項7号", _("7号　事務や事業に支障を及ぼすおそれ")),
]
"""不開示情報 (個情法78条1項各号), in short."""
_RULINGS = [
    ("inadmissible", _("却下（不適法）")),
    ("dismissed", _("棄却（理由がない）")),
    ("upheld", _("認容（決定をやり直す）")),
]


class FoundForm(NoMyNumber):
    """What the search came to."""

    kept = forms.BooleanField(label=_("画像は残っている"), required=False)
    shown = forms.BooleanField(label=_("本人が写っている"), required=False)
    others = forms.BooleanField(label=_("ほかの人が写っている"), required=False)
    removable = forms.BooleanField(label=_("ほかの人の部分を取り除ける"), required=False)
    note = forms.CharField(
        label=_("探した範囲と結果"), max_length=1000, required=False, widget=LONG
    )


class OpinionForm(NumberedForm):
    """Whom to ask, about what."""

    name = forms.CharField(label=_("第三者の氏名"), max_length=80)
    address = forms.CharField(label=_("第三者の住所"), max_length=200, required=False)
    about = forms.CharField(
        label=_("その人に関する情報の内容"),
        max_length=500,
        widget=LONG,
        help_text=_("請求者の名前は書きません。"),
    )
    duty = forms.BooleanField(label=_("照会が義務である（個情法86条2項）"), required=False)
    reply_by = DayField(label=_("意見書の提出期限"))
    field_order = ("name", "address", "about", "duty", "reply_by", "on", "document_number")


class AnswerForm(NoMyNumber):
    """An opinion that was filed."""

    inquiry = forms.TypedChoiceField(label=_("だれの意見か"), coerce=int)
    objects = forms.TypedChoiceField(
        label=_("意見"),
        choices=[("no", _("開示しても差し支えない")), ("yes", _("開示に反対する"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    part = forms.CharField(label=_("反対する部分"), max_length=300, required=False)
    reason = forms.CharField(label=_("反対の理由"), max_length=500, required=False, widget=LONG)
    on = DayField(label=_("届いた日"))

    def __init__(self, *args: Any, file: File, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["inquiry"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [
            (one.asked.serial, one.asked.data["name"])
            for one in file.opinions
            if one.answer is None
        ]


class ExtendForm(NumberedForm):
    """Why the period is not enough."""

    reason = forms.CharField(label=_("延長の理由"), max_length=500, widget=LONG)
    large = forms.BooleanField(
        label=_("著しく大量なため、残りを分けて決定する（個情法84条）"), required=False
    )
    rest_due = DayField(label=_("残りの部分を決定する日"), required=False)
    field_order = ("reason", "large", "rest_due", "on", "document_number")


class TransferForm(NumberedForm):
    """To whom, and why."""

    to = forms.CharField(label=_("移送先の機関"), max_length=120)
    reason = forms.CharField(label=_("移送する正当な理由"), max_length=500, widget=LONG)
    field_order = ("to", "reason", "on", "document_number")


class WithdrawForm(NoMyNumber):
    """The requester's word."""

    on = DayField(label=_("取り下げられた日"))
    reason = forms.CharField(label=_("取下げの理由"), max_length=300, required=False)


class DecisionForm(NoMyNumber):
    """A decision. What a kind of decision does not need stays empty."""

    result = forms.ChoiceField(
        label=_("決定"), choices=list(RESULTS.items()), widget=forms.RadioSelect
    )
    on = DayField(label=_("決定の日"))
    decision = forms.CharField(
        label=_("決裁番号"), max_length=80, required=False, help_text=_("あとからでも構いません。")
    )
    withheld = forms.CharField(
        label=_("開示しない部分"), max_length=300, required=False, help_text=_("部分開示のとき。")
    )
    clause = forms.ChoiceField(
        label=_("不開示情報の号"), choices=[("", _("ない")), *EXEMPT], required=False
    )
    reason = forms.CharField(
        label=_("開示しない理由"),
        max_length=1000,
        required=False,
        widget=LONG,
        help_text=_("全部を開示するとき以外は必ず書きます（行政手続法8条）。"),
    )
    purpose = forms.CharField(
        label=_("利用目的"), max_length=300, required=False, help_text=_("開示するとき。")
    )
    manners = forms.MultipleChoiceField(
        label=_("開示の実施の方法"),
        choices=[(one, one) for one in MANNERS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    places = forms.CharField(label=_("日時・場所"), max_length=300, required=False)
    fee = forms.CharField(label=_("費用"), max_length=80, required=False)

    def decided(self) -> Decision:
        """What was typed."""
        return Decision(**self.cleaned_data | {"manners": tuple(self.cleaned_data["manners"])})


class ToldForm(NumberedForm):
    """Why it is disclosed all the same."""

    reason = forms.CharField(label=_("開示を決めた理由"), max_length=500, widget=LONG)
    field_order = ("reason", "on", "document_number")


class MannerForm(NoMyNumber):
    """How the requester wants it."""

    manner = forms.ChoiceField(label=_("実施の方法"), widget=forms.RadioSelect)
    wish = forms.CharField(label=_("希望する日時など"), max_length=200, required=False)
    on = DayField(label=_("申出の日"))
    excuse = forms.CharField(label=_("期限に遅れた正当な理由"), max_length=300, required=False)

    def __init__(self, *args: Any, file: File, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["manner"]
        assert isinstance(field, forms.ChoiceField)
        manners = file.decision.data["manners"] if file.decision else []
        field.choices = [(one, one) for one in manners]


class DiscloseForm(NoMyNumber):
    """To whom it was disclosed."""

    on = DayField(label=_("開示した日"))
    identity = IdentityField(label=_("示された本人確認書類"))
    identity_by = forms.CharField(label=_("本人確認をした職員"), max_length=80)
    medium = forms.CharField(
        label=_("渡した媒体の番号"),
        max_length=80,
        required=False,
        help_text=_("閲覧のときは空のまま。"),
    )


class AppealForm(NoMyNumber):
    """Who appeals, against what."""

    by = forms.ChoiceField(
        label=_("審査請求をした人"),
        choices=[("requester", _("請求者")), ("third_party", _("第三者"))],
        widget=forms.RadioSelect,
    )
    matter = forms.CharField(label=_("審査請求の趣旨"), max_length=500, widget=LONG)
    on = DayField(label=_("審査請求の日"))
    excuse = forms.CharField(label=_("期間に遅れた正当な理由"), max_length=300, required=False)


class BoardForm(NumberedForm):
    """Whom the city consults."""

    board = forms.CharField(
        label=_("諮問した審査会"), max_length=120, help_text=_("情報公開・個人情報保護審査会など。")
    )
    field_order = ("board", "on", "document_number")


class RulingForm(NoMyNumber):
    """How the appeal ended."""

    ruling = forms.ChoiceField(label=_("裁決"), choices=_RULINGS, widget=forms.RadioSelect)
    reason = forms.CharField(label=_("裁決の理由"), max_length=1000, widget=LONG)
    report = forms.CharField(label=_("答申の番号"), max_length=80, required=False)
    on = DayField(label=_("裁決の日"))


class CloseForm(NoMyNumber):
    """What should be remembered."""

    note = forms.CharField(label=_("備考"), max_length=300, required=False)
