# SPDX-License-Identifier: AGPL-3.0-or-later
"""The demo's complaints go through the pages to every state."""

from machimori.kernel.clock import ManualClock
from machimori.kernel.instants import local_day
from machimori.office.oversight.history import files_of
from machimori.office.oversight.models import Record
from machimori.office.sample import complaints
from machimori.office.sample.diary import Days, tell
from machimori.office.sample.people import found
from machimori.office.sample.towns import TOWNS


def test_complaints_are_in_every_state(office: ManualClock) -> None:
    opening = office.now()
    office.advance(10 * 86_400)
    days = Days(today=local_day(office.now()))
    office.set(opening)
    desk = found(TOWNS[0], 1, clock=office, days=days)
    tell(complaints.stories(desk), arrive=office.set)
    records = Record.objects.filter(scheme=desk.cast.scheme, kind="complaint")
    assert {file.state for file in files_of(list(records))} == {"received", "answered_to", "closed"}
