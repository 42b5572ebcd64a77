# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can go wrong with stored footage. Malformed bytes are `kernel.errors.MalformedError`."""

from machimori.kernel.errors import MachimoriError, UnavailableError


class FootageError(MachimoriError):
    """Stored footage is not as this act needs it; nothing was changed."""

    exit_code = 40


class NoSuchObjectError(FootageError):
    """The store has no object of this name."""

    exit_code = 41


class ObjectDiffersError(FootageError):
    """The store holds other bytes under this name. Footage is never written over."""

    exit_code = 42


class StoreUnavailableError(FootageError, UnavailableError):
    """The store does not answer. The spool keeps what it is given meanwhile."""

    exit_code = 43


class SpoolFullError(FootageError):
    """The spool has reached its limit and its policy is `stop`: this was not taken in."""

    exit_code = 44
