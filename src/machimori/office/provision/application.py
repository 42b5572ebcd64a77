# SPDX-License-Identifier: AGPL-3.0-or-later
"""What somebody asks for: the application as it was taken in. A plain value, kept as JSON."""

import datetime as dt
from dataclasses import dataclass, fields
from typing import Any, Final, Literal

from machimori.kernel.canonical import Json
from machimori.kernel.instants import instant, micros
from machimori.policy.grounds import Ground

Consents = Literal["", "applicant", "each"]
USES: Final = ("view", "copy", "print")
PAPERS: Final = ("photo_id", "subject_consent", "face_photo")
_TEXTS: Final = ("body", "name", "address", "contact", "case", "purpose", "place", "reason")


@dataclass(frozen=True, kw_only=True)
class Application:
    """Empty is what has not been said. Instants are aware, the interval is [start, end)."""

    ground: str = ""
    """Id of a ground of the scheme's rules."""
    channel: str = ""
    """How it came: counter, telephone, post."""
    body: str = ""
    name: str = ""
    address: str = ""
    contact: str = ""
    case: str = ""
    purpose: str = ""
    place: str = ""
    reason: str = ""
    cameras: tuple[str, ...] = ()
    start: dt.datetime | None = None
    end: dt.datetime | None = None
    uses: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()
    """Which of PAPERS were presented."""
    by_subject: bool = False
    """The applicant is the person shown."""
    consents: Consents = ""
    form_filed: bool = False
    """The scheme's own form has been filed."""
    urgent: bool = False
    """In an emergency, where the ground lets the document follow."""
    document: str = ""
    """Which of the ground's documents has arrived."""
    document_number: str = ""
    document_day: dt.date | None = None
    original_day: dt.date | None = None
    """When the original arrived, if a copy came before it."""
    call_back: str = ""
    """How the office made sure, by calling back, that the document is real."""
    subject_name: str = ""
    """The person shown, if somebody else applies with their consent."""
    identity_means: str = ""
    """How the other side's identity was checked, never a copy of what was shown."""
    identity_by: str = ""
    """Who checked it."""

    @property
    def identity_checked(self) -> bool:
        return bool(self.identity_means and self.identity_by)

    def filled(self) -> frozenset[str]:
        """Ids of the fields that a ground can ask for (`grounds.*.fields`) and that are filled."""
        found = {name for name in _TEXTS if getattr(self, name)} | set(self.papers)
        if self.start is not None and self.end is not None:
            found.add("time")
        return frozenset(found)

    def document_present(self, ground: Ground) -> bool:
        """Whether a document that this ground accepts has arrived, with its day."""
        return self.document in ground.documents and self.document_day is not None

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
    def from_json(cls, source: dict[str, Any]) -> "Application":
        """The inverse of `to_json`."""
        values = dict(source)
        for name in ("start", "end"):
            if values[name] is not None:
                values[name] = instant(values[name])
        for name in ("document_day", "original_day"):
            if values.get(name) is not None:
                values[name] = dt.date.fromisoformat(values[name])
        for name in ("cameras", "uses", "papers"):
            values[name] = tuple(values[name])
        return cls(**values)
