# SPDX-License-Identifier: AGPL-3.0-or-later
"""内部利用の一覧, 起票 and one use with its one main button."""

from typing import cast

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from machimori.kernel.instants import local_day, micros
from machimori.office.cameras.access import names
from machimori.office.internal import access, asking, copying, drafting
from machimori.office.internal.forms import FATES, DraftForm
from machimori.office.internal.history import File, files_of
from machimori.office.internal.models import Fact, Use
from machimori.office.internal.states import STATES, STEPS, WAY, Kind
from machimori.office.internal.views.pages import form_page, one
from machimori.office.people.acting import ActingRequest
from machimori.office.provision.forms import words
from machimori.office.rules.access import in_force, rules_of
from machimori.office.shared.addresses import address_of
from machimori.office.shared.config import config
from machimori.office.shared.errors import ActionRefusedError
from machimori.office.shared.posts import posts
from machimori.office.shared.tables import Cell, Listing
from machimori.office.shared.templatetags.office import minute


@posts(*access.READERS)
@require_safe
def listing(request: ActingRequest) -> HttpResponse:
    """Every use that the acting person may see, the newest first."""
    acting = request.acting
    found = Listing[Use](
        name=_t("内部利用"),
        columns=(
            _t("番号"),
            _t("状態"),
            _t("起票した人"),
            _t("何のためか"),
            _t("範囲"),
            _t("更新"),
        ),
        cells=_cells,
        search=("numbered__text",),
        lookup="contains",
        load=lambda rows: files_of(rows, rules_of(acting)),
    )
    rules = in_force(acting.scheme, local_day(micros(acting.at)))
    why_not = asking.why_not(rules, acting) if acting.holds(*access.USERS) else ()
    context = {"may_draft": acting.holds(*access.USERS) and not why_not, "why_not": why_not}
    return found.respond(request, access.uses(acting), "internal/uses.html", context)


def _cells(file: File) -> tuple[str | Cell, ...]:
    return (
        Cell(text=file.number, href=address_of("internal:use", file.use.pk)),
        str(STATES[file.state]),
        file.draft.by.name,
        file.draft.data["need"],
        interval(file),
        minute(file.facts[-1].at),
    )


@posts(*access.USERS)
def draft(request: ActingRequest) -> HttpResponse:
    """起票する; where the rules let the acting person use nothing, why, and no form."""
    acting = request.acting
    rules = in_force(acting.scheme, local_day(micros(acting.at)))
    if why_not := asking.why_not(rules, acting):
        refused = ActionRefusedError(_t("いまは起票できません"), *why_not)
        return render(request, "internal/not_now.html", {"refused": refused}, status=403)
    form = DraftForm(request.POST or None, scheme=acting.scheme, rules=rules)
    return form_page(
        request,
        form,
        lambda: drafting.draft(form.wanted(), acting=acting),
        title=_t("内部利用を起票する"),
        button=_t("許可を求める"),
        text=_t("許可されると、この範囲だけを、起票した人が開けるようになります。"),
    )


@posts(*access.READERS)
@require_safe
def use(request: ActingRequest, name: str) -> HttpResponse:
    """One use."""
    return page(request, one(request, name))


def page(
    request: ActingRequest, file: File, refused: ActionRefusedError | None = None
) -> HttpResponse:
    """The page of a use, with what was refused."""
    acting = request.acting
    own = file.draft.by_id == acting.person.pk
    permits = acting.holds("system_manager", "handling_supervisor") and asking.permits(file, acting)
    signing = permits and file.state == "drafted"
    attendance = file.latest("attendance")
    recorded = file.latest("recorded")
    called = names(file.use.scheme, file.extent.cameras)
    context = {
        "file": file,
        "steps": _steps(file),
        "state": STATES[file.state],
        "refused": refused,
        "cameras": list(called.values()),
        "interval": interval(file),
        "uses": [text for _, text in words("internal.acts", file.uses)],
        "code": file.statement.digest().hex()[:12],
        "attendance": attendance,
        "needs_attendance": signing and bool(file.attendees) and attendance is None,
        "to_sign": signing and (not file.attendees or attendance is not None),
        "signing": signing,
        "demo": config().demo,
        "own": own,
        "main": _main(file) if own else None,
        "may_withdraw": own and file.state in ("drafted", "permitted"),
        "may_record": own and file.state == "in_use",
        "may_close": file.state == "recorded" and (own or permits),
        "making": copying.making(file),
        "copied": file.latest("copied") if own and copying.ready(file) else None,
        "copies": [(copy, permits and not copy.checked, _fate(copy.ended)) for copy in file.copies],
        "recorded": recorded,
        "facts": [
            (fact, STEPS[cast(Kind, fact.kind)].text, fact.data.get("reason", ""))
            for fact in reversed(file.facts)
        ],
    }
    return render(request, "internal/use.html", context)


def interval(file: File) -> str:
    """What may be opened, in words."""
    return f"{minute(file.extent.start)} ～ {minute(file.extent.end)}"


def _fate(ended: Fact | None) -> str:
    return str(dict(FATES)[ended.data["fate"]]) if ended else ""


def _main(file: File) -> tuple[str, str] | None:
    """Text and address of what whoever wanted it does next."""
    args = [file.use.pk]
    if not file.usable:
        return None
    if copying.ready(file):
        return _t("媒体に書いて確かめる"), reverse("internal:medium", args=args)
    if "view" in file.uses or "print" in file.uses:
        return _t("画像を開く"), reverse("viewing:use", args=args)
    return None


def _steps(file: File) -> list[dict[str, object]]:
    if file.state not in WAY:
        return []
    at = WAY.index(file.state)
    return [
        {"text": STATES[state], "state": "done" if n < at else "now" if n == at else "later"}
        for n, state in enumerate(WAY)
    ]
