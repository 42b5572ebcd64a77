# SPDX-License-Identifier: AGPL-3.0-or-later
"""What happened to one thing, as its facts tell it: what the histories of all apps share.

An app's own class says what its facts come to, and its `add` is the only way to another fact.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, Self, TypeVar, cast

from django.db.models import F, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _t

from machimori.office.people.facts import FactRow
from machimori.office.shared.errors import refusal
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
    rows: Any = model._default_manager.filter(case__in=list(found))
    for row in rows.select_related("by").order_by("serial") if found else ():
        found[row.case_id].append(row)
    return {key: tuple(rows) for key, rows in found.items()}


def with_facts(
    model: type[Row], wanted: "QuerySet[Any, Any]", *, by: bool = False
) -> list[tuple[Any, tuple[Row, ...]]]:
    """The things whose keys `wanted` selects, with their numbers if they have any, each with its
    facts, the one that began first first, `by` with who acted; one query. `wanted` may be cut off
    at a length."""
    parts = _parts(model)
    rows: Any = model._default_manager.filter(case__in=wanted).order_by("serial", "at", "case")
    rows = rows.annotate(
        **{name: F(name) for path, part in parts.items() for name in _names(path, part)}
    )
    things: dict[str, Any] = {}
    found: dict[str, list[Row]] = {}
    for row in rows.select_related("by") if by else rows:
        if row.case_id not in things:
            # Once, and not with every fact as by select_related: a first page has a thousand facts
            # of a hundred things.
            things[row.case_id] = _thing(row, parts)
        row.case = things[row.case_id]
        found.setdefault(row.case_id, []).append(row)
    return [(things[key], tuple(facts)) for key, facts in found.items()]


def _parts(model: Any) -> dict[str, Any]:
    """The models of a fact's thing and of its number, by their paths."""
    case = model._meta.get_field("case").related_model
    numbers = [one.related_model for one in case._meta.related_objects if one.name == "numbered"]
    return {"case": case} | ({"case__numbered": numbers[0]} if numbers else {})


def _names(path: str, model: Any) -> list[str]:
    return [f"{path}__{field.attname}" for field in model._meta.concrete_fields]


def _thing(row: Any, parts: Mapping[str, Any]) -> Any:
    """The thing, with its number, of a fact that has their columns."""
    made = {
        path: model.from_db(
            row._state.db,
            [field.attname for field in model._meta.concrete_fields],
            [getattr(row, name) for name in _names(path, model)],
        )
        for path, model in parts.items()
    }
    thing, number = made["case"], made.get("case__numbered")
    if number is not None:
        thing._state.fields_cache["numbered"] = number if number.pk is not None else None
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
