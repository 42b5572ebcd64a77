# SPDX-License-Identifier: AGPL-3.0-or-later
"""One answer to one question of the workflow, and where it comes from.

The status says who speaks: the document itself (`stated`, with its clause), the product's own
addition (`assumed`, never with a clause), the city by a decision of its own (`local`), or nobody
yet (`unset`, with a proposal). A document that names a range and leaves the number to the city is
`unset` with a clause and with bounds.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from machimori.policy.errors import PolicyError

Status = Literal["stated", "assumed", "local", "unset"]
Value = bool | int | str | dt.date | tuple[str, ...]
"""A yes or no, a whole number in the question's unit, a text or choice, a day, a list."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """`value` is None exactly if `status` is `unset`.

    `clause` is the document's short name and the place in it (`堺 10(3)`). `recommended` is the
    proposal for an unset answer, `reason` says why this value or this proposal. `minimum`,
    `maximum` and `choices` are what the document leaves to the city, inclusive, in the question's
    unit. `adopted_on`, `effective_from` and `decision` (決裁番号) belong to a city's decision.

    Raises PolicyError if the parts contradict one another.
    """

    value: Value | None
    status: Status
    clause: str = ""
    reason: str = ""
    recommended: Value | None = None
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[str, ...] = ()
    adopted_on: dt.date | None = None
    effective_from: dt.date | None = None
    decision: str = ""

    def __post_init__(self) -> None:
        if fault := self._fault():
            raise PolicyError(fault, remedy="see docs/ref/profile.md for what each status needs")

    def _fault(self) -> str:
        if (self.value is None) != (self.status == "unset"):
            return "an unset answer has no value, and every other status has one"
        match self.status:
            case "stated" if not self.clause:
                return "a stated answer names the clause that states it"
            case "assumed" | "local" if self.clause:
                return f"an answer that is {self.status} cites no clause"
            case "assumed" if not self.reason:
                return "an assumed answer says why it is assumed"
            case "unset" if self.recommended is None or not self.reason:
                return "an unset answer carries a recommended value and its reason"
            case "local" if self.adopted_on is None:
                return "a local answer carries the day on which the city adopted it"
        if self.status != "local" and (self.adopted_on or self.effective_from or self.decision):
            return "only a local answer has a day of adoption, a day of effect and a decision"
        if self.status != "unset" and self.recommended is not None:
            return "only an unset answer has a recommendation"
        bounded = self.minimum is not None or self.maximum is not None or self.choices
        if self.status in ("stated", "assumed") and bounded:
            return "only an answer that the document leaves to the city has bounds"
        return ""
