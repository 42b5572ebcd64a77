# SPDX-License-Identifier: AGPL-3.0-or-later
"""What evidence packages raise. Standard library only: the offline verifier includes it."""

from machimori.kernel.errors import (
    MachimoriError,
    MalformedError,
    RefusedError,
    UnavailableError,
)


class EvidenceError(MachimoriError):
    """An evidence package cannot be made or judged."""


class PackageError(EvidenceError, MalformedError):
    """A package, or a part of it, does not have the form it must have."""

    exit_code = MalformedError.exit_code


class NotDeliverableError(EvidenceError, RefusedError):
    """What was asked for cannot be handed out under this authorisation. Nothing was written."""

    exit_code = RefusedError.exit_code


class UnsoundPackageError(EvidenceError):
    """The package that was just written does not verify; it was removed, not handed out."""

    exit_code = 25


class StampError(EvidenceError, UnavailableError):
    """The time-stamp authority gave no usable stamp. No package was written."""

    exit_code = 26


class DamagedSegmentError(PackageError):
    """A stored segment does not open as it was sealed. `segment` names it."""

    def __init__(self, message: str, *, segment: bytes) -> None:
        super().__init__(message, where=f"segment {segment.hex()[:16]}")
        self.segment = segment
