# SPDX-License-Identifier: AGPL-3.0-or-later
"""画像を開く: opening, the player, its pieces, and 「だれが何を見たか」."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from machimori.evidence.playing import play
from machimori.evidence.selection import part_of
from machimori.footage.naming import SegmentName, parse
from machimori.kernel import canonical
from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import Micros, instant
from machimori.office.cameras.access import cameras
from machimori.office.people.acting import ActingRequest
from machimori.office.provision.history import File, file_of
from machimori.office.provision.orders import ordered
from machimori.office.provision.views.cases import title
from machimori.office.provision.views.pages import one
from machimori.office.shared.causes import cause_text
from machimori.office.shared.config import config
from machimori.office.shared.engine import engine
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts
from machimori.office.shared.tables import Cell, Listing
from machimori.office.shared.templatetags.office import minute, post, second
from machimori.office.terminals.presence import established
from machimori.office.viewing import access, actions
from machimori.office.viewing.forms import OpenForm
from machimori.office.viewing.models import Keys, Viewing, Watched
from machimori.office.viewing.reel import Reel, unseal

COOKIE = "viewing"
"""The viewing's secret; each viewing has its own by its path."""


@posts(*access.VIEWERS)
def open_case(request: ActingRequest, name: str) -> HttpResponse:
    """What will be opened, who else looks; the button opens it."""
    file = one(request, name)
    whole = ordered(file)
    if whole is None:
        raise Http404
    form = OpenForm(request.POST if request.method == "POST" else None)
    refused = None
    if request.method == "POST" and form.is_valid():
        try:
            where = established(request, acting=request.acting)
            viewing, secret = actions.open_case(
                file, where=where, acting=request.acting, **form.cleaned_data
            )
        except ActionRefusedError as error:
            refused = error
        else:
            return _begun(viewing, secret)
    context = {
        "file": file,
        "form": form,
        "refused": refused,
        "title": title(file),
        "cameras": list(_names(file, whole.cameras).values()),
        "interval": f"{minute(whole.start)} ～ {minute(whole.end)}",
        "back": reverse("provision:case", args=[file.case.pk]),
    }
    return render(request, "viewing/open.html", context)


@posts(*access.VIEWERS)
@require_safe
def player(request: ActingRequest, name: str) -> HttpResponse:
    """The player of one's own viewing."""
    viewing, reel = _mine(request, name)
    file = file_of(viewing.case)
    names = _names(file, reel.cameras)
    context = {
        "viewing": viewing,
        "file": file,
        "title": title(file),
        "interval": f"{minute(viewing.start)} ～ {minute(viewing.end)}",
        "reel": json.dumps(_told(viewing, reel, names), ensure_ascii=False),
        "gaps": [
            (names[gap.camera], instant(gap.start), instant(gap.end), cause_text(gap.cause))
            for gap in reel.gaps
        ],
        "mark": f"{request.acting.person.name}　{title(file)}",
    }
    return render(request, "viewing/player.html", context)


@posts(*access.VIEWERS)
@require_safe
def media(request: ActingRequest, name: str, number: int) -> HttpResponseBase:
    """One stored piece from `?since=` (µs after the interval's start) on, as fragmented MP4."""
    viewing, reel = _mine(request, name)
    piece = actions.piece_of(reel, number)
    since = request.GET.get("since", "0")
    if piece is None or not since.isascii() or not since.isdigit() or len(since) > 16:
        raise Http404
    store = engine().case_store(viewing.case.case_id)
    stored = parse(piece.name)
    assert isinstance(stored, SegmentName)
    sealed = part_of(store, stored, piece.size, reel.start, reel.end)
    if sealed is None:
        raise Http404
    actions.watch(viewing, piece, acting=request.acting)
    fragments: Iterator[bytes] = play(
        sealed, piece.keys, origin=reel.start, since=Micros(reel.start + int(since))
    )
    return StreamingHttpResponse(fragments, content_type="video/mp4")


@posts(*access.VIEWERS)
@require_POST
def close(request: ActingRequest, name: str) -> HttpResponse:
    """閲覧を終える: back to the case; nothing can be played any more."""
    viewing = access.own(request.acting, name)
    if viewing is None:
        raise Http404
    actions.close(viewing)
    answer = HttpResponseRedirect(reverse("provision:case", args=[viewing.case_id]))
    answer.delete_cookie(COOKIE, path=reverse("viewing:player", args=[viewing.pk]))
    return answer


@posts(*access.AUDITORS)
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Who looked at what: person, post, camera, interval, attendees."""
    found = Listing[Watched](
        name=_t("閲覧の履歴"),
        columns=(
            _t("見た日時"),
            _t("案件"),
            _t("見た人"),
            _t("職"),
            _t("カメラ"),
            _t("映像の始まり"),
            _t("映像の終わり"),
            _t("立会人"),
        ),
        cells=_cells,
        search=("camera", "viewing__by__name", "viewing__case__numbered__text"),
    )
    rows = (
        Watched.objects.filter(viewing__case__scheme=request.acting.scheme)
        .select_related("viewing__by", "viewing__case__numbered")
        .order_by("-at", "-pk")
    )
    return found.respond(request, rows, "viewing/listing.html", {})


def _cells(row: Watched) -> tuple[str | Cell, ...]:
    viewing = row.viewing
    address = reverse("provision:case", args=[viewing.case_id])
    return (
        second(row.at),
        Cell(text=viewing.case.numbered.text, href=address),
        viewing.by.name,
        "・".join(map(post, viewing.posts.split())),
        row.camera,
        second(row.start),
        second(row.end),
        viewing.attendees,
    )


def _begun(viewing: Viewing, secret: bytes) -> HttpResponse:
    address = reverse("viewing:player", args=[viewing.pk])
    answer = HttpResponseRedirect(address)
    answer.set_cookie(
        COOKIE,
        canonical.b64(secret),
        path=address,
        secure=config().tls,
        httponly=True,
        samesite="Strict",
    )
    return answer


def _mine(request: ActingRequest, name: str) -> tuple[Viewing, Reel]:
    """One's own viewing and its reel. Raises Http404 for another's, one that is over or closed,
    and a browser other than the one in which it was opened."""
    viewing = access.own(request.acting, name)
    keys = Keys.objects.filter(viewing=viewing).first() if viewing else None
    if viewing is None or keys is None:
        raise Http404
    try:
        secret = canonical.unb64(request.COOKIES.get(COOKIE, ""), where="viewing")
        return viewing, unseal(bytes(keys.sealed), secret, viewing.pk)
    except MalformedError as error:
        raise Http404 from error


def _names(file: File, wanted: Iterable[str]) -> dict[str, str]:
    """What people call these cameras."""
    found = cameras(file.case.scheme).filter(camera__in=list(wanted))
    known = {row.camera_id: f"{row.name}（{row.camera_id}）" for row in found}
    return {name: known.get(name, name) for name in wanted}


def _told(viewing: Viewing, reel: Reel, names: dict[str, str]) -> dict[str, Any]:
    """What the player's script works with; times are seconds after the interval's start."""

    def after(at: int) -> float:
        return (at - reel.start) / 1e6

    return {
        "begins": viewing.start.timestamp(),
        "length": after(reel.end),
        "cameras": [
            {
                "name": text,
                "pieces": [
                    {
                        "start": after(piece.start),
                        "end": after(piece.end),
                        "address": reverse("viewing:media", args=[viewing.pk, number]),
                    }
                    for number, piece in enumerate(reel.pieces)
                    if piece.camera == camera
                ],
                "gaps": [
                    {
                        "start": after(gap.start),
                        "end": after(gap.end),
                        "cause": str(cause_text(gap.cause)),
                    }
                    for gap in reel.gaps
                    if gap.camera == camera
                ],
            }
            for camera, text in names.items()
        ],
    }
