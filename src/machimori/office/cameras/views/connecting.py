# SPDX-License-Identifier: AGPL-3.0-or-later
"""カメラの接続: where its recorder finds a camera, and as whom it signs in there."""

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from machimori.office.cameras import access, connecting
from machimori.office.cameras.forms import ConnectForm
from machimori.office.people.acting import ActingRequest
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.forms import refuse
from machimori.office.shared.posts import posts
from machimori.office.shared.recorders import recorders


@posts(*access.CONNECTORS)
def connect(request: ActingRequest, name: str) -> HttpResponse:
    """Show how the camera is reached, never its password, and set it anew."""
    row = access.history(request.acting.scheme, name).first()
    if row is None:
        raise Http404
    before = access.connection(row.camera)
    scheme = request.acting.scheme.scheme_id
    known = [
        one.config.id for one in recorders(ask=False).of(scheme) if one.config.feed is not None
    ]
    initial = {"number": 0, "url": "rtsp://"}
    if before is not None:
        initial = {
            "number": before.number,
            "recorder": before.recorder,
            "url": before.url,
            "username": before.username,
            "fingerprint": before.fingerprint,
        }
    form = ConnectForm(
        request.POST or None,
        initial=initial,
        recorders=known,
        kept=before is not None and bool(before.sealed),
    )
    if request.method == "POST" and form.is_valid():
        try:
            connecting.connect(
                row.camera,
                form.route(),
                seen=form.cleaned_data["number"],
                acting=request.acting,
            )
            return HttpResponseRedirect(reverse("cameras:camera", args=[name]))
        except ActionRefusedError as error:
            refuse(form, error)
    context = {"form": form, "row": row, "before": before, "without": not known}
    return render(request, "cameras/connection.html", context)
