# SPDX-License-Identifier: AGPL-3.0-or-later
"""A small store that is sound: two cameras, a closed day and an open one."""

from collections.abc import Iterator

import pytest

from machimori.footage.closing import close_day
from machimori.footage.naming import SegmentName, parse
from machimori.footage.testing import MemoryStore, SampleRecorder
from machimori.footage.testing_rgw import RadosGateway
from machimori.kernel.instants import Micros, day_start, parse_day


class Town:
    """The sample store, its recorders, and what a check needs to know."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.day = "2026-11-21"
        self.recorders = [SampleRecorder(camera=f"cam-000{n}") for n in (1, 2)]
        self.names: list[str] = []
        for recorder in self.recorders:
            for index in range(5):
                plains = [bytes([index, n]) * 40 for n in range(4)]
                self.put(*(recorder.segment(plains) if index != 2 else recorder.record()))
            close_day(
                self.store,
                camera=recorder.camera,
                day=self.day,
                recorder=recorder.recorder,
                signer=recorder.signer,
                now=recorder.now,
            )
            recorder.now = day_start(parse_day("2026-11-22"))
            for _ in range(3):
                self.put(*recorder.segment([b"next day"]))
        self.trusted = {recorder.recorder: (recorder.signer.public,) for recorder in self.recorders}
        self.keys = self.recorders[0].keys | self.recorders[1].keys
        self.now = Micros(day_start(parse_day("2026-11-22")) + 3600_000_000)

    def put(self, name: str, data: bytes) -> None:
        self.store.put(name, data)
        self.names.append(name)

    def segments(self, camera: int = 1, day: str = "2026-11-21") -> list[str]:
        prefix = f"{day}/cam-000{camera}/"
        return [n for n in sorted(self.store.objects) if n.startswith(prefix) and n[-3:] == "seg"]

    def record(self, camera: int = 1) -> str:
        return next(n for n in self.names if n.endswith(".rec") and f"cam-000{camera}" in n)

    def manifest(self, camera: int = 1) -> str:
        return f"{self.day}/cam-000{camera}/manifest.json"

    def span(self, name: str) -> SegmentName:
        parsed = parse(name)
        assert isinstance(parsed, SegmentName)
        return parsed


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RadosGateway]:
    with RadosGateway(tmp_path_factory.mktemp("rgw") / "cluster") as running:
        running.make_bucket("footage")
        running.make_bucket("versioned", versioned=True)
        yield running
