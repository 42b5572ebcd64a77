# SPDX-License-Identifier: AGPL-3.0-or-later
"""What of disclosure goes to the next holder of a post: the requests that are not completed."""

from collections.abc import Sequence

from machimori.office.disclosure import access, dues, holding
from machimori.office.disclosure.history import File, day_of, files_of
from machimori.office.disclosure.states import STATES
from machimori.office.paper.forms.people import OpenCase
from machimori.office.people.acting import Acting
from machimori.office.rules.access import rules_of
from machimori.office.shared.posts import Post


def open_cases(acting: Acting, post: Post) -> Sequence[OpenCase]:
    """Every request that is not completed."""
    if post not in access.CLERKS:
        return []
    files = files_of(list(access.cases(acting, but="closed")), rules_of(acting))
    return [_case(file, acting) for file in files]


def _case(file: File, acting: Acting) -> OpenCase:
    due = dues.next_due(file, day_of(acting))
    return OpenCase(
        number=file.number,
        state=str(STATES[file.state]),
        subject=file.asked.name,
        next_deadline=due.last_day if due else None,
        held_until=holding.last_day(file),
    )
