# SPDX-License-Identifier: AGPL-3.0-or-later
"""A case of every kind for `crowd.py`, through the office's pages and actions.

What only a vault or a recorder makes (a package, an opening, a grant to watch) is taken as made:
there is none here, and the facts are those that the office writes then.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Final

from django.db import transaction
from django.urls import reverse

from machimori.kernel.clock import ManualClock
from machimori.kernel.instants import micros, parse_rfc3339
from machimori.office.direct import taking as direct_taking
from machimori.office.direct.testing import Fetching
from machimori.office.disclosure.testing import FULL, Window
from machimori.office.handover.models import Copy
from machimori.office.handover.packages import Packed
from machimori.office.internal import copying
from machimori.office.internal.testing import Users
from machimori.office.oversight import auditing, complaints, reconciling
from machimori.office.oversight.testing import DIGEST, completed, provided
from machimori.office.people.models import Person
from machimori.office.police import taking as police_taking
from machimori.office.police.testing import Station
from machimori.office.provision.history import File
from machimori.office.provision.testing import PART, Desk
from machimori.office.viewing.models import Viewing, Watched
from machimori.office.watching import history as watching_history
from machimori.office.watching.models import Shift
from machimori.office.watching.testing import Room

SUNDAY: Final = parse_rfc3339("2026-05-10T02:14:00+09:00")
"""A night in which the police may take out at once (旭川 3(5))."""


@dataclass(frozen=True, kw_only=True)
class Kinds:
    """Ids of the first cases of an app."""

    over: tuple[tuple[str, ...], ...]
    """Of cases that have ended: the case, and what hangs on it."""
    still: tuple[tuple[str, ...], ...] = ()
    """Of those that have not."""
    serials: tuple[int, ...] = field(default=())
    """Of facts that have a page of their own."""

    @property
    def names(self) -> tuple[str, ...]:
        """The cases' ids."""
        return tuple(ids[0] for ids in (*self.over, *self.still))


def provision(desk: Desk, operator: Person) -> Kinds:
    """A case in every state that the desk can bring one to."""
    refused = desk.drafted()
    desk.post(refused, "refuse", reason="範囲が広すぎる", clause="")
    ordered = desk.approved()
    desk.post(ordered, "instruct", **PART)
    closed = completed(desk, operator)
    return Kinds(
        over=(
            (desk.again(refused, "refused").case.pk,),
            (closed.case.pk, *_copies(closed), _viewed(closed, operator)),
        ),
        still=(
            (desk.take_in().case.pk,),
            (desk.drafted().case.pk,),
            (desk.approved().case.pk,),
            (desk.again(ordered, "instructed").case.pk,),
            _handed_over(desk, operator),
        ),
    )


def _handed_over(desk: Desk, operator: Person) -> tuple[str, ...]:
    file = provided(desk, operator)
    return (file.case.pk, *_copies(file), _viewed(file, operator))


def _copies(file: File) -> list[str]:
    return [one.pk for one in Copy.objects.filter(case=file.case)]


def _viewed(file: File, person: Person) -> str:
    """An opening of this case's footage, and what was watched; its id."""
    begun = file.facts[-1].at - dt.timedelta(minutes=30)
    asked = file.application
    assert asked.start is not None
    assert asked.end is not None
    made = Viewing.objects.create(
        id=f"v-{file.case.pk}",
        scheme=file.case.scheme,
        case=file.case,
        title=file.number,
        by=person,
        posts="operator",
        at=begun,
        until=begun + dt.timedelta(hours=2),
        start=asked.start,
        end=asked.end,
    )
    end = asked.start + dt.timedelta(minutes=1)
    for camera in asked.cameras:
        Watched.objects.create(
            scheme=made.scheme,
            viewing=made,
            camera=camera,
            start=asked.start,
            end=end,
            at=begun,
        )
    return made.pk


def disclosure(desk: Desk, clock: ManualClock) -> Kinds:
    """Requests that were carried out, refused, and that wait."""
    window = Window(desk=desk, clock=clock)
    today = f"{desk.cast.now:%Y-%m-%d}"
    withdrawn = window.take_in()
    window.post(withdrawn, "withdraw", on=today, reason="見つかったため")
    refused = window.identified()
    window.post(refused, "decide", **FULL, on=today)
    held = window.identified()
    window.sign(held)
    return Kinds(
        over=((window.again(withdrawn, "withdrawn").case.pk,),),
        still=(
            (window.take_in().case.pk,),
            (held.case.pk,),
            (window.again(refused, "decided").case.pk,),
            (window.notified(today).case.pk,),
        ),
    )


def internal(users: Users, camera: str) -> Kinds:
    """Uses that wait for permission, are permitted, and are over with a copy."""
    desk, person = users.desk, users.person
    made = Packed(name="none", size=1, digest=DIGEST, start=SUNDAY, end=SUNDAY)
    serials = []

    def copied() -> str:
        file = users.permitted(cameras=[camera], uses=["view", "copy"])
        users.send(file, "copy")
        file = users.again(file, "in_use")
        file = copying.finish(file, made, acting=desk.cast.acting(person))
        medium = {"kind": "usb", "number": "USB-1", "due": "令和8年5月20日"}
        users.send(file, "medium", **medium, read_back=DIGEST[:8])
        serials.append(users.again(file, "in_use").copies[0].written.serial)
        return file.use.pk

    done = copied()
    args = [done, serials[0]]
    desk.browser().post(reverse("internal:check", args=args))
    ended = {"fate": "destroyed", "on": f"{desk.cast.now:%Y-%m-%d}", "witness": "佐藤"}
    users.browser.post(reverse("internal:end", args=args), ended)
    for route, typed in (("result", {"result": "汚れと分かった"}), ("close", {})):
        users.browser.post(reverse(f"internal:{route}", args=[done]), typed)
    return Kinds(
        over=((done,),),
        still=(
            (users.drafted(cameras=[camera]).use.pk,),
            (users.permitted(cameras=[camera]).use.pk,),
            (copied(),),
        ),
        serials=tuple(serials),
    )


def police(station: Station, camera: str) -> Kinds:
    """Emergency extractions of a night (SUNDAY): closed, to be judged, ordered, only written."""
    desk = station.desk
    day = f"{desk.cast.now:%Y-%m-%d}"
    asked = {"cameras": [camera], "first_day": "2026-05-10", "last_day": "2026-05-10"}
    browser = station.at(station.lend(), station.operator)
    made = Packed(name="none", size=1, digest=DIGEST, start=SUNDAY, end=SUNDAY)
    taken = []
    for _ in range(2):
        file = station.ordered(**asked)
        browser.post(reverse("police:extract", args=[file.extraction.pk]))
        file = station.again(file, "taking")
        file = police_taking.finish(file, made, acting=desk.cast.acting(station.operator))
        station.post(file, "saved", station.operator, digest=DIGEST[:8])
        station.post(file, "request", station.chief, document="中央刑第46号")
        taken.append(station.again(file, "under_review"))
    closed, waiting = taken
    station.post(closed, "judge", desk.manager, verdict="accepted")
    station.post(closed, "erased", station.operator, on=day, means="上書きした")
    station.post(closed, "confirm", desk.manager, note="端末を見た")
    return Kinds(
        over=((station.again(closed, "closed").extraction.pk,),),
        still=(
            (waiting.extraction.pk,),
            (station.ordered(**asked).extraction.pk,),
            (station.written(**asked).extraction.pk,),
        ),
    )


def direct(fetching: Fetching, camera: str) -> Kinds:
    """Acquisitions: closed after they were compared, to be compared, acquired, and only asked."""
    desk, operator = fetching.desk, fetching.operator
    made = Packed(name="none", size=1, digest=DIGEST, start=SUNDAY, end=SUNDAY)
    taken = []
    for saved in (True, True, False):
        file = fetching.signed(cameras=[camera])
        file = direct_taking.finish(file, made, acting=desk.cast.acting(operator))
        if saved:
            fetching.post(file, "saved", operator, digest=DIGEST[:8])
            file = fetching.again(file, "awaiting_reconciliation")
        taken.append(file)
    closed, waiting, acquired = taken
    told = {
        "reference": "刑一第123号",
        "cameras": [camera],
        "first_day": "2026-05-13",
        "first_time": "21:00",
        "last_day": "2026-05-13",
        "last_time": "21:10",
    }
    fetching.post(closed, "compare", desk.manager, **told)
    fetching.post(closed, "close", desk.manager)
    return Kinds(
        over=((fetching.again(closed, "closed").case.pk,),),
        still=(
            (waiting.case.pk,),
            (acquired.case.pk,),
            (fetching.asked(cameras=[camera]).case.pk,),
        ),
    )


def watching(desk: Desk) -> Kinds:
    """A shift that is over."""
    room = Room.of(desk)
    guard = room.guard()
    acting = desk.cast.acting(guard)
    shift = Shift.objects.create(
        id="w-0", scheme=desk.cast.scheme, terminal=room.terminal, place="guard_room", number=1
    )
    turn = {"cameras": ["cam-1"], "grant": "", "until": micros(desk.cast.now)}
    said = {"camera": "cam-1", "told": "中央警察署", "what": "けんか"}
    with transaction.atomic():
        file = watching_history.add(shift, None, "begun", turn, acting=acting)
        file = watching_history.add(shift, file, "noticed", said, acting=acting)
        watching_history.add(shift, file, "ended", {}, acting=acting)
    return Kinds(over=((shift.pk,),))


def oversight(desk: Desk, auditor: Person) -> Kinds:
    """A complaint, an opinion, findings of a reconciliation, and a sample of the last weeks."""
    acting, auditing_now = desk.cast.acting(desk.manager), desk.cast.acting(auditor)
    said = complaints.Complaint(
        on=desk.cast.now.date(), channel="telephone", who="", camera="cam-1", content="玄関が写る"
    )
    complaint = complaints.receive(said, acting=acting)
    opinion = auditing.give(about="街頭 第1号", text="範囲が広い", acting=auditing_now)
    auditing.reply(opinion, reason="次から30分までにする", acting=acting)
    data = {
        "authorisation": "a" * 64,
        "cameras": ["cam-1"],
        "case": "none",
        "end": None,
        "href": "",
        "number": "",
        "opened": micros(acting.at),
        "release": "r-1",
        "start": None,
    }
    found = reconciling.put(desk.cast.scheme, "no_case", "r-1", data, acting.at)
    assert found is not None
    return Kinds(
        over=((opinion.record.pk,),),
        still=((complaint.record.pk,), (found.record.pk,)),
    )


def sample(desk: Desk, auditor: Person) -> tuple[str, str]:
    """A sample of this month's uses: its record, and one of its lines."""
    acting = desk.cast.acting(auditor)
    start = acting.at - dt.timedelta(days=30)
    file = auditing.draw(start=start, end=acting.at, size=20, seed="crowd", acting=acting)
    return file.record.pk, file.opened["names"][0]
