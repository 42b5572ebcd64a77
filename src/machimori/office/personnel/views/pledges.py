# SPDX-License-Identifier: AGPL-3.0-or-later
"""誓約簿: who has signed, the paper to sign, recording and correcting."""

from collections.abc import Sequence
from typing import NamedTuple

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from machimori.office.people.access import appointments
from machimori.office.people.acting import Acting, ActingRequest, current
from machimori.office.people.models import Appointment, Person
from machimori.office.personnel import access, pledges
from machimori.office.personnel.forms import PledgeCorrectionForm, PledgeForm
from machimori.office.personnel.models import Pledge
from machimori.office.personnel.views.pages import form_page
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.forms import refuse
from machimori.office.shared.posts import posts
from machimori.office.shared.printing import answer, masthead
from machimori.office.shared.tables import Cell, Listing
from machimori.office.shared.templatetags.office import day, last_day, post


class _Line(NamedTuple):
    person: Person
    held: Sequence[Appointment]
    pledge: Pledge | None


@posts(*access.READERS)
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Everybody who has or had a post, with the day of their signature."""
    acting = request.acting

    def load(rows: Sequence[Person]) -> list[_Line]:
        signed = access.pledges_of(acting, rows)
        held: dict[int, list[Appointment]] = {}
        for one in appointments(acting).filter(person__in=rows).order_by("valid_from"):
            held.setdefault(one.person_id, []).append(one)
        return [_Line(row, held.get(row.pk, ()), signed.get(row.pk)) for row in rows]

    found = Listing[Person](
        name=_t("誓約簿"),
        columns=(_t("氏名"), _t("所属"), _t("職と期間"), _t("署名した日"), _t("保管場所")),
        cells=_cells,
        search=("name", "kana", "section", "login"),
        load=load,
    )
    return found.respond(request, access.persons(acting), "personnel/pledges.html", {})


def _cells(line: _Line) -> tuple[str | Cell, ...]:
    terms = (
        f"{post(one.post)} {day(one.valid_from)}～{last_day(one.valid_until)}" for one in line.held
    )
    return (
        Cell(text=line.person.name, href=reverse("personnel:pledge", args=[line.person.pk])),
        line.person.section,
        "、".join(terms),
        day(line.pledge.signed_on) if line.pledge else Cell(text=_t("まだ"), mark="open"),
        line.pledge.kept_at if line.pledge else "",
    )


@posts(*access.READERS)
def person(request: ActingRequest, number: int) -> HttpResponse:
    """One person's pledges, the paper, and the record of the signature."""
    one, acting = _one(request, number), request.acting
    form = PledgeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            pledges.enter(one, **form.cleaned_data, acting=acting)
            return HttpResponseRedirect(reverse("personnel:pledges"))
        except ActionRefusedError as error:
            refuse(form, error)
    held = appointments(acting).filter(person=one)
    context = {
        "one": one,
        "form": form,
        "held": held.order_by("-valid_from"),
        "pledged": access.pledges_of(acting, [one]).get(one.pk),
        "history": Pledge.objects.filter(scheme=acting.scheme, person=one)
        .select_related("by")
        .order_by("-pk"),
        "writes": _writes(acting, one),
        "ended": not held.filter(current(acting.at)).exists(),
    }
    return render(request, "personnel/pledge.html", context)


@posts(*access.WRITERS)
def correct(request: ActingRequest, number: int) -> HttpResponse:
    """訂正 of the record that holds."""
    one, acting = _one(request, number), request.acting
    wrong = access.pledges_of(acting, [one]).get(one.pk)
    back = reverse("personnel:pledge", args=[one.pk])
    if wrong is None:
        return HttpResponseRedirect(back)
    form = PledgeCorrectionForm(request.POST or None, initial={"kept_at": wrong.kept_at})
    if request.method == "POST" and form.is_valid():
        try:
            pledges.correct(wrong, **form.cleaned_data, acting=acting)
            return HttpResponseRedirect(back)
        except ActionRefusedError as error:
            refuse(form, error)
    return form_page(
        request,
        form,
        heading=_t("誓約の記録を訂正する"),
        text=_t("前の記録も残り、見られます。"),
        button=_t("訂正する"),
        back=back,
    )


@posts(*access.READERS)
@require_safe
def paper(request: ActingRequest, number: int) -> HttpResponse:
    """The 誓約書 for one appointment, as PDF."""
    one = get_object_or_404(appointments(request.acting), pk=number)
    rules = access.rules_today(request.acting)
    made = pledges.paper(one, rules)
    return answer(made, masthead(rules, "pledge"), on=request.acting.at.date(), name=made.TITLE)


def _one(request: ActingRequest, number: int) -> Person:
    return get_object_or_404(access.persons(request.acting), pk=number)


def _writes(acting: Acting, one: Person) -> bool:
    try:
        access.check_records(acting, one)
    except ActionRefusedError:
        return False
    return acting.holds(*access.WRITERS)
