# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the rules refuse to be read as, and what they refuse to allow."""

from machimori.kernel.errors import MalformedError, RefusedError


class PolicyError(MalformedError):
    """A policy profile, or an answer for one, is not what the questions allow."""


class UnsetError(RefusedError):
    """A rule is needed that the document leaves open and the city has not decided yet."""


class ContradictionError(RefusedError):
    """A city's answer contradicts what its own document says."""
