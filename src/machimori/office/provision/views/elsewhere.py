# SPDX-License-Identifier: AGPL-3.0-or-later
"""市の文書管理システムで決裁済みと記録する."""

from django.http import HttpResponse
from django.utils.translation import gettext as _t

from machimori.office.people.acting import ActingRequest
from machimori.office.provision import access
from machimori.office.provision import elsewhere as actions
from machimori.office.provision.decision_forms import ElsewhereForm
from machimori.office.provision.history import File
from machimori.office.provision.views.pages import form_page, one
from machimori.office.shared.posts import posts


@posts(*access.DESK)
def record(request: ActingRequest, name: str) -> HttpResponse:
    """Number, day, post, a copy; with a reason where it corrects an earlier record."""
    file, acting = one(request, name), request.acting
    before = actions.of(file)
    form = ElsewhereForm(request.POST or None, request.FILES or None, before=before)

    def act() -> File:
        typed = form.cleaned_data
        said = actions.Elsewhere(number=typed["number"], day=typed["day"], post=typed["post"])
        scan = typed["scan"].read() if typed["scan"] else b""
        reason = typed.get("reason", "")
        return actions.record(file, said, scan=scan, reason=reason, acting=acting)

    title = _t("市の文書管理システムでの決裁を記録する")
    return form_page(
        request,
        form,
        act,
        title=_t("市の文書管理システムでの決裁の記録を直す") if before else title,
        button=_t("決裁済みと記録する"),
        file=file,
        text=_t(
            "記録しても画像は開きません。保管庫は、決められた職の人がキーで署名した承認だけに従うので、"
            "このあとの署名はいつもどおり要ります。"
        ),
    )
