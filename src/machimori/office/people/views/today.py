# SPDX-License-Identifier: AGPL-3.0-or-later
"""きょうの仕事: the first page, by post. Every app adds what waits in it (`shared/work.py`)."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from machimori.office.people.acting import ActingRequest, own_schemes
from machimori.office.shared.posts import signed_in
from machimori.office.shared.work import start, waiting


@signed_in
@require_safe
def page(request: ActingRequest) -> HttpResponse:
    """What waits for the person that acts."""
    acting = request.acting
    found = waiting(acting, acting.posts)
    context = {
        "schemes": own_schemes(acting),
        "start": start(acting, acting.posts),
        "work": [(one, items) for one, items in found if items],
        "idle": [one for one, items in found if not items],
    }
    return render(request, "people/today.html", context)
