# SPDX-License-Identifier: AGPL-3.0-or-later
"""Identifiers: short, lower-case, safe in a path, a URL and a log line, and never personal data."""

import re
import secrets
from typing import NewType

from machimori.kernel.errors import MalformedError

SchemeId = NewType("SchemeId", str)
CameraId = NewType("CameraId", str)
RecorderId = NewType("RecorderId", str)
ClassId = NewType("ClassId", str)
"""A retention class (保存区分): cameras of a scheme that share days and counting rule."""
CaseId = NewType("CaseId", str)
OfficerId = NewType("OfficerId", str)
KeyId = NewType("KeyId", str)
"""`<camera>/<day>/<serial>`: one key pair of one camera's day."""

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")


def check_name(value: str, *, what: str) -> str:
    """Return `value` if it is 1–63 of [a-z0-9-], not starting or ending with a hyphen.

    Raises MalformedError naming `what` otherwise.
    """
    if not _NAME.match(value):
        raise MalformedError(
            f"{what} {value[:80]!r} is not a valid identifier",
            remedy="use 1 to 63 lower-case letters, digits and hyphens",
        )
    return value


def new_id() -> str:
    """A fresh random identifier: 128 bits as 32 hexadecimal digits."""
    return secrets.token_hex(16)
