# SPDX-License-Identifier: AGPL-3.0-or-later
"""The application's form: it shows what the chosen ground asks for, and nothing else.

What is not shown keeps what was known before, and what was typed into it stays on the page unseen
(`aside`), so that a ground chosen by mistake costs no typing.
"""

from dataclasses import fields, replace
from typing import Any, Final

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from machimori.office.provision.application import Application
from machimori.office.provision.forms import LONG, ExtentForm, named, words
from machimori.office.shared.forms import DayField, Grouped, Groups, grouped
from machimori.policy.grounds import Ground, grounds
from machimori.policy.profile import Profile

_CHANNELS = [("telephone", _("電話")), ("counter", _("窓口")), ("post", _("郵送"))]
_USES = [("view", _("閲覧")), ("copy", _("複製")), ("print", _("印刷"))]
_SAID = [
    ("form_filed", _("所定の申請書を受け取った")),
    ("urgent", _("緊急で、文書はあとから届く")),
    ("by_subject", _("申請者が、写っている本人である")),
]
_CONSENTS = [
    ("", _("ない")),
    ("applicant", _("本人の同意がある")),
    ("each", _("写っている全員の同意がある")),
]
_PAPERS = [
    ("photo_id", _("写真付きの本人確認書類")),
    ("subject_consent", _("本人の同意書")),
    ("face_photo", _("本人が特定できる顔写真など")),
]
_DOCUMENT: Final = ("document", "document_number", "document_day", "original_day", "call_back")
_GROUPS: Final[Groups] = (
    (_("申請者"), ("body", "name", "contact", "address", "identity_means", "identity_by")),
    (_("申請の内容"), ("purpose", "uses", "case", "reason")),
    (
        _("撮影場所と日時"),
        ("place", "cameras", "first_day", "first_time", "last_day", "last_time"),
    ),
    (_("文書"), _DOCUMENT),
    (_("本人と同意"), ("subject_name", "consents", "papers")),
    (_("そのほか"), ("said",)),
)
_ASKED: Final = ("address", "case", "reason")
"""Fields that are shown only where the ground asks for them, or while it is not known."""


class _Boxes(forms.CheckboxSelectMultiple):
    """Boxes of which a ground offers some: each stays the same where the others come and go."""

    def create_option(self, name: str, value: Any, *args: Any, **options: Any) -> dict[str, Any]:
        """As Django's own, known by its value instead of its place, and kept by htmx."""
        found = super().create_option(name, value, *args, **options)
        found["attrs"] |= {"id": f"id_{name}_{value}", "hx-preserve": "true"}
        return found


class ApplicationForm(ExtentForm):
    """An application, as far as it is known. What is missing is asked for afterwards."""

    channel = forms.ChoiceField(label=_("どのように来たか"), choices=_CHANNELS)
    ground = forms.ChoiceField(label=_("提供の根拠"), required=False, widget=forms.RadioSelect)
    body = forms.CharField(label=_("申請者の所属"), max_length=120, required=False)
    name = forms.CharField(label=_("申請者の氏名"), max_length=80, required=False)
    address = forms.CharField(label=_("住所"), max_length=200, required=False)
    contact = forms.CharField(label=_("連絡先"), max_length=120, required=False)
    identity_means = forms.CharField(
        label=_("身分をどう確かめたか"),
        max_length=120,
        required=False,
        help_text=_("身分証の種類、所属への折返しの電話など。写しは取らず、個人番号は書きません。"),
    )
    identity_by = forms.CharField(label=_("身分を確かめた人"), max_length=80, required=False)
    case = forms.CharField(label=_("具体的な事案"), max_length=500, required=False, widget=LONG)
    purpose = forms.CharField(label=_("利用目的"), max_length=300, required=False)
    reason = forms.CharField(label=_("必要とする理由"), max_length=500, required=False, widget=LONG)
    place = forms.CharField(label=_("撮影場所"), max_length=200, required=False)
    uses = forms.MultipleChoiceField(
        label=_("求めていること"),
        choices=_USES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    document = forms.ChoiceField(label=_("受け取った文書"), required=False)
    document_number = forms.CharField(label=_("文書番号"), max_length=80, required=False)
    document_day = DayField(label=_("文書の日付"), required=False)
    original_day = DayField(label=_("原本が届いた日"), required=False)
    call_back = forms.CharField(
        label=_("折返しの確認"),
        max_length=120,
        required=False,
        help_text=_("所属の代表電話に折り返して、本物の照会かを確かめたときに書きます。"),
    )
    said = forms.MultipleChoiceField(
        label=_("当てはまるもの"),
        choices=_SAID,
        required=False,
        widget=_Boxes,
        help_text=_("文書があとになるのは、根拠が認めるときだけです。"),
    )
    consents = forms.ChoiceField(label=_("同意"), choices=_CONSENTS, required=False)
    subject_name = forms.CharField(
        label=_("写っている本人の氏名"),
        max_length=80,
        required=False,
        help_text=_("申請者が本人でないとき"),
    )
    papers = forms.MultipleChoiceField(
        label=_("示された書類"),
        choices=_PAPERS,
        required=False,
        widget=_Boxes,
    )

    drawn_anew = ("document", "said", "papers")
    """Lines that look otherwise under another ground. All others stay as they are, with whatever
    is being typed into them."""

    def __init__(
        self, *args: Any, rules: Profile, known: Application | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._known = known or Application()
        choices = grounds(rules)
        chosen = self.data.get("ground") if self.is_bound else self.initial.get("ground", "")
        ground = next((one for one in choices if one.id == chosen), None)
        self._offer(
            "ground", [("", _("まだ分からない")), *((one.id, named(one)) for one in choices)]
        )
        self._offer("said", [one for one in _SAID if one[0] in _sayable(ground)])
        self._offer("papers", [one for one in _PAPERS if ground and one[0] in ground.fields])
        accepted = words("grounds.*.documents", ground.documents if ground else ())
        self._offer("document", [("", _("まだない")), *accepted] if accepted else [])
        self._aside = {
            name: self.fields.pop(name) for name in _hidden(ground) if name in self.fields
        }

    def _offer(self, name: str, choices: list[tuple[str, Any]]) -> None:
        """Give a field these choices, or take it away if there are none.

        What was ticked under another ground and is not offered here is forgotten.
        """
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices
        if not choices:
            del self.fields[name]
        elif isinstance(self.data, QueryDict) and name != "ground":
            offered = {key for key, _text in choices}
            self.data = self.data.copy()
            self.data.setlist(name, [one for one in self.data.getlist(name) if one in offered])

    def groups(self) -> Grouped:
        """What the ground asks for, group by group."""
        return grouped(self, _GROUPS)

    def aside(self) -> list[forms.BoundField]:
        """What the ground does not ask for, with what was typed into it. It is not taken in."""
        return [one.get_bound_field(self, name) for name, one in self._aside.items()]

    def application(self) -> Application:
        """What was typed, and what was known of what is not shown."""
        data = self.cleaned_data
        start, end = self.interval()
        names = {one.name for one in fields(Application)} - {"start", "end"}
        typed = {name: data[name] for name in self.fields if name in names}
        for name in ("cameras", "uses", "papers"):
            if name in typed:
                typed[name] = tuple(typed[name])
        typed |= {name: name in data["said"] for name, _label in _SAID}
        return replace(self._known, **typed, start=start, end=end)

    @classmethod
    def initial_from(cls, known: Application) -> dict[str, Any]:
        """A form that shows an application."""
        found = {one.name: getattr(known, one.name) for one in fields(Application)}
        said = [name for name, _label in _SAID if found[name]]
        return found | {"said": said} | cls.initial_of(known.cameras, known.start, known.end)

    @classmethod
    def initial_typed(cls, data: Any) -> dict[str, Any]:
        """A form that shows what has been typed so far, unchecked."""
        return {
            name: field.widget.value_from_datadict(data, {}, name)
            for name, field in cls.base_fields.items()
        }


def _sayable(ground: Ground | None) -> set[str]:
    """Which of the boxes under 「当てはまるもの」 mean something under this ground."""
    found = {"form_filed"}
    if ground is not None and ground.urgent_variant:
        found.add("urgent")
    if ground is not None and ground.basis == "consent":
        found.add("by_subject")
    return found


def _hidden(ground: Ground | None) -> set[str]:
    """Which fields this ground does not ask for."""
    if ground is None:
        return {"reason", "subject_name", "consents", *_DOCUMENT}
    found = set(_ASKED) - set(ground.fields)
    if not ground.documents:
        found |= set(_DOCUMENT)
    if ground.basis != "consent":
        found |= {"subject_name", "consents"}
    if not ground.identity_checked:
        found |= {"identity_means", "identity_by"}
    return found


class AmendForm(ApplicationForm):
    """An application anew, with why."""

    why = forms.CharField(label=_("直す理由"), max_length=200)
