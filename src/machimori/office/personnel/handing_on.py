# SPDX-License-Identifier: AGPL-3.0-or-later
"""引継ぎ: the paper from one holder of a post to the next, and the record of what it said.

Cases follow the post by themselves: lists and rights are the post's, never a person's. The paper
says what there was on the day, and what no list holds: the matters.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.instants import micros
from machimori.ledger.entry import Entry, commit
from machimori.office.paper.forms.people import HandoverItem, OpenCase, PostHandover
from machimori.office.people import access as people
from machimori.office.people.acting import Acting
from machimori.office.people.actions import post_of
from machimori.office.people.models import Appointment, Person
from machimori.office.personnel import access
from machimori.office.personnel.carried import Carried, carried
from machimori.office.personnel.keys import lines
from machimori.office.personnel.models import Handover
from machimori.office.shared.errors import refusal
from machimori.office.shared.posts import Post
from machimori.office.shared.recording import record
from machimori.policy.profile import Profile
from machimori.policy.wording import post_name


@transaction.atomic
def hand_on(
    leaving: Appointment, coming: Appointment, on: dt.date, matters: str, *, acting: Acting
) -> Handover:
    """Make the 引継書 from one holder to the next. Raises ActionRefusedError."""
    post = post_of(leaving)
    if leaving.person_id != acting.person.pk:
        people.check_enters(acting, post)
    if coming.post != leaving.post or coming.person_id == leaving.person_id:
        raise refusal(_t("引継書を作れません"), _t("同じ職の、別の人を選んでください。"))
    data = _written(carried(acting, post, leaving.person), matters)
    committed = commit(canonical.dumps(dict(data)).decode())
    made = Handover.objects.create(
        scheme=acting.scheme,
        post=post,
        predecessor=leaving.person,
        successor=coming.person,
        on=on,
        data=data,
        salt=committed.salt,
        at=acting.at,
        by=acting.person,
    )
    record(
        Entry(
            type="post.handed_over",
            at=micros(acting.at),
            subject={
                "by": acting.person.officer,
                "from": made.predecessor.officer,
                "officer": made.successor.officer,
                "scheme": acting.scheme.scheme_id,
            },
            data={"handover": made.pk, "on": on.isoformat(), "post": post},
            commitments={"paper": committed.digest},
        )
    )
    return made


def paper(one: Handover, rules: Profile) -> PostHandover:
    """The 引継書 as it was recorded."""
    return PostHandover(
        scheme=one.scheme.name,
        post=post_name(rules, one.post)[0],
        predecessor=one.predecessor.name,
        successor=one.successor.name,
        on=one.on,
        cases=tuple(_case(found) for found in one.data["cases"]),
        items=tuple(HandoverItem(**found) for found in one.data["items"]),
        matters=one.data["matters"],
    )


def keys_held(acting: Acting, _post: Post, holder: Person) -> list[HandoverItem]:
    """The keys of the register that this person has."""
    return [
        HandoverItem(
            kind=str(one.key.get_kind_display()), number=one.key.number, place=one.key.place
        )
        for one in lines(access.keys(acting))
        if one.holder == holder
    ]


def _written(found: Carried, matters: str) -> Mapping[str, Json]:
    def day(value: dt.date | None) -> str | None:
        return value.isoformat() if value else None

    return {
        "cases": [
            {
                "number": one.number,
                "state": one.state,
                "subject": one.subject,
                "next_deadline": day(one.next_deadline),
                "held_until": day(one.held_until),
            }
            for one in found.cases
        ],
        "items": [
            {"kind": one.kind, "number": one.number, "place": one.place} for one in found.items
        ],
        "matters": matters,
    }


def _case(found: Mapping[str, Any]) -> OpenCase:
    def day(name: str) -> dt.date | None:
        return dt.date.fromisoformat(found[name]) if found[name] else None

    return OpenCase(
        number=found["number"],
        state=found["state"],
        subject=found["subject"],
        next_deadline=day("next_deadline"),
        held_until=day("held_until"),
    )
