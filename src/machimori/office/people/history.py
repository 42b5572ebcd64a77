# SPDX-License-Identifier: AGPL-3.0-or-later
"""What happened to one thing, as its facts tell it: what the histories of all apps share.

An app's own class says what its facts come to, and its `add` is the only way to another fact.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Generic, Self, TypeVar, cast

from django.db.models import F, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _t

from machimori.office.people.facts import FactRow
from machimori.office.shared.errors import refusal
from machimori.office.shared.instances import Part, names, parts, refer
from machimori.office.shared.prepared import Among, Given, Statement
from machimori.office.shared.steps import Step

Row = TypeVar("Row", bound=FactRow)
Kind = TypeVar("Kind", bound=str)
State = TypeVar("State", bound=str)


@dataclass(frozen=True, kw_only=True)
class History(Generic[Row, Kind, State]):
    """`facts` has at least one, the oldest first."""

    facts: tuple[Row, ...]

    @property
    def state(self) -> State:
        return cast(State, self.facts[-1].state)

    def latest(self, *kinds: Kind) -> Row | None:
        """The last fact of these kinds."""
        return next((one for one in reversed(self.facts) if one.kind in kinds), None)

    def and_then(self, fact: Row) -> Self:
        """The history with this fact."""
        return replace(self, facts=(*self.facts, fact))


def facts_of(model: type[Row], things: Iterable[str]) -> dict[str, tuple[Row, ...]]:
    """The facts of the things with these keys, the oldest first, with who acted; one query."""
    found: dict[str, list[Row]] = {key: [] for key in things}
    given = {"things": list(found)}
    for row, _ in _made(_asking_of(model), given, parts(model, "by")) if found else ():
        found[row.case_id].append(row)
    return {key: tuple(rows) for key, rows in found.items()}


@cache
def _asking_of(model: type[Row]) -> Statement:
    """What `facts_of` asks."""
    rows = model._default_manager.filter(Among(F("case"), Given("things"))).order_by("serial")
    return Statement.of(rows.values_list(*names(parts(model, "by"))))


def asking_facts(
    model: type[Row], wanted: "QuerySet[Any, Any]", *, by: bool = False, only: Q | None = None
) -> Statement:
    """What `with_facts` asks for the things whose keys `wanted` selects, which may be cut off at a
    length and say `Given` for what changes; `only` those of their facts, `by` with who acted."""
    rows: Any = model._default_manager.filter(case__in=wanted).order_by("serial", "at", "case")
    if only is not None:
        rows = rows.filter(only)
    return Statement.of(rows.values_list(*names(_parts(model, by=by))))


def with_facts(
    model: type[Row],
    statement: Statement,
    given: Mapping[str, Any] | None = None,
    *,
    by: bool = False,
) -> list[tuple[Any, tuple[Row, ...]]]:
    """The things that `asking_facts` asks for, with their numbers if they have any, each with its
    facts, the one that began first first, `by` with who acted; one query."""
    columns = _parts(model, by=by)
    things: dict[str, Any] = {}
    found: dict[str, list[Row]] = {}
    for row, values in _made(statement, given or {}, columns):
        if row.case_id not in things:
            things[row.case_id] = _thing(values, columns)
        row.case = things[row.case_id]
        found.setdefault(row.case_id, []).append(row)
    return [(things[key], tuple(facts)) for key, facts in found.items()]


def _parts(model: Any, *, by: bool) -> Mapping[str, Part]:
    """The fact, its thing, the thing's number if it may have any, and who acted, by their paths."""
    case = model._meta.get_field("case").related_model
    numbered = any(one.name == "numbered" for one in case._meta.related_objects)
    paths = ("case", *(("case__numbered",) if numbered else ()), *(("by",) if by else ()))
    return parts(model, *paths)


def _made(
    statement: Statement, given: Mapping[str, Any], columns: Mapping[str, Part]
) -> Iterator[tuple[Any, Sequence[Any]]]:
    """The facts that the statement asks for, each with the columns of its row. Who acted is made
    once, and not with every fact: a list has hundreds of facts of a handful of people."""
    people: dict[int, Any] = {}
    for values in statement.ask(given):
        row = columns[""].made(values)
        if "by" in columns:
            if row.by_id not in people:
                people[row.by_id] = columns["by"].made(values)
            refer(row, "by", people[row.by_id])
        yield row, values


def _thing(values: Sequence[Any], found: Mapping[str, Part]) -> Any:
    """The thing, with its number."""
    thing = found["case"].made(values)
    if "case__numbered" in found:
        refer(thing, "numbered", found["case__numbered"].made(values))
    return thing


def next_serial(before: History[Row, Kind, State] | None) -> int:
    """That of the fact which follows."""
    return before.facts[-1].serial + 1 if before else 1


def next_state(before: History[Row, Kind, State] | None, step: Step[State]) -> State:
    """Where this step leads; the table lets nothing begin with a step that leads nowhere."""
    state = step.then or (before.state if before else None)
    assert state is not None
    return state


def check_step(
    before: History[Row, Kind, State] | None,
    after: Collection[State | None],
    states: Mapping[State, str | Promise],
    *,
    said: str,
    nothing: str = "",
) -> None:
    """Raise ActionRefusedError unless a step that follows `after` these states may follow now.

    `said` tells the state, as `%(state)s`, from `states`; `nothing` stands for it before the first
    fact.
    """
    state = before.state if before else None
    if state not in after:
        now = nothing if state is None else states[state]
        raise refusal(_t("いまはできません"), said % {"state": now})
