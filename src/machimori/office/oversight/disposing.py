# SPDX-License-Identifier: AGPL-3.0-or-later
"""文書の廃棄: decided over a list with its 決裁番号, carried out by a worker, case by case.

The list is frozen in the decision. Of each case one transaction leaves a tombstone and a ledger
entry and erases the rest (`erasing.py`); its files go after that. A worker that is killed begins
again: what is gone is gone, and files are looked for once more.
"""

import datetime as dt
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel.canonical import Json
from machimori.kernel.instants import local_day, micros
from machimori.ledger.entry import Entry
from machimori.office.jobs import registry
from machimori.office.jobs.actions import defer
from machimori.office.jobs.registry import Work
from machimori.office.oversight import kept, stays
from machimori.office.oversight.due import Due, Ending, digest
from machimori.office.oversight.history import File, add, begin, by, files_of, find_about
from machimori.office.oversight.kept import Kept
from machimori.office.oversight.models import Fact, Record, Tombstone
from machimori.office.people.acting import Acting, now
from machimori.office.people.models import Scheme
from machimori.office.rules.access import Rulebook, rulebook, rules_of, today
from machimori.office.shared import stored
from machimori.office.shared.errors import refusal
from machimori.office.shared.posts import LABELS
from machimori.office.shared.recording import record

TASK: Final = "oversight.dispose"
EVERY_NIGHT: Final = "20 4 * * *"


def may_decide(acting: Acting) -> bool:
    """Whether the acting person decides (`records.disposed_by`)."""
    return acting.holds(*_deciders(acting))


def ready(scheme: Scheme, rules: Rulebook, on: dt.date, year: int, *, page: int = 0) -> Due:
    """What may be disposed of on this day of what was kept to the end of this 年度 at most; `page`
    as `Due` has it."""
    ending = Ending(scheme=scheme, rules=rules, on=on, year=year)
    return Due(of=ending, ready=True, held=frozenset(stays.active(scheme)), page=page)


@transaction.atomic
def decide(year: int, *, number: str, decided_on: dt.date, seen: str, acting: Acting) -> File:
    """廃棄を決める: the list of which somebody has `seen` the digest. Raises ActionRefusedError."""
    heading, on = _t("廃棄を決められません"), today(acting)
    if not may_decide(acting):
        who = "、".join(str(LABELS[one]) for one in _deciders(acting))
        raise refusal(heading, _t("廃棄を決めるのは、%(who)sです。") % {"who": who})
    if decided_on > on:
        raise refusal(heading, _t("決裁の日が、まだ来ていません。"))
    stays.lock(acting.scheme)
    listed = ready(acting.scheme, rules_of(acting), on, year).names()
    if not listed:
        raise refusal(heading, _t("廃棄できる文書がありません。"))
    if digest(listed) != seen:
        raise refusal(heading, _t("一覧が変わりました。いまの一覧を確かめてください。"))
    data: dict[str, Json] = {
        "cases": list(listed),
        "decided_on": decided_on.isoformat(),
        "number": number.strip(),
        "year": year,
    }
    before = find_about(acting.scheme, "disposal", str(year))
    if before is None:
        file = begin("disposal_decided", data, key=str(year), scheme=acting.scheme, **by(acting))
    else:
        file = add(before, "disposal_decided", data, **by(acting))
    defer(TASK, subject=file.record.pk, at=acting.at)
    return file


def decided_before(row: Tombstone, file: File) -> Fact:
    """The decision under which this was disposed of."""
    found = [one for one in file.facts if one.kind == "disposal_decided" and one.at <= row.at]
    return found[-1]


def dispose(work: Work) -> None:
    """The worker's part. Begun again it goes on where it was."""
    row = Record.objects.select_related("scheme").get(pk=work.subject)
    [file] = files_of([row])
    decision = file.latest("disposal_decided")
    if file.state != "disposing" or decision is None:
        return
    cases: list[str] = decision.data["cases"]
    rules, left = rulebook(row.scheme), 0
    for done, name in enumerate(cases, start=1):
        left += not _one(file, name, rules)
        work.report(done, len(cases))
    with transaction.atomic():
        add(file, "disposal_done", {"disposed": len(cases) - left, "left": left}, at=now(), by=None)


def look() -> None:
    """Say once for each 年度 that is over that records wait for a decision."""
    at = now()
    on = local_day(micros(at))
    year = kept.ended_year(on)
    for scheme in Scheme.objects.filter(started_on__isnull=False):
        if find_about(scheme, "disposal", str(year)) is not None:
            continue
        if count := len(ready(scheme, rulebook(scheme), on, year)):
            data: dict[str, Json] = {"count": count, "year": year}
            with transaction.atomic():
                begin("disposal_listed", data, key=str(year), scheme=scheme, at=at, by=None)


def install() -> None:
    """Called once, when the app is ready."""
    registry.register(TASK, dispose)
    registry.every(EVERY_NIGHT, "oversight.due", lambda _work: look())


def _one(file: File, name: str, rules: Rulebook) -> bool:
    """Dispose of one case; whether it is gone now. A stay that came since the decision keeps it."""
    kind, _, case = name.partition(":")
    at, scheme = now(), file.record.scheme
    with transaction.atomic():
        stays.lock(scheme)
        if not Tombstone.objects.filter(kind=kind, case=case).exists():
            one = kept.find(scheme, rules, local_day(micros(at)), kind, case)
            if one is None or not one.over(local_day(micros(at))) or _stayed(one, scheme):
                return False
            _bury(one, file, at)
    stored.erase(case)
    return True


def _stayed(one: Kept, scheme: Scheme) -> bool:
    return any(file.state == "stayed" for file in stays.of_case(scheme, one.kind, one.case))


def _bury(one: Kept, file: File, at: dt.datetime) -> None:
    """A tombstone, which erases (a trigger), and its ledger entry."""
    scheme = file.record.scheme
    Tombstone.objects.create(
        scheme=scheme,
        kind=one.kind,
        case=one.case,
        number=one.number,
        state=one.state,
        completed=one.completed,
        last_day=one.last_day,
        decision=file.record,
        at=at,
    )
    named = {"case": one.case, "decision": file.record.pk, "scheme": str(scheme.scheme_id)}
    record(Entry(type="record.disposed", at=micros(at), subject=named, data={"kind": one.kind}))


def _deciders(acting: Acting) -> tuple[Any, ...]:
    return tuple(rules_of(acting).on(today(acting)).names("records.disposed_by") or ())
