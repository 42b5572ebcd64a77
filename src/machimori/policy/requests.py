# SPDX-License-Identifier: AGPL-3.0-or-later
"""What somebody wants to do with footage, as far as the rules ask about it.

Everything defaults to "not there": what a caller does not establish, the rules do not assume.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from machimori.policy.errors import PolicyError

Act = Literal[
    "take_in",
    "place_hold",
    "decide",
    "deputise",
    "instruct",
    "view",
    "copy",
    "print",
    "check_completion",
    "hand_over",
    "dispose_copy",
    "redact_copy",
    "extend_retention",
    "permit_internal",
    "use_internally",
    "watch_live",
    "order_emergency",
    "extract_emergency",
    "acquire_directly",
]
Hours = Literal["open", "closed_day", "early", "night"]
"""The class of an instant in the scheme's calendar of office days and clock times."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One act of the holder of one post at one instant.

    `ground` is the id of a ground of the profile. `agreement` is the agreement that the camera
    stands under and `station` the police station that acts. `hours` is the class of `at`.
    """

    act: Act
    post: str
    at: dt.datetime
    hours: Hours
    ground: str = ""
    off_purpose: bool = False
    camera_identifies: bool = True
    """Whether the camera is precise enough to identify a person (堺 3)."""

    application_filed: bool = False
    """The scheme's own form of application has been filed."""
    document_present: bool = False
    """A document that the ground accepts has arrived."""
    urgent: bool = False
    """An emergency in which the document may follow, where the ground knows such a variant."""
    identity_checked: bool = False
    permitted: bool = False
    """The manager permitted that others attend."""
    fields: frozenset[str] = frozenset()
    """Ids of the application's fields that are filled."""
    by_subject: bool = False
    """The applicant is the person shown, so that nobody else's consent papers are needed."""
    checks: frozenset[str] = frozenset()
    """Ids of the checks of the decision that have been answered."""
    consents: Literal["", "applicant", "each"] = ""
    signers: int = 0
    """How many have signed or, in this act, sign."""
    delegated: bool = False
    """A dated delegation to this person is in force."""
    circulated: bool = False
    """The draft has gone round, to each post that the rules name."""
    agreed: bool = False
    """This person agreed to the draft when it went round."""

    approved: bool = False
    instructed: bool = False
    within_range: bool = False
    """Cameras and interval lie inside the approval or instruction."""
    at_terminal: bool = False
    """It happens at an enrolled terminal."""
    place: str = ""
    """The place's id, where terminal or screen stands."""
    supervisor_vacant: bool = False
    """Nobody is appointed handling supervisor."""
    own_act: bool = False
    """The person made the very copy to be checked, or gave the very order to be carried out."""
    completion_checked: bool = False
    recorded: frozenset[str] = frozenset()
    """Which of the facts of `provision.recorded` are recorded."""
    for_disclosure: bool = False
    days: int = 0

    use: Literal["", "view", "print", "copy"] = ""
    attendees: int = 0
    reason_given: bool = False
    cause: Literal["", "crime", "accident"] = ""
    ordered: bool = False
    agreement: str = ""
    station: str = ""
    case_reference: bool = False
    listed: bool = False
    """The contractor reported this person's name beforehand."""

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise PolicyError("an instant needs its time zone", where="request.at")
        if self.signers < 0 or self.days < 0 or self.attendees < 0:
            raise PolicyError("a count is not negative", where="request")
