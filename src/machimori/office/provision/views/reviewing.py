# SPDX-License-Identifier: AGPL-3.0-or-later
"""立会いを認める."""

from django.http import HttpResponse
from django.utils.translation import gettext as _t

from machimori.office.people.acting import ActingRequest
from machimori.office.provision import access, reviewing
from machimori.office.provision.reviewing_forms import AttendeeForm
from machimori.office.provision.views.pages import form_page, one
from machimori.office.shared.posts import posts


@posts(*access.DESK)
def permit_attendee(request: ActingRequest, name: str) -> HttpResponse:
    """Somebody may look on; who decides says so."""
    file, acting = one(request, name), request.acting
    form = AttendeeForm(request.POST or None)
    return form_page(
        request,
        form,
        lambda: reviewing.permit_attendee(file, **form.cleaned_data, acting=acting),
        title=_t("立会いを認める"),
        button=_t("この人の立会いを認める"),
        file=file,
        text=_t("画像を開く職員は、ここで認めた人だけを立会人として記録できます。"),
    )
