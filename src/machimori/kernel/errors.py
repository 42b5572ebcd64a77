# SPDX-License-Identifier: AGPL-3.0-or-later
"""The root of every error Machimori raises on purpose.

An error names what is wrong, where, and what to do. It never carries a secret: no key, no
password, no personal data, because errors end up in terminals, logs and bug reports.

Exit codes are part of the command line's contract (docs/ref/errors.md is generated from them) and
are never reused for another meaning.
"""

from typing import ClassVar


class MachimoriError(Exception):
    """Something Machimori refuses or cannot do.

    `message` says what is wrong, `where` the place (file and byte offset, camera, field), and
    `remedy` what the reader can do about it.
    """

    exit_code: ClassVar[int] = 1
    """Process exit status when this error ends a command. One per class of consequence."""

    def __init__(self, message: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text} ({self.remedy})" if self.remedy else text


class UsageError(MachimoriError):
    """The command line or the configuration cannot be understood; nothing was changed."""

    exit_code = 2


class MalformedError(MachimoriError):
    """Bytes from outside do not have the form they claim to have."""

    exit_code = 3


class UnavailableError(MachimoriError):
    """A part of the system that is needed for this act does not answer (vault, store, database)."""

    exit_code = 4


class RefusedError(MachimoriError):
    """The rules, a missing signature or a missing proof forbid this act. Nothing was opened."""

    exit_code = 5


class DurabilityError(MachimoriError):
    """A write could not be made durable. What was there before is still there."""

    exit_code = 6
