# SPDX-License-Identifier: AGPL-3.0-or-later
"""How long the connector waits before it tries a camera again."""

import random

import pytest

from machimori.kernel.ids import CameraId
from machimori.recorder.connector import LOCKED, LONG, SHORT, pause
from machimori.recorder.errors import (
    CameraDenied,
    CameraError,
    CameraRefused,
    CameraSilent,
    CameraUnreachable,
)


def after(kind: type[CameraError], state: str, *, outage: float = 0.0, denied: int = 0) -> float:
    error = kind("no", camera=CameraId("cam-1"), state=state)
    return pause(random.Random(1), error, outage=outage, denied=denied)


@pytest.mark.parametrize(
    ("kind", "state", "outage", "expected"),
    [
        (CameraUnreachable, "connect", 0.0, SHORT),
        (CameraRefused, "connect", 59.0, SHORT),
        (CameraSilent, "describe", 10.0, SHORT),
        (CameraUnreachable, "connect", 61.0, LONG),
        (CameraRefused, "setup", 0.0, LONG),
        (CameraDenied, "options", 0.0, LONG),
    ],
)
def test_short_at_first_longer_later(
    kind: type[CameraError], state: str, outage: float, expected: tuple[float, float]
) -> None:
    assert expected[0] <= after(kind, state, outage=outage) <= expected[1]


def test_a_camera_that_refuses_our_password_is_left_alone_ever_longer() -> None:
    waits = [after(CameraDenied, "options", denied=count) for count in range(1, 40)]
    assert waits[1] == 2 * waits[0]
    assert waits == sorted(waits)
    assert waits[-1] == LOCKED
