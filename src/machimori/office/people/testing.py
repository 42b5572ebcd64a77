# SPDX-License-Identifier: AGPL-3.0-or-later
"""People for tests: one for every post, and browsers in which they have signed in.

Supported code: whoever writes an app for the office tests its denials with these.
"""

import datetime as dt
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any

from django.conf import settings
from django.test import Client

from machimori.kernel.clock import Clock
from machimori.kernel.instants import instant
from machimori.office.people import actions
from machimori.office.people.acting import Acting, posts_of
from machimori.office.people.founding import make_scheme
from machimori.office.people.models import Person, Scheme
from machimori.office.people.sessions import SessionStore
from machimori.office.shared.config import config
from machimori.office.shared.posts import POSTS, Post


@dataclass(frozen=True, kw_only=True)
class Cast:
    """A scheme and the people in it."""

    scheme: Scheme
    clock: Clock
    client: Callable[..., Client] = Client
    """What makes a browser."""

    @classmethod
    def of(cls, clock: Clock, *, profile: str = "sakai", name: str = "街頭防犯カメラ") -> "Cast":
        """A new scheme without anybody."""
        scheme = make_scheme(f"s-{secrets.token_hex(4)}", name=name, profile=profile)
        return cls(scheme=scheme, clock=clock)

    @property
    def now(self) -> dt.datetime:
        return instant(self.clock.now())

    def person(self, *posts: Post, until: dt.datetime | None = None) -> Person:
        """Somebody new who holds these posts from now on."""
        number = secrets.token_hex(4)
        person = actions.install_person(
            actions.NewPerson(login=number, name=f"人{number}", section="課"), at=self.now
        )
        for post in posts:
            actions.install_appointment(
                person, self.scheme, post, at=self.now, valid_from=self.now, valid_until=until
            )
        return person

    def everybody(self) -> dict[Post, Person]:
        """Somebody for every post."""
        return {post: self.person(post) for post in POSTS}

    def acting(self, person: Person) -> Acting:
        """The person at work, now."""
        posts = posts_of(person, self.scheme, self.now)
        return Acting(person=person, scheme=self.scheme, posts=posts, at=self.now)

    def browser(self, person: Person | None = None) -> Client:
        """A browser in which this person has signed in; without one, nobody has.

        The session is made directly: signing in has tests of its own.
        """
        client = self.client(SERVER_NAME=config().host, raise_request_exception=True)
        if person is not None:
            session: Any = SessionStore()
            at = self.now.isoformat()
            session.update({"person": person.pk, "scheme": self.scheme.pk, "began": at, "seen": at})
            session.create()
            client.cookies = SimpleCookie({settings.SESSION_COOKIE_NAME: session.session_key})
        return client
