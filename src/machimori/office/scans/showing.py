# SPDX-License-Identifier: AGPL-3.0-or-later
"""The list of a case's scans, for the pages of the apps above."""

from typing import Any

from machimori.office.people.acting import Acting
from machimori.office.scans.access import READERS
from machimori.office.scans.history import of_case
from machimori.office.scans.states import PAPERS, STATES


def told(owner: str, about: str, *, may_attach: bool, acting: Acting) -> dict[str, Any] | None:
    """What `scans/section.html` is given; None if the acting person neither reads nor attaches."""
    papers = of_case(owner, about) if acting.holds(*READERS) else []
    if not papers and not may_attach:
        return None
    return {
        "scans": [(one, PAPERS[one.scan.paper], STATES[one.state]) for one in papers],
        "scans_owner": owner,
        "scans_about": about,
        "may_attach": may_attach,
    }
