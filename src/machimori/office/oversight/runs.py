# SPDX-License-Identifier: AGPL-3.0-or-later
"""Runs of 突合: begun by a person or by the rules' calendar, done by a worker; answers."""

import datetime as dt
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel.instants import local_day, micros
from machimori.office.jobs import registry
from machimori.office.jobs.actions import defer
from machimori.office.jobs.registry import Work
from machimori.office.oversight import access, lateness, reconciling
from machimori.office.oversight.history import File, add, begin, by, files_of, records
from machimori.office.oversight.models import Record
from machimori.office.people.acting import Acting, now
from machimori.office.people.models import Person, Scheme
from machimori.office.rules.access import Rulebook, rulebook
from machimori.office.shared.errors import refusal

RECONCILE: Final = "oversight.reconcile"
EVERY_NIGHT: Final = "40 3 * * *"


@transaction.atomic
def start(*, acting: Acting) -> File:
    """突合する. Raises ActionRefusedError while a run goes on, and for whoever may not."""
    heading = _t("突合を始められません")
    if not acting.holds(*access.CITY):
        raise refusal(heading, _t("突合するのは、管理責任者、取扱責任者、監査です。"))
    last = latest(acting.scheme)
    if last is not None and last.state == "begun":
        raise refusal(heading, _t("いま突合しています。終わるまでお待ちください。"))
    return _begin(acting.scheme, acting.at, acting.person)


@transaction.atomic
def answer(file: File, *, reason: str, acting: Acting) -> File:
    """見つかったものに回答する: why it was so, or what is done about it. Raises
    ActionRefusedError."""
    heading = _t("回答できません")
    if not acting.holds(*access.KEEPERS):
        raise refusal(heading, _t("回答するのは、管理責任者と取扱責任者です。"))
    if not reason.strip():
        raise refusal(heading, _t("理由を入れてください。"))
    return add(file, "answered", {"reason": reason.strip()}, **by(acting))


def latest(scheme: Scheme) -> File | None:
    """The last run."""
    row = records(scheme, "reconciliation").first()
    return files_of([row])[0] if row else None


def due(rules: Rulebook, last: File | None, today: dt.date) -> dt.date | None:
    """The day by which the next run is due; None if the rules name no interval."""
    days = rules.on(today).number("audit.reconciliation_days")
    if days is None:
        return None
    return today if last is None else local_day(micros(last.record.at)) + dt.timedelta(days=days)


def reconcile(work: Work) -> None:
    """The worker's part. Done twice it finds nothing twice."""
    row = Record.objects.select_related("scheme").get(pk=work.subject)
    [file] = files_of([row])
    if file.state != "begun":
        return
    at = now()
    walked = reconciling.run(row.scheme, at, work.report)
    lateness.look(row.scheme, at)
    with transaction.atomic():
        add(
            file,
            "run_done",
            {
                "end": walked.end,
                "matched": walked.matched,
                "openings": walked.openings,
                "start": walked.start,
            },
            at=at,
            by=None,
        )


def nightly() -> None:
    """Begin the runs that the rules want by today."""
    at = now()
    for scheme in Scheme.objects.filter(started_on__isnull=False):
        last, today = latest(scheme), local_day(micros(at))
        wanted = due(rulebook(scheme), last, today)
        if wanted is not None and wanted <= today and (last is None or last.state != "begun"):
            with transaction.atomic():
                _begin(scheme, at, None)


def install() -> None:
    """Called once, when the app is ready."""
    registry.register(RECONCILE, reconcile)
    registry.every(EVERY_NIGHT, "oversight.nightly", lambda _work: nightly())


def _begin(scheme: Scheme, at: dt.datetime, person: Person | None) -> File:
    file = begin("run_begun", {}, key=str(micros(at)), scheme=scheme, at=at, by=person)
    defer(RECONCILE, subject=file.record.pk, at=at)
    return file
