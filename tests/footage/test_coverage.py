# SPDX-License-Identifier: AGPL-3.0-or-later
"""A camera's day from the store: hours recorded, and the rest put down to what records say."""

import datetime as dt
from pathlib import Path

from machimori.footage.coverage import Gap, of_day, of_interval
from machimori.footage.naming import SegmentName
from machimori.footage.records import GapCause
from machimori.footage.store import DirectoryStore
from machimori.kernel.durable import Disk
from machimori.kernel.ids import CameraId, RecorderId
from machimori.kernel.instants import TOKYO, Micros, day_start
from machimori.kernel.signing import SigningKey
from machimori.recorder.chain import Chain

DAY = dt.date(2026, 5, 14)
CAMERA = CameraId("cam-1")
BEGIN = day_start(DAY, TOKYO)
HOUR = 3_600_000_000
FAR = Micros(BEGIN + 100 * HOUR)


class Recorded:
    """What a recorder would have left: names of segments, and signed gap records."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        self.store = DirectoryStore(directory, Disk())
        self.chain = Chain(
            camera=CAMERA,
            recorder=RecorderId("rec-1"),
            session="0" * 32,
            signer=SigningKey.generate(),
            tz=TOKYO,
        )

    def segment(self, first: float, last: float) -> None:
        name = SegmentName(day=DAY.isoformat(), camera=CAMERA, first=at(first), last=at(last))
        self.store.put(str(name), b"sealed")

    def gap(self, first: float, last: float, cause: GapCause) -> None:
        name, data = self.chain.record(
            "gap", first=at(first), last=at(last), cause=cause, day=DAY.isoformat()
        )
        self.store.put(name, data)


def at(hours: float) -> Micros:
    return Micros(BEGIN + round(hours * HOUR))


def gap(first: float, last: float, cause: str) -> Gap:
    return Gap(first=at(first), last=at(last), cause=cause)


def test_a_whole_day_has_no_gap(tmp_path: Path) -> None:
    made = Recorded(tmp_path / "store")
    for hour in range(24):
        made.segment(hour, hour + 1 - 1 / 3600)  # a pause of a second between two frames
    found = of_day(made.store, CAMERA, DAY, until=FAR)
    assert found.gaps == ()
    assert 24 * HOUR - found.recorded <= 2_000_000


def test_I5_gaps_are_found_and_explained_and_what_nobody_explains_is_said(tmp_path: Path) -> None:
    """Of a day with two explained gaps and a silent one each is named, with its cause or without,
    and together with the footage they are the day."""
    made = Recorded(tmp_path / "store")
    made.segment(0, 6)
    made.gap(6, 7, "network")
    made.gap(7, 7.5, "camera_lost")
    made.segment(7.5, 12)
    made.segment(13, 20)
    made.gap(20, 22, "recorder_down")
    found = of_day(made.store, CAMERA, DAY, until=FAR)
    assert found.gaps == (
        gap(6, 7, "network"),
        gap(7, 7.5, "camera_lost"),
        gap(12, 13, ""),
        gap(20, 22, "recorder_down"),
        gap(22, 24, ""),
    )
    assert found.recorded + sum(one.last - one.first for one in found.gaps) == 24 * HOUR


def test_a_day_that_is_not_over_ends_now(tmp_path: Path) -> None:
    made = Recorded(tmp_path / "store")
    made.segment(0, 2)
    assert of_day(made.store, CAMERA, DAY, until=at(2)).gaps == ()
    assert of_day(made.store, CAMERA, DAY, until=at(3)).gaps == (gap(2, 3, ""),)


def test_nothing_recorded_is_one_gap(tmp_path: Path) -> None:
    made = Recorded(tmp_path / "store")
    assert of_day(made.store, CAMERA, DAY, until=FAR) == of_day(
        made.store, CameraId("cam-2"), DAY, until=FAR
    )
    assert of_day(made.store, CAMERA, DAY, until=FAR).gaps == (gap(0, 24, ""),)


def test_records_that_overlap_footage_or_each_other_take_nothing_from_it(tmp_path: Path) -> None:
    made = Recorded(tmp_path / "store")
    made.segment(0, 10)
    made.gap(9, 12, "network")
    made.gap(11, 14, "stalled")
    made.segment(14, 24)
    found = of_day(made.store, CAMERA, DAY, until=FAR)
    assert found.gaps == (gap(10, 12, "network"), gap(12, 14, "stalled"))
    assert found.recorded == 20 * HOUR


def test_an_interval_over_midnight_counts_what_began_before_it(tmp_path: Path) -> None:
    made = Recorded(tmp_path / "store")
    made.segment(23, 24)
    made.segment(22, 22.5)
    made.gap(22.5, 23, "network")
    found = of_interval(made.store, CAMERA, at(22), at(24.5))
    assert found.gaps == (gap(22.5, 23, "network"), gap(24, 24.5, ""))
    assert found.recorded == round(1.5 * HOUR)
