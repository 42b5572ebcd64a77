# SPDX-License-Identifier: AGPL-3.0-or-later
"""市の決定: every decision, and its 決裁番号 once there is one."""

from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from machimori.office.people.acting import Acting, ActingRequest
from machimori.office.rules import access, actions
from machimori.office.rules.forms import NumberForm
from machimori.office.rules.models import Resolution
from machimori.office.rules.posts import READERS
from machimori.office.rules.words import in_words_with_unit, name
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts
from machimori.office.shared.tables import Cell, Listing
from machimori.office.shared.templatetags.office import day
from machimori.policy.questions import catalogue


@posts(*READERS)
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Every decision of the scheme, the latest first."""
    rows = access.resolutions(request.acting).annotate(answers=Count("adoptions"))
    found = Listing[Resolution](
        name=_t("市の決定"),
        columns=(_t("決裁の日"), _t("決裁番号"), _t("いつから"), _t("項目の数"), _t("入れた人")),
        cells=_cells,
        search=("number", "adopted_by__name"),
    )
    return found.respond(request, rows, "rules/resolutions.html", {})


def _cells(one: Resolution) -> tuple[str | Cell, ...]:
    href = reverse("rules:resolution", args=[one.pk])
    missing = Cell(text=_t("まだ入っていません"), mark="open")
    return (
        Cell(text=day(one.adopted_on), href=href),
        one.number or missing,
        day(one.effective_from),
        str(getattr(one, "answers", "")),
        one.adopted_by.name,
    )


@posts(*READERS)
@require_safe
def one(request: ActingRequest, number: int) -> HttpResponse:
    """One decision with its answers."""
    return _page(request, _found(request, number), NumberForm())


@posts("system_manager")
@require_POST
def note_number(request: ActingRequest, number: int) -> HttpResponse:
    """Enter the 決裁番号 afterwards."""
    found = _found(request, number)
    form = NumberForm(request.POST)
    if form.is_valid():
        try:
            actions.note_number(found, form.cleaned_data["number"], acting=request.acting)
        except ActionRefusedError as error:
            return _page(request, found, form, refused=error)
        return HttpResponseRedirect(reverse("rules:resolution", args=[found.pk]))
    return _page(request, found, form)


def _found(request: ActingRequest, number: int) -> Resolution:
    return get_object_or_404(access.resolutions(request.acting), pk=number)


def _page(
    request: HttpRequest,
    found: Resolution,
    form: NumberForm,
    *,
    refused: ActionRefusedError | None = None,
) -> HttpResponse:
    acting: Acting = request.acting  # type: ignore[attr-defined]  # behind @posts
    rules = access.in_force(acting.scheme, found.effective_from)
    rows = []
    for adoption in found.adoptions.select_related("resolution").order_by("pk"):
        question = catalogue().question(adoption.key)
        value = access.decided(adoption).value
        rows.append(
            {
                "key": adoption.key,
                "name": name(rules, adoption.key),
                "value": in_words_with_unit(rules, adoption.key, question, value),
                "reason": adoption.reason,
            }
        )
    context = {
        "found": found,
        "rows": rows,
        "form": form if access.may_decide(acting) and not found.number else None,
        "refused": refused,
    }
    return render(request, "rules/resolution.html", context, status=403 if refused else 200)
