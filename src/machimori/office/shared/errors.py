# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the office refuses: before any page is shown, and in words for the person at a page."""

from dataclasses import dataclass
from typing import ClassVar

from machimori.kernel.errors import MachimoriError, RefusedError


class OfficeError(MachimoriError):
    """The office cannot be made, served or brought up to date."""

    exit_code: ClassVar[int] = 90


class OfficeConfigError(OfficeError):
    """The office's configuration cannot be understood; nothing was started."""

    exit_code: ClassVar[int] = 91


class ActionError(OfficeError):
    """An action was called in a way that it must not be: a defect of ours, not the person's."""

    exit_code: ClassVar[int] = 92


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why not, and by which rule. Both are shown; `clause` is empty where none says it."""

    text: str
    clause: str = ""


class ActionRefusedError(ActionError, RefusedError):
    """The rules forbid this act now. Pages show `heading` and `reasons` (`refusal.html`)."""

    exit_code: ClassVar[int] = 93

    def __init__(self, heading: str, *reasons: Reason) -> None:
        super().__init__("the office's rules refuse this act")
        self.heading = heading
        self.reasons = reasons


def refusal(heading: str, text: str, clause: str = "") -> ActionRefusedError:
    """A refusal with one reason."""
    return ActionRefusedError(heading, Reason(text=text, clause=clause))
