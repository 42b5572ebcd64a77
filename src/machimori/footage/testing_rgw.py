# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real Ceph RGW for tests: one monitor, one OSD in memory, one gateway, cephx on.

Needs no systemd, no root beyond what the packages need, and nothing outside its directory. Cluster
and gateway listen on the loopback only; the gateway can be killed and started again while the
cluster keeps what it stored.
"""

import base64
import hmac
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from urllib.parse import urlencode

from machimori.kernel.errors import UnavailableError

PACKAGES = ("ceph-mon", "ceph-osd", "radosgw", "ceph-common")
PROGRAMS = (
    "ceph-mon",
    "ceph-osd",
    "radosgw",
    "radosgw-admin",
    "ceph",
    "ceph-authtool",
    "monmaptool",
)
REGION = "default"
_PATIENCE = 60.0
_CONFIG = """\
[global]
fsid = {fsid}
run dir = {root}
admin socket = {root}/$name.asok
keyring = {root}/$name.keyring
log file = {root}/$name.log
log to stderr = false
err to stderr = false
pid file = {root}/$name.pid
mon host = v2:127.0.0.1:{mon_port}
mon data = {root}/mon
ms bind msgr1 = false
ms bind ipv6 = false
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
auth allow insecure global id reclaim = false
osd data = {root}/osd
osd objectstore = memstore
memstore device bytes = 2147483648
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd crush chooseleaf type = 0
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 500
mon data avail crit = 0
mon data avail warn = 0
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw enable usage log = false
rgw thread pool size = 32
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class RadosGateway:
    """The running gateway: `endpoint`, `access_key` and `secret_key` for an S3 client."""

    def __init__(self, directory: Path) -> None:
        missing = [program for program in PROGRAMS if shutil.which(program) is None]
        if missing:
            raise UnavailableError(
                f"{', '.join(missing)} not found",
                remedy=f"apt-get install --no-install-recommends {' '.join(PACKAGES)}",
            )
        self._root = directory
        self._mon_port = _free_port()
        self.port = _free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.access_key = secrets.token_hex(10)
        self.secret_key = secrets.token_hex(20)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "RadosGateway":
        try:
            self._start_cluster()
            self.start()
            self._user()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start the gateway and wait until it answers."""
        self._spawn("gateway", "radosgw", "-f", "--name", "client.rgw")
        self._until(self._answers, "radosgw")

    def kill(self) -> None:
        """Kill the gateway at once (SIGKILL); the cluster lives on."""
        process = self._processes.pop("gateway")
        process.send_signal(signal.SIGKILL)
        process.wait()

    def make_bucket(self, name: str, *, versioned: bool = False) -> None:
        """Create a bucket; a versioned one keeps what is deleted."""
        self._request("PUT", f"/{name}")
        if versioned:
            body = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
            self._request("PUT", f"/{name}?versioning", body)

    def _request(self, method: str, resource: str, body: bytes = b"") -> None:
        """One request signed by the query string (AWS signature version 2, which RGW accepts)."""
        expires = int(time.time()) + 300
        text = f"{method}\n\n\n{expires}\n{resource}"
        mac = hmac.digest(self.secret_key.encode(), text.encode(), "sha1")
        query = urlencode(
            {
                "AWSAccessKeyId": self.access_key,
                "Expires": expires,
                "Signature": base64.b64encode(mac).decode(),
            }
        )
        connection = HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
        try:
            separator = "&" if "?" in resource else "?"
            connection.request(method, resource + separator + query, body)
            answer = connection.getresponse()
            text = answer.read().decode()
            if answer.status != 200:
                raise UnavailableError(f"{method} {resource}: {answer.status} {text[:300]}")
        finally:
            connection.close()

    def close(self) -> None:
        """End every process that was started."""
        for process in reversed(self._processes.values()):
            process.kill()
            process.wait()
        self._processes.clear()

    def _start_cluster(self) -> None:
        root = self._root
        root.mkdir(parents=True, exist_ok=True)
        for name in ("mon", "osd"):
            (root / name).mkdir()
        fsid = str(uuid.uuid4())
        (root / "ceph.conf").write_text(
            _CONFIG.format(fsid=fsid, root=root, mon_port=self._mon_port, port=self.port)
        )
        keyring = root / "mon.keyring"
        everything = (
            "--cap",
            "mon",
            "allow *",
            "--cap",
            "osd",
            "allow *",
            "--cap",
            "mgr",
            "allow *",
        )
        self._run(
            "ceph-authtool", "--create-keyring", str(keyring),
            "--gen-key", "-n", "mon.", "--cap", "mon", "allow *",
        )  # fmt: skip
        self._run(
            "ceph-authtool", "--create-keyring", str(root / "client.admin.keyring"),
            "--gen-key", "-n", "client.admin", *everything,
        )  # fmt: skip
        self._run(
            "ceph-authtool", str(keyring),
            "--import-keyring", str(root / "client.admin.keyring"),
        )  # fmt: skip
        monmap = root / "monmap"
        self._run(
            "monmaptool", "--create", "--fsid", fsid,
            "--addv", "a", f"[v2:127.0.0.1:{self._mon_port}]", str(monmap),
        )  # fmt: skip
        self._run(
            "ceph-mon", "--mkfs", "-i", "a", "--monmap", str(monmap), "--keyring", str(keyring)
        )
        self._spawn("monitor", "ceph-mon", "-f", "-i", "a")
        self._osd()
        self._keyring("client.rgw", "mon", "allow rwx", "osd", "allow rwx", "mgr", "allow r")

    def _osd(self) -> None:
        identity = str(uuid.uuid4())
        number = self._run("ceph", "osd", "new", identity).strip()
        self._keyring(
            f"osd.{number}",
            "mon",
            "allow profile osd",
            "osd",
            "allow *",
            "mgr",
            "allow profile osd",
        )
        keyring = self._root / f"osd.{number}.keyring"
        self._run(
            "ceph-osd", "-i", number, "--mkfs", "--osd-uuid", identity, "--keyring", str(keyring)
        )
        self._spawn("osd", "ceph-osd", "-f", "-i", number)
        self._until(self._osd_up, "ceph-osd")

    def _keyring(self, name: str, *caps: str) -> None:
        (self._root / f"{name}.keyring").write_text(
            self._run("ceph", "auth", "get-or-create", name, *caps)
        )

    def _osd_up(self) -> bool:
        state = json.loads(self._run("ceph", "osd", "stat", "--format", "json"))
        return bool(state["num_up_osds"])

    def _user(self) -> None:
        self._run(
            "radosgw-admin", "user", "create", "--uid", "machimori", "--display-name", "machimori",
            "--access-key", self.access_key, "--secret-key", self.secret_key,
        )  # fmt: skip

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
                return connection.recv(12).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def _command(self, program: str, *arguments: str) -> list[str]:
        return [program, "--conf", str(self._root / "ceph.conf"), *arguments]

    def _run(self, program: str, *arguments: str) -> str:
        command = [program, *arguments]
        if program not in ("ceph-authtool", "monmaptool"):
            command = self._command(program, *arguments)
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
        if done.returncode:
            raise UnavailableError(f"{program} failed: {done.stderr.strip()[-500:]}")
        return done.stdout

    def _spawn(self, role: str, program: str, *arguments: str) -> None:
        self._processes[role] = subprocess.Popen(
            self._command(program, *arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "CEPH_ARGS": ""},
        )

    def _until(self, ready: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + _PATIENCE
        while not ready():
            for role, process in self._processes.items():
                if process.poll() is not None:
                    raise UnavailableError(f"{role} ended with {process.returncode}")
            if time.monotonic() > end:
                raise UnavailableError(f"{what} does not answer")
            time.sleep(0.1)
