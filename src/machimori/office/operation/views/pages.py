# SPDX-License-Identifier: AGPL-3.0-or-later
"""稼働状況, and 「保管庫を開く」."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from machimori.office.operation import access, actions, readings
from machimori.office.operation.forms import OpenForm
from machimori.office.operation.lines import lines
from machimori.office.people.acting import ActingRequest
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.forms import refuse
from machimori.office.shared.posts import posts
from machimori.office.shared.recorders import recorders

_SHOWN = 10


@posts(*access.READERS)
@require_safe
def status(request: ActingRequest) -> HttpResponse:
    """How every part is."""
    vault = readings.vault()
    context = {
        "lines": lines(recorders(), vault, now=request.acting.at),
        "vault": vault,
        "openers": access.openers(request.acting),
        "attempts": access.attempts()[:_SHOWN],
    }
    return render(request, "operation/status.html", context)


@posts(*access.OPENERS)
@sensitive_post_parameters("passphrase")
def open_vault(request: ActingRequest) -> HttpResponse:
    """Give the vault its root; practise it while it is open."""
    sent = request.method == "POST"
    form = OpenForm(request.POST if sent else None, request.FILES if sent else None)
    if sent and form.is_valid():
        try:
            actions.give(form.secret(), note=form.cleaned_data["note"], acting=request.acting)
            return HttpResponseRedirect(reverse("operation:status"))
        except ActionRefusedError as error:
            refuse(form, error)
    return render(request, "operation/open.html", {"form": form, "vault": readings.vault()})
