# SPDX-License-Identifier: AGPL-3.0-or-later
"""任命と引継ぎ: the list, appointing, ending, new people, registration codes."""

from django.db.models import Case, IntegerField, Q, QuerySet, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from machimori.office.people import access, actions
from machimori.office.people.acting import Acting, ActingRequest, current
from machimori.office.people.forms import (
    AppointmentForm,
    DecisionForm,
    EndForm,
    NewPersonForm,
    end_of,
)
from machimori.office.people.models import Appointment
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.forms import refuse
from machimori.office.shared.posts import POSTS, Post, posts
from machimori.office.shared.tables import Cell, Listing
from machimori.office.shared.templatetags.office import day, last_day, post

_READERS: tuple[Post, ...] = (
    "system_manager",
    "handling_supervisor",
    "police_image_manager",
    "auditor",
)
_IN_ORDER = Case(
    *(When(post=name, then=place) for place, name in enumerate(POSTS)), output_field=IntegerField()
)
_WRITERS: tuple[Post, ...] = ("system_manager", "police_image_manager")


@posts(*_READERS)
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Everybody's appointments: those that hold, those to come, those that ended."""
    acting = request.acting
    when = request.GET.get("when", "now")
    rows = _when(access.appointments(acting), acting, when).order_by(_IN_ORDER, "valid_from", "id")
    found = Listing[Appointment](
        name=_t("任命"),
        columns=(
            _t("氏名"),
            _t("所属"),
            _t("職"),
            _t("始まり"),
            _t("終わり"),
            _t("決裁番号"),
            _t("任命した人"),
        ),
        cells=_cells if acting.holds(*_WRITERS) else _plain_cells,
        search=("person__name", "person__kana", "person__section", "person__login", "decision"),
    )
    context = {
        "when": when,
        "may_appoint": bool(access.appointable(acting)),
        "delivers": acting.holds("system_manager"),
    }
    return found.respond(request, rows, "people/appointments.html", context)


def _when(rows: QuerySet[Appointment], acting: Acting, when: str) -> QuerySet[Appointment]:
    if when == "coming":
        return rows.filter(valid_from__gt=acting.at)
    if when == "ended":
        return rows.filter(valid_until__lte=acting.at)
    return rows.filter(current(acting.at))


def _cells(one: Appointment) -> tuple[str | Cell, ...]:
    _, *others = _plain_cells(one)
    return (
        Cell(text=one.person.name, href=reverse("people:appointment", args=[one.pk])),
        *others,
    )


def _plain_cells(one: Appointment) -> tuple[str, ...]:
    return (
        one.person.name,
        one.person.section,
        post(one.post),
        day(one.valid_from),
        last_day(one.valid_until),
        one.decision,
        one.appointed_by.name if one.appointed_by else _t("はじめの設定"),
    )


@posts(*_WRITERS)
def appoint(request: ActingRequest) -> HttpResponse:
    """Appoint, now or from a day to come."""
    acting = request.acting
    initial = {"person": request.GET.get("person", "")}
    form = AppointmentForm(request.POST or None, acting=acting, initial=initial)
    if request.method == "POST" and form.is_valid():
        first, until = form.interval()
        try:
            actions.appoint(
                form.cleaned_data["person"],
                next(name for name in POSTS if name == form.cleaned_data["post"]),
                acting=acting,
                valid_from=first,
                valid_until=until,
                decision=form.cleaned_data["decision"],
            )
            when = "now" if first <= acting.at else "coming"
            return HttpResponseRedirect(reverse("people:appointments") + f"?when={when}")
        except ActionRefusedError as error:
            refuse(form, error)
    return render(request, "people/appoint.html", {"form": form})


@posts(*_WRITERS)
def new_person(request: ActingRequest) -> HttpResponse:
    """Somebody who is not known yet; then their appointment."""
    form = NewPersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            person = actions.enter_person(
                actions.NewPerson(**form.cleaned_data), acting=request.acting
            )
            return HttpResponseRedirect(reverse("people:appoint") + f"?person={person.pk}")
        except ActionRefusedError as error:
            refuse(form, error)
    return render(request, "people/new_person.html", {"form": form})


@posts(*_WRITERS)
def appointment(request: ActingRequest, number: int) -> HttpResponse:
    """One appointment: end it, or help its holder to a key."""
    one = _one(request, number)
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            until = end_of(form.cleaned_data["last"]) or request.acting.at
            actions.end_appointment(one, acting=request.acting, until=until)
            return HttpResponseRedirect(reverse("people:appointments"))
        except ActionRefusedError as error:
            refuse(form, error)
    return _appointment_page(request, one, form=form)


@posts(*_WRITERS)
@require_POST
def decide(request: ActingRequest, number: int) -> HttpResponse:
    """Enter the 決裁番号 afterwards."""
    one = _one(request, number)
    form = DecisionForm(request.POST)
    if form.is_valid():
        try:
            actions.note_decision(one, form.cleaned_data["decision"], acting=request.acting)
        except ActionRefusedError as error:
            return _appointment_page(request, one, form=EndForm(), refused=error)
    return HttpResponseRedirect(reverse("people:appointment", args=[one.pk]))


@posts(*_WRITERS)
@require_POST
def code(request: ActingRequest, number: int) -> HttpResponse:
    """A registration code for the holder, shown once, to print."""
    one = _one(request, number)
    try:
        made = actions.issue_code(one.person, acting=request.acting)
    except ActionRefusedError as error:
        return _appointment_page(request, one, form=EndForm(), refused=error)
    return render(request, "people/new_code.html", {"one": one, "code": made})


@posts(*_WRITERS)
@require_POST
def revoke(request: ActingRequest, number: int, keyid: str) -> HttpResponse:
    """The holder reports a lost key."""
    one = _one(request, number)
    credential = get_object_or_404(one.person.credentials, keyid=keyid)
    try:
        actions.revoke_key(credential, acting=request.acting)
    except ActionRefusedError as error:
        return _appointment_page(request, one, form=EndForm(), refused=error)
    return HttpResponseRedirect(reverse("people:appointment", args=[one.pk]))


def _one(request: ActingRequest, number: int) -> Appointment:
    return get_object_or_404(access.appointments(request.acting), pk=number)


def _appointment_page(
    request: HttpRequest,
    one: Appointment,
    *,
    form: EndForm,
    refused: ActionRefusedError | None = None,
) -> HttpResponse:
    keys = one.person.credentials.filter(Q(revoked_at__isnull=True)).order_by("registered_at")
    context = {
        "one": one,
        "form": form,
        "decision_form": DecisionForm(),
        "keys": keys,
        "refused": refused,
    }
    return render(request, "people/appointment.html", context, status=403 if refused else 200)
