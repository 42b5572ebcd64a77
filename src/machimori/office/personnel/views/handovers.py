# SPDX-License-Identifier: AGPL-3.0-or-later
"""引継書: the list, making one, printing it."""

from django.db.models import Q
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from machimori.office.people.access import appointments
from machimori.office.people.acting import ActingRequest
from machimori.office.personnel import access, handing_on
from machimori.office.personnel.forms import HandoverForm
from machimori.office.personnel.models import Handover
from machimori.office.personnel.terms import WARNED
from machimori.office.personnel.views.pages import form_page
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.forms import refuse
from machimori.office.shared.posts import posts
from machimori.office.shared.printing import answer, masthead
from machimori.office.shared.tables import Cell, Listing
from machimori.office.shared.templatetags.office import day, post


@posts(*access.READERS)
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Every 引継書."""
    found = Listing[Handover](
        name=_t("引継書"),
        columns=(_t("引継ぎの日"), _t("職"), _t("前任者"), _t("後任者"), _t("案件"), _t("物")),
        cells=lambda one: (
            Cell(text=day(one.on), href=reverse("personnel:handover", args=[one.pk])),
            post(one.post),
            one.predecessor.name,
            one.successor.name,
            str(len(one.data["cases"])),
            str(len(one.data["items"])),
        ),
        search=("predecessor__name", "successor__name"),
    )
    context = {"writes": request.acting.holds(*access.WRITERS)}
    return found.respond(
        request, access.handovers(request.acting), "personnel/handovers.html", context
    )


@posts(*access.WRITERS)
def new(request: ActingRequest) -> HttpResponse:
    """Whom from, whom to; the rest is taken from the lists."""
    acting = request.acting
    recent = Q(valid_until__isnull=True) | Q(valid_until__gt=acting.at - WARNED)
    among = appointments(acting).filter(recent).order_by("post", "valid_from", "pk")
    form = HandoverForm(request.POST or None, among=among, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        try:
            handing_on.hand_on(**form.cleaned_data, acting=acting)
            return HttpResponseRedirect(reverse("personnel:handovers"))
        except ActionRefusedError as error:
            refuse(form, error)
    return form_page(
        request,
        form,
        heading=_t("引継書を作る"),
        text=_t(
            "進行中の案件は、任命といっしょに後任者へ移ります。引継書には、きょうの案件、鍵、端末、"
            "渡した複製と期限が入ります。"
        ),
        button=_t("引継書を作る"),
        back=reverse("personnel:handovers"),
    )


@posts(*access.READERS)
@require_safe
def paper(request: ActingRequest, number: int) -> HttpResponse:
    """The 引継書 as PDF, as it was recorded."""
    one = get_object_or_404(access.handovers(request.acting), pk=number)
    rules = access.rules_today(request.acting)
    made = handing_on.paper(one, rules)
    return answer(made, masthead(rules, "post_handover"), on=one.on, name=made.TITLE)
