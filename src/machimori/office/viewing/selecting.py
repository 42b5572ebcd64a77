# SPDX-License-Identifier: AGPL-3.0-or-later
"""範囲を選ぶ on the page: the rows of cameras, and what to do where they go too far."""

from collections.abc import Iterable

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from machimori.office.cameras.access import names
from machimori.office.people.acting import ActingRequest
from machimori.office.provision import reviewing
from machimori.office.provision.access import DESK
from machimori.office.provision.drafting import Extent
from machimori.office.provision.orders import ordered
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts
from machimori.office.viewing import access
from machimori.office.viewing.forms import SelectForm, instant_input


@posts(*DESK)
@require_POST
def select(request: ActingRequest, name: str) -> HttpResponse:
    """The part that is needed; on to where it is taken out."""
    found = access.own(request.acting, name)
    file = found[1].case if found else None
    whole = ordered(file) if file else None
    if file is None or whole is None:
        raise Http404
    form = SelectForm(whole, names(file.case.scheme, whole.cameras), request.POST)
    refused, inside = None, []
    if form.is_valid():
        try:
            reviewing.select(file, form.extents, acting=request.acting)
        except ActionRefusedError as error:
            refused, inside = error, list(_inside(form.extents, whole))
        else:
            return HttpResponseRedirect(reverse("handover:extract", args=[file.case.pk]))
    context = {"file": file, "name": name, "form": form, "refused": refused, "inside": inside}
    return render(request, "viewing/beyond.html", context)


def _inside(extents: Iterable[Extent], whole: Extent) -> Iterable[tuple[str, str, str]]:
    """What of the parts lies inside the instruction, as the form sends it."""
    for one in extents:
        start, end = max(one.start, whole.start), min(one.end, whole.end)
        if start < end:
            yield one.cameras[0], instant_input(start), instant_input(end)
