# SPDX-License-Identifier: AGPL-3.0-or-later
"""A recorder writes into a real bucket through its spool, and the gateway dies meanwhile."""

import time
from pathlib import Path

from machimori.footage.check import check
from machimori.footage.place import open_store, write_abilities
from machimori.footage.spool import Spool
from machimori.footage.testing import SampleRecorder, write_bundles
from machimori.footage.testing_rgw import RadosGateway
from machimori.kernel.clock import SystemClock
from machimori.kernel.durable import Disk
from machimori.kernel.ids import CameraId, RecorderId, SchemeId
from machimori.kernel.signing import SigningKey
from machimori.recorder.camera import CameraConfig
from machimori.recorder.config import RecorderConfig
from machimori.recorder.node import Node
from machimori.simcity.city import SimCity


def bucket(directory: Path, gateway: RadosGateway) -> Path:
    gateway.make_bucket("recorded")
    (directory / "secret").write_text(gateway.secret_key)
    place = directory / "store.toml"
    place.write_text(
        f'[store]\nendpoint = "{gateway.endpoint}"\nbucket = "recorded"\n'
        f'access_key = "{gateway.access_key}"\nsecret_key_file = "secret"\n'
    )
    write_abilities(place, open_store(place, Disk()).probe(), Disk())
    return place


def test_M1_S7_recording_goes_on_while_the_store_is_away(
    gateway: RadosGateway, tmp_path: Path
) -> None:
    """The store may be gone while cameras are recorded: what waits is uploaded when it is back."""
    place = bucket(tmp_path, gateway)
    opener, vault = SampleRecorder(), SigningKey(b"v" * 32)
    with SimCity(2) as city:
        names = ["cam-0001", "cam-0002"]
        write_bundles(tmp_path / "keys", vault, opener.sealing_key.raw, names)
        config = RecorderConfig(
            id=RecorderId("rec-1"),
            scheme=SchemeId("streets"),
            directory=tmp_path / "own",
            store=place,
            keys=tmp_path / "keys",
            holds=tmp_path / "holds",
            vault_key=vault.public,
            cameras=tuple(
                CameraConfig(id=CameraId(name), url=city.url(number))
                for number, name in enumerate(names, start=1)
            ),
            min_free_mb=1,
        )
        node = Node(config)
        node.start()
        time.sleep(2)
        gateway.kill()
        time.sleep(2)
        node.stop()
    spool = Spool(
        open_store(place, Disk()), tmp_path / "own" / "spool", Disk(), limit=10**9, policy="stop"
    )
    waited = spool.pending()
    assert {name.split("/")[1] for name in waited} == {*names, "anchors.rec-1"}
    gateway.start()
    spool.start()
    assert spool.wait_empty(60)
    spool.close()
    store = open_store(place, Disk())
    assert {item.name for item in store.list()} >= set(waited)
    for item in store.list():
        if item.name.endswith(".seg"):
            opener.learn(store.get(item.name))
    report = check(
        store,
        trusted={RecorderId("rec-1"): (node.key.public,)},
        keys=opener.keys,
        pending=spool.pending(),
        now=SystemClock().now(),
    )
    assert report.findings == []
    assert report.segments >= 2
