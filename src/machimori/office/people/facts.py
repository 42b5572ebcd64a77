# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every kind of case has in common: facts that are added and never changed, and numbers.

An app has tables of its own, made of these rows; how its cases move is its own table of steps.
"""

import datetime as dt
from collections.abc import Mapping
from typing import TypeVar

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _t

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.instants import micros
from machimori.ledger.entry import Entry, EntryType, commit
from machimori.office.people.models import Person, Scheme
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.recording import record
from machimori.policy.wareki import CaseNumber, fiscal_year


class FactRow(models.Model):
    """One thing that happened to a case. The app adds `case`, `by`, constraints and grants."""

    serial = models.PositiveIntegerField()
    """From 1, without gaps."""
    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=20)
    """The state of the case from here on."""
    at = models.DateTimeField()
    data = models.JSONField()
    salt = models.BinaryField(max_length=16)
    """Of the ledger's commitment to `data`."""

    class Meta:
        abstract = True


class SeriesRow(models.Model):
    """The last number given in a scheme's 年度. Its row is the lock under which one is given."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="+")
    fiscal_year = models.PositiveIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True


class NumberedRow(models.Model):
    """The number of a case: 「令和8年度 街頭 第12号」. The app adds `case` and `series`."""

    number = models.PositiveIntegerField()
    text = models.CharField(max_length=60)

    class Meta:
        abstract = True


Row = TypeVar("Row", bound=FactRow)
Numbered = TypeVar("Numbered", bound=NumberedRow)


def append(
    model: type[Row],
    *,
    case: models.Model,
    scheme: Scheme,
    serial: int,
    kind: str,
    state: str,
    data: Mapping[str, Json],
    entry: EntryType,
    at: dt.datetime,
    by: Person | None,
    subject: Mapping[str, str] | None = None,
) -> Row:
    """Add a fact with its ledger entry, inside the action's transaction.

    The entry names the case, or the `subject` in its place, with scheme, person (`by`; None: the
    office itself), kind, serial and state, and commits to `data`. Raises ActionRefusedError if
    somebody else has added this serial's fact.
    """
    committed = commit(canonical.dumps(dict(data)).decode())
    try:
        with transaction.atomic():
            made = model._default_manager.create(
                case=case,
                serial=serial,
                kind=kind,
                state=state,
                at=at,
                by=by,
                data=dict(data),
                salt=committed.salt,
            )
    except IntegrityError as error:
        raise ActionRefusedError(
            _t("ほかの人が先に進めました"),
            Reason(text=_t("いまの内容を見てから、もう一度してください。")),
        ) from error
    named = {**(subject or {"case": str(case.pk)}), "scheme": str(scheme.scheme_id)}
    if by is not None:
        named["by"] = by.officer
    record(
        Entry(
            type=entry,
            at=micros(at),
            subject=named,
            data={"kind": kind, "serial": serial, "state": state},
            commitments={"fact": committed.digest},
        )
    )
    return made


def give_number(
    series: type[SeriesRow],
    numbered: type[Numbered],
    *,
    case: models.Model,
    scheme: Scheme,
    name: str,
    on: dt.date,
) -> Numbered:
    """Give a case the next number of its scheme's 年度, inside the action's transaction.

    The series' row is locked until the transaction ends, so that whoever comes second waits, and
    a number whose case failed is given to the next. `name` is the series' name in the number.
    """
    year = fiscal_year(on)
    series._default_manager.get_or_create(scheme=scheme, fiscal_year=year)
    row = series._default_manager.select_for_update(of=("self",), no_key=True).get(
        scheme=scheme, fiscal_year=year
    )
    row.last += 1
    row.save(update_fields=["last"])
    text = CaseNumber(fiscal_year=year, series=name, number=row.last)
    return numbered._default_manager.create(case=case, series=row, number=row.last, text=str(text))


def series_name(scheme: Scheme, mark: str = "") -> str:
    """The short name in a number: 「街頭防犯カメラ」 is written 街頭. At most 20 characters, `mark`
    at its end."""
    name = "".join(scheme.name.split())
    return (name.removesuffix("防犯カメラ") or name)[: 20 - len(mark)] + mark
