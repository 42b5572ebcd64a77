# SPDX-License-Identifier: AGPL-3.0-or-later
"""What `bench record` measures, each as a process of its own, started by `bench.record`.

`full` is the recorder as it is. `without-aes` copies instead of encrypting; `without-sealing`
neither encrypts nor hashes nor signs nor syncs. Both copy once where encryption would have
written: who hands footage to another thread must put it where the next `recv` does not. `floor` is
no recorder: the same sockets, read at the same period into one buffer and written to a file each,
which is what nobody can do without.
"""

import argparse
import asyncio
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any, cast

from machimori.footage.sealer import Buffer, Sealer
from machimori.kernel.clock import SystemClock
from machimori.kernel.durable import Disk
from machimori.kernel.instants import Micros
from machimori.recorder.camera import CameraConfig
from machimori.recorder.config import RecorderConfig
from machimori.recorder.memory import set_aside
from machimori.recorder.node import Node
from machimori.recorder.ports import PlayingSession
from machimori.recorder.rtsp.opener import RtspOpener
from machimori.vault.sealing.layout import CHUNK_OVERHEAD, EndReason

MODES = ("full", "without-aes", "without-sealing", "floor")
_READ = 1 << 20
_TICK = 0.05


class _Copy:
    """An AEAD's place, taken by a copy."""

    def __init__(self, key: bytes) -> None:
        del key

    def encrypt_into(
        self, nonce: Buffer, data: Buffer, associated_data: Buffer | None, buf: Buffer
    ) -> int:
        """Copy `data` to where the ciphertext would stand."""
        del nonce, associated_data
        with memoryview(cast(bytearray, buf)) as target:
            target[: len(data)] = data
        return len(data) + 16


class UnencryptedSealer(Sealer):
    """Everything but AES."""

    cipher = _Copy


class PlainSealer(Sealer):
    """Frames chunks, and no more: no digest, no cipher, no checksum, no signature."""

    def chunk(
        self,
        plain: Buffer,
        *,
        arrived_from: Micros,
        arrived_to: Micros,
        flags: int = 0,
        out: Any = None,
    ) -> memoryview:
        """The bytes as they came, where the sealed chunk would stand."""
        del flags
        size = len(plain) + CHUNK_OVERHEAD
        view = memoryview(out)
        view[68 : 68 + len(plain)] = plain
        if not self._index:
            self._first = arrived_from
        self._last = arrived_to
        self._index += 1
        self._length += len(plain)
        return view[:size]

    def finish(self, *, reason: EndReason, lost: int = 0) -> bytes:
        """No trailer."""
        del reason, lost
        self._head = bytes(32)
        return b""


class CarelessDisk(Disk):
    """Syncs nothing."""

    def sync_file(self, descriptor: int, path: Path) -> None:
        """Leave it to the kernel."""
        del descriptor, path

    def sync_file_system(self, descriptor: int, path: Path) -> None:
        """Leave it to the kernel."""
        del descriptor, path

    def sync_directory(self, path: Path) -> None:
        """Leave it to the kernel."""
        del path


def record(config: RecorderConfig, mode: str, ended: threading.Event) -> None:
    """Run a recorder until `ended`."""
    sealers = {"full": Sealer, "without-aes": UnencryptedSealer, "without-sealing": PlainSealer}
    disk = CarelessDisk() if mode == "without-sealing" else Disk()
    node = Node(config, sealer=sealers[mode], disk=disk)
    node.start()
    set_aside()
    while sum(lane.bytes > 0 for lane in node.lanes) < len(node.lanes):
        time.sleep(0.2)
    _say("ready")
    before = sum(lane.lost + lane.sessions for lane in node.lanes)
    ended.wait()
    received = sum(lane.bytes for lane in node.lanes)
    troubles = sum(lane.lost + lane.sessions for lane in node.lanes) - before
    dropped = sum(lane.dropped for lane in node.lanes)
    _say(f"{received} {troubles} {dropped}")
    node.stop()


def floor(config: RecorderConfig, ended: threading.Event) -> None:
    """`recv` and `write` at the recorder's period until `ended`."""
    sessions = asyncio.run(_open_all(config.cameras))
    config.directory.mkdir(parents=True, exist_ok=True)
    files = [
        os.open(config.directory / f"{n}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        for n in range(len(sessions))
    ]
    buffer = bytearray(_READ)
    view = memoryview(buffer)
    slots = round(config.period / _TICK)
    pairs = [(session.socket, file) for session, file in zip(sessions, files, strict=True)]
    _say("ready")
    received = 0
    begun = time.monotonic()
    tick = 0
    while not ended.is_set():
        # Each socket often at first, as the recorder does: the windows have to grow.
        often = time.monotonic() - begun < 3.0
        for connection, file in pairs[0 if often else tick % slots :: 1 if often else slots]:
            try:
                count = connection.recv_into(buffer)
            except BlockingIOError:
                continue
            received += os.write(file, view[:count])
        tick += 1
        time.sleep(max(0.0, begun + tick * _TICK - time.monotonic()))
    _say(f"{received} 0 0")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def _open_all(cameras: tuple[CameraConfig, ...]) -> list[PlayingSession]:
    opener = RtspOpener(SystemClock())
    return list(await asyncio.gather(*(opener.open(camera) for camera in cameras)))


def main() -> int:
    """Say "ready", work until SIGTERM, say "<bytes> <lost packets and sessions> <dropped>"."""
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=MODES)
    parser.add_argument("config", type=Path)
    args = parser.parse_args()
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    config = RecorderConfig.load(args.config)
    if args.mode == "floor":
        floor(config, ended)
    else:
        record(config, args.mode, ended)
    return 0


if __name__ == "__main__":
    sys.exit(main())
