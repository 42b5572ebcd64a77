# SPDX-License-Identifier: AGPL-3.0-or-later
"""Statements that the mapper makes once a process, and that are asked with other values each time.

A union of eight tables takes the mapper longer to make than the database to answer
(docs/design/adr/0910). Such a statement depends on nothing but the models.
"""

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import BooleanField, Expression, Func

_Converter = tuple[int, Sequence[Callable[[Any, Any, Any], Any]], Any]
"""Of a column: its place, the steps, what it was in the query."""
_PLACES: Final = re.compile("%%|%s")
_NUMBERS: Final = itertools.count()


class Given(Expression):
    """A value of a query that is said when its statement is asked, by this name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, *_: Any, **__: Any) -> tuple[str, list[Any]]:
        """The place of the value."""
        return f"%({self.name})s", []


class Among(Func):
    """Whether the first is a value of the second, an array of texts."""

    template = "%(expressions)s::text[])"
    arg_joiner = " = ANY("
    output_field = BooleanField()


@dataclass(frozen=True, kw_only=True)
class Statement:
    """SQL with `%(name)s` for what is given."""

    sql: str
    fixed: Mapping[str, Any]
    """What the query itself says."""
    converters: Sequence["_Converter"] = ()
    """What the mapper makes of some columns."""

    @classmethod
    def of(cls, rows: Any) -> Self:
        """What this query of the mapper's asks."""
        compiler = rows.query.get_compiler(DEFAULT_DB_ALIAS)
        sql, params = compiler.as_sql()
        fixed: dict[str, Any] = {}
        left = iter(params)

        def place(found: re.Match[str]) -> str:
            if found[0] == "%%":
                return "%%"
            name = f"fixed {next(_NUMBERS)}"
            fixed[name] = next(left)
            return f"%({name})s"

        converters = compiler.get_converters([one for one, *_ in compiler.select])
        return cls(
            sql=_PLACES.sub(place, sql),
            fixed=fixed,
            converters=[(at, *found) for at, found in converters.items()],
        )

    def ask(self, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The rows; one query."""
        with connection.cursor() as cursor:
            cursor.execute(self.sql, {**self.fixed, **given})
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return list(map(self._converted, found)) if self.converters else found

    def _converted(self, row: Sequence[Any]) -> tuple[Any, ...]:
        found = list(row)
        for at, steps, expression in self.converters:
            for step in steps:
                found[at] = step(found[at], expression, connection)
        return tuple(found)


def woven(sql: str, **parts: Statement) -> Statement:
    """SQL by hand, with these statements where it says `{name}`."""
    fixed: dict[str, Any] = {}
    for name, part in parts.items():
        sql = sql.replace(f"{{{name}}}", part.sql)
        fixed.update(part.fixed)
    return Statement(sql=sql, fixed=fixed)
