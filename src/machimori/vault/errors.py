# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the vault answers when it does not do what was asked.

A refusal carries a `reason`, a word that programs compare and tests name; the words are listed in
docs/ref/statements.md. No error carries key material or anything about a person.
"""

from typing import ClassVar

from machimori.kernel.errors import (
    DurabilityError,
    MachimoriError,
    MalformedError,
    RefusedError,
    UnavailableError,
)


class VaultError(MachimoriError):
    """The root of the vault's errors; each is also the kernel error whose exit code it takes."""


class VaultRefusedError(VaultError, RefusedError):
    """The vault's rules forbid this. `reason` says which one, in one word."""

    def __init__(self, reason: str, message: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(message, where=where, remedy=remedy)
        self.reason = reason


class VaultMalformedError(VaultError, MalformedError):
    """Bytes shown to the vault do not have the form they claim to have."""


class VaultUnavailableError(VaultError, UnavailableError):
    """The vault does not answer, or is closed and was asked to open something."""


class VaultFailedError(VaultError):
    """The vault failed by a defect of its own; asking again will not help. Its log says where."""

    exit_code: ClassVar[int] = 60


class VaultDurabilityError(VaultError, DurabilityError):
    """The vault's own records cannot be read or written as they must."""
