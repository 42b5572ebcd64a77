# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the ledger refuses or cannot do. `LedgerError` is the root of all of it."""

from typing import ClassVar

from machimori.kernel.errors import MachimoriError, MalformedError, RefusedError, UnavailableError


class LedgerError(MachimoriError):
    """Anything the ledger refuses or cannot do."""


class MalformedLedgerError(LedgerError, MalformedError):
    """An entry, checkpoint or proof does not have the form it claims to have."""


class ProofError(LedgerError, RefusedError):
    """A proof or a checkpoint's signature does not hold. Nothing may be concluded from it."""


class RollbackError(LedgerError, RefusedError):
    """The tree is smaller than, or contradicts, a checkpoint that was signed before."""

    exit_code: ClassVar[int] = 81


class AlteredLedgerError(LedgerError):
    """The stored ledger contradicts itself or its signed checkpoints."""

    exit_code: ClassVar[int] = 80


class LedgerUnavailableError(LedgerError, UnavailableError):
    """The database or the sequencer does not answer; nothing was recorded."""


class NotIncludedError(LedgerError):
    """No signed checkpoint covers this entry (yet)."""

    exit_code: ClassVar[int] = 82
