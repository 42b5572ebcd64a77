# SPDX-License-Identifier: AGPL-3.0-or-later
"""警察署: who serves where."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from machimori.office.people.acting import ActingRequest
from machimori.office.people.models import Person
from machimori.office.police import access
from machimori.office.police.forms import PostingForm
from machimori.office.police.posting import post
from machimori.office.police.views.pages import form_page
from machimori.office.shared.posts import posts
from machimori.office.shared.tables import ValueListing


@posts("system_manager", "handling_supervisor", "auditor")
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Everybody with a post of the police, with their station."""
    acting = request.acting
    found = ValueListing[Person](
        name=_t("警察署の人"),
        columns=(_t("氏名"), _t("警察署")),
        cells=lambda one: (one.name, access.station_of(one, acting) or _t("まだ登録していません")),
    )
    context = {"may_post": acting.holds("system_manager")}
    return found.respond(request, list(access.police(acting)), "police/stations.html", context)


@posts("system_manager")
def assign(request: ActingRequest) -> HttpResponse:
    """所属を登録する."""
    acting = request.acting
    form = PostingForm(request.POST or None, people=access.police(acting))
    address = reverse("police:stations")

    def act() -> str:
        post(form.cleaned_data["person"], form.cleaned_data["station"].strip(), acting=acting)
        return address

    return form_page(
        request,
        form,
        act,
        title=_t("警察署の所属を登録する"),
        button=_t("この所属を登録する"),
        back=address,
    )
