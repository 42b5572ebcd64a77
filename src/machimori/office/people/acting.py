# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who acts: built anew for every request, so that rights end with the appointment.

A session holds a person, a scheme and when it began; never a post. It is over 12 hours after it
began, 30 minutes after the last request, and when the person's `sessions_from` has passed it.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

from django.db import connection
from django.db.models import Model, Q
from django.http import HttpRequest, HttpResponse

from machimori.kernel.instants import instant
from machimori.office.people.models import Appointment, Credential, Person, Scheme
from machimori.office.people.rules import PasswordRule, password_rule, withheld
from machimori.office.shared.engine import engine
from machimori.office.shared.errors import ActionError
from machimori.office.shared.posts import POSTS, Post
from machimori.office.shared.prepared import Given

LONGEST: Final = dt.timedelta(hours=12)
IDLE: Final = dt.timedelta(minutes=30)
_TOUCH: Final = dt.timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Acting:
    """A person at work: in this scheme, with these posts, at this instant."""

    person: Person
    scheme: Scheme
    posts: frozenset[Post]
    at: dt.datetime
    memo: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What this request has fetched and may need again, under the fetching function's name."""

    def holds(self, *posts: Post) -> bool:
        """Whether the person holds one of these posts now."""
        return not self.posts.isdisjoint(posts)

    @property
    def ordered(self) -> tuple[Post, ...]:
        """The posts in the order in which pages name them."""
        return tuple(post for post in POSTS if post in self.posts)


class ActingRequest(HttpRequest):
    """A request behind a view that admits persons only."""

    acting: Acting


def now() -> dt.datetime:
    """The engine's clock as an aware datetime."""
    return instant(engine().clock.now())


def current(at: "dt.datetime | Given") -> Q:
    """Appointments that hold at this instant."""
    return Q(valid_from__lte=at) & (Q(valid_until__isnull=True) | Q(valid_until__gt=at))


def posts_of(person: Person, scheme: Scheme, at: dt.datetime) -> frozenset[Post]:
    """The posts that the person holds in the scheme at this instant."""
    found = Appointment.objects.filter(current(at), person=person, scheme=scheme)
    held = set(found.values_list("post", flat=True))
    return frozenset(post for post in POSTS if post in held)


def held(post: Post, scheme: Scheme, at: dt.datetime) -> bool:
    """Whether anybody holds the post in the scheme at this instant."""
    return Appointment.objects.filter(current(at), scheme=scheme, post=post).exists()


def schemes_of(person: Person, at: dt.datetime) -> list[Scheme]:
    """The schemes in which the person holds a post at this instant, by name."""
    held = Appointment.objects.filter(current(at), person=person).values("scheme")
    return list(Scheme.objects.filter(id__in=held).order_by("name"))


def own_schemes(acting: Acting) -> list[Scheme]:
    """The schemes in which the acting person holds a post now; fetched once a request."""
    if "own_schemes" not in acting.memo:
        acting.memo["own_schemes"] = schemes_of(acting.person, acting.at)
    found: list[Scheme] = acting.memo["own_schemes"]
    return found


def own_keys(acting: Acting) -> int:
    """How many keys of the acting person's are not revoked; known with the person."""
    if "own_keys" not in acting.memo:
        live = acting.person.credentials.filter(revoked_at__isnull=True)
        acting.memo["own_keys"] = live.count()
    found: int = acting.memo["own_keys"]
    return found


def password_rule_of(person: Person, at: dt.datetime) -> PasswordRule:
    """The strictest rule of the schemes in which the person holds a post."""
    return password_rule(schemes_of(person, at))


def begin(request: HttpRequest, person: Person, scheme: Scheme, at: dt.datetime) -> None:
    """Start a session under a new key: whoever had planted the old one has nothing."""
    request.session.flush()
    request.session["person"] = person.pk
    request.session["scheme"] = scheme.pk
    request.session["began"] = at.isoformat()
    request.session["seen"] = at.isoformat()


def limited(request: HttpRequest, person: Person, at: dt.datetime) -> None:
    """Start a session without posts: for one's own key or password, and nothing else."""
    scheme = Scheme.objects.filter(appointments__person=person).first() or Scheme.objects.first()
    if scheme is None:
        raise ActionError("a session needs a scheme, and there is none")
    begin(request, person, scheme, at)
    request.session["limited"] = True


def recognise(request: HttpRequest, at: dt.datetime) -> Acting | None:
    """Who acts in this request; None if no session holds. Ends a session that is over."""
    session = request.session
    if "person" not in session:
        return None
    began, seen = (dt.datetime.fromisoformat(session[name]) for name in ("began", "seen"))
    held = _held(session["person"], at)
    person = held.person or Person.objects.filter(pk=session["person"]).first()
    own = {scheme.pk: scheme for _, scheme in held.posts}
    scheme = own.get(session["scheme"]) or Scheme.objects.filter(pk=session["scheme"]).first()
    if (
        person is None
        or scheme is None
        or at - began > LONGEST
        or at - seen > IDLE
        or began < person.sessions_from
    ):
        session.flush()
        return None
    if at - seen > _TOUCH:
        session["seen"] = at.isoformat()
    if "limited" in session:
        return Acting(person=person, scheme=scheme, posts=frozenset(), at=at)
    return _at_work(person, scheme, held, at)


def acting_in(person: Person, scheme: Scheme, at: dt.datetime) -> Acting:
    """The person at work in this scheme with the posts that give them rights at this instant."""
    return _at_work(person, scheme, _held(person.pk, at), at)


@dataclass(frozen=True, kw_only=True)
class _Held:
    """What a person holds anywhere at an instant; `person` is None if that is nothing."""

    person: Person | None
    posts: Sequence[tuple[str, Scheme]]
    keys: int
    """Of the person's, not revoked."""


def _at_work(person: Person, scheme: Scheme, held: _Held, at: dt.datetime) -> Acting:
    names = {post for post, where in held.posts if where.pk == scheme.pk}
    posts = frozenset(post for post in POSTS if post in names)
    found = Acting(person=person, scheme=scheme, posts=posts, at=at)
    own = {where.pk: where for _, where in held.posts}
    if held.posts:
        found.memo["own_keys"] = held.keys
    found.memo["own_schemes"] = sorted(own.values(), key=lambda one: one.name)
    return replace(found, posts=posts - withheld(found)) if posts else found


def _held(person: int, at: dt.datetime) -> _Held:
    """One query."""
    with connection.cursor() as cursor:
        # By hand, because every request asks it: the mapper took six times as long (ADR 0910).
        cursor.execute(_held_query(), [person, at, at])
        rows = cursor.fetchall()
    names, (first, last) = _columns(Scheme), (2, 2 + len(_columns(Scheme)))
    return _Held(
        person=Person.from_db(connection.alias, _columns(Person), rows[0][last:]) if rows else None,
        posts=[(row[0], Scheme.from_db(connection.alias, names, row[first:last])) for row in rows],
        keys=rows[0][1] if rows else 0,
    )


@cache
def _held_query() -> str:
    columns = [
        f'{table}."{field.column}"'
        for table, model in (("scheme", Scheme), ("person", Person))
        for field in model._meta.concrete_fields
    ]
    return f"""
        SELECT held.post, (SELECT count(*) FROM {Credential._meta.db_table}
            WHERE person_id = held.person_id AND revoked_at IS NULL), {", ".join(columns)}
        FROM {Appointment._meta.db_table} held
        JOIN {Scheme._meta.db_table} scheme ON scheme.id = held.scheme_id
        JOIN {Person._meta.db_table} person ON person.id = held.person_id
        WHERE held.person_id = %s AND held.valid_from <= %s
            AND (held.valid_until IS NULL OR held.valid_until > %s)
    """  # noqa: S608  # names of our own tables


def _columns(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


class ActingMiddleware:
    """Puts `acting` on every request: Acting, or None if nobody has signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.acting = recognise(request, now())  # type: ignore[attr-defined]
        return self._get_response(request)
