# SPDX-License-Identifier: AGPL-3.0-or-later
"""代決者: the list, and delegating with the manager's key."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from machimori.kernel import canonical
from machimori.kernel.envelope import Envelope
from machimori.office.deputies import access, actions
from machimori.office.deputies.forms import DelegationForm
from machimori.office.deputies.models import Delegation
from machimori.office.deputies.views.signing import Act, options_of, signed, signed_in_demo
from machimori.office.people.acting import ActingRequest
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.forms import refuse
from machimori.office.shared.posts import posts
from machimori.office.shared.tables import Cell, Listing
from machimori.office.shared.templatetags.office import day, last_day, minute

_STATE = "delegation"


@posts("system_manager", "handling_supervisor", "auditor")
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Every delegation of the scheme, with what ended it before its day."""
    acting = request.acting
    going = {one.pk for one in access.current_ones(acting) if one.until > acting.at}

    def cells(one: Delegation) -> tuple[str | Cell, ...]:
        ended = one.ended
        own = one.pk in going and one.officer_id == acting.person.pk and may_delegate
        return (
            one.deputy.name,
            one.officer.name,
            day(one.valid_from),
            minute(ended.until) if ended else last_day(one.valid_until),
            day(one.at),
            f"{minute(ended.at)}　{ended.reason}" if ended else "",
            Cell(text=_t("終える"), href=reverse("deputies:end", args=[one.pk])) if own else "",
        )

    may_delegate = acting.holds("system_manager")
    found = Listing[Delegation](
        name=_t("代決者"),
        columns=(
            _t("代決者"),
            _t("委任した人"),
            _t("始まり"),
            _t("終わり"),
            _t("委任した日"),
            _t("早く終えた日時と理由"),
            _t("手続き"),
        ),
        cells=cells,
        search=("deputy__name", "officer__name"),
    )
    context = {"may_delegate": may_delegate}
    return found.respond(request, access.delegations(acting), "deputies/list.html", context)


@posts("system_manager")
def new(request: ActingRequest) -> HttpResponse:
    """Whom, from when to when; then the signature."""
    acting = request.acting
    try:
        access.check_delegates(acting)
    except ActionRefusedError as error:
        return render(request, "deputies/new.html", {"refused": error}, status=403)
    form = DelegationForm(request.POST or None, acting=acting)
    if request.method == "POST" and form.is_valid():
        first, until = form.interval()
        try:
            envelope = actions.draft(
                form.cleaned_data["deputy"], valid_from=first, valid_until=until, acting=acting
            )
            request.session[_STATE] = canonical.b64(envelope.encode())
            context = {
                "deputy": form.cleaned_data["deputy"],
                "first": first,
                "until": until,
                "code": envelope.short_code(),
            }
            return render(request, "deputies/sign.html", context)
        except ActionRefusedError as error:
            refuse(form, error)
    return render(request, "deputies/new.html", {"form": form})


@posts("system_manager")
@require_POST
def options(request: ActingRequest) -> HttpResponse:
    """What the browser asks the key."""
    return options_of(request, _drafted(request))


@posts("system_manager")
@require_POST
def sign(request: ActingRequest) -> HttpResponse:
    """What the key answered."""
    return signed(request, _drafted(request), _act(request))


@posts("system_manager")
@require_POST
def sign_demo(request: ActingRequest) -> HttpResponse:
    """In a demo."""
    return signed_in_demo(request, _drafted(request), _act(request), "deputies/new.html")


def _act(request: ActingRequest) -> Act:
    return lambda envelope, response: actions.delegate(envelope, response, acting=request.acting)


def _drafted(request: ActingRequest) -> Envelope | None:
    found = request.session.get(_STATE)
    return Envelope.decode(canonical.unb64(found, where="delegation")) if found else None
