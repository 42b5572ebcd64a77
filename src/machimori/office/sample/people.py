# SPDX-License-Identifier: AGPL-3.0-or-later
"""A demo's schemes, the people who hold their posts, and what the city has decided there."""

from machimori.kernel.clock import Clock
from machimori.kernel.durable import Disk
from machimori.kernel.ids import CameraId
from machimori.kernel.instants import instant
from machimori.office.cameras import actions as cameras
from machimori.office.people import actions
from machimori.office.people.founding import give_demo_key, make_scheme
from machimori.office.people.models import Person
from machimori.office.people.testing import Cast
from machimori.office.rules import access as rules_access
from machimori.office.rules import actions as rules
from machimori.office.sample.desk import SampleDesk
from machimori.office.sample.diary import Days
from machimori.office.sample.towns import Town
from machimori.office.shared.config import config
from machimori.office.shared.errors import OfficeConfigError

DECISION = "デモ総第1号"
"""The 決裁番号 under which a demo's city adopts every proposal."""


def check_demo() -> None:
    """Raise OfficeConfigError unless this office is a demo's."""
    if not config().demo:
        raise OfficeConfigError(
            "only a demo is filled with invented people and cases",
            where=str(config().directory),
            remedy="`machimori demo` makes a demo of its own",
        )


def found(town: Town, number: int, *, clock: Clock, days: Days) -> SampleDesk:
    """A scheme with its people, their keys, its rules and cameras; it starts today by `clock`.

    `number` is of the scheme, for staff numbers. Raises OfficeConfigError outside a demo.
    """
    check_demo()
    at = instant(clock.now())
    scheme = make_scheme(town.id, name=town.scheme, profile=town.id)
    cast = Cast(scheme=scheme, clock=clock)
    people = {}
    for place, (post, name) in enumerate(town.people.items(), 1):
        police = post.startswith("police_")
        person = actions.install_person(
            actions.NewPerson(
                login=f"{number}{place:03}",
                name=name,
                section=town.station if police else town.section,
            ),
            at=at,
        )
        actions.install_appointment(person, scheme, post, at=at, valid_from=at)
        give_demo_key(person, at=at, disk=Disk())
        people[post] = person
    manager = people["system_manager"]
    desk = SampleDesk(cast=cast, manager=manager, town=town, people=people, days=days)
    _decide(desk)
    _register(desk, manager)
    return desk


def _decide(desk: SampleDesk) -> None:
    """By the action of the page 「おすすめの値にまとめて決める」, then of the page that starts."""
    acting = desk.cast.acting(desk.manager)
    today = rules_access.today(acting)
    act = rules.Act(number=DECISION, adopted_on=today, effective_from=today)
    rules.adopt_recommended(act=act, acting=acting)
    rules.start(today, acting=acting)
    desk.cast.scheme.refresh_from_db()


def _register(desk: SampleDesk, manager: Person) -> None:
    for camera in desk.town.cameras:
        said = cameras.Particulars(
            name=camera.name,
            place=camera.place,
            retention_class=desk.town.retention_class,
            identifies=True,
        )
        cameras.register(CameraId(camera.id), said, acting=desk.cast.acting(manager))
