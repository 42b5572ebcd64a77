# SPDX-License-Identifier: AGPL-3.0-or-later
"""The demo's city while it runs: simulated cameras, and `machimori run` over its file.

What an operator does by hand is done here too: the vault is opened with the key that lies beside
it, which a city's never does.
"""

import contextlib
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from machimori.cli.demo.five.past import PATTERN
from machimori.cli.demo.five.places import Places
from machimori.cli.demo.five.telling import say
from machimori.kernel.clock import SystemClock
from machimori.kernel.durable import Disk
from machimori.kernel.errors import MachimoriError, UnavailableError, UsageError
from machimori.ledger.postgres.server import end_with_parent
from machimori.office.sample.towns import TOWNS, Town
from machimori.office.shared.config import OfficeConfig
from machimori.policy.document import ProfileId
from machimori.policy.profile import bundled
from machimori.simcity.city import SimCity
from machimori.vault.client.client import VaultClient

_MACHIMORI: Final = (sys.executable, "-m", "machimori.cli.main")
_PATIENCE: Final = 180.0
_TICK: Final = 0.2
"""Seconds between two settings of the vault's clock."""
_LOOK: Final = 1.0
"""Seconds between two looks whether the vault is shut."""


class Installation:
    """The city in `places`; a context manager that starts everything and ends everything."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._office = OfficeConfig.read(places.office)
        if not self._office.demo:
            raise UsageError("this office is not a demo's", where=str(places.office))
        self.towns = tuple(town for town in TOWNS if town.id in places.schemes)
        self._parts = contextlib.ExitStack()
        self._ended = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def origin(self) -> str:
        """The address for browsers."""
        return self._office.origin

    @property
    def _log(self) -> Path:
        return self._places.directory / "run.log"

    def __enter__(self) -> Self:
        self._check_port()
        with contextlib.ExitStack() as parts:
            cameras = sum(len(town.cameras) for town in self.towns)
            city = parts.enter_context(
                SimCity(
                    cameras,
                    auth="digest-sha256",
                    clips=self._places.clips,
                    size=(PATTERN.width, PATTERN.height),
                    seconds=PATTERN.seconds,
                    rate=PATTERN.rate,
                    gop=PATTERN.gop,
                    noise=PATTERN.noise,
                )
            )
            self._write(city)
            self._set_clock()
            for work in (self._keep_time, self._keep_open):
                thread = threading.Thread(target=work, daemon=True)
                thread.start()
                parts.callback(thread.join)
            parts.callback(self._ended.set)
            self._start()
            parts.callback(self._stop)
            self._parts = parts.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        say("  止めています（録画、台帳、保管庫）", "  Stopping recorders, ledger, vault")
        # A second Ctrl-C must not leave anything behind.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._parts.close()

    def await_ready(self) -> None:
        """Until every process answers. Raises UnavailableError."""
        say("  動かしています（録画、台帳、保管庫、ページ）", "  Starting recorders, vault, pages")
        self._until(lambda: "run: everything ready" in self._log.read_text(errors="replace"))

    def await_vault(self) -> None:
        """Until the vault is open. Raises UnavailableError."""
        self._until(lambda: _is_open(self._places.socket))

    def wait(self) -> int:
        """Until the supervisor ends; its status."""
        assert self._process is not None
        return self._process.wait()

    def _until(self, found: Callable[[], bool]) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _PATIENCE
        while not found():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise UnavailableError(
                    "the demo does not run", where=str(self._log), remedy="its last lines say why"
                )
            time.sleep(_TICK)

    def _check_port(self) -> None:
        try:
            socket.create_server((self._office.address, self._office.port)).close()
        except OSError as error:
            raise UsageError(
                "something else listens here",
                where=self._office.origin,
                remedy="end it, or begin a new city elsewhere: --fresh --port 8090",
            ) from error

    def _start(self) -> None:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*_MACHIMORI, "run", "--config", str(self._places.config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C reaches the demo alone, which ends this in order.
                start_new_session=True,
                preexec_fn=lambda: end_with_parent(signal.SIGTERM),
            )

    def _stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait()

    def _set_clock(self) -> None:
        Disk().replace(self._places.vault_clock, str(SystemClock().now()).encode())

    def _keep_time(self) -> None:
        temporary = self._places.vault_clock.with_suffix(".new")
        while not self._ended.wait(_TICK):
            temporary.write_text(str(SystemClock().now()))
            temporary.replace(self._places.vault_clock)

    def _keep_open(self) -> None:
        secret = self._places.vault_key.read_bytes()
        while not self._ended.wait(_LOOK):
            with contextlib.suppress(MachimoriError), VaultClient(self._places.socket) as vault:
                if not vault.status().open:
                    vault.unlock(secret)

    def _write(self, city: SimCity) -> None:
        """The recorders' files and the installation's: addresses and password are new each time."""
        disk, places, number = Disk(), self._places, 0
        key = (places.vault / "vault-key").read_text()
        lines = [
            "[run]",
            'office = "office"',
            f'vault = "{places.vault_home.relative_to(places.directory)}"',
            'expiry = "expiry"',
            "carry_every = 1",
            f'rehearsal_clock = "{places.vault_clock.relative_to(places.directory)}"',
        ]
        for town in self.towns:
            if not town.cameras:
                continue
            directory = places.recorder(town.recorder)
            secret = directory / "camera-password"
            secret.unlink(missing_ok=True)
            disk.create(secret, city.credentials.password.encode(), mode=0o600)
            cameras = []
            for camera in town.cameras:
                number += 1
                cameras += [
                    "",
                    "[[camera]]",
                    f'id = "{camera.id}"',
                    f'url = "{city.url(number)}"',
                    f'username = "{city.credentials.username}"',
                    'password_file = "camera-password"',
                ]
            disk.replace(
                directory / "recorder.toml", "\n".join([*_head(town, key), *cameras, ""]).encode()
            )
            lines += [
                "",
                "[[recorder]]",
                f'config = "{town.recorder}/recorder.toml"',
                f'classes = ["{town.retention_class}"]',
            ]
        disk.replace(places.config, "\n".join([*lines, ""]).encode())


def _head(town: Town, vault_key: str) -> list[str]:
    watched = bundled(ProfileId(town.profile)).text("live.mode") == "named_posts"
    return [
        "[recorder]",
        f'id = "{town.recorder}"',
        f'scheme = "{town.id}"',
        'directory = "."',
        'store = "../store"',
        f'vault_key = "{vault_key}"',
        f'listen = "127.0.0.1:{_free_port()}"',
        "min_free_mb = 256",
        # As `machimori init` writes it: only where the rules have posts that watch.
        *(['live = "live.sock"'] if watched else []),
    ]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _is_open(path: Path) -> bool:
    try:
        with VaultClient(path) as vault:
            return vault.status().open
    except MachimoriError:
        return False
