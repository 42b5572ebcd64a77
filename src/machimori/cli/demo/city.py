# SPDX-License-Identifier: AGPL-3.0-or-later
"""A small city of real parts: simulated cameras, recorder, vault, ledger, store, each a process.

The vault is a rehearsal vault, because a story that ends with expiry cannot wait two weeks: its
clock, the recorder's and nothing else's is shifted by whole days, and the story moves it on night
by night until it shows today. A vault that was not made for rehearsals has no such clock.
"""

import contextlib
import json
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from machimori.footage.holds import Holds
from machimori.footage.pace import Pace
from machimori.footage.retention import Expiry, Outcome
from machimori.footage.store import DirectoryStore, Store
from machimori.kernel.clock import ShiftedClock
from machimori.kernel.durable import Disk
from machimori.kernel.errors import UnavailableError
from machimori.kernel.ids import RecorderId
from machimori.kernel.instants import Micros, local_day
from machimori.kernel.signing import SigningKey
from machimori.ledger.courier import carry_journal, carry_outbox
from machimori.ledger.postgres.client import Ledger
from machimori.ledger.testing import LedgerProcess
from machimori.policy.retention import RetentionRule
from machimori.recorder.camera import CameraConfig
from machimori.simcity.city import SimCity
from machimori.vault.client.client import VaultClient
from machimori.vault.client.journal import VaultJournal
from machimori.vault.client.testing import Officer, VaultProcess

SCHEME = "gaito"
RETENTION_CLASS = "gaito-7"
RULE = RetentionRule(days=7, count_from="recording_day")
RECORDER = "rec-1"
KEEPER = "keeper-1"
"""Signs what is said of expired footage."""
CODECS = ("h264", "h265", "mjpeg")
DAY = 86_400
START_TIME = 60.0
TICK = 0.2
"""Seconds between two settings of the rehearsal vault's clock."""


class City:
    """Everything in `directory`; a context manager that starts it all and ends it all.

    `days_ago` is how far the city's clock begins in the past; `advance_to` moves it on. `simulated`
    replaces the usual `cameras` simulated ones; `foreign` are further cameras, which somebody else
    runs. `keep` is for how long footage is kept. `inside` goes before the recorder's command line,
    such as ("ip", "netns", "exec", "near"). `runtime` is where vault, places and socket lie, a
    short path; without it a directory that ends with the city.
    """

    def __init__(
        self,
        directory: Path,
        *,
        cameras: int = 6,
        days_ago: int = 0,
        simulated: SimCity | None = None,
        foreign: Sequence[CameraConfig] = (),
        keep: RetentionRule = RULE,
        inside: Sequence[str] = (),
        runtime: Path | None = None,
    ) -> None:
        self.directory = directory
        self._days_ago = days_ago
        self._parts = contextlib.ExitStack()
        self._sim = simulated or SimCity(
            cameras, codecs=CODECS, auth="digest-sha256", size=(640, 360)
        )
        self._foreign = tuple(foreign)
        self._keep = keep
        self._inside = tuple(inside)
        self._runtime = runtime
        self._recorder: subprocess.Popen[bytes] | None = None
        self._health = ""
        self._stop = threading.Event()
        self._keeper = threading.Thread(target=self._keep_time, name="time", daemon=True)
        disk = Disk()
        self.store = DirectoryStore(directory / "store", disk)
        self._cases = DirectoryStore(directory / "cases", disk)
        self._keeper_key = SigningKey.generate()
        self._ledger: LedgerProcess | None = None
        self._vault: VaultProcess | None = None
        self._vault_clock = (0.0, True)
        self._clock_lock = threading.Lock()

    @property
    def clock(self) -> ShiftedClock:
        """The city's clock."""
        return ShiftedClock(-self._days_ago * DAY)

    @property
    def cameras(self) -> Sequence[str]:
        """The cameras' names."""
        return (*self._sim.cameras, *(camera.id for camera in self._foreign))

    @property
    def simulated(self) -> SimCity:
        """The simulated cameras, for who makes them fail."""
        return self._sim

    @property
    def vault(self) -> VaultClient:
        """The vault's client."""
        return self.vault_process.client

    @property
    def vault_process(self) -> VaultProcess:
        """The vault's process."""
        assert self._vault is not None
        return self._vault

    @property
    def officers(self) -> Sequence[Officer]:
        """Three officers, of whom two must sign."""
        return self.vault_process.officers

    @property
    def ledger(self) -> Ledger:
        """The ledger, as the office's role sees it."""
        return self.ledger_process.ledger

    @property
    def ledger_process(self) -> LedgerProcess:
        """The ledger's processes."""
        assert self._ledger is not None
        return self._ledger

    def __enter__(self) -> Self:
        try:
            self._parts.enter_context(self._sim)
            self._set_cameras()
            self._ledger = self._parts.enter_context(LedgerProcess(self.directory / "ledger"))
            # A Unix socket's path is short; the city's directory may be anywhere.
            runtime = self._runtime or Path(
                self._parts.enter_context(tempfile.TemporaryDirectory(prefix="machimori-"))
            )
            self._vault = VaultProcess(
                runtime, ledger_key=self._ledger.key.vkey(), now=self.clock.now()
            )
            self._parts.enter_context(self._vault)
            self._parts.callback(self.stop_recorder)
            self._adopt()
            self._keeper.start()
            self._parts.callback(self._end_keeper)
            self.start_recorder()
        except BaseException:
            self._parts.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._parts.close()

    def _adopt(self) -> None:
        """The city adopts its rules, takes in its cameras and enrols its recorder."""
        directory = self.directory / "recorder"
        (directory / "keys").mkdir(parents=True, exist_ok=True)
        self._write_configuration(directory)
        public = subprocess.run(
            [*_MACHIMORI, "record", "--config", str(directory / "recorder.toml"), "--public-key"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        self.vault_process.adopt(
            scheme=SCHEME,
            retention={RETENTION_CLASS: self._keep},
            cameras=dict.fromkeys(self.cameras, RETENTION_CLASS),
            recorders={
                RECORDER: bytes.fromhex(public.strip()),
                KEEPER: self._keeper_key.public.raw,
            },
        )
        self._bring_keys()

    def _write_configuration(self, directory: Path) -> None:
        password = directory / "camera-password"
        password.touch(mode=0o600)
        password.write_text(self._sim.credentials.password)
        lines = [
            "[recorder]",
            f'id = "{RECORDER}"',
            f'scheme = "{SCHEME}"',
            'directory = "."',
            'store = "../store"',
            'keys = "keys"',
            f'vault_key = "{self.vault.status().vault_key.hex()}"',
            'listen = "127.0.0.1:0"',
            "min_free_mb = 64",
        ]
        for name in self._sim.cameras:
            lines += [
                "",
                "[[camera]]",
                f'id = "{name}"',
                f'url = "{self._sim.url(name)}"',
                f'username = "{self._sim.credentials.username}"',
                'password_file = "camera-password"',
            ]
        for camera in self._foreign:
            password = directory / f"{camera.id}-password"
            password.touch(mode=0o600)
            password.write_text(camera.password)
            lines += [
                "",
                "[[camera]]",
                f'id = "{camera.id}"',
                f'url = "{camera.url}"',
                f'username = "{camera.username}"',
                f'password_file = "{password.name}"',
                *([f'fingerprint = "{camera.fingerprint}"'] if camera.fingerprint else []),
            ]
        (directory / "recorder.toml").write_text("\n".join(lines) + "\n")

    def _bring_keys(self) -> None:
        day = local_day(self.clock.now()).isoformat()
        bundle = self.vault.bundle(RETENTION_CLASS, day)
        path = self.directory / "recorder" / "keys" / f"{RETENTION_CLASS}-{day}.json"
        Disk().replace(path, bundle)

    def _set_cameras(self) -> None:
        """The cameras' own clocks go with the city's."""
        for camera in self._sim.cameras:
            self._sim.clear(camera)
            if self._days_ago:
                self._sim.fault(
                    camera, "clock_jump", rtp=False, ntp=True, seconds=-self._days_ago * DAY
                )

    def start_recorder(self, *, clock_error: float = 0.0) -> None:
        """Start the recorder; returns once it says where its health is.

        `clock_error` is by how many seconds its machine's clock is wrong.
        """
        directory = self.directory / "recorder"
        self.disturb_recorder_clock(clock_error)
        with (directory / "recorder.log").open("ab") as log:
            self._recorder = subprocess.Popen(
                [
                    *self._inside,
                    *(sys.executable, "-m", "machimori.cli.demo.recorder"),
                    *(str(directory / "recorder.toml"), str(directory / "shift")),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert self._recorder.stdout is not None
        line = self._recorder.stdout.readline().decode()
        if not line:
            raise UnavailableError("the recorder did not start", where=str(directory))
        self._health = f"http://127.0.0.1:{int(line)}/health"

    @property
    def recorder_pid(self) -> int:
        """The recorder's process, for who takes its memory."""
        assert self._recorder is not None
        return self._recorder.pid

    def stop_recorder(self, how: int = signal.SIGTERM) -> None:
        """End the recorder and wait. Again is harmless."""
        if self._recorder is not None:
            self._recorder.send_signal(how)
            self._recorder.wait(START_TIME)
            assert self._recorder.stdout is not None
            self._recorder.stdout.close()
            self._recorder = None

    def health(self) -> Mapping[str, Any]:
        """What the recorder says of itself. Raises UnavailableError."""
        try:
            if self._inside:
                # Its port is on the loopback of another network namespace.
                return dict(json.loads(self._ask_inside()))
            with urllib.request.urlopen(self._health, timeout=5) as answer:  # noqa: S310 - own port
                return dict(json.load(answer))
        except (OSError, subprocess.SubprocessError) as error:
            raise UnavailableError("the recorder does not answer", where=self._health) from error

    def _ask_inside(self) -> bytes:
        program = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).read().decode())"
        command = [*self._inside, sys.executable, "-I", "-c", program, self._health]
        return subprocess.run(command, capture_output=True, check=True, timeout=10).stdout

    def advance_to(self, days_ago: int, *, expire: bool = True) -> None:
        """Nights pass: each moves the vault's clock by a day and runs its expiry, unless told not
        to.

        The recorder must be stopped: it would rightly distrust a clock that jumps.
        """
        while self._days_ago > days_ago:
            self._days_ago -= 1
            self._set_vault_clock()
            if expire:
                self.vault.expire()
        self.vault.make_keys(1)
        self._bring_keys()
        self._set_cameras()

    @property
    def holds(self) -> Holds:
        """Holds on the city's footage."""
        return Holds(self.store, self._cases, self._pace())

    def case_store(self, case: str) -> Store:
        """The sealed segments that were copied for a case."""
        return DirectoryStore(self.directory / "cases" / "cases" / case, Disk())

    def expire(self) -> Outcome:
        """Remove the files of keys that are destroyed, with tombstones, and carry the entries."""
        outcome = self.remove_expired()
        self.carry()
        return outcome

    def remove_expired(self) -> Outcome:
        """The same, leaving the entries in the outbox."""
        disk = Disk()
        outbox = self._expiry_outbox
        disk.make_directory(outbox)
        return Expiry(
            keys=self.vault,
            store=self.store,
            cases=self._cases,
            signer=self._keeper_key,
            signer_id=RecorderId(KEEPER),
            record=lambda entry: disk.replace(outbox / f"{entry.id}.json", entry.encode()),
            state=self.directory / "expiry.json",
            disk=disk,
            pace=self._pace(),
        ).run()

    @property
    def _expiry_outbox(self) -> Path:
        return self.directory / "expiry-outbox"

    def _pace(self) -> Pace:
        return Pace(self.clock, operations=1000, size=100_000_000)

    def write_entries(self) -> Path:
        """The ledger as one entry a line, for whoever wants to read what was recorded."""
        self.carry()
        path = self.directory / "entries.jsonl"
        path.write_bytes(b"".join(entry + b"\n" for entry in self.ledger.entries()))
        return path

    def carry(self) -> None:
        """Carry what vault, recorder and expiry have recorded into the ledger, now."""
        disk = Disk()
        carry_journal(VaultJournal(self.vault), self.directory / "carried", self.ledger, disk)
        carry_outbox(self.directory / "recorder" / "outbox", self.ledger, disk)
        carry_outbox(self._expiry_outbox, self.ledger, disk)

    def disturb_vault_clock(self, *, seconds: float = 0.0, synchronised: bool = True) -> None:
        """From now on the vault's clock is wrong by so much, or nobody vouches for it."""
        self._vault_clock = (seconds, synchronised)
        self._set_vault_clock()

    def disturb_recorder_clock(self, seconds: float) -> None:
        """The recorder's clock, which may be running, jumps."""
        Disk().replace(
            self.directory / "recorder" / "shift", str(seconds - self._days_ago * DAY).encode()
        )

    def _set_vault_clock(self) -> None:
        with self._clock_lock:
            seconds, synchronised = self._vault_clock
            now = Micros(self.clock.now() + round(seconds * 1e6))
            self.vault_process.set_clock(now, synchronised=synchronised)

    def _keep_time(self) -> None:
        while not self._stop.wait(TICK):
            self._set_vault_clock()

    def _end_keeper(self) -> None:
        self._stop.set()
        self._keeper.join()


_MACHIMORI = (sys.executable, "-m", "machimori.cli.main")
