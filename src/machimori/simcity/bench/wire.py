# SPDX-License-Identifier: AGPL-3.0-or-later
"""An Ethernet between two network namespaces: MTU 1500, and nothing that the device does for TCP.

Over the loopback device packets are 64 KB long and checked by nobody, which flatters every reader
of sockets. Cameras are on an Ethernet, so that is what recorders are measured on: a veth pair
without segmentation, receive offload or checksum offload. Needs root and `ip` (Debian: iproute2).
"""

import array
import fcntl
import ipaddress
import os
import secrets
import shutil
import socket
import struct
import subprocess
from types import TracebackType

from machimori.kernel.errors import UnavailableError

_SIOCETHTOOL = 0x8946
_SWITCHES = {"tx": 0x17, "tso": 0x1F, "gso": 0x24, "gro": 0x2C, "sg": 0x19}
"""ETHTOOL_STXCSUM, _STSO, _SGSO, _SGRO, _SSG (linux/ethtool.h)."""


class Wire:
    """`near` is in this namespace, `far` in one of its own. Removed when the block ends.

    A network of its own each time: one that outlived its killed process must not take the packets.
    """

    def __init__(self) -> None:
        if os.geteuid() != 0 or shutil.which("ip") is None:
            raise UnavailableError(
                "a measurement over an Ethernet needs root and `ip`",
                remedy="apt-get install iproute2, and run as root",
            )
        tag = secrets.token_hex(3)
        network = ipaddress.ip_network(
            (f"10.78.{secrets.randbelow(256)}.{secrets.randbelow(64) * 4}", 30)
        )
        self.near_address, self.far_address = map(str, network.hosts())
        self.namespace = f"mm-{tag}"
        self._near, self._far = f"mmn{tag}", f"mmf{tag}"

    @property
    def command(self) -> tuple[str, ...]:
        """What goes before a command line that is to run on the far side."""
        return ("ip", "netns", "exec", self.namespace)

    def __enter__(self) -> "Wire":
        _ip("netns", "add", self.namespace)
        try:
            _ip("link", "add", self._near, "type", "veth", "peer", "name", self._far)
            for name in (self._near, self._far):
                _without_offloads(name)
            _ip("link", "set", self._far, "netns", self.namespace)
            _ip("address", "add", f"{self.near_address}/30", "dev", self._near)
            _ip("link", "set", self._near, "up", "mtu", "1500")
            far = ("-n", self.namespace)
            _ip(*far, "address", "add", f"{self.far_address}/30", "dev", self._far)
            _ip(*far, "link", "set", self._far, "up", "mtu", "1500")
            _ip(*far, "link", "set", "lo", "up")
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._remove()

    def _remove(self) -> None:
        # The pair goes with either end; the namespace may still be used by a dying process.
        subprocess.run(["ip", "link", "delete", self._near], check=False, capture_output=True)
        _ip("netns", "delete", self.namespace)


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        raise UnavailableError(f"ip {arguments[0]} failed: {done.stderr.strip()}")


def _without_offloads(device: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for number in _SWITCHES.values():
            value = array.array("I", (number, 0))
            request = struct.pack("16sP", device.encode(), value.buffer_info()[0])
            fcntl.ioctl(control, _SIOCETHTOOL, request.ljust(40, b"\0"))
