# SPDX-License-Identifier: AGPL-3.0-or-later
"""あと7項目: what is open, with proposals; deciding one by one, or all at once."""

import datetime as dt
from functools import reduce

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from machimori.office.people.acting import Acting, ActingRequest
from machimori.office.rules import access, actions
from machimori.office.rules.forms import ActForm, AdoptionForm
from machimori.office.rules.posts import READERS
from machimori.office.rules.views.answers import asked, days, question_page
from machimori.office.rules.words import Line, line
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.forms import refuse
from machimori.office.shared.posts import posts
from machimori.policy import adoption as policy
from machimori.policy.profile import Profile


@posts(*READERS)
@require_safe
def open_points(request: ActingRequest) -> HttpResponse:
    """What is open: what the start waits for, then the rest."""
    return _open_page(request, ActForm(initial=days(request.acting)))


@posts("system_manager")
@require_POST
def adopt_all(request: ActingRequest) -> HttpResponse:
    """Every proposal under one 決裁番号."""
    form = ActForm(request.POST)
    if form.is_valid():
        try:
            actions.adopt_recommended(act=form.act(), acting=request.acting)
            return HttpResponseRedirect(reverse("rules:open"))
        except ActionRefusedError as error:
            refuse(form, error)
    return _open_page(request, form)


@posts("system_manager")
@require_POST
def decide(request: ActingRequest, key: str) -> HttpResponse:
    """Decide one question; on to what is left."""
    rules = asked(request.acting, key)
    form = AdoptionForm(request.POST, rules=rules, key=key)
    if form.is_valid():
        try:
            actions.adopt(
                key,
                form.value_given(),
                reason=form.cleaned_data["reason"],
                act=form.act(),
                acting=request.acting,
            )
        except ActionRefusedError as error:
            return question_page(request, rules, key, form=form, refused=error)
        left = rules.answer(key).status == "unset"
        to = reverse("rules:open") if left else reverse("rules:question", args=[key])
        return HttpResponseRedirect(to)
    return question_page(request, rules, key, form=form)


def _open_page(request: HttpRequest, form: ActForm) -> HttpResponse:
    acting: Acting = request.acting  # type: ignore[attr-defined]  # behind @posts
    rules = access.rules_of(acting).on(access.viewed_day(acting))
    found = [line(rules, point.key) for point in policy.undecided(rules)]
    blocking = [one for one in found if one.blocks]
    following = _following(rules, {one.key for one in found}, access.today(acting))
    context = {
        "blocking": blocking,
        "others": [one for one in found if not one.blocks],
        "following": following,
        "all": len(found) + len(following),
        "may_decide": access.may_decide(acting),
        "form": form,
        "document": rules.document,
        "to_start": not blocking and acting.scheme.started_on is None,
    }
    return render(request, "rules/open.html", context)


def _following(rules: Profile, shown: set[str], day: dt.date) -> list[Line]:
    """What the proposals bring up and decide besides: whoever adopts all sees all."""
    made = policy.adopt_recommended(rules, decision="", adopted_on=day, effective_from=day)
    after = reduce(policy.adopt, made, rules)
    return [line(after, one.key) for one in made if one.key not in shown]
