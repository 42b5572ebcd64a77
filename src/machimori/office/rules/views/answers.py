# SPDX-License-Identifier: AGPL-3.0-or-later
"""きまり: every answer with who says so, and one question with all that is known about it."""

import datetime as dt

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from machimori.office.people.acting import Acting, ActingRequest
from machimori.office.rules import access
from machimori.office.rules.forms import AdoptionForm, FilterForm
from machimori.office.rules.models import Adoption
from machimori.office.rules.posts import READERS
from machimori.office.rules.words import Line, in_words_with_unit, line, lines
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts
from machimori.office.shared.tables import Cell, ValueListing
from machimori.policy.adoption import open_points
from machimori.policy.profile import Profile
from machimori.policy.questions import catalogue

_MARKS = {"unset": "open", "local": "ours", "stated": "stated", "assumed": "assumed"}


@posts(*READERS)
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Every answer that applies, of today or of another day."""
    acting = request.acting
    form = FilterForm(request.GET or None)
    chosen = form.cleaned_data if form.is_valid() else {}
    on = chosen.get("on") or access.viewed_day(acting)
    rules = access.rules_of(acting).on(on)
    section, status = chosen.get("section", ""), chosen.get("status", "")
    rows = [
        one
        for one in lines(rules)
        if status in ("", one.status) and section in ("", catalogue().question(one.key).section)
    ]
    found = ValueListing[Line](
        name=_t("きまり"),
        columns=(_t("分野"), _t("項目"), _t("いまの値"), _t("だれが決めたか"), _t("条文・決裁")),
        cells=_cells,
    )
    context = {
        "form": form,
        "on": on,
        "left": len(open_points(access.rules_of(acting).on(access.viewed_day(acting)))),
        "may_decide": access.may_decide(acting),
        "document": rules.document,
    }
    return found.respond(request, rows, "rules/answers.html", context)


def _cells(one: Line) -> tuple[str | Cell, ...]:
    return (
        one.section,
        Cell(text=one.name, href=reverse("rules:question", args=[one.key])),
        one.value or "－",
        Cell(text=one.status_text, mark=_MARKS[one.status]),
        "－" if one.status == "assumed" else one.source,
    )


@posts(*READERS)
@require_safe
def question(request: ActingRequest, key: str) -> HttpResponse:
    """One question: what the document says, what holds, what was decided when; deciding it."""
    rules = asked(request.acting, key)
    form = AdoptionForm(rules=rules, key=key, initial=days(request.acting))
    return question_page(request, rules, key, form=form)


def asked(acting: Acting, key: str) -> Profile:
    """The rules that the pages show, if they have this question. Raises Http404."""
    rules = access.rules_of(acting).on(access.viewed_day(acting))
    if not rules.applies(key):
        raise Http404
    return rules


def days(acting: Acting) -> dict[str, dt.date]:
    """The days of a decision that is entered as it is taken."""
    today, first = access.today(acting), access.viewed_day(acting)
    if acting.scheme.started_on is not None and acting.scheme.started_on <= today:
        first += dt.timedelta(days=1)
    return {"adopted_on": today, "effective_from": first}


def question_page(
    request: HttpRequest,
    rules: Profile,
    key: str,
    *,
    form: AdoptionForm,
    refused: ActionRefusedError | None = None,
) -> HttpResponse:
    """The page of one question, with the form and what was refused."""
    acting: Acting = request.acting  # type: ignore[attr-defined]  # behind @posts
    one = line(rules, key)
    context = {
        "one": one,
        "form": form if access.may_decide(acting) and one.status != "stated" else None,
        "history": [_Decided(rules, row) for row in access.history(acting, key)],
        "refused": refused,
    }
    return render(request, "rules/question.html", context, status=403 if refused else 200)


class _Decided:
    """A decision of the history, with its value in words."""

    def __init__(self, rules: Profile, row: Adoption) -> None:
        decision = access.decided(row)
        self.resolution, self.reason = row.resolution, row.reason
        self.value = in_words_with_unit(
            rules, row.key, catalogue().question(row.key), decision.value
        )
