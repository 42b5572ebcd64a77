# SPDX-License-Identifier: AGPL-3.0-or-later
"""Registers of things and people: a key that was destroyed, a terminal that was withdrawn, what
whoever has left had pledged and what a contractor had reported of them.

Each is a record of its own in 文書の保存. Its number names nobody, because it stays.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Protocol

from django.db.models import Count, Exists, F, Model, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from machimori.office.oversight.asked import midnight
from machimori.office.oversight.yearly import Ended
from machimori.office.people.acting import current, now
from machimori.office.people.models import Appointment, Scheme
from machimori.office.personnel.models import STRUCK, Key, KeyCorrection, KeyEvent
from machimori.office.shared.prepared import Given, Statement
from machimori.office.terminals.models import Custody, Terminal, TerminalKey

YEARS: Final = "records.register_years"
_MOMENT: Final = dt.timedelta(microseconds=1)


class Loose(Protocol):
    """Records that are no cases with facts of their own."""

    @property
    def text(self) -> Promise: ...
    @property
    def years(self) -> str: ...
    @property
    def states(self) -> Mapping[str, Promise]: ...
    def href(self, record: str, /) -> str:
        """Where it is shown."""
        ...

    def exists(self, scheme: Scheme, record: str, /) -> bool:
        """Whether the scheme has this record, over or not."""
        ...

    def ended(
        self, scheme: Scheme, /, *, before: dt.datetime | None = None, record: str = ""
    ) -> list[Ended]:
        """What is over and was completed before this instant, or this record alone."""
        ...


@dataclass(frozen=True, kw_only=True)
class Keys:
    """鍵簿: a key with its lines, once it was destroyed. Called `key-<row>`."""

    text: Promise
    years: str = YEARS

    @property
    def states(self) -> Mapping[str, Promise]:
        """How a key ends."""
        return {"destroyed": _("廃棄した")}

    def href(self, record: str) -> str:
        """The key's page."""
        return reverse("personnel:key", args=[record.removeprefix("key-")])

    def exists(self, scheme: Scheme, record: str) -> bool:
        """Whether there is this key."""
        return bool(self._rows(scheme, record).exists())

    def ended(
        self, scheme: Scheme, *, before: dt.datetime | None = None, record: str = ""
    ) -> list[Ended]:
        """Those that were destroyed, as the register is corrected; one query."""
        events = self._events(scheme, record) if record else self._every.ask({"scheme": scheme.pk})
        # What happened last to each key stands.
        last = {key: (number, said, midnight(day)) for key, number, said, day in events}
        return [
            (f"key-{key}", number, said, at)
            for key, (number, said, at) in last.items()
            if said == "destroyed" and (before is None or at < before)
        ]

    @cached_property
    def _every(self) -> Statement:
        return Statement.of(self._events(Given("scheme")))

    def _events(self, scheme: Any, record: str = "") -> Any:
        correction = KeyCorrection.objects.filter(event=OuterRef("pk")).order_by("-pk")
        return (
            KeyEvent.objects.filter(key__in=self._rows(scheme, record))
            .annotate(
                said=Coalesce(Subquery(correction.values("kind")[:1]), "kind"),
                day=Coalesce(Subquery(correction.values("on")[:1]), "on"),
            )
            .exclude(said=STRUCK)
            .order_by("key__number", "pk")
            .values_list("key", "key__number", "said", "day")
        )

    @staticmethod
    def _rows(scheme: Any, record: str) -> Any:
        return _numbered(Key, scheme, "key-", record)


@dataclass(frozen=True, kw_only=True)
class Terminals:
    """端末簿: a terminal with its keys and its log, once it is no longer used and nothing refers to
    it. Called `terminal-<row>`."""

    text: Promise
    years: str = YEARS

    @property
    def states(self) -> Mapping[str, Promise]:
        """How a terminal ends."""
        return {"withdrawn": _("使うのをやめた")}

    def href(self, record: str) -> str:
        """The terminal's page."""
        return reverse("terminals:terminal", args=[record.removeprefix("terminal-")])

    def exists(self, scheme: Scheme, record: str) -> bool:
        """Whether there is this terminal."""
        return bool(self._rows(scheme, record).exists())

    def ended(
        self, scheme: Scheme, *, before: dt.datetime | None = None, record: str = ""
    ) -> list[Ended]:
        """Those that were withdrawn, which is for good; one query. A shift at one keeps it."""
        found = self._found(scheme, record) if record else self._every.ask({"scheme": scheme.pk})
        return [
            (f"terminal-{key}", number, "withdrawn", until)
            for key, number, until in found
            if before is None or until < before
        ]

    @cached_property
    def _every(self) -> Statement:
        return Statement.of(self._found(Given("scheme")))

    def _found(self, scheme: Any, record: str = "") -> Any:
        last = Custody.objects.filter(terminal=OuterRef("pk")).order_by("-pk")
        return (
            self._rows(scheme, record)
            .annotate(said=Subquery(last.values("kind")[:1]), until=Subquery(last.values("at")[:1]))
            .filter(said="withdrawn", **dict.fromkeys(_referring(), None))
            .order_by("number")
            .values_list("pk", "number", "until")
        )

    @staticmethod
    def _rows(scheme: Any, record: str) -> Any:
        return _numbered(Terminal, scheme, "terminal-", record)


def _referring() -> list[str]:
    """Whatever refers to a terminal and is no part of its register."""
    own = (Custody, TerminalKey)
    found = [one for one in Terminal._meta.related_objects if one.related_model not in own]
    return [one.name for one in found]


def _numbered(model: type[Model], scheme: Any, start: str, record: str) -> Any:
    """A scheme's rows, or the one that the record names by its number."""
    rows = model._default_manager.filter(scheme=scheme)
    if not record:
        return rows
    digits = record.removeprefix(start)
    known = record.startswith(start) and digits.isascii() and digits.isdigit()
    return rows.filter(pk=int(digits)) if known and len(digits) < 18 else rows.none()


@dataclass(frozen=True, kw_only=True)
class Left:
    """A register of people: all of its rows about a person in a scheme, once they hold no post in
    it. Called `<scheme>-<officer>`."""

    text: Promise
    rows: type[Model]
    of: str = ""
    """From a row to what has `scheme` and `person`, as a prefix of a query."""
    register: str
    """The route of its list."""
    years: str = YEARS

    @property
    def states(self) -> Mapping[str, Promise]:
        """Such a record is complete with the last post."""
        return {"left": _("職が終わった")}

    def href(self, record: str) -> str:
        """The register; the person's own page has no post any more."""
        del record
        return reverse(self.register)

    def exists(self, scheme: Scheme, record: str) -> bool:
        """Whether it has rows about this person."""
        return bool(self._rows(scheme, record).exists())

    def ended(
        self, scheme: Scheme, *, before: dt.datetime | None = None, record: str = ""
    ) -> list[Ended]:
        """Those of people whose last post here is over; one query."""
        given = {"scheme": scheme.pk, "at": now()}
        found = (
            self._found(self._rows(scheme, record), **given) if record else self._every.ask(given)
        )
        return [
            (f"{scheme.pk}-{officer}", f"{lines}件", "left", until - _MOMENT)
            for officer, lines, until in found
            if before is None or until <= before
        ]

    @cached_property
    def _every(self) -> Statement:
        scheme = Given("scheme")
        return Statement.of(self._found(self._all(scheme), scheme=scheme, at=Given("at")))

    def _found(self, rows: Any, *, scheme: Any, at: Any) -> Any:
        person = f"{self.of}person"
        posts = Appointment.objects.filter(scheme=scheme, person=OuterRef(person))
        holds = posts.filter(current(at) | Q(valid_from__gt=at))
        last = posts.order_by("-valid_until").values("valid_until")[:1]
        return (
            rows.filter(~Exists(holds), Exists(posts))
            .values(officer=F(f"{person}__officer"))
            .annotate(lines=Count("pk"), until=Subquery(last))
            .order_by("officer")
            .values_list("officer", "lines", "until")
        )

    def _all(self, scheme: Any) -> Any:
        return self.rows._default_manager.filter(**{f"{self.of}scheme": scheme})

    def _rows(self, scheme: Scheme, record: str) -> Any:
        start = f"{scheme.pk}-"
        officer = record.removeprefix(start) if record.startswith(start) else ""
        return self._all(scheme).filter(**{f"{self.of}person__officer": officer})
