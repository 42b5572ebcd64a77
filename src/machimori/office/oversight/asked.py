# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is asked of 利用簿: of which scheme, when, by whom, which acts, with which words."""

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.http import QueryDict

from machimori.kernel.instants import TOKYO
from machimori.office.cameras.access import cameras
from machimori.office.oversight.headings import Headed, headed
from machimori.office.oversight.uses import ACTS
from machimori.office.people.acting import Acting
from machimori.office.people.models import Appointment, Person, Scheme
from machimori.office.shared.posts import POSTS
from machimori.policy.wareki import fiscal_year, fiscal_year_start

WORD = 100
"""Characters of a search."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Empty narrows nothing. `start` and `end` bound the instant of the act, [start, end)."""

    scheme: Scheme
    start: dt.datetime | None = None
    end: dt.datetime | None = None
    person: int | None = None
    post: str = ""
    act: str = ""
    words: tuple["Word", ...] = ()
    stations: tuple[str, ...] | None = None
    """Only what these police stations did; None: everybody's."""

    def people(self, by: str) -> Q:
        """Rows whose person, in the field `by`, is the one asked for."""
        return Q() if self.person is None else Q(**{by: self.person})

    def held(self, by: str, at: str) -> Q:
        """Rows whose person held the post at the time of the act."""
        if not self.post:
            return Q()
        holders = Appointment.objects.filter(scheme=self.scheme, post=self.post)
        then = holders.filter(
            Q(valid_until__isnull=True) | Q(valid_until__gt=OuterRef(at)),
            person=OuterRef(by),
            valid_from__lte=OuterRef(at),
        )
        return Q(**{f"{by}__in": holders.values("person")}) & Q(Exists(then))

    def within(self, at: str) -> Q:
        """Rows of the period."""
        found = Q()
        if self.start is not None:
            found &= Q(**{f"{at}__gte": self.start})
        if self.end is not None:
            found &= Q(**{f"{at}__lt": self.end})
        return found


@dataclass(frozen=True, kw_only=True)
class Word:
    """A word of the search, and what it may mean beside a part of a case's heading."""

    text: str
    headed: Headed
    """The cases with the word in their headings."""
    people: tuple[int, ...] = ()
    """Those with the word in their names."""
    camera: str = ""
    """A camera of this id, if there is one."""


@dataclass(frozen=True, kw_only=True)
class Period:
    """The year and month that a page was narrowed to, as they stand in its address."""

    year: str
    """A 年度, or `all`."""
    month: str = ""
    start: dt.datetime | None = field(default=None)
    end: dt.datetime | None = field(default=None)


def period(source: QueryDict, today: dt.date) -> Period:
    """The period of a request: this 年度, unless it names another, or `all`."""
    year, month = source.get("year", ""), source.get("month", "")
    if year == "all":
        return Period(year=year)
    if not year.isascii() or not year.isdigit() or not 1989 <= int(year) <= 2198:
        year = str(fiscal_year(today))
    first = fiscal_year_start(int(year))
    last = fiscal_year_start(int(year) + 1)
    if month.isascii() and month.isdigit() and 1 <= int(month) <= 12:
        first = dt.date(int(year) + (int(month) < 4), int(month), 1)
        last = (first + dt.timedelta(days=31)).replace(day=1)
    else:
        month = ""
    return Period(year=year, month=month, start=midnight(first), end=midnight(last))


def midnight(day: dt.date) -> dt.datetime:
    """The instant at which this local day begins."""
    return dt.datetime.combine(day, dt.time(tzinfo=TOKYO))


def asked(source: QueryDict, acting: Acting, within: Period, **more: Any) -> Asked:
    """What a request asks. Whatever is no post, act or person narrows nothing."""
    person, post, act = (source.get(name, "") for name in ("person", "post", "act"))
    found = Asked(
        scheme=acting.scheme,
        start=within.start,
        end=within.end,
        person=int(person) if person.isascii() and person.isdigit() else None,
        post=post if post in POSTS else "",
        act=act if act in ACTS else "",
        words=_words(source.get("q", ""), acting.scheme, within),
    )
    return replace(found, **more)


def _words(said: str, scheme: Scheme, within: Period) -> tuple[Word, ...]:
    texts = list(dict.fromkeys(said[:WORD].split()))
    if not texts:
        return ()
    named = Q()
    for text in texts:
        named |= Q(name__contains=text)
    people = list(Person.objects.filter(named).values_list("pk", "name")[:1000])
    known = set(cameras(scheme).filter(camera__in=texts).values_list("camera_id", flat=True))
    return tuple(
        Word(
            text=one.word,
            headed=one,
            people=tuple(pk for pk, name in people if one.word in name),
            camera=one.word if one.word in known else "",
        )
        for one in headed(texts, scheme, within.start, within.end)
    )
