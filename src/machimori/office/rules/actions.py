# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every write about the rules: decide, decide all, note the 決裁番号, start. Each is recorded.

A row of the scheme is locked first, so that nobody starts a scheme while somebody decides.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel import canonical
from machimori.kernel.instants import micros
from machimori.ledger.entry import Commitment, Entry, commit
from machimori.office.people.acting import Acting
from machimori.office.people.models import Scheme
from machimori.office.rules import access
from machimori.office.rules.models import Adoption, Resolution, Start
from machimori.office.rules.refusals import defeating, not_taken
from machimori.office.rules.words import line
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.recording import record
from machimori.policy import adoption as policy
from machimori.policy.adoption_statement import statement_of
from machimori.policy.answers import Value
from machimori.policy.contradictions import contradictions
from machimori.policy.errors import ContradictionError, PolicyError
from machimori.policy.profile import Profile

REASON = 2000
"""Characters of a reason at most, as `adoption_of` reads it."""


@dataclass(frozen=True, kw_only=True)
class Act:
    """決裁: its number, empty while there is none, its day, and from when it has effect."""

    number: str
    adopted_on: dt.date
    effective_from: dt.date


@transaction.atomic
def adopt(key: str, value: Value, *, reason: str, act: Act, acting: Acting) -> Adoption:
    """Decide one question.

    Raises ActionRefusedError, with the clause, if the document states another rule or bounds the
    choice, if the rules would contradict themselves, or if the days are out of order.
    """
    scheme = _locked(acting)
    rules = access.in_force(scheme, act.effective_from)
    answered = key in rules.answers and rules.answers[key].status != "unset"
    _check_days(scheme, act, acting, changes=answered)
    made = policy.Adoption(
        key=key,
        value=value,
        reason=reason,
        decision=act.number,
        adopted_on=act.adopted_on,
        effective_from=act.effective_from,
    )
    try:
        _check_goes_together(scheme, rules, policy.adopt(rules, made))
    except (PolicyError, ContradictionError) as error:
        raise not_taken(access.document(scheme), key, error) from error
    return _entered(scheme, [made], act, acting)[0]


@transaction.atomic
def adopt_recommended(*, act: Act, acting: Acting) -> list[Adoption]:
    """Decide everything that is open as proposed, under one 決裁番号.

    Raises ActionRefusedError if nothing is open or the days are out of order.
    """
    scheme = _locked(acting)
    _check_days(scheme, act, acting, changes=False)
    made = policy.adopt_recommended(
        access.in_force(scheme, act.effective_from),
        decision=act.number,
        adopted_on=act.adopted_on,
        effective_from=act.effective_from,
    )
    if not made:
        raise ActionRefusedError(
            _t("決まっていないことはありません"), Reason(text=_t("することはありません。"))
        )
    return _entered(scheme, made, act, acting)


@transaction.atomic
def note_number(resolution: Resolution, number: str, *, acting: Acting) -> None:
    """Enter the 決裁番号 that did not exist yet; once. Raises ActionRefusedError."""
    access.check_decides(acting)
    found = access.resolutions(acting).select_for_update(of=("self",), no_key=True)
    one = found.get(pk=resolution.pk)
    if one.number:
        raise ActionRefusedError(
            _t("決裁番号は、もう入っています"),
            Reason(text=_t("番号だけを直すことはできません。新しく決めなおしてください。")),
        )
    sealed = commit(number)
    one.number, one.number_salt = number, sealed.salt
    one.save(update_fields=["number", "number_salt"])
    record(
        Entry(
            type="adoption.numbered",
            at=micros(acting.at),
            subject=_subject(acting) | {"resolution": str(one.pk)},
            commitments={"number": sealed.digest},
        )
    )


@transaction.atomic
def start(on: dt.date, *, acting: Acting) -> Start:
    """The scheme begins on this day. Raises ActionRefusedError, naming what is still open."""
    scheme = _locked(acting)
    if scheme.started_on is not None:
        raise ActionRefusedError(
            _t("この制度は、もう始まっています"), Reason(text=_t("することはありません。"))
        )
    if on < access.today(acting):
        raise ActionRefusedError(
            _t("過ぎた日には始められません"),
            Reason(text=_t("きょうか、これからの日を入れてください。")),
        )
    rules = access.in_force(scheme, on)
    if points := policy.open_points(rules):
        raise ActionRefusedError(
            _t("まだ始められません"), *(_open(rules, point.key) for point in points)
        )
    if found := contradictions(rules):
        raise defeating(found)
    made = Start.objects.create(
        scheme=scheme, starts_on=on, started_by=acting.person, created_at=acting.at
    )
    scheme.started_on = on
    scheme.save(update_fields=["started_on"])
    record(
        Entry(
            type="scheme.started",
            at=micros(acting.at),
            subject=_subject(acting),
            data={"profile": scheme.profile, "starts_on": on.isoformat()},
        )
    )
    return made


def _locked(acting: Acting) -> Scheme:
    access.check_decides(acting)
    return Scheme.objects.select_for_update(no_key=True).get(pk=acting.scheme.pk)


def _check_days(scheme: Scheme, act: Act, acting: Acting, *, changes: bool) -> None:
    today = access.today(acting)
    if act.adopted_on > today:
        raise ActionRefusedError(
            _t("決裁の日がまだ来ていません"), Reason(text=_t("決裁が済んでから入れてください。"))
        )
    running = scheme.started_on is not None and scheme.started_on <= today
    if act.effective_from < today or (changes and running and act.effective_from == today):
        raise ActionRefusedError(
            _t("さかのぼっては決められません"),
            Reason(
                text=_t(
                    "始まった案件は、その日のきまりのまま進みます。"
                    "動いている制度の値を変えるときは、あすからの日を入れてください。"
                )
                if running
                else _t("きょうか、これからの日を入れてください。")
            ),
        )


def _check_goes_together(scheme: Scheme, before: Profile, after: Profile) -> None:
    """A running scheme's rules never come to contradict themselves; before it starts they may,
    because opening and closing hours, say, are decided one after the other."""
    if scheme.started_on is None:
        return
    known = {(one.code, one.key) for one in contradictions(before)}
    if found := tuple(one for one in contradictions(after) if (one.code, one.key) not in known):
        raise defeating(found)


def _open(rules: Profile, key: str) -> Reason:
    one = line(rules, key)
    return Reason(
        text=_t("「%(name)s」が決まっていません。") % {"name": one.name},
        clause=rules.answer(key).clause,
    )


def _entered(
    scheme: Scheme, adoptions: Iterable[policy.Adoption], act: Act, acting: Acting
) -> list[Adoption]:
    number = commit(act.number)
    resolution = Resolution.objects.create(
        scheme=scheme,
        number=act.number,
        number_salt=number.salt,
        adopted_on=act.adopted_on,
        effective_from=act.effective_from,
        adopted_by=acting.person,
        created_at=acting.at,
    )
    reasons = [(one, commit(one.reason)) for one in adoptions]
    record(*(_entry(resolution, one, number, reason, acting) for one, reason in reasons))
    return Adoption.objects.bulk_create(
        Adoption(
            resolution=resolution,
            key=one.key,
            value=statement_of(one)["value"],
            reason=one.reason,
            reason_salt=reason.salt,
        )
        for one, reason in reasons
    )


def _entry(
    resolution: Resolution,
    adoption: policy.Adoption,
    number: Commitment,
    reason: Commitment,
    acting: Acting,
) -> Entry:
    value = hashlib.sha256(canonical.dumps(statement_of(adoption)["value"])).hexdigest()
    return Entry(
        type="adoption.made",
        at=micros(acting.at),
        subject=_subject(acting) | {"resolution": str(resolution.pk)},
        data={
            "adopted_on": adoption.adopted_on.isoformat(),
            "effective_from": adoption.effective_from.isoformat(),
            "key": adoption.key,
            "value": value,
        },
        commitments={"reason": reason.digest}
        | ({"number": number.digest} if resolution.number else {}),
    )


def _subject(acting: Acting) -> dict[str, str]:
    return {"by": acting.person.officer, "scheme": acting.scheme.pk}
