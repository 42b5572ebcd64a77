# SPDX-License-Identifier: AGPL-3.0-or-later
"""署の人を入れる: by the city from the station's paper notice (通知), or by the station's chief.

Person, appointment and station in one transaction (旭川 3(5)).
"""

import datetime as dt
from dataclasses import dataclass, replace

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.office.people import access as people
from machimori.office.people import actions
from machimori.office.people.acting import Acting
from machimori.office.people.models import Person
from machimori.office.police import access
from machimori.office.police.models import Posting
from machimori.office.police.posting import write
from machimori.office.rules.access import today
from machimori.office.shared.errors import refusal
from machimori.office.shared.posts import Post


@dataclass(frozen=True, kw_only=True)
class Notice:
    """The station's notice: 文書番号, and its day. Empty: the station enters it itself."""

    document: str = ""
    on: dt.date | None = None


@transaction.atomic
def enter(
    new: actions.NewPerson,
    post: Post,
    *,
    station: str,
    notice: Notice,
    valid_from: dt.datetime,
    valid_until: dt.datetime | None,
    acting: Acting,
) -> Posting:
    """Appoint somebody of a station's. Raises ActionRefusedError.

    The city names the notice that it has; a chief enters people of their own station.
    """
    city = acting.holds("system_manager")
    place = station.strip() if city else access.own_station(acting)
    heading = _t("署の人を入れられません")
    if not place:
        raise refusal(heading, _t("警察署の名前を入れてください。"))
    if city and not (notice.document and notice.on):
        raise refusal(heading, _t("署からの通知の、文書番号と日付を入れてください。"))
    if notice.on is not None and notice.on > today(acting):
        raise refusal(heading, _t("通知の日がまだ来ていません。"))
    person = _person(replace(new, section=place), acting)
    actions.appoint(person, post, acting=acting, valid_from=valid_from, valid_until=valid_until)
    return write(
        person,
        place,
        document=notice.document if city else "",
        notified_on=notice.on if city else None,
        acting=acting,
    )


def _person(new: actions.NewPerson, acting: Acting) -> Person:
    known = people.people(acting).filter(login=new.login).first()
    if known is None:
        return actions.enter_person(new, acting=acting)
    if "".join(known.name.split()) != "".join(new.name.split()):
        text = _t("この番号は%(name)sさんのものです。番号か氏名を直してください。")
        raise refusal(_t("署の人を入れられません"), text % {"name": known.name})
    return known
