# SPDX-License-Identifier: AGPL-3.0-or-later
"""署名できる人: who could sign a decision in the next 30 days; for シ in numbers, without names."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from machimori.office.people.acting import ActingRequest
from machimori.office.personnel.continuity import outlook
from machimori.office.shared.posts import posts


@posts("system_manager", "system_administrator")
@require_safe
def page(request: ActingRequest) -> HttpResponse:
    """Now, and from when on nobody."""
    acting = request.acting
    found = outlook(acting)
    context = {
        "signers": found.signers(acting.at),
        "nobody_from": found.nobody_from(),
        "keyless": found.keyless(),
        "single": found.single(),
        "names": acting.holds("system_manager"),
        "now": acting.at,
    }
    return render(request, "personnel/signers.html", context)
