# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is typed about an internal use."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from machimori.office.handover.media import CHOICES
from machimori.office.internal.drafting import Wanted
from machimori.office.provision.forms import LONG, WholeExtentForm, named, words
from machimori.office.shared.forms import DayField
from machimori.policy.grounds import grounds
from machimori.policy.profile import Profile

FATES = [("erased", _("消去した")), ("destroyed", _("破砕・溶解などで廃棄した"))]


class DraftForm(WholeExtentForm):
    """起票: what for, which footage, and who else looks."""

    within = forms.ChoiceField(label=_("制度の目的"), widget=forms.RadioSelect)
    ground = forms.ChoiceField(label=_("利用の根拠"))
    need = forms.CharField(
        label=_("何のために必要か"),
        max_length=500,
        widget=LONG,
        help_text=_("例：映像が乱れるという連絡があり、カメラの向きと画質を確かめるため"),
    )
    uses = forms.MultipleChoiceField(label=_("すること"), widget=forms.CheckboxSelectMultiple)
    attendees = forms.CharField(
        label=_("立会人"),
        required=False,
        max_length=500,
        widget=LONG,
        help_text=_("ほかに画面を見る人がいれば、所属と氏名を1行に1人ずつ入れます。"),
    )
    field_order = ("within", "ground", "need", "uses")

    def __init__(self, *args: Any, rules: Profile, **options: Any) -> None:
        super().__init__(*args, **options)
        within, uses = self.fields["within"], self.fields["uses"]
        assert isinstance(within, forms.ChoiceField)
        assert isinstance(uses, forms.MultipleChoiceField)
        purpose = rules.text("purpose.text") or ""
        within.choices = [
            ("yes", _("目的のとおり：%(purpose)s") % {"purpose": purpose}),
            ("no", _("この目的の外")),
        ]
        uses.choices = words("internal.acts", rules.names("internal.acts") or ())
        if not rules.flag("internal.attendees"):
            del self.fields["attendees"]
        if rules.flag("internal.ground_required"):
            ground = self.fields["ground"]
            assert isinstance(ground, forms.ChoiceField)
            ground.choices = [(one.id, named(one)) for one in grounds(rules) if "use" in one.opens]
        else:
            del self.fields["ground"]

    def wanted(self) -> Wanted:
        """What was typed."""
        data = self.cleaned_data
        lines = str(data.get("attendees", "")).splitlines()
        return Wanted(
            within_purpose=data["within"] == "yes",
            need=data["need"],
            uses=tuple(data["uses"]),
            extent=self.extent(),
            ground=data.get("ground", ""),
            attendees=tuple(line.strip() for line in lines if line.strip()),
        )


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("理由"), max_length=500, widget=LONG)


class WriteForm(forms.Form):
    """The medium, what was read back from it, and by when it ends."""

    kind = forms.ChoiceField(label=_("媒体の種類"), choices=CHOICES)
    number = forms.CharField(label=_("媒体番号"), max_length=40)
    read_back = forms.CharField(
        label=_("媒体から読み返した指紋"),
        max_length=100,
        help_text=_("検証の画面に出る指紋（SHA-256）の、はじめの8けた以上を入れてください。"),
    )
    due = DayField(label=_("消去・廃棄の期限"))


class EndForm(forms.Form):
    """How a copy ended."""

    fate = forms.ChoiceField(label=_("どうしたか"), choices=FATES, widget=forms.RadioSelect)
    on = DayField(label=_("その日"))
    witness = forms.CharField(label=_("立ち会った人"), max_length=80, required=False)


class ResultForm(forms.Form):
    """What came of the use."""

    result = forms.CharField(label=_("利用の結果"), max_length=1000, widget=LONG)
