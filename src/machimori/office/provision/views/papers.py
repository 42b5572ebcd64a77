# SPDX-License-Identifier: AGPL-3.0-or-later
"""The papers of a case as PDF."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from machimori.office.people.acting import ActingRequest
from machimori.office.provision import access
from machimori.office.provision.papers import papers
from machimori.office.provision.views.pages import one
from machimori.office.rules.access import today
from machimori.office.shared.posts import posts
from machimori.office.shared.printing import printed


@posts(*access.READERS)
@require_safe
def paper(request: ActingRequest, name: str, kind: str) -> HttpResponse:
    """One paper of this case. Raises Http404 if the case has none of this kind now."""
    file = one(request, name)
    return printed(papers(file), kind, file.rules, on=today(request.acting), called=file.number)
