# SPDX-License-Identifier: AGPL-3.0-or-later
"""従事者名簿: who serves where, and taking a contractor's report in."""

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from machimori.office.people.acting import ActingRequest
from machimori.office.personnel import access, roster
from machimori.office.personnel.forms import RosterForm
from machimori.office.personnel.models import Duty
from machimori.office.personnel.views.pages import form_page
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts
from machimori.office.shared.sheets import MAX_FILE
from machimori.office.shared.tables import Listing, xlsx_file
from machimori.office.shared.templatetags.office import day, last_day, post


@posts(*access.CITY)
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Everybody whom contractors have reported."""
    rules = access.rules_today(request.acting)
    found = Listing[Duty](
        name=_t("従事者名簿"),
        columns=(
            _t("氏名"),
            _t("会社"),
            _t("職"),
            _t("場所"),
            _t("始まり"),
            _t("終わり"),
            _t("報告の日"),
        ),
        cells=lambda one: (
            one.appointment.person.name,
            one.company,
            post(one.appointment.post),
            rules.text(f"places.{one.place}.label") or one.place,
            day(one.appointment.valid_from),
            last_day(one.appointment.valid_until),
            day(one.reported_on),
        ),
        search=("appointment__person__name", "company"),
    )
    context = {"writes": request.acting.holds("system_manager")}
    return found.respond(request, access.duties(request.acting), "personnel/rosters.html", context)


@posts("system_manager")
@require_safe
def form_file(request: ActingRequest) -> HttpResponse:
    """The Excel form for the contractor; its places and posts are those of the rules."""
    rules = access.rules_today(request.acting)
    titles = tuple(roster.columns().values())
    examples = [
        (str(post(one)), "", "", "", rules.text(f"places.{place}.label") or place, "", "")
        for one in roster.reported_posts(request.acting)
        for place in rules.members("places")
    ]
    return xlsx_file(_t("従事者名簿の様式"), titles, examples)


@posts("system_manager")
def take_in(request: ActingRequest) -> HttpResponse:
    """Take a contractor's report in."""
    acting, refused = request.acting, None
    form = RosterForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        report = roster.Report(company=typed["company"], reported_on=typed["reported_on"])
        try:
            roster.take_in(typed["file"].read(MAX_FILE + 1), report, acting=acting)
            return HttpResponseRedirect(reverse("personnel:rosters"))
        except ActionRefusedError as error:
            refused = error
    return form_page(
        request,
        form,
        heading=_t("従事者名簿を取り込む"),
        text=_t(
            "様式を会社に渡し、1人を1行に書いてもらってください。1行でも間違いがあれば、だれも入りません。"
        ),
        button=_t("この名簿を取り込む"),
        back=reverse("personnel:rosters"),
        refused=refused,
        template_href=reverse("personnel:roster_form"),
    )
