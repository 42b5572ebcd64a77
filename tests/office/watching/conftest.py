# SPDX-License-Identifier: AGPL-3.0-or-later
"""A guard room with real cameras: simulated ones, a recorder, and a vault that grants shifts."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings

from machimori.cli.running.testing import free_port
from machimori.kernel.clock import SystemClock
from machimori.ledger.testing import LedgerProcess
from machimori.office.provision.testing_engine import RETENTION_CLASS, EngineDesk, engine_desk
from machimori.office.shared.config import config
from machimori.office.watching.pictures import SOCKET
from machimori.recorder.config import RecorderConfig
from machimori.recorder.live import coder
from machimori.recorder.node import Node
from machimori.simcity.city import SimCity


@pytest.fixture
def codecs() -> tuple[str, ...]:
    """What each camera sends."""
    return ("h264", "h264")


@pytest.fixture
def real(
    database: LedgerProcess,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    codecs: tuple[str, ...],
) -> Iterator[EngineDesk]:
    """A desk by the machine's own clock, whose cameras a recorder records and offers."""
    many = len(codecs)
    # A busy machine is no failure of the pages.
    monkeypatch.setattr(coder, "LATE", 60.0)
    monkeypatch.setattr(coder, "PAST", 60.0)
    monkeypatch.setattr(settings, "OFFICE", replace(config(), recorders=tmp_path))
    with (
        SimCity(many, codecs=codecs, size=(320, 180), seconds=4.0) as city,
        engine_desk(SystemClock(), database, profile="sakai", cameras=many, minutes=1) as desk,
    ):
        node = Node(_recorder(tmp_path / "rec-1", desk, city))
        node.start()
        try:
            yield desk
        finally:
            node.stop()


def _recorder(home: Path, desk: EngineDesk, city: SimCity) -> RecorderConfig:
    keys = home / "rec" / "keys"
    keys.mkdir(parents=True)
    bundle = desk.vault.client.bundle(RETENTION_CLASS, desk.day.isoformat())
    (keys / "today.json").write_bytes(bundle)
    lines = [
        "[recorder]",
        'id = "rec-1"',
        f'scheme = "{desk.cast.scheme.pk}"',
        'directory = "rec"',
        f'vault_key = "{desk.vault.client.status().vault_key.hex()}"',
        "min_free_mb = 1",
        f'listen = "127.0.0.1:{free_port()}"',
        f'live = "{SOCKET}"',
        "live_converted = 2",
    ]
    for name, camera in zip(desk.cameras, city.cameras, strict=True):
        lines += ["[[camera]]", f'id = "{name}"', f'url = "{city.url(camera)}"']
    (home / "recorder.toml").write_text("\n".join(lines) + "\n")
    return RecorderConfig.load(home / "recorder.toml")
