# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is typed in a shift."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from machimori.office.provision.forms import LONG


class NoticeForm(forms.Form):
    """通報: whom the watcher told what."""

    camera = forms.ChoiceField(label=_("カメラ"), required=False)
    told = forms.CharField(
        label=_("知らせた先"), max_length=200, help_text=_("例：110番、管理責任者")
    )
    what = forms.CharField(label=_("知らせたこと"), max_length=1000, widget=LONG)

    def __init__(self, *args: Any, cameras: Mapping[str, str], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["camera"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("カメラによらない")), *cameras.items()]
