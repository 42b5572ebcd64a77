# SPDX-License-Identifier: AGPL-3.0-or-later
"""A demo's schemes, the people who hold their posts, and what the city has decided there."""

import io
from functools import partial

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook

from machimori.kernel.clock import Clock
from machimori.kernel.durable import Disk
from machimori.kernel.ids import CameraId
from machimori.kernel.instants import instant
from machimori.office.cameras import actions as cameras
from machimori.office.direct.agreements import agreements
from machimori.office.people import actions
from machimori.office.people.founding import give_demo_key, make_scheme
from machimori.office.people.models import Person
from machimori.office.people.testing import Cast
from machimori.office.personnel.access import rules_today
from machimori.office.personnel.roster import columns
from machimori.office.personnel.terms import unpledged
from machimori.office.rules import access as rules_access
from machimori.office.rules import actions as rules
from machimori.office.sample.browser import Browser, LastAnswer
from machimori.office.sample.desk import SampleDesk
from machimori.office.sample.diary import Days
from machimori.office.sample.towns import Town
from machimori.office.shared.config import config
from machimori.office.shared.errors import ActionError, OfficeConfigError
from machimori.office.shared.posts import LABELS, Post

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
    scheme = make_scheme(town.id, name=town.scheme, profile=town.profile)
    last = LastAnswer()
    cast = Cast(scheme=scheme, clock=clock, client=partial(Browser, last=last))
    people: dict[Post, Person] = {}
    logins = {post: f"{number}{place:03}" for place, post in enumerate(town.people, 1)}
    for post, name in town.people.items():
        if post == "guard":
            continue  # the contractor reports them, when there are rules
        police = post.startswith("police_")
        person = actions.install_person(
            actions.NewPerson(
                login=logins[post], name=name, section=town.station if police else town.section
            ),
            at=at,
        )
        actions.install_appointment(person, scheme, post, at=at, valid_from=at)
        give_demo_key(person, at=at, disk=Disk())
        people[post] = person
    manager = people["system_manager"]
    desk = SampleDesk(cast=cast, manager=manager, town=town, people=people, days=days, last=last)
    if town.starts:
        _decide(desk)
        _register(desk, manager)
        _assign(desk)
        _pledge(desk)
    if "guard" in town.people:
        people["guard"] = _reported(desk, logins["guard"], town.people["guard"])
        give_demo_key(people["guard"], at=at, disk=Disk())
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


def _assign(desk: SampleDesk) -> None:
    """The manager enters the station of the police, and marks the cameras of an agreement: in 佐賀
    the first one, because the others are the station's own."""
    today = rules_access.today(desk.cast.acting(desk.manager))
    browser = desk.browser()
    for post in ("police_image_manager", "police_operator"):
        if (person := desk.people.get(post)) is not None:
            typed = {"person": person.pk, "station": desk.town.station}
            browser.post(reverse("police:assign"), typed)
    for agreement in agreements(rules_access.in_force(desk.cast.scheme, today)):
        typed = {"agreement": agreement.id, "reason": "協定により設置した"}
        browser.post(reverse("direct:mark", args=[desk.town.cameras[0].id]), typed)


def _pledge(desk: SampleDesk) -> None:
    """Everybody has signed but the last one, on whom the manager's first page waits."""
    acting = desk.cast.acting(desk.manager)
    waiting = dict.fromkeys(one.person for one in unpledged(acting))
    on = f"{rules_access.today(acting):%Y-%m-%d}"
    for person in list(waiting)[:-1]:
        typed = {"signed_on": on, "kept_at": f"{desk.town.section} 書庫"}
        desk.browser().post(reverse("personnel:pledge", args=[person.pk]), typed)


def _reported(desk: SampleDesk, login: str, name: str) -> Person:
    """A guard, from the contractor's list (堺 7)."""
    acting = desk.cast.acting(desk.manager)
    rules, data, book = rules_today(acting), io.BytesIO(), Workbook()
    sheet = book.active
    assert sheet is not None
    room = (rules.names("live.places") or ("",))[0]
    on = f"{rules_access.today(acting):%Y-%m-%d}"
    sheet.append(list(columns().values()))
    label = rules.text(f"places.{room}.label") or room
    sheet.append([str(LABELS["guard"]), login, name, "", label, on, ""])
    book.save(data)
    sent = {
        "company": "デモ警備株式会社",
        "reported_on": on,
        "file": SimpleUploadedFile("名簿.xlsx", data.getvalue()),
    }
    desk.browser().post(reverse("personnel:roster_new"), sent)
    found = Person.objects.filter(login=login).first()
    if found is None:
        raise ActionError("the demo's guard was not taken in", where=desk.last.refused())
    return found
