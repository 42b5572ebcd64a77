# SPDX-License-Identifier: AGPL-3.0-or-later
"""A record as its facts tell it, and the one function that adds a fact."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _t

from machimori.kernel.canonical import Json
from machimori.office.oversight.models import Fact, Record
from machimori.office.oversight.states import STATES, STEPS, Kind, State
from machimori.office.oversight.states import Record as RecordKind
from machimori.office.people.acting import Acting
from machimori.office.people.facts import append
from machimori.office.people.history import History, facts_of
from machimori.office.people.models import Person, Scheme
from machimori.office.shared.errors import ActionError, refusal


@dataclass(frozen=True, kw_only=True)
class File(History[Fact, Kind, State]):
    """A record with its facts, at least one, the oldest first."""

    record: Record

    @property
    def text(self) -> str:
        """The state in words."""
        return str(STATES[self.state])

    @property
    def opened(self) -> Mapping[str, Any]:
        """What the first fact says."""
        found: Mapping[str, Any] = self.facts[0].data
        return found


def records(scheme: Scheme, kind: RecordKind) -> "QuerySet[Record]":
    """The scheme's records of this kind, the newest first."""
    return Record.objects.filter(scheme=scheme, kind=kind).order_by("-at", "-id")


def files_of(rows: Sequence[Record]) -> list[File]:
    """These records with their facts, in their order; one query."""
    facts = facts_of(Fact, [row.pk for row in rows])
    return [File(record=row, facts=facts[row.pk]) for row in rows]


def find(scheme: Scheme, kind: RecordKind, name: str) -> File | None:
    """The record of this id."""
    row = records(scheme, kind).filter(pk=name).first()
    return files_of([row])[0] if row else None


def find_about(scheme: Scheme, kind: RecordKind, key: str) -> File | None:
    """The record about this."""
    row = records(scheme, kind).filter(key=key).first()
    return files_of([row])[0] if row else None


def begin(
    kind: Kind,
    data: Mapping[str, Json],
    *,
    key: str,
    scheme: Scheme,
    at: dt.datetime,
    by: Person | None,
) -> File:
    """Open a record with its first fact and ledger entry, inside the action's transaction.

    Raises ActionRefusedError if there is one about this already.
    """
    step = STEPS[kind]
    if None not in step.after:
        raise ActionError("no record begins with this", where=kind)
    try:
        with transaction.atomic():
            record = Record.objects.create(scheme=scheme, kind=step.of, key=key, at=at)
    except IntegrityError as error:
        raise refusal(_t("もう記録があります"), _t("いまの内容を見てください。")) from error
    made = _append(record, 1, kind, data, at=at, by=by)
    return File(record=record, facts=(made,))


def add(
    file: File,
    kind: Kind,
    data: Mapping[str, Json],
    *,
    at: dt.datetime,
    by: Person | None,
) -> File:
    """Add a fact with its ledger entry, inside the action's transaction.

    Raises ActionRefusedError if the state does not allow it, or somebody else added a fact first.
    """
    step = STEPS[kind]
    if step.of != file.record.kind or file.state not in step.after:
        raise refusal(
            _t("いまはできません"), _t("この記録は「%(state)s」です。") % {"state": file.text}
        )
    made = _append(file.record, file.facts[-1].serial + 1, kind, data, at=at, by=by)
    return file.and_then(made)


def by(acting: Acting) -> dict[str, Any]:
    """When and by whom, as `begin` and `add` take them."""
    return {"at": acting.at, "by": acting.person}


def _append(
    record: Record,
    serial: int,
    kind: Kind,
    data: Mapping[str, Json],
    *,
    at: dt.datetime,
    by: Person | None,
) -> Fact:
    return append(
        Fact,
        case=record,
        scheme=record.scheme,
        serial=serial,
        kind=kind,
        state=STEPS[kind].then,
        data=data,
        entry="oversight.step",
        at=at,
        by=by,
    )
