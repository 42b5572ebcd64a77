# SPDX-License-Identifier: AGPL-3.0-or-later
"""The letters of a case, and blank papers for the counter, as PDF."""

from dataclasses import replace

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from machimori.office.disclosure import access
from machimori.office.disclosure.letters import BLANK, head, letters
from machimori.office.disclosure.views.pages import one
from machimori.office.people.acting import ActingRequest
from machimori.office.rules.access import in_force, today
from machimori.office.shared.posts import posts
from machimori.office.shared.printing import answer, masthead


@posts(*access.READERS)
@require_safe
def letter(request: ActingRequest, name: str, kind: str) -> HttpResponse:
    """One paper of this case. Raises Http404 if the case has none of this name now."""
    file = one(request, name)
    form = letters(file).get(kind)
    if form is None:
        raise Http404
    number = file.number.replace(" ", "")
    on = form.date or today(request.acting)
    return answer(form, head(file, form), on=on, name=f"{form.TITLE} {number}")


@posts(*access.READERS)
@require_safe
def blank(request: ActingRequest, kind: str) -> HttpResponse:
    """A blank paper for the counter. Raises Http404 if there is none of this kind."""
    form = next((form for form in BLANK if kind == form.KIND), None)
    if form is None:
        raise Http404
    on = today(request.acting)
    rules = in_force(request.acting.scheme, on)
    city = rules.document.city
    return answer(
        form(), replace(masthead(rules, kind), office=(f"{city}長",)), on=on, name=form.TITLE
    )
