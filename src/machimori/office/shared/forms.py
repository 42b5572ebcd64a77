# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forms of the office: rows with label, hint and error; days in 和暦, 西暦 or from a picker."""

import datetime as dt
import re
from html import escape
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from machimori.kernel.errors import MalformedError
from machimori.office.shared.errors import ActionRefusedError
from machimori.policy import wareki


class Renderer(TemplatesSetting):
    """Draws forms with the office's own rows."""

    form_template_name = "shared/form.html"
    field_template_name = "shared/field.html"


CHOOSE: Final = _("選んでください")
"""What stands in a list before somebody has chosen; Django's own is a row of dashes."""
_MY_NUMBER: Final = re.compile(r"(?<!\d)(?:\d[\s-]?){11}\d(?!\d)")
"""Twelve digits, of any width, perhaps in groups."""


class NoMyNumber(forms.Form):
    """A form none of whose lines takes twelve digits: 個人番号 is never written down (番号法20条).

    `numbers` names lines in which telephone numbers or fingerprints stand.
    """

    numbers: tuple[str, ...] = ("contact", "call_back")

    def clean(self) -> dict[str, Any]:
        """Mark every line that holds one."""
        found = super().clean() or {}
        for name, value in list(self.cleaned_data.items()):
            if name not in self.numbers and isinstance(value, str) and _MY_NUMBER.search(value):
                self.add_error(
                    name, _("12けたの番号は書かないでください。個人番号は記録しません。")
                )
        return found


Groups = tuple[tuple[Promise, tuple[str, ...]], ...]
"""Headings with the names of the lines under them."""
Grouped = list[tuple[Promise, list[forms.BoundField]]]


def grouped(form: forms.Form, groups: Groups) -> Grouped:
    """The form's lines under their headings, without headings that have nothing."""
    found = [
        (heading, [form[name] for name in names if name in form.fields])
        for heading, names in groups
    ]
    return [(heading, rows) for heading, rows in found if rows]


class DayInput(forms.TextInput):
    """A line for a typed day with a calendar beside it (`day.js`)."""

    template_name = "shared/day.html"

    def format_value(self, value: Any) -> str | None:
        """A day as it is written."""
        return wareki.wareki(value) if isinstance(value, dt.date) else value


class DayField(forms.CharField):
    """A day as an official types it; cleaned to a `date`."""

    widget = DayInput

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", _("例：令和8年4月1日、R8.4.1、2026-04-01"))
        super().__init__(**options)

    def clean(self, value: Any) -> Any:
        """The day, or None if it may be empty and is. Raises ValidationError."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return wareki.parse_day(text)
        except MalformedError as error:
            raise ValidationError(
                _("日付として読めません。令和8年4月1日、R8.4.1、2026-04-01の形にしてください。")
            ) from error


class ManyBoxes(forms.CheckboxSelectMultiple):
    """Boxes for a thousand choices, in a frame that scrolls: drawn without a template for each, and
    escaped by Python's own function, a quarter of the time that `format_html` takes."""

    def render(
        self,
        name: str,
        value: Any,
        attrs: dict[str, Any] | None = None,
        renderer: Any = None,
    ) -> SafeString:
        """As Django's own, but for the frame."""
        frame, line = escape((attrs or {}).get("id") or f"id_{name}"), escape(name)
        chosen = set(map(str, value or ()))
        rows = (
            f'<div><label for="{frame}_{number}"><input type="checkbox" name="{line}"'
            f' value="{escape(str(key))}" id="{frame}_{number}"'
            f"{' checked' if str(key) in chosen else ''}> {escape(str(text))}</label></div>"
            for number, (key, text) in enumerate(self.choices)
        )
        return mark_safe(  # noqa: S308 – each part was escaped as it was put in
            f'<div id="{frame}" class="many">{"".join(rows)}</div>'
        )


def refuse(form: forms.Form, error: ActionRefusedError) -> None:
    """Show an action's refusal at the head of the form."""
    form.add_error(None, f"{error.heading}。" + "".join(reason.text for reason in error.reasons))
