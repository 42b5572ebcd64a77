# SPDX-License-Identifier: AGPL-3.0-or-later
"""Papers from the pages: the city's head from its rules, and the PDF as an answer to save."""

import datetime as dt
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Final

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header

from machimori.office.paper.masthead import Form, Masthead
from machimori.office.paper.press import FONTS, Press
from machimori.office.shared.config import config
from machimori.policy.profile import Profile

_FORMS: Final = {
    "provision_request": "request",
    "subject_request": "own_request",
    "no_footage_reply": "not_found",
}
"""What a paper's kind is called in profiles (`forms.*`), where the names differ."""


@cache
def press() -> Press:
    """The process's press. Raises UnavailableError if the fonts are not there."""
    return Press(config().fonts or FONTS)


def masthead(rules: Profile, kind: str, *, contact: tuple[str, ...] = ()) -> Masthead:
    """The head of a paper of this kind: number, title, addressee or sender of the city's rules.

    What the rules merely assume is not printed as if the city had said it; only who is written to
    is, because a letter needs an addressee.
    """
    name = _FORMS.get(kind, kind)

    def said(key: str) -> str:
        if not rules.applies(key) or rules.answer(key).status not in ("stated", "local"):
            return ""
        return rules.text(key) or ""

    manager = said("posts.system_manager.title") or "管理責任者"
    holder = rules.text("posts.system_manager.holder") or ""
    return Masthead(
        form_number=said(f"forms.{name}.number"),
        title=said(f"forms.{name}.title"),
        office=tuple(filter(None, (rules.document.city, manager, holder))),
        seal=True,
        contact=contact,
        rules=rules.document.title,
    )


@lru_cache(maxsize=64)
def blank(kind: type[Form], head: Masthead, on: dt.date) -> bytes:
    """The blank form as PDF; the same one is set once, since anybody may ask for it."""
    return press().pdf(kind().sheet(head), on=on).pdf


def printed(
    papers: Mapping[str, Form], kind: str, rules: Profile, *, on: dt.date, called: str
) -> HttpResponse:
    """This kind of `papers` as a PDF named after the case that is `called` so; of the day `on`
    where the paper has none of its own. Raises Http404 if there is none of the kind."""
    form = papers.get(kind)
    if form is None:
        raise Http404
    head = masthead(rules, kind)
    name = f"{head.title or form.TITLE} {called.replace(' ', '')}".strip()
    return answer(form, head, on=form.date or on, name=name)


def answer(form: Form, head: Masthead, *, on: dt.date, name: str) -> HttpResponse:
    """The form as a PDF to save under `name`. A character that no font has prints as 〓."""
    return saved(press().pdf(form.sheet(head), on=on).pdf, name)


def saved(pdf: bytes, name: str) -> HttpResponse:
    """A PDF to save under `name`."""
    response = HttpResponse(pdf, content_type="application/pdf")
    response.headers["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=f"{name}.pdf") or "attachment"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
