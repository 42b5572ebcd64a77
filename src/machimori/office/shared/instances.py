# SPDX-License-Identifier: AGPL-3.0-or-later
"""Instances with what they refer to, of a statement that the mapper makes once (`prepared.py`): as
by select_related."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

from django.db import DEFAULT_DB_ALIAS
from django.db.models.base import ModelState

from machimori.office.shared.prepared import Statement


@dataclass(frozen=True, kw_only=True)
class Part:
    """What some columns of a row make an instance of."""

    model: Any
    path: str
    """From what the row is of; empty: that itself."""
    fields: tuple[str, ...]
    where: slice
    """Where they are in the row."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, as the query calls them."""
        return tuple(f"{self.path}__{field}" if self.path else field for field in self.fields)

    def made(self, values: Sequence[Any]) -> Any:
        """The instance, as if it had been asked for itself; None if there is none."""
        # What `Model.from_db` does where no field is deferred and nobody listens to its signals; it
        # asks each field, and a first page makes a thousand instances.
        found = self.model.__new__(self.model)
        found._state = ModelState()
        found._state.adding, found._state.db = False, DEFAULT_DB_ALIAS
        found.__dict__.update(zip(self.fields, values[self.where], strict=True))
        return None if found.pk is None else found


@cache
def parts(model: Any, *paths: str) -> Mapping[str, Part]:
    """The model and what these paths lead to, each path after that which it goes on from."""
    models = {"": model}
    found: dict[str, Part] = {}
    first = 0
    for path in ("", *paths):
        before, _, name = path.rpartition("__")
        if path:
            models[path] = models[before]._meta.get_field(name).related_model
        fields = tuple(field.attname for field in models[path]._meta.concrete_fields)
        where = slice(first, first + len(fields))
        found[path] = Part(model=models[path], path=path, fields=fields, where=where)
        first = where.stop
    return found


def names(found: Mapping[str, Part]) -> list[str]:
    """The columns of all these, in their order."""
    return [name for part in found.values() for name in part.names]


def refer(row: Any, name: str, other: Any) -> None:
    """Let the row refer to the other, or to nothing, by this name."""
    row._state.fields_cache[name] = other


@dataclass(frozen=True, kw_only=True)
class Query:
    """A statement whose rows are instances."""

    statement: Statement
    parts: Mapping[str, Part]
    told: Sequence[str]

    @classmethod
    def of(cls, rows: Any, *paths: str, told: Sequence[str] = ()) -> Self:
        """What this query of the mapper's asks, with what the paths lead to and `told`, which it is
        annotated with."""
        found = parts(rows.model, *paths)
        return cls(
            statement=Statement.of(rows.values_list(*names(found), *told)),
            parts=found,
            told=tuple(told),
        )

    def ask(self, given: Mapping[str, Any]) -> list[Any]:
        """The instances; one query."""
        return list(map(self._made, self.statement.ask(given)))

    def _made(self, values: tuple[Any, ...]) -> Any:
        made: dict[str, Any] = {}
        for path, part in self.parts.items():
            before, _, name = path.rpartition("__")
            made[path] = part.made(values)
            if path and made[before] is not None:
                refer(made[before], name, made[path])
        for name, value in zip(self.told, values[len(values) - len(self.told) :], strict=True):
            setattr(made[""], name, value)
        return made[""]
