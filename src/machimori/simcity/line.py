# SPDX-License-Identifier: AGPL-3.0-or-later
"""A long, lossy line between two network namespaces: for cameras that are far away.

Each namespace has a TUN device; a process of ours carries the packets between them, each after a
delay, some never. That is what `tc netem` does in the kernel, for kernels that lack it. Needs root,
`ip` (Debian: iproute2) and /dev/net/tun. The namespaces get Debian's default TCP limits, whatever
this machine's are.
"""

import contextlib
import ctypes
import fcntl
import heapq
import itertools
import os
import random
import secrets
import select
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from machimori.kernel.errors import UnavailableError

_TUNSETIFF = 0x400454CA
_IFF_TUN_NO_PI = 0x0001 | 0x1000
_CLONE_NEWNET = 0x40000000
_MTU = 1500

DEBIAN_LIMITS = {
    "net.ipv4.tcp_rmem": "4096 131072 6291456",
    "net.ipv4.tcp_wmem": "4096 16384 4194304",
}
"""Debian 12's defaults; the kernel derives nothing in these from the machine's memory."""


class Line:
    """Two namespaces, `near` (10.77.0.1) and `far` (10.77.0.2), joined by a line.

    `delay` is one way, in seconds; `loss` the chance of each packet to vanish, drawn from `seed`.
    """

    near_address = "10.77.0.1"
    far_address = "10.77.0.2"

    def __init__(self, *, delay: float, loss: float, seed: int = 0) -> None:
        if os.geteuid() != 0 or shutil.which("ip") is None or not Path("/dev/net/tun").exists():
            raise UnavailableError(
                "a simulated line needs root, `ip` and /dev/net/tun",
                remedy="apt-get install iproute2, and run as root",
            )
        self._delay = delay
        self._loss = loss
        self._seed = seed
        mark = secrets.token_hex(3)
        self.near = f"mm-{mark}-near"
        self.far = f"mm-{mark}-far"
        self._carrier: subprocess.Popen[bytes] | None = None

    def command(self, namespace: str, *words: str) -> list[str]:
        """The command line that runs `words` inside a namespace."""
        return ["ip", "netns", "exec", namespace, *words]

    def cut(self) -> None:
        """From now on nothing arrives, in either direction."""
        assert self._carrier is not None
        self._carrier.send_signal(signal.SIGUSR1)

    def mend(self) -> None:
        """The line is there again."""
        assert self._carrier is not None
        self._carrier.send_signal(signal.SIGUSR2)

    def __enter__(self) -> Self:
        for namespace in (self.near, self.far):
            _run("ip", "netns", "add", namespace)
        try:
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _start(self) -> None:
        self._carrier = subprocess.Popen(
            [
                *(sys.executable, "-m", "machimori.simcity.line"),
                *(self.near, self.far, repr(self._delay), repr(self._loss), str(self._seed)),
            ],
            stdout=subprocess.PIPE,
        )
        assert self._carrier.stdout is not None
        if self._carrier.stdout.readline() != b"ready\n":
            raise UnavailableError("the line's carrier did not start")
        for namespace, own in ((self.near, self.near_address), (self.far, self.far_address)):
            inside = self.command(namespace)
            _run(*inside, "ip", "link", "set", "lo", "up")
            _run(*inside, "ip", "address", "add", f"{own}/24", "dev", "line")
            _run(*inside, "ip", "link", "set", "line", "mtu", str(_MTU), "up")
            for name, value in DEBIAN_LIMITS.items():
                _run(*inside, "sysctl", "-q", "-w", f"{name}={value}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._carrier is not None:
            self._carrier.send_signal(signal.SIGTERM)
            self._carrier.wait(timeout=10)
            assert self._carrier.stdout is not None
            self._carrier.stdout.close()
        for namespace in (self.near, self.far):
            subprocess.run(["ip", "netns", "delete", namespace], check=False, capture_output=True)


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


@contextlib.contextmanager
def _inside(namespace: str) -> Iterator[None]:
    libc = ctypes.CDLL(None, use_errno=True)
    with (
        Path("/proc/self/ns/net").open("rb") as home,
        Path("/run/netns", namespace).open("rb") as there,
    ):
        if libc.setns(there.fileno(), _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter namespace {namespace}")
        try:
            yield
        finally:
            libc.setns(home.fileno(), _CLONE_NEWNET)


def _open_tun(namespace: str) -> int:
    with _inside(namespace):
        descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH14x", b"line", _IFF_TUN_NO_PI))
    return descriptor


def carry(near: str, far: str, delay: float, loss: float, seed: int) -> None:
    """Carry packets until the process is ended."""
    chance = random.Random(seed)
    ends = (_open_tun(near), _open_tun(far))
    other = {ends[0]: ends[1], ends[1]: ends[0]}
    waiting: list[tuple[float, int, int, bytes]] = []
    order = itertools.count()
    losses = [loss]
    signal.signal(signal.SIGUSR1, lambda *_: losses.append(1.0))
    signal.signal(signal.SIGUSR2, lambda *_: losses.append(loss))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        patience = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        readable, _, _ = select.select(ends, (), (), patience)
        now = time.monotonic()
        for end in readable:
            with contextlib.suppress(BlockingIOError):
                while True:
                    packet = os.read(end, 2048)
                    if chance.random() >= losses[-1]:
                        heapq.heappush(waiting, (now + delay, next(order), other[end], packet))
        while waiting and waiting[0][0] <= now:
            _, _, end, packet = heapq.heappop(waiting)
            # A full or not yet raised device drops the packet, as a router would.
            with contextlib.suppress(OSError):
                os.write(end, packet)


if __name__ == "__main__":
    carry(sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))
