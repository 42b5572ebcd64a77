# SPDX-License-Identifier: AGPL-3.0-or-later
"""Packages of a small city: recorded, sealed, released and made once for all tests."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from machimori.evidence.make import Package, make
from machimori.evidence.testing import SampleCity
from machimori.footage.mp4.testing import Picture, chunks_of, encode, sent
from machimori.footage.rtp.testing import description
from machimori.footage.testing import SAMPLE_START
from machimori.kernel.clock import ManualClock
from machimori.kernel.instants import Micros

ENCODINGS = {"h264": "H264", "h265": "H265", "jpeg": "JPEG"}
SECOND = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Made:
    """A package, the city it is from, and what its encoder put out."""

    city: SampleCity
    package: Package
    pictures: list[Picture]

    @property
    def path(self) -> Path:
        return self.package.path


def at(seconds: float) -> Micros:
    """An instant after the recording's start."""
    return Micros(SAMPLE_START + round(seconds * SECOND))


def recorded(codec: str = "h264", *, seconds: int = 6) -> tuple[SampleCity, list[Picture]]:
    """A city whose camera was recorded in segments of three seconds, then lost its line for five.

    The encoder makes a key frame a second.
    """
    city = SampleCity()
    recorder = city.recorder()
    pictures = encode(codec, count=15 * seconds, size=(160, 96))  # type: ignore[arg-type]
    chunks = chunks_of(sent(codec, pictures), start=SAMPLE_START)  # type: ignore[arg-type]
    city.record(recorder, description(ENCODINGS[codec]), chunks, every=3 * SECOND)
    city.gap(recorder)
    return city, pictures


def packed(city: SampleCity, out: Path, start: float, end: float) -> Package:
    """A package of [start, end) seconds."""
    return make(
        client=city.vault,
        ledger=city.ledger,
        store=city.store,
        order=city.order(at(start), at(end)),
        reader=city.reader,
        out=out,
        clock=ManualClock(at(20)),
    )


@pytest.fixture(scope="session")
def made_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Made]:
    """The package of a codec, seconds 1.5 to 9 of a recording that ends at 6."""
    known: dict[str, Made] = {}

    def give(codec: str) -> Made:
        if codec not in known:
            city, pictures = recorded(codec)
            out = tmp_path_factory.mktemp("evidence") / f"{codec}.zip"
            known[codec] = Made(city=city, package=packed(city, out, 1.5, 9), pictures=pictures)
        return known[codec]

    return give


@pytest.fixture(scope="session")
def made(made_of: Callable[[str], Made]) -> Made:
    """The H.264 package."""
    return made_of("h264")
