# SPDX-License-Identifier: AGPL-3.0-or-later
"""制度を始める: only when nothing is open and nothing contradicts itself."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from machimori.office.people.acting import ActingRequest
from machimori.office.rules import access, actions
from machimori.office.rules.forms import StartForm
from machimori.office.rules.words import either, line
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts
from machimori.policy.adoption import open_points
from machimori.policy.contradictions import contradictions


@posts("system_manager")
def page(request: ActingRequest) -> HttpResponse:
    """What is still in the way, or the day of the start."""
    acting = request.acting
    day = access.viewed_day(acting)
    form = StartForm(request.POST or None, initial={"starts_on": day})
    refused = None
    if request.method == "POST" and form.is_valid():
        try:
            actions.start(form.cleaned_data["starts_on"], acting=acting)
            return HttpResponseRedirect(reverse("rules:start"))
        except ActionRefusedError as error:
            refused = error
    rules = access.rules_of(acting).on(day)
    context = {
        "form": form,
        "refused": refused,
        "blocking": [line(rules, point.key) for point in open_points(rules)],
        "contradictions": [
            {"text": either(one.text_ja, one.text_en), "line": line(rules, one.key)}
            for one in contradictions(rules)
            if rules.applies(one.key)
        ],
        "retention": [line(rules, key) for key in ("retention.days", "retention.count_from")],
    }
    return render(request, "rules/start.html", context, status=403 if refused else 200)
