# SPDX-License-Identifier: AGPL-3.0-or-later
"""Values that are counted or compared but must not be readable in the database: HMAC-SHA-256.

The key is derived from the office's secret for this purpose alone.
"""

import secrets
from typing import Final

from django.utils.crypto import salted_hmac

_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_GROUPS: Final = 4


def new_code() -> str:
    """Twenty letters in groups of five, 100 bits: read from paper, typed once."""
    letters = [secrets.choice(_LETTERS) for _ in range(5 * _GROUPS)]
    return "-".join("".join(letters[5 * n : 5 * n + 5]) for n in range(_GROUPS))


def code_digest(code: str) -> bytes:
    """What is stored of a code; lower case, spaces and hyphens do not matter."""
    plain = "".join(letter for letter in code.upper() if letter in _LETTERS)
    return salted_hmac("machimori.enrolment", plain, algorithm="sha256").digest()


def origin_digest(address: str) -> bytes:
    """What is stored of a network address: 16 bytes."""
    return salted_hmac("machimori.origin", address, algorithm="sha256").digest()[:16]
