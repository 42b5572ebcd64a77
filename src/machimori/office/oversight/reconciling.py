# SPDX-License-Identifier: AGPL-3.0-or-later
"""突合: every opening that the vault's log shows, against cases, instructions and registers (A19).

The vault writes `release.made` into the ledger itself, with cameras and interval of what it opened;
the office cannot leave one out. An opening made behind its back is in the log too, and has no case.
A run goes on where the last one stopped. What depends on later days (a request that does not come)
is looked at anew in each run. The same thing is found once.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from machimori.kernel.canonical import Json
from machimori.kernel.instants import Micros, instant, micros
from machimori.ledger.checkpoint import open_checkpoint
from machimori.ledger.entry import Entry
from machimori.ledger.errors import MalformedLedgerError, NotIncludedError
from machimori.office.oversight.history import File, begin, records
from machimori.office.oversight.models import Record
from machimori.office.oversight.permits import Known, Permit, known
from machimori.office.people.models import Scheme
from machimori.office.shared.engine import engine

FOUND: Final[dict[str, Promise]] = {
    "no_case": _("当たる案件がない"),
    "other_approval": _("案件にない承認で開いた"),
    "no_instruction": _("指示や命令がない"),
    "excess": _("範囲を超えている"),
    "no_use": _("利用簿に当たる行がない"),
    "late_request": _("申請書が期限に遅れた"),
    "late_statement": _("保存履歴の報告が遅れた"),
    "undeclared": _("市の記録にない保存"),
}
"""What a run can find."""
SEGMENT: Final = dt.timedelta(seconds=130)
"""Footage is opened segment by segment; the longest is 120 s and the 10 s past midnight. What is
opened may therefore begin so much before the instruction, and end so much after it."""
_SHOWN: Final = b'"type":"release.made"'
_BATCH: Final = 200


@dataclass(frozen=True, kw_only=True)
class Opening:
    """One release of the vault, as its log has it."""

    release: str
    case: str
    scheme: str
    """Empty: the ledger does not hold the authorisation's entry."""
    authorisation: str
    at: dt.datetime
    cameras: tuple[str, ...]
    more_cameras: bool
    """There were more than the entry names."""
    start: dt.datetime | None
    end: dt.datetime | None


@dataclass(frozen=True, kw_only=True)
class Walked:
    """What a run went through."""

    start: int
    end: int
    openings: int
    """Of the scheme."""
    matched: int


def run(scheme: Scheme, at: dt.datetime, report: Callable[[int, int], None]) -> Walked:
    """Walk through what is new in the ledger and put every finding on record."""
    start = _reached(scheme)
    end = max(_size(), start)
    seen = matched = 0
    batch: list[Opening] = []

    def settle() -> None:
        nonlocal seen, matched
        mine = [one for one in batch if one.scheme in ("", scheme.pk)]
        cases = known(scheme, {one.case for one in mine})
        for one in mine:
            seen += 1
            kinds = judge(one, cases.get(one.case))
            matched += not kinds
            for kind in kinds:
                _find(scheme, kind, one, cases.get(one.case), at)
        batch.clear()

    for opening in _openings(start, end, report):
        batch.append(opening)
        if len(batch) == _BATCH:
            settle()
    settle()
    return Walked(start=start, end=end, openings=seen, matched=matched)


def judge(opening: Opening, case: Known | None) -> list[str]:
    """What is wrong with an opening: keys of FOUND; empty if it is matched."""
    if case is None:
        return ["no_case"]
    if opening.authorisation not in case.authorisations:
        return ["other_approval"]
    permits = [
        one
        for one in case.permits
        if one.authorisation == opening.authorisation and one.since <= opening.at
    ]
    if not permits:
        return ["no_instruction"]
    wrong = []
    if not any(_inside(opening, one) for one in permits):
        wrong.append("excess")
    if not any(first <= opening.at <= last for first, last in case.uses):
        wrong.append("no_use")
    return wrong


def _inside(opening: Opening, permit: Permit) -> bool:
    return (
        not opening.more_cameras
        and set(opening.cameras) <= permit.cameras
        and (opening.start is None or opening.start >= permit.start - SEGMENT)
        and (opening.end is None or opening.end <= permit.end + SEGMENT)
    )


@transaction.atomic
def put(
    scheme: Scheme,
    kind: str,
    key: str,
    data: dict[str, Json],
    at: dt.datetime,
) -> File | None:
    """Put a finding on record, unless it is there."""
    whole = f"{kind}/{key}"
    if Record.objects.filter(scheme=scheme, kind="finding", key=whole).exists():
        return None
    return begin("found", data | {"what": kind}, key=whole, scheme=scheme, at=at, by=None)


def _find(scheme: Scheme, kind: str, opening: Opening, case: Known | None, at: dt.datetime) -> None:
    data: dict[str, Json] = {
        "authorisation": opening.authorisation,
        "cameras": list(opening.cameras),
        "case": opening.case,
        "end": micros(opening.end) if opening.end else None,
        "href": case.href if case else "",
        "number": case.number if case else "",
        "opened": micros(opening.at),
        "release": opening.release,
        "start": micros(opening.start) if opening.start else None,
    }
    put(scheme, kind, opening.release, data, at)


def _openings(start: int, end: int, report: Callable[[int, int], None]) -> Iterator[Opening]:
    schemes: dict[str, str] = {}
    for number, body in enumerate(engine().ledger.entries(start, end), start=1):
        if number % 5000 == 0:
            report(number, end - start)
        if _SHOWN not in body:
            continue
        try:
            entry = Entry.decode(body)
        except MalformedLedgerError:
            continue
        if entry.type != "release.made":
            continue
        digest = str(entry.data.get("authorisation", ""))
        if digest not in schemes:
            schemes[digest] = _scheme_of(digest)
        yield _opening(entry, digest, schemes[digest])


def _opening(entry: Entry, digest: str, scheme: str) -> Opening:
    data = entry.data
    names = data.get("cameras")
    cameras = tuple(str(one) for one in names) if isinstance(names, list) else ()
    first, last, count = data.get("start"), data.get("end"), data.get("camera_count")
    return Opening(
        release=str(data.get("release", entry.id)),
        case=entry.subject.get("case", ""),
        scheme=scheme,
        authorisation=digest,
        at=instant(entry.at),
        cameras=cameras,
        more_cameras=isinstance(count, int) and count > len(cameras),
        start=instant(Micros(first)) if isinstance(first, int) else None,
        end=instant(Micros(last)) if isinstance(last, int) else None,
    )


def _scheme_of(digest: str) -> str:
    """The scheme of an authorisation, by its own entry."""
    try:
        return Entry.decode(engine().ledger.entry(digest[:32])).subject.get("scheme", "")
    except (NotIncludedError, MalformedLedgerError):
        return ""


def _reached(scheme: Scheme) -> int:
    """The index up to which the last run has walked."""
    for row in records(scheme, "reconciliation").prefetch_related("facts")[:20]:
        for fact in row.facts.all():
            if fact.kind == "run_done":
                return int(fact.data["end"])
    return 0


def _size() -> int:
    """How many entries the newest checkpoint covers."""
    ledger = engine().ledger
    try:
        return open_checkpoint(ledger.checkpoint(), ledger.key).size
    except NotIncludedError:
        return 0
