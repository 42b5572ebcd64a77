# SPDX-License-Identifier: AGPL-3.0-or-later
"""A whole installation for tests: made with the commands that an operator uses, and run."""

import contextlib
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from machimori.ledger.postgres.home import Home
from machimori.policy.retention import RetentionRule
from machimori.simcity.city import SimCity
from machimori.vault.client.testing import VaultProcess

MACHIMORI = (sys.executable, "-m", "machimori.cli.main")
WAIT = 90.0
CLASS = "street-7"


def machimori(*words: str) -> str:
    """Run a command that must succeed; what it printed."""
    return subprocess.run(
        [*MACHIMORI, *words], check=True, stdout=subprocess.PIPE, text=True, timeout=WAIT
    ).stdout


@dataclass(kw_only=True)
class Installation:
    """Directories and files of an installation, and its supervisor while it runs."""

    directory: Path
    vault: VaultProcess
    """Never started by itself: home, officers and client of the vault that is supervised."""
    port: int
    process: "subprocess.Popen[bytes] | None" = field(default=None)

    @property
    def config(self) -> Path:
        """The one file."""
        return self.directory / "machimori.toml"

    @property
    def home(self) -> Home:
        """The ledger's directory."""
        return Home.read(self.directory / "ledger")

    @property
    def log(self) -> str:
        """What the supervisor and its members wrote."""
        return (self.directory / "run.log").read_text()

    def events(self, pattern: str) -> list[str]:
        """The first groups of all log lines of the supervisor that match."""
        return re.findall(rf"^\S+ \S+ run: {pattern}$", self.log, re.MULTILINE)

    def await_event(self, pattern: str, times: int = 1) -> list[str]:
        """Wait until so many lines match."""
        deadline = time.monotonic() + WAIT
        while len(found := self.events(pattern)) < times:
            assert time.monotonic() < deadline, f"{pattern}\n{self.log[-4000:]}"
            assert self.process is not None
            assert self.process.poll() is None, self.log[-4000:]
            time.sleep(0.1)
        return found

    @contextlib.contextmanager
    def running(self) -> "Iterator[subprocess.Popen[bytes]]":
        """`machimori run`, ended in order afterwards."""
        with (self.directory / "run.log").open("wb") as log:
            started = subprocess.Popen(
                [*MACHIMORI, "run", "--config", str(self.config)], stdout=log, stderr=log
            )
        self.process = started
        try:
            yield started
        finally:
            started.terminate()
            started.wait(WAIT)
            self.vault.client.close()


@contextlib.contextmanager
def installation(camera: SimCity, *, elsewhere: str = "") -> Iterator[Installation]:
    """An installation with one simulated camera, made and not running.

    `elsewhere` is the connection string of an administrator of a database that is not its own.
    """
    # PostgreSQL's account could not enter pytest's own directories.
    with tempfile.TemporaryDirectory(prefix="machimori-run-") as name:
        directory = Path(name)
        administrator, database = _elsewhere(directory, elsewhere) if elsewhere else ((), ())
        machimori(
            *("ledger", "init", "--directory", str(directory / "ledger"), "--name", "city.test"),
            *(*administrator, *database),
        )
        key = machimori("ledger", "key", "--directory", str(directory / "ledger")).strip()
        vault = VaultProcess(directory / "v", ledger_key=key)
        made = Installation(directory=directory, vault=vault, port=free_port())
        _make_office(made, *administrator)
        with vault:
            _adopt(made, camera)
        _write_config(made)
        yield made


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _elsewhere(directory: Path, admin: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words that name the administrator, and those that name the database."""
    (directory / "admin").touch(mode=0o600)
    (directory / "admin").write_text(admin)
    parts = conninfo_to_dict(admin)
    address = make_conninfo("", **{name: parts[name] for name in ("host", "dbname")})
    return ("--admin-file", str(directory / "admin")), ("--database", address)


def _make_office(made: Installation, *administrator: str) -> None:
    where = made.directory
    machimori(
        *("office", "init", "--directory", str(where / "office")),
        *("--ledger", str(where / "ledger"), "--vault", str(made.vault.socket)),
        *("--store", str(where / "store"), "--cases", str(where / "cases")),
        *("--origin", f"http://localhost:{made.port}", "--port", str(made.port)),
        *("--scheme", "street", "--scheme-name", "街頭防犯カメラ", "--profile", "matsudo"),
        *("--login", "1001", "--name", "松戸 一郎"),
        *administrator,
    )


def _write_config(made: Installation) -> None:
    """The installation's file."""
    made.config.write_text(
        '[run]\noffice = "office"\nvault = "v/vault"\nexpiry = "expiry"\ncarry_every = 0.5\n'
        f'\n[[recorder]]\nconfig = "recorder/recorder.toml"\nclasses = ["{CLASS}"]\n'
    )


def _adopt(made: Installation, camera: SimCity) -> None:
    recorder = made.directory / "recorder"
    recorder.mkdir()
    (recorder / "camera-password").touch(mode=0o600)
    (recorder / "camera-password").write_text(camera.credentials.password)
    (name,) = camera.cameras
    (recorder / "recorder.toml").write_text(
        '[recorder]\nid = "rec-1"\nscheme = "street"\ndirectory = "."\nstore = "../store"\n'
        f'vault_key = "{made.vault.client.status().vault_key.hex()}"\n'
        f'listen = "127.0.0.1:{free_port()}"\nmin_free_mb = 64\n\n'
        f'[[camera]]\nid = "{name}"\nurl = "{camera.url(name)}"\n'
        f'username = "{camera.credentials.username}"\npassword_file = "camera-password"\n'
    )
    public = machimori("record", "--config", str(recorder / "recorder.toml"), "--public-key")
    made.vault.adopt(
        scheme="street",
        retention={CLASS: RetentionRule(days=7, count_from="recording_day")},
        cameras={name: CLASS},
        recorders={"rec-1": bytes.fromhex(public.strip())},
        days=21,
    )
