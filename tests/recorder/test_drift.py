# SPDX-License-Identifier: AGPL-3.0-or-later
"""A camera's clock from its sender reports."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from machimori.footage.testing import SAMPLE_START
from machimori.kernel.instants import Micros
from machimori.recorder.drift import Drift


def report(camera: int) -> bytes:
    seconds, rest = divmod(camera, 1_000_000)
    fraction = (rest << 32) // 1_000_000
    ntp = seconds + 2_208_988_800
    return struct.pack(">BBHIII", 0x80, 200, 6, 1, ntp, fraction) + bytes(12)


def test_offset_is_the_least_that_was_seen() -> None:
    drift = Drift()
    for wait in (900_000, 20_000, 500_000):
        drift.report(report(SAMPLE_START - 3_000_000), Micros(SAMPLE_START + wait))
    assert drift.offset is not None
    assert abs(drift.offset - 3_020_000) <= 1


def test_drift_of_two_hundred_millionths_shows_after_ten_minutes() -> None:
    drift = Drift()
    for number in range(200):
        passed = number * 5_000_000
        camera = SAMPLE_START + passed + passed * 200 // 1_000_000
        drift.report(report(camera), Micros(SAMPLE_START + passed + (number * 7919) % 900_000))
    assert drift.ppm is not None
    assert -900 < drift.ppm < 500


@given(st.binary(max_size=200))
def test_malformed_reports_are_ignored(data: bytes) -> None:
    Drift().report(data, SAMPLE_START)
