# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything a profile decides, as one table: post, act, ground, hours, agreement, what is missing.

The table is the full product, folded: values of a column that make no difference are written
together, and `*` stands for all of them. A row without an entry in `without` is a request in which
nothing is missing; the others take one thing away, or add one circumstance, and are listed where
that turns an allowed act into a refused one or changes what it rests on.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import product
from typing import get_args

from machimori.kernel.instants import TOKYO
from machimori.policy.decisions import decide
from machimori.policy.profile import Profile
from machimori.policy.questions import catalogue
from machimori.policy.requests import Act, Hours, Request
from machimori.policy.weighing import Decision, Reason

HEADER = ("act", "posts", "ground", "hours", "agreement", "without", "outcome", "because")

_Cell = tuple[str, str, str, str]
_Outcome = tuple[str, str]
_Row = tuple[str, str, str, str, str, str]

_NOON = dt.datetime(2026, 5, 14, 12, tzinfo=TOKYO)
_DECISIVE = ("no_footage", "post_absent", "post")

_Change = Callable[[Request], Request]
_WITHOUT: Mapping[str, _Change] = {
    "": lambda request: request,
    "application": lambda request: replace(request, application_filed=False),
    "document": lambda request: replace(request, document_present=False),
    "document, urgent": lambda request: replace(request, document_present=False, urgent=True),
    "document and identity, urgent": lambda request: replace(
        request, document_present=False, urgent=True, identity_checked=False
    ),
    "identity": lambda request: replace(request, identity_checked=False),
    "fields": lambda request: replace(request, fields=frozenset()),
    "fields, by the person": lambda request: replace(
        request, by_subject=True, fields=request.fields - {"subject_consent", "face_photo"}
    ),
    "checks": lambda request: replace(request, checks=frozenset()),
    "consent": lambda request: replace(request, consents=""),
    "consent of others": lambda request: replace(request, consents="applicant"),
    "signature": lambda request: replace(request, signers=0),
    "second signature": lambda request: replace(request, signers=1),
    "round": lambda request: replace(request, circulated=False),
    "round, urgent": lambda request: replace(request, circulated=False, urgent=True),
    "another's agreement": lambda request: replace(request, agreed=True),
    "delegation": lambda request: replace(request, delegated=False),
    "manager (deputy)": lambda request: replace(request, delegated=True),
    "supervisor (vacant)": lambda request: replace(request, supervisor_vacant=True),
    "approval": lambda request: replace(request, approved=False),
    "instruction": lambda request: replace(request, instructed=False),
    "range": lambda request: replace(request, within_range=False),
    "terminal": lambda request: replace(request, at_terminal=False),
    "place": lambda request: replace(request, place=""),
    "another's act": lambda request: replace(request, own_act=True),
    "completion check": lambda request: replace(request, completion_checked=False),
    "record": lambda request: replace(request, recorded=frozenset()),
    "disclosure": lambda request: replace(request, for_disclosure=False),
    "limit of days": lambda request: replace(request, days=100_000),
    "reason": lambda request: replace(request, reason_given=False),
    "view (print)": lambda request: replace(request, use="print"),
    "view (copy)": lambda request: replace(request, use="copy"),
    "privacy (attended)": lambda request: replace(request, attendees=1),
    "permission (attended)": lambda request: replace(request, attendees=1, permitted=False),
    "crime (accident)": lambda request: replace(request, cause="accident"),
    "cause": lambda request: replace(request, cause=""),
    "order": lambda request: replace(request, ordered=False),
    "station (another)": lambda request: replace(request, station="another"),
    "case reference": lambda request: replace(request, case_reference=False),
    "contractor's list": lambda request: replace(request, listed=False),
    "purpose": lambda request: replace(request, off_purpose=True),
    "identifying camera": lambda request: replace(request, camera_identifies=False),
}

_STEPPING_IN = ("manager (deputy)", "supervisor (vacant)")
"""Circumstances that allow an act to a post that is otherwise refused."""


def decision_table(profile: Profile) -> str:
    """Tab-separated, with a header line; the same text for the same rules."""
    lines = ["\t".join(HEADER)]
    for act in get_args(Act):
        groups: dict[tuple[_Row, ...], list[str]] = {}
        for post in catalogue().members["posts"]:
            groups.setdefault(tuple(_rows(profile, act, post.id)), []).append(post.id)
        for rows, posts in groups.items():
            for row in rows:
                lines.append("\t".join((act, ",".join(posts), *row)))
    return "\n".join(lines) + "\n"


def _rows(profile: Profile, act: Act, post: str) -> list[_Row]:
    grounds = (*profile.members("grounds"), "none")
    agreements = (*profile.members("agreements"), "none")
    places = list(product(grounds, get_args(Hours), agreements))
    base = _complete(profile, act, post)
    requests = {place: _placed(base, *place) for place in places}
    complete = {place: _outcome(profile, request) for place, request in requests.items()}
    cells: dict[_Cell, _Outcome | None] = {}
    for (without, change), place in product(_WITHOUT.items(), places):
        cells[(without, *place)] = complete[place] if not without else None
        # What is refused anyway is not repeated for every further thing that is missing.
        allowed = complete[place][0] == "allowed"
        if without and (allowed or without in _STEPPING_IN):
            found = _outcome(profile, change(requests[place]))
            said = found != complete[place] and (allowed or found[0] == "allowed")
            cells[(without, *place)] = found if said else None
    said_of = {without for (without, *_), outcome in cells.items() if outcome is not None}
    missing = tuple(without for without in _WITHOUT if without in said_of)
    dimensions = (missing, grounds, get_args(Hours), agreements)
    return [
        (ground, hours, agreement, without, *outcome)
        for (without, ground, hours, agreement), outcome in _folded(cells, dimensions, ())
        if outcome is not None
    ]


def _folded(
    cells: Mapping[_Cell, _Outcome | None],
    dimensions: tuple[tuple[str, ...], ...],
    fixed: tuple[str, ...],
) -> list[tuple[tuple[str, ...], _Outcome | None]]:
    if len(fixed) == len(dimensions):
        without, ground, hours, agreement = fixed
        return [((), cells[without, ground, hours, agreement])]
    values = dimensions[len(fixed)]
    groups: dict[tuple[tuple[tuple[str, ...], _Outcome | None], ...], list[str]] = {}
    for value in values:
        below = tuple(_folded(cells, dimensions, (*fixed, value)))
        # The first column says what is missing and is never folded.
        key = below if fixed else ((("", value), None), *below)
        groups.setdefault(key, []).append(value)
    rows = []
    for key, names in groups.items():
        name = "*" if len(names) == len(values) and fixed else ",".join(names)
        below = key if fixed else key[1:]
        rows += [((name, *rest), outcome) for rest, outcome in below]
    return rows


def _placed(base: Request, ground: str, hours: str, agreement: str) -> Request:
    return replace(
        base,
        ground="" if ground == "none" else ground,
        hours=next(word for word in get_args(Hours) if word == hours),
        agreement="" if agreement == "none" else agreement,
    )


def _complete(profile: Profile, act: Act, post: str) -> Request:
    members = profile.members("agreements")
    stations = (profile.names(f"agreements.{members[0]}.stations") or ()) if members else ()
    places = profile.names("live.places" if act == "watch_live" else "terminals.places") or ()
    question = catalogue().question

    def every(key: str) -> frozenset[str]:
        return frozenset(choice.id for choice in question(key).choices)

    return Request(
        act=act,
        post=post,
        at=_NOON,
        hours="open",
        application_filed=True,
        document_present=True,
        identity_checked=True,
        permitted=True,
        fields=every("grounds.x.fields"),
        checks=every("grounds.x.checks"),
        consents="each",
        signers=5,
        delegated=act == "deputise",
        circulated=True,
        approved=True,
        instructed=True,
        within_range=True,
        at_terminal=True,
        place=places[0] if places else "",
        completion_checked=True,
        recorded=every("provision.recorded"),
        for_disclosure=True,
        days=1,
        use="view",
        reason_given=True,
        cause="crime",
        ordered=True,
        station=stations[0] if stations else "",
        case_reference=True,
        listed=True,
    )


def _outcome(profile: Profile, request: Request) -> _Outcome:
    decision = decide(profile, request)
    if decision.allowed:
        return "allowed", "; ".join(_clauses(profile, decision))
    reasons = [reason for reason in decision.reasons if reason.code in _DECISIVE]
    return "refused", "; ".join(dict.fromkeys(map(_because, reasons or decision.reasons)))


def _because(reason: Reason) -> str:
    key = catalogue().question(reason.key).key if reason.code == "unset" else ""
    return " ".join(word for word in (reason.code, key, reason.clause) if word)


def _clauses(profile: Profile, decision: Decision) -> list[str]:
    return list(dict.fromkeys(said.clause for said in decision.basis if said.clause))
