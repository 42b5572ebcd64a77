# SPDX-License-Identifier: AGPL-3.0-or-later
"""番号とパスワード: whose is due, giving out, forcing a change, ending a lock-out."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from machimori.office.people.acting import Acting, ActingRequest
from machimori.office.people.models import Person
from machimori.office.personnel import access, passwords
from machimori.office.personnel.forms import IssueForm
from machimori.office.personnel.models import AccessChange
from machimori.office.rules.passwords import rule_in
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts
from machimori.office.shared.tables import Cell, Listing
from machimori.office.shared.templatetags.office import day, last_day


@posts(*access.WRITERS)
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Everybody who holds a post, with the age of their password."""
    acting = request.acting
    rule = rule_in(access.rules_today(acting))

    def cells(one: Person) -> tuple[str | Cell, ...]:
        return (
            Cell(text=one.name, href=reverse("personnel:password", args=[one.pk])),
            one.section,
            one.login,
            day(one.password_set_at),
            last_day(passwords.due(one, rule.days)),
            _state(one, acting, rule.days),
        )

    found = Listing[Person](
        name=_t("番号とパスワード"),
        columns=(
            _t("氏名"),
            _t("所属"),
            _t("番号"),
            _t("パスワードを決めた日"),
            _t("変える期限"),
            _t("いま"),
        ),
        cells=cells,
        search=("name", "kana", "section", "login"),
    )
    rows = access.serving(acting).order_by("password_set_at", "kana", "pk")
    return found.respond(request, rows, "personnel/passwords.html", {"rule": rule})


def _state(one: Person, acting: Acting, days: int | None) -> str | Cell:
    until = passwords.due(one, days)
    if not one.password:
        return _t("パスワードなし（キーだけ）")
    if passwords.locked(one, acting.at):
        return Cell(text=_t("閉じています"), mark="open")
    if one.password_provisional:
        return Cell(text=_t("本人がまだ変えていません"), mark="open")
    if until is not None and until <= acting.at:
        return Cell(text=_t("期限を過ぎています"), mark="open")
    return _t("使えます")


@posts(*access.WRITERS)
@require_safe
def person(request: ActingRequest, number: int) -> HttpResponse:
    """One person: what can be done, and what was done."""
    return _page(request, _one(request, number))


@posts(*access.WRITERS)
@require_POST
def issue(request: ActingRequest, number: int) -> HttpResponse:
    """A number and a provisional password, shown once, to print."""
    one = _one(request, number)
    form = IssueForm(request.POST)
    if not form.is_valid():
        return _page(request, one, form=form)
    try:
        password = passwords.issue(one, form.cleaned_data["login"], acting=request.acting)
    except ActionRefusedError as error:
        return _page(request, _one(request, number), refused=error)
    return render(request, "personnel/new_password.html", {"one": one, "password": password})


@posts(*access.WRITERS)
@require_POST
def force(request: ActingRequest, number: int) -> HttpResponse:
    """Changed at the next sign-in."""
    one = _one(request, number)
    try:
        passwords.force(one, acting=request.acting)
    except ActionRefusedError as error:
        return _page(request, one, refused=error)
    return HttpResponseRedirect(reverse("personnel:passwords"))


@posts(*access.WRITERS)
@require_POST
def unlock(request: ActingRequest, number: int) -> HttpResponse:
    """The lock-out ends."""
    one = _one(request, number)
    try:
        passwords.unlock(one, acting=request.acting)
    except ActionRefusedError as error:
        return _page(request, one, refused=error)
    return HttpResponseRedirect(reverse("personnel:password", args=[one.pk]))


def _one(request: ActingRequest, number: int) -> Person:
    return get_object_or_404(access.serving(request.acting), pk=number)


def _page(
    request: ActingRequest,
    one: Person,
    *,
    form: IssueForm | None = None,
    refused: ActionRefusedError | None = None,
) -> HttpResponse:
    acting = request.acting
    rule = rule_in(access.rules_today(acting))
    done = AccessChange.objects.filter(scheme=acting.scheme, person=one)
    context = {
        "one": one,
        "form": form or IssueForm(initial={"login": one.login}),
        "state": _state(one, acting, rule.days),
        "locked": passwords.locked(one, acting.at),
        "due": passwords.due(one, rule.days),
        "done": done.select_related("by").order_by("-pk"),
        "refused": refused,
    }
    return render(request, "personnel/password.html", context, status=403 if refused else 200)
