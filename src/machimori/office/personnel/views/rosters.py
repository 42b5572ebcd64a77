# SPDX-License-Identifier: AGPL-3.0-or-later
"""従事者名簿: who serves where, and taking a contractor's report in."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from machimori.office.people.acting import ActingRequest
from machimori.office.personnel import access, roster, roster_correcting
from machimori.office.personnel.forms import DutyCorrectionForm, RosterForm
from machimori.office.personnel.models import Duty, DutyCorrection
from machimori.office.personnel.views.pages import form_page
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.forms import refuse
from machimori.office.shared.posts import posts
from machimori.office.shared.sheets import MAX_FILE
from machimori.office.shared.tables import Cell, Listing, xlsx_file
from machimori.office.shared.templatetags.office import day, last_day, minute, post
from machimori.policy.profile import Profile


@posts(*access.CITY)
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Everybody whom contractors have reported."""
    rules, writes = access.rules_today(request.acting), request.acting.holds("system_manager")

    def cells(one: Duty) -> tuple[str | Cell, ...]:
        now = one.now
        return (
            one.appointment.person.name,
            now.company,
            post(one.appointment.post),
            rules.text(f"places.{now.place}.label") or now.place,
            day(one.appointment.valid_from),
            last_day(one.appointment.valid_until),
            day(now.reported_on),
            _corrections(one, rules),
            Cell(text=_t("訂正する"), href=reverse("personnel:roster_correct", args=[one.pk]))
            if writes
            else "",
        )

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
            _t("訂正"),
            _t("手続き"),
        ),
        cells=cells,
        search=("appointment__person__name", "company", "corrections__company"),
    )
    # A line with two corrections is found twice otherwise.
    rows = access.duties(request.acting).distinct()
    return found.respond(request, rows, "personnel/rosters.html", {"writes": writes})


def _corrections(one: Duty, rules: Profile) -> str:
    """Each with what stood there before it, who, when and why."""
    found = list(one.corrections.all())
    before: list[Duty | DutyCorrection] = [one, *found]
    return "／".join(
        _t("訂正前：%(old)s　理由：%(why)s　%(by)s（%(at)s）")
        % {
            "old": "　".join(
                (
                    rules.text(f"places.{old.place}.label") or old.place,
                    old.company,
                    day(old.reported_on),
                )
            ),
            "why": new.reason,
            "by": new.by.name,
            "at": minute(new.at),
        }
        for old, new in zip(before, found, strict=False)
    )


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


@posts("system_manager")
def correct(request: ActingRequest, number: int) -> HttpResponse:
    """訂正 of one line."""
    acting = request.acting
    wrong = get_object_or_404(access.duties(acting), pk=number)
    now, back = wrong.now, reverse("personnel:rosters")
    initial = {"place": now.place, "company": now.company, "reported_on": now.reported_on}
    form = DutyCorrectionForm(request.POST or None, acting=acting, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            roster_correcting.correct(wrong, **form.cleaned_data, acting=acting)
            return HttpResponseRedirect(back)
        except ActionRefusedError as error:
            refuse(form, error)
    return form_page(
        request,
        form,
        heading=_t("%(name)sさんの名簿の記録を訂正する") % {"name": wrong.appointment.person.name},
        text=_t(
            "前の記録も残り、見られます。人や期間がちがうときは、その人の任命を終え、名簿を取り込み直してください。"
        ),
        button=_t("訂正する"),
        back=back,
    )
