# SPDX-License-Identifier: AGPL-3.0-or-later
"""The papers of an acquisition as PDF."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from machimori.office.direct import access
from machimori.office.direct.papers import papers
from machimori.office.direct.views.pages import one
from machimori.office.people.acting import ActingRequest
from machimori.office.rules.access import today
from machimori.office.shared.posts import posts
from machimori.office.shared.printing import printed


@posts(*access.READERS)
@require_safe
def paper(request: ActingRequest, name: str, kind: str) -> HttpResponse:
    """One paper of this acquisition. Raises Http404 if it has none of this kind now."""
    file = one(request, name)
    return printed(papers(file), kind, file.rules, on=today(request.acting), called=file.number)
