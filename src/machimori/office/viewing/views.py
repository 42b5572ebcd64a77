# SPDX-License-Identifier: AGPL-3.0-or-later
"""画像を開く: opening, the player and its pieces."""

import json
from collections.abc import Iterator
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from machimori.evidence.playing import play
from machimori.evidence.selection import Sealed, part_of
from machimori.footage.naming import SegmentName, parse
from machimori.kernel import canonical
from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import Micros, instant
from machimori.office.cameras.access import names
from machimori.office.deputies.access import standing_in
from machimori.office.internal.views.pages import one as one_use
from machimori.office.people.acting import ActingRequest
from machimori.office.provision.access import DESK
from machimori.office.provision.drafting import Extent
from machimori.office.provision.views.pages import one
from machimori.office.shared.addresses import address_of
from machimori.office.shared.causes import cause_text
from machimori.office.shared.config import config
from machimori.office.shared.engine import engine
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts
from machimori.office.shared.templatetags.office import minute
from machimori.office.terminals.presence import established
from machimori.office.viewing import access, actions
from machimori.office.viewing.forms import OpenForm, SelectForm, StillForm
from machimori.office.viewing.models import Keys, Viewing
from machimori.office.viewing.printing import due_day
from machimori.office.viewing.reel import Piece, Reel, unseal
from machimori.office.viewing.subjects import Subject, of_case, of_use

COOKIE = "viewing"
"""The viewing's secret; each viewing has its own by its path."""


@posts(*access.VIEWERS)
def open_case(request: ActingRequest, name: str) -> HttpResponse:
    """What of a case will be opened, who else looks; the button opens it."""
    return _opening(request, of_case(one(request, name)))


@posts(*access.VIEWERS)
def open_use(request: ActingRequest, name: str) -> HttpResponse:
    """The same for an internal use."""
    return _opening(request, of_use(one_use(request, name)))


def _opening(request: ActingRequest, subject: Subject) -> HttpResponse:
    posted = request.POST if request.method == "POST" else None
    form = OpenForm(posted, permitted=subject.permitted)
    refused = None
    if request.method == "POST" and form.is_valid():
        try:
            where = established(request, acting=request.acting)
            viewing, secret = actions.open_footage(
                subject, attendees=form.chosen, where=where, acting=request.acting
            )
        except ActionRefusedError as error:
            refused = error
        else:
            return _begun(viewing, secret)
    decides = request.acting.holds("system_manager") or standing_in(request.acting)
    context = {
        "case": subject.case,
        "decides": subject.case and decides,
        "form": form,
        "refused": refused,
        "title": subject.title,
        "cameras": list(names(subject.scheme, subject.whole.cameras).values()),
        "permitted": subject.permitted,
        "interval": f"{minute(subject.whole.start)} ～ {minute(subject.whole.end)}",
        "back": subject.back,
    }
    return render(request, "viewing/open.html", context)


@posts(*access.VIEWERS)
@require_safe
def player(request: ActingRequest, name: str) -> HttpResponse:
    """The player of one's own viewing."""
    viewing, subject, reel = mine(request, name)
    called = names(subject.scheme, reel.cameras)
    whole = Extent(cameras=reel.cameras, start=viewing.start, end=viewing.end)
    choosing = subject.case is not None and request.acting.holds(*DESK)
    context = {
        "viewing": viewing,
        "case": subject.case,
        "title": subject.title,
        "interval": f"{minute(viewing.start)} ～ {minute(viewing.end)}",
        "reel": json.dumps(_told(viewing, reel, called), ensure_ascii=False),
        "gaps": [
            (called[gap.camera], instant(gap.start), instant(gap.end), cause_text(gap.cause))
            for gap in reel.gaps
        ],
        "mark": f"{request.acting.person.name}　{subject.title}",
        "select": SelectForm(whole, called) if choosing else None,
        "still": StillForm(
            cameras=called, initial={"due": due_day(subject.rules, request.acting.at)}
        )
        if subject.prints
        else None,
    }
    return render(request, "viewing/player.html", context)


@posts(*access.VIEWERS)
@require_safe
def media(request: ActingRequest, name: str, number: int) -> HttpResponseBase:
    """One stored piece from `?since=` to `&until=` (µs after the interval's start; without it, to
    its end) as fragmented MP4, in whole fragments."""
    viewing, _, reel = mine(request, name)
    piece = actions.piece_of(reel, number)
    since, until = _asked(request, "since"), _asked(request, "until")
    if piece is None:
        raise Http404
    sealed = sealed_of(viewing, reel, piece)
    actions.watch(viewing, piece, acting=request.acting)
    fragments: Iterator[bytes] = play(
        sealed,
        piece.keys,
        origin=reel.start,
        since=Micros(reel.start + (since or 0)),
        until=None if until is None else Micros(reel.start + until),
    )
    return StreamingHttpResponse(fragments, content_type="video/mp4")


def _asked(request: ActingRequest, name: str) -> int | None:
    """A time in the address. Raises Http404 for what is none."""
    text = request.GET.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 16:
        raise Http404
    return int(text)


@posts(*access.VIEWERS)
@require_POST
def close(request: ActingRequest, name: str) -> HttpResponse:
    """閲覧を終える: back to the case; nothing can be played any more."""
    found = access.own(request.acting, name)
    if found is None:
        raise Http404
    viewing, subject = found
    actions.close(viewing)
    answer = HttpResponseRedirect(subject.back)
    answer.delete_cookie(COOKIE, path=reverse("viewing:player", args=[viewing.pk]))
    return answer


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


def address(viewing: Viewing) -> str:
    """The page of the case or the use that the viewing is of."""
    route = "provision:case" if viewing.case_id else "internal:use"
    return address_of(route, viewing.subject)


def mine(request: ActingRequest, name: str) -> tuple[Viewing, Subject, Reel]:
    """One's own viewing, what it is of, and its reel. Raises Http404 for another's, one that is
    over or closed, and a browser other than the one in which it was opened."""
    found = access.own(request.acting, name)
    keys = Keys.objects.filter(viewing=found[0]).first() if found else None
    if found is None or keys is None:
        raise Http404
    try:
        secret = canonical.unb64(request.COOKIES.get(COOKIE, ""), where="viewing")
        return *found, unseal(bytes(keys.sealed), secret, found[0].pk)
    except MalformedError as error:
        raise Http404 from error


def sealed_of(viewing: Viewing, reel: Reel, piece: Piece) -> Sealed:
    """The stored segment of a piece, as far as it was released. Raises Http404 if it is gone."""
    stored = parse(piece.name)
    assert isinstance(stored, SegmentName)
    store = engine().case_store(viewing.subject)
    sealed = part_of(store, stored, piece.size, reel.start, reel.end)
    if sealed is None:
        raise Http404
    return sealed


def _converted(reel: Reel, camera: str) -> str:
    """What the page says where a camera's pictures are coded anew to be shown."""
    if any(piece.converted for piece in reel.pieces if piece.camera == camera):
        return _t("閲覧用に変換した映像です。元の映像は変わりません。")
    return ""


def _told(viewing: Viewing, reel: Reel, called: dict[str, str]) -> dict[str, Any]:
    """What the player's script works with; times are seconds after the interval's start."""

    def after(at: int) -> float:
        return (at - reel.start) / 1e6

    return {
        "begins": viewing.start.timestamp(),
        "length": after(reel.end),
        "cameras": [
            {
                "id": camera,
                "name": text,
                "note": _converted(reel, camera),
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
            for camera, text in called.items()
        ],
    }
