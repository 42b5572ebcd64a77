# SPDX-License-Identifier: AGPL-3.0-or-later
"""`SimCity`: a simulated city as a process of its own, for tests, demo and benchmarks."""

import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from machimori.simcity.auth import Credentials
from machimori.simcity.clips import Clip
from machimori.simcity.control import ask
from machimori.simcity.errors import StartError
from machimori.simcity.faults import Value
from machimori.simcity.process import PASSWORD_VARIABLE
from machimori.simcity.server import camera_name
from machimori.simcity.truth import Truth


class SimCity:
    """Starts `machimori simcity serve` and waits until it listens; ends it when the block ends.

    `codecs` are dealt out to the cameras in turn. `auth` is none, basic, digest-md5 or
    digest-sha256. `clips` is a directory in which rendered clips are kept for later runs. `size`,
    `seconds`, `rate` (pictures a second), `gop` (pictures), `bit_rate` (bit/s; 0: by quality) and
    `noise` (luma; None: 1, or 4 with a bit rate) shape the clips. `own_ports` gives each
    camera its own port, which the faults refuse, reboot and hang at connect need to act as a dead
    machine does. `load` streams 1080p at 2 Mbit/s from `load_clips` clips. `cpu` pins the process
    to a core; `command` goes before the command line, such as ("ip", "netns", "exec", "far").
    """

    def __init__(
        self,
        cameras: int = 1,
        *,
        codecs: Sequence[str] = ("h264",),
        auth: str = "none",
        tls: bool = False,
        sound: bool = False,
        load: bool = False,
        load_clips: int = 16,
        own_ports: bool = True,
        host: str = "127.0.0.1",
        port: int = 0,
        clips: Path | None = None,
        size: tuple[int, int] = (320, 240),
        seconds: float = 4.0,
        rate: int = 15,
        gop: int = 15,
        bit_rate: int = 0,
        noise: int | None = None,
        report_every: float = 5.0,
        cpu: int | None = None,
        command: Sequence[str] = (),
    ) -> None:
        self.credentials = Credentials(username="recorder", password=secrets.token_urlsafe(12))
        self.cameras = tuple(camera_name(number + 1) for number in range(cameras))
        self._scheme = "rtsps" if tls else "rtsp"
        self._host = host
        self._cpu = cpu
        self._clips = clips
        self._arguments = [
            *command,
            *(sys.executable, "-m", "machimori.simcity", "--with-stdin"),
            *("--cameras", str(cameras), "--codecs", ",".join(codecs), "--auth", auth),
            *("--host", host, "--port", str(port)),
            *("--size", f"{size[0]}x{size[1]}", "--seconds", str(seconds)),
            *(
                "--rate",
                str(rate),
                "--gop",
                str(gop),
                "--bit-rate",
                str(bit_rate),
                "--report-every",
                str(report_every),
            ),
            *("--load-clips", str(load_clips)),
            *(["--noise", str(noise)] if noise is not None else []),
            *(["--tls"] if tls else []),
            *(["--sound"] if sound else []),
            *(["--load"] if load else []),
            *(["--own-ports"] if own_ports and not load else []),
        ]
        self._directory: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._ready: dict[str, Any] = {}

    def __enter__(self) -> "SimCity":
        self._directory = tempfile.TemporaryDirectory(prefix="machimori-simcity-")
        place = Path(self._directory.name)
        self._clips = self._clips or place
        arguments = [
            *self._arguments,
            *("--clips", str(self._clips), "--control", str(place / "control")),
        ]
        environment = {**os.environ, PASSWORD_VARIABLE: self.credentials.password}
        self._process = subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stdin=subprocess.PIPE, env=environment
        )
        if self._cpu is not None:
            os.sched_setaffinity(self._process.pid, {self._cpu})
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.close()
            raise StartError("the simulated city did not start")
        self._ready = json.loads(line)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process. Again is harmless."""
        if self._process is not None:
            # The city ends when its standard input does, even if this process is killed.
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._directory is not None:
            self._directory.cleanup()
            self._directory = None

    @property
    def pid(self) -> int:
        """The city's process, for who measures it."""
        assert self._process is not None
        return self._process.pid

    @property
    def ca(self) -> Path:
        """The certificate authority to trust, a PEM file; with `tls` only."""
        return Path(self._ready["ca"])

    @property
    def control(self) -> Path:
        """The control socket, for `machimori simcity fault`."""
        return Path(self._ready["control"])

    def url(self, camera: str | int = 1, *, signed_in: bool = False) -> str:
        """The RTSP URL of a camera, given by name or by number from 1.

        With `signed_in` the credentials are in the URL, as ffmpeg wants them.
        """
        name = self._name(camera)
        port = self._ready["ports"].get(name, self._ready["port"])
        who = f"{self.credentials.username}:{self.credentials.password}@" if signed_in else ""
        return f"{self._scheme}://{who}{self._host}:{port}/{name}"

    def fault(self, camera: str | int, name: str, **arguments: Value) -> None:
        """Put a fault on a camera (see faults.py); it acts when this returns.

        Raises UnknownError for an unknown camera, fault or argument.
        """
        order = {"do": "fault", "camera": self._name(camera), "name": name}
        ask(self.control, {**order, "arguments": arguments})

    def clear(self, camera: str | int, name: str | None = None) -> None:
        """Take a fault off a camera, or all. Raises UnknownError if it has no such fault."""
        ask(self.control, {"do": "clear", "camera": self._name(camera), "name": name})

    def truth(self, camera: str | int = 1) -> Truth:
        """What the encoder of a camera produced: every clip that it has had so far."""
        answer = ask(self.control, {"do": "truth", "camera": self._name(camera)})
        assert self._clips is not None
        clips = (Clip.decode((self._clips / name).read_bytes()) for name in answer["clips"])
        return Truth(clips=tuple(clips))

    def stats(self) -> dict[str, Any]:
        """What was sent so far: pictures, packets, octets, throttled, latest (s), connections."""
        return ask(self.control, {"do": "stats"})

    @staticmethod
    def _name(camera: str | int) -> str:
        return camera if isinstance(camera, str) else camera_name(camera)
