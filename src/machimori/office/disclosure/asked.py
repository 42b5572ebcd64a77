# SPDX-License-Identifier: AGPL-3.0-or-later
"""A request for disclosure (個情法76条, 77条) as it was taken in: a plain value, kept as JSON."""

import datetime as dt
from dataclasses import dataclass, fields
from typing import Any, Literal

from machimori.kernel.canonical import Json
from machimori.kernel.instants import instant, micros

ActingAs = Literal["self", "legal", "mandated"]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Empty is what has not been said. Instants are aware, the interval is [start, end)."""

    received: dt.date
    """収受日: when the request reached the city; the period of 83条 begins after it."""
    name: str = ""
    address: str = ""
    contact: str = ""
    acting_as: ActingAs = "self"
    subject_name: str = ""
    """The person, where an agent asks."""
    subject_address: str = ""
    agency: str = ""
    """How agency was proved: the kind of paper, never a copy."""
    identity: str = ""
    """The kind of paper that the requester showed, never its number or a copy."""
    identity_by: str = ""
    item: str = ""
    """開示を請求する保有個人情報."""
    manner: tuple[str, ...] = ()
    cameras: tuple[str, ...] = ()
    start: dt.datetime | None = None
    end: dt.datetime | None = None

    @property
    def located(self) -> bool:
        """Whether cameras and interval are known: what a hold needs."""
        return bool(self.cameras) and self.start is not None and self.end is not None

    def to_json(self) -> dict[str, Json]:
        """As it is kept."""
        found: dict[str, Json] = {}
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, dt.datetime):
                value = micros(value)
            elif isinstance(value, dt.date):
                value = value.isoformat()
            elif isinstance(value, tuple):
                value = list(value)
            found[one.name] = value
        return found

    @classmethod
    def from_json(cls, source: dict[str, Any]) -> "Asked":
        """The inverse of `to_json`."""
        values = dict(source)
        for name in ("start", "end"):
            if values[name] is not None:
                values[name] = instant(values[name])
        values["received"] = dt.date.fromisoformat(values["received"])
        for name in ("cameras", "manner"):
            values[name] = tuple(values[name])
        return cls(**values)
