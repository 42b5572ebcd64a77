# SPDX-License-Identifier: AGPL-3.0-or-later
"""A recorder's directory with keys and a configuration file, for tests of the whole process.

Supported code, as `testing` is: tests of every package that meet a whole recorder use it.
"""

import datetime as dt
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from machimori.footage.anchors import Anchors
from machimori.footage.check import Report, check
from machimori.footage.records import decode
from machimori.footage.store import DirectoryStore
from machimori.kernel.durable import Disk
from machimori.kernel.ids import RecorderId
from machimori.kernel.instants import Micros, local_day
from machimori.kernel.signing import SigningKey
from machimori.recorder.config import RecorderConfig
from machimori.recorder.directory import load_key
from machimori.recorder.testing import write_bundle


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a recorder under test lives."""

    directory: Path
    vault: SigningKey

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.directory / "recorder.toml"

    @property
    def store(self) -> DirectoryStore:
        """What the recorder stored."""
        return DirectoryStore(self.directory / "rec" / "store", Disk())

    def write(
        self,
        cameras: Mapping[str, str],
        *,
        password: str = "",
        scheme: str = "streets",
        more: Sequence[str] = (),
    ) -> RecorderConfig:
        """Keys for three days and the configuration file."""
        self.write_keys(tuple(cameras))
        lines = [
            "[recorder]",
            'id = "rec-1"',
            f'scheme = "{scheme}"',
            'directory = "rec"',
            f'vault_key = "{self.vault.public.raw.hex()}"',
            "min_free_mb = 1",
            *more,
        ]
        for name, url in cameras.items():
            lines += ["[[camera]]", f'id = "{name}"', f'url = "{url}"']
            if password:
                lines += ['username = "recorder"', f'password = "{password}"']
        self.config.write_text("\n".join(lines) + "\n")
        return RecorderConfig.load(self.config)

    def write_keys(self, cameras: Sequence[str]) -> None:
        """Keys of these cameras for today and the next two days."""
        today = local_day(Micros(time.time_ns() // 1000))
        for offset in range(3):
            day = today + dt.timedelta(days=offset)
            write_bundle(self.directory / "rec" / "keys", self.vault, day, tuple(cameras))

    def start(self) -> "subprocess.Popen[str]":
        """The recorder as a process; returns when it records."""
        process = subprocess.Popen(
            [sys.executable, "-m", "machimori.cli.main", "record", "--config", str(self.config)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline().startswith("recording")
        return process

    def check(self, anchors: Anchors | None = None) -> Report:
        """`footage check` over the store, without keys."""
        key = load_key(self.directory / "rec" / "recorder.key", Disk())
        return check(
            self.store,
            trusted={RecorderId("rec-1"): (key.public,)},
            anchors=anchors,
            now=Micros(time.time_ns() // 1000),
        )

    def problems(self) -> list[str]:
        """Findings that the rules or a crash do not account for."""
        fine = ("sound", "recovered", "overwritten")
        return [
            f"{f.verdict} {f.name} {f.meaning}"
            for f in self.check().findings
            if f.verdict not in fine
        ]

    def gaps(self) -> list[tuple[str, float]]:
        """Cause and length (s) of every gap that was written down."""
        found: list[tuple[str, float]] = []
        for item in self.store.list():
            if item.name.endswith(".gap.rec"):
                record, _ = decode(self.store.get(item.name))
                found.append((record.cause, (record.last - record.first) / 1e6))
        return found


def until(condition: Callable[[], bool], seconds: float = 30.0) -> float:
    """Wait for something to come true; returns the seconds it took."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds, "it did not happen in time"
        time.sleep(0.02)
    return time.monotonic() - begun
