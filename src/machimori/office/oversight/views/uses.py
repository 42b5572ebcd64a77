# SPDX-License-Identifier: AGPL-3.0-or-later
"""利用簿 and 提供記録: the lists, one line with its corrections, the paper."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import override
from django.views.decorators.http import require_safe

from machimori.office.oversight import access, correcting, importing, register
from machimori.office.oversight.asked import Asked, Period, asked, period
from machimori.office.oversight.forms import CorrectionForm, ImportForm
from machimori.office.oversight.lines import (
    Lines,
    interval,
    provision_cells,
    provision_columns,
    use_cells,
    use_columns,
)
from machimori.office.oversight.paper import register_paper
from machimori.office.oversight.posts import Held, held
from machimori.office.oversight.sources.source import Place
from machimori.office.oversight.uses import ACTS, Use
from machimori.office.oversight.views.choices import PRINTED, months, named, years
from machimori.office.people.acting import Acting, ActingRequest
from machimori.office.rules.access import rules_of, today
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import LABELS, posts
from machimori.office.shared.printing import answer, masthead
from machimori.office.shared.sheets import MAX_FILE
from machimori.office.shared.tables import Cell, csv_file, xlsx_file

_Cells = Callable[[Use, Lines], tuple[str | Cell, ...]]
_BATCH = 1000


@posts(*access.READERS)
@require_safe
def uses(request: ActingRequest) -> HttpResponse:
    """利用簿."""
    return _list(
        request,
        _t("利用簿"),
        use_columns(),
        use_cells,
        "oversight/uses.html",
        acts=ACTS.items(),
    )


@posts(*access.READERS)
@require_safe
def provisions(request: ActingRequest) -> HttpResponse:
    """提供記録: the same facts, those that handed footage to somebody."""
    return _list(
        request,
        _t("提供記録"),
        provision_columns(),
        provision_cells,
        "oversight/provisions.html",
        act="provide",
    )


@posts(*access.READERS)
@require_safe
def paper(request: ActingRequest) -> HttpResponse:
    """利用簿 of a period as PDF, the oldest line first."""
    return _paper(request, back="oversight:uses")


@posts(*access.READERS)
@require_safe
def provisions_paper(request: ActingRequest) -> HttpResponse:
    """提供記録 of a period likewise."""
    return _paper(request, back="oversight:provisions", title="提供記録", act="provide")


def _paper(request: ActingRequest, *, back: str, title: str = "", **more: Any) -> HttpResponse:
    acting = request.acting
    within, wanted = _asked(request, **more)
    if len(list(islice(register.every(wanted, rules_of(acting)), PRINTED + 1))) > PRINTED:
        context = {"back": f"{reverse(back)}?{request.GET.urlencode()}"}
        return render(request, "oversight/too_long.html", context, status=403)
    with override("ja"):
        # The lines again: what is printed is Japanese whatever the language of the page.
        found = list(register.every(wanted, rules_of(acting)))
        form = register_paper(Lines.of(acting.scheme, found[::-1]), named(within))
    head = masthead(rules_of(acting).on(today(acting)), form.KIND)
    # The document's own number and title are those of its 利用簿.
    head = replace(head, title=title, form_number="") if title else head
    title = head.title or form.TITLE
    return answer(form, head, on=today(acting), name=f"{title} {named(within)}")


@posts(*access.KEEPERS)
def bring_in(request: ActingRequest) -> HttpResponse:
    """取り込む: a register kept before this one."""
    form = ImportForm(request.POST or None, request.FILES or None)
    refused = None
    if request.method == "POST" and form.is_valid():
        try:
            data = form.cleaned_data["file"].read(MAX_FILE + 1)
            importing.take(data, today=today(request.acting), acting=request.acting)
            return HttpResponseRedirect(f"{reverse('oversight:uses')}?year=all&act=imported")
        except ActionRefusedError as error:
            refused = error
    context = {"form": form, "refused": refused, "columns": importing.columns().values()}
    return render(request, "oversight/import.html", context)


@posts(*access.READERS)
def use(request: ActingRequest, name: str) -> HttpResponse:
    """One line with its corrections, and a new one."""
    acting = request.acting
    wanted = Asked(scheme=acting.scheme, stations=access.own_stations(acting))
    found = register.find(name, wanted, rules_of(acting))
    if found is None:
        raise Http404
    form, refused = CorrectionForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            correcting.correct(found, **form.cleaned_data, acting=acting)
            return HttpResponseRedirect(request.path)
        except ActionRefusedError as error:
            refused = error
    lines = Lines.of(acting.scheme, [found])
    file = lines.corrected.get(found.name)
    context = {
        "use": lines.uses[0],
        "act": ACTS[found.act],
        "posts": lines.posts_of(found),
        "cameras": lines.cameras_of(found),
        "interval": interval(found),
        "corrections": [(fact, correcting.FIELDS[fact.data["field"]]) for fact in file.facts]
        if file
        else [],
        "form": form if acting.holds(*access.KEEPERS) else None,
        "refused": refused,
    }
    return render(request, "oversight/use.html", context, status=403 if refused else 200)


def _asked(request: ActingRequest, **more: Any) -> tuple[Period, Asked]:
    acting = request.acting
    within = period(request.GET, today(acting))
    own = access.own_stations(acting)
    return within, asked(request.GET, acting, within, stations=own, **more)


def _list(
    request: ActingRequest,
    name: str,
    columns: Sequence[str],
    cells: _Cells,
    template: str,
    *,
    act: str = "",
    acts: Any = (),
) -> HttpResponse:
    acting = request.acting
    within, wanted = _asked(request, **({"act": act} if act else {}))
    kind = request.GET.get("as")
    if kind in ("csv", "xlsx"):
        texts = _texts(wanted, acting, cells)
        title = f"{name} {named(within)}"
        return (csv_file if kind == "csv" else xlsx_file)(title, columns, texts)
    after = Place.parse(request.GET.get("after", ""))
    page = register.page(wanted, rules_of(acting), after)
    known = held(acting.scheme) if acting.holds(*access.CITY) else None
    lines = Lines.of(acting.scheme, page.uses, known)
    kept = _kept(request)
    context = {
        "listing": {
            "words": request.GET.get("q", ""),
            "columns": columns,
            "rows": [
                [one if isinstance(one, Cell) else Cell(text=one) for one in cells(use, lines)]
                for use in lines.uses
            ],
            "query": kept.urlencode(),
            "following": page.following.text() if page.following else "",
            "begun": after is not None,
        },
        "within": within,
        "years": years(today(acting)),
        "months": [(one, _t("%(value)s月") % {"value": one}) for one in months()],
        "acts": [(key, str(text)) for key, text in acts],
        "act": wanted.act,
        "posts": [(key, str(text)) for key, text in LABELS.items()],
        "post": wanted.post,
        "people": _people(known or ()),
        "person": str(wanted.person or ""),
        "keeps": acting.holds(*access.KEEPERS),
    }
    return render(request, template, context)


def _texts(wanted: Asked, acting: Acting, cells: _Cells) -> Iterator[list[str]]:
    found = register.every(wanted, rules_of(acting))
    while batch := list(islice(found, _BATCH)):
        lines = Lines.of(acting.scheme, batch)
        for use in lines.uses:
            yield [one.text if isinstance(one, Cell) else one for one in cells(use, lines)]


def _people(known: Sequence[Held]) -> list[tuple[str, str]]:
    """Whoever ever held a post, for the choice of a person."""
    found = {one.person: one for one in known}
    ordered = sorted(found.values(), key=lambda one: (one.kana, one.login))
    return [(str(one.person), one.name) for one in ordered]


def _kept(request: HttpRequest) -> Any:
    kept = request.GET.copy()
    for name in ("after", "as"):
        kept.pop(name, None)
    return kept
