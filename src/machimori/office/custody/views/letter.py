# SPDX-License-Identifier: AGPL-3.0-or-later
"""One statement: what it says, the key's signature, and what the vault answered."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from machimori.office.custody import access, delivering, letters
from machimori.office.custody.models import Letter
from machimori.office.custody.owners import owner_of, titles_of
from machimori.office.custody.telling import told
from machimori.office.custody.words import why_refused
from machimori.office.people import demo_signing
from machimori.office.people.acting import Acting, ActingRequest
from machimori.office.people.views import signing
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts


@posts(*access.SIGNERS)
@require_safe
def page(request: ActingRequest, digest: str) -> HttpResponse:
    """The statement and its signatures; the button, if it is the acting person's to sign."""
    return _page(request, _one(request, digest))


@posts(*access.SIGNERS)
@require_POST
def options(request: ActingRequest, digest: str) -> JsonResponse:
    """What the browser asks the key."""
    return signing.asked(request.acting.person, _one(request, digest).envelope)


@posts(*access.SIGNERS)
@require_POST
def sign(request: ActingRequest, digest: str) -> JsonResponse:
    """What the key answered; with the last signature the vault is asked."""
    letter = _one(request, digest)

    def act(response: Mapping[str, Any]) -> str:
        return _signed(letter, response, request.acting)

    return signing.signed(request, act)


@posts(*access.SIGNERS)
@require_POST
def sign_demo(request: ActingRequest, digest: str) -> HttpResponse:
    """In a demo: the acting person's software key signs, through the same verification."""
    letter, acting = _one(request, digest), request.acting
    try:
        answer = demo_signing.answer(acting.person, letter.envelope)
        return HttpResponseRedirect(_signed(letter, answer, acting))
    except ActionRefusedError as error:
        return _page(request, letters.fresh(letter), refused=error)


@posts(*access.SIGNERS)
@require_POST
def hand_in(request: ActingRequest, digest: str) -> HttpResponse:
    """Ask the vault again with the signatures that are there."""
    letter = _one(request, digest)
    try:
        letters.hand_in(letter, acting=request.acting)
        return HttpResponseRedirect(_onward(letter, request.acting))
    except ActionRefusedError as error:
        return _page(request, letters.fresh(letter), refused=error)


def _signed(letter: Letter, response: Mapping[str, Any], acting: Acting) -> str:
    letters.sign(letter, response, acting=acting)
    letter = letters.fresh(letter)
    if letter.complete:
        letters.hand_in(letter, acting=acting)
    return _onward(letter, acting)


def _onward(letter: Letter, acting: Acting) -> str:
    """The next of the office's own letters that waits for the acting person, or the way back."""
    if letter.owner == delivering.OWNER:
        for one in delivering.open_letters(acting):
            if not one.refused and acting.person not in one.signed_by:
                return reverse("custody:letter", args=[one.digest])
    return owner_of(letter).back(letter)


def _one(request: ActingRequest, digest: str) -> Letter:
    found = access.find(request.acting, digest)
    if found is None:
        raise Http404
    return found


def _page(
    request: ActingRequest, letter: Letter, *, refused: ActionRefusedError | None = None
) -> HttpResponse:
    owner, acting = owner_of(letter), request.acting
    mine = owner.may_sign(letter, acting)
    context = {
        "letter": letter,
        "told": told(letter),
        "title": titles_of([letter])[0],
        "back": owner.back(letter),
        "refused": refused,
        "answered": why_refused(letter.refused) if letter.refused and not refused else "",
        "code": letter.envelope.short_code(),
        "signed": [one.name for one in letter.signed_by],
        "signed_already": acting.person in letter.signed_by,
        "may_sign": mine and not letter.taken and acting.person not in letter.signed_by,
        "may_hand_in": mine and letter.complete and not letter.taken,
        "left": _left(letter, acting),
    }
    return render(request, "custody/letter.html", context, status=403 if refused else 200)


def _left(letter: Letter, acting: Acting) -> int:
    """How many of the office's own letters wait for the acting person after this one."""
    if letter.owner != delivering.OWNER:
        return 0
    return sum(
        one != letter and not one.refused and acting.person not in one.signed_by
        for one in delivering.open_letters(acting)
    )
