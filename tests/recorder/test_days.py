# SPDX-License-Identifier: AGPL-3.0-or-later
"""A day that a recorder recorded and did not live to close is closed by the next."""

import datetime as dt
from pathlib import Path

from machimori.footage.catalogue import Catalogue
from machimori.footage.check import GRACE, check
from machimori.footage.testing import MemoryStore, SampleRecorder
from machimori.kernel.clock import ManualClock
from machimori.kernel.durable import Disk
from machimori.kernel.ids import CameraId, RecorderId, SchemeId
from machimori.kernel.instants import Micros, day_start, local_day
from machimori.kernel.signing import SigningKey
from machimori.recorder.camera import CameraConfig
from machimori.recorder.config import RecorderConfig
from machimori.recorder.node import Node
from machimori.recorder.testing_place import Place, until


def test_a_restart_after_midnight_closes_the_day_before(tmp_path: Path) -> None:
    before, store = SampleRecorder(), MemoryStore()
    catalogue = Catalogue(store, tmp_path / "own" / "catalogue")
    for _ in range(3):
        catalogue.put(*before.segment())
        before.now = Micros(before.now + 86_400_000_000)
    days = catalogue.days()
    assert len(days) == 3
    Disk().create(tmp_path / "own" / "recorder.key", before.signer.seed(), mode=0o600)
    clock = ManualClock(before.now)
    node = Node(
        RecorderConfig(
            id=RecorderId("rec-1"),
            scheme=SchemeId("streets"),
            directory=tmp_path / "own",
            store=tmp_path / "store",
            keys=tmp_path / "keys",
            holds=tmp_path / "holds",
            vault_key=SigningKey(b"v" * 32).public,
            cameras=(CameraConfig(id=CameraId("cam-0001"), url="rtsp://127.0.0.1:9/none"),),
        ),
        clock=clock,
        store=store,
    )
    for _ in range(4):
        node.days.look()
    assert not any(name.endswith("manifest.json") for name in store.objects)
    clock.advance(60)
    for _ in range(4):
        node.days.look()
        node.days.join()
    assert [f"{day}/cam-0001/manifest.json" in store.objects for day in days] == [True] * 3
    assert catalogue.days() == ()
    report = check(
        store,
        trusted={RecorderId("rec-1"): (before.signer.public,)},
        now=Micros(before.now + 5 * GRACE),
    )
    assert report.findings == []
    node.start()
    node.stop()


def test_a_day_that_an_earlier_run_left_open_is_closed(place: Place) -> None:
    config = place.write({"cam-0001": "rtsp://127.0.0.1:9/none"})
    node = Node(config)
    yesterday = local_day(node.drain.now()) - dt.timedelta(days=1)
    midnight = day_start(yesterday + dt.timedelta(days=1))
    name, data = node.lanes[0].chain.record(
        "gap", first=Micros(midnight - 60_000_000), last=midnight, cause="network"
    )
    node.catalogue.put(name, data)
    node.start()
    manifest = place.directory / "rec" / "store" / f"{yesterday}" / "cam-0001" / "manifest.json"
    if node.drain.now() - day_start(yesterday + dt.timedelta(days=1)) > 131_000_000:
        until(manifest.exists)
    node.stop()
    assert place.problems() == []
