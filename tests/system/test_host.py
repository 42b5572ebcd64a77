# SPDX-License-Identifier: AGPL-3.0-or-later
"""The premises of a host: everything that is there, and what it opens, which is nothing.

The host of a camera knows the camera's address and password and can watch its line; here it also
has a copy of the whole footage store and of the key bundles, and the addresses of everything that
runs. Footage of its own camera and of its neighbour's stays closed to it.
"""

import base64
import hashlib
import http.client
import itertools
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from machimori.cli.demo.acting import authorise, segments, until, wait_for_footage
from machimori.cli.demo.city import City
from machimori.footage.segment import SegmentReader
from machimori.footage.store import DirectoryStore
from machimori.kernel.durable import Disk
from machimori.kernel.errors import MalformedError, RefusedError
from machimori.kernel.instants import Micros
from machimori.simcity.probe import Probe
from machimori.vault.client.reader import Reader
from machimori.vault.client.testing import Officer, signed
from machimori.vault.sealing.seal import chunk_key

MACHIMORI = (sys.executable, "-m", "machimori.cli.main")


@dataclass(frozen=True, kw_only=True)
class Premises:
    """What a host has: its own camera `mine`, the neighbour's `other`, and a copy of the store."""

    city: City
    mine: str
    other: str
    copy: Path
    host: Officer
    reader: Reader

    @property
    def store(self) -> DirectoryStore:
        return DirectoryStore(self.copy, Disk())

    def known(self) -> list[bytes]:
        """Everything of use that is at the host's end of the line."""
        simulated = self.city.simulated
        found = [
            simulated.credentials.username.encode(),
            simulated.credentials.password.encode(),
            simulated.url(self.mine).encode(),
            simulated.url(self.mine, signed_in=True).encode(),
            self.city.vault.status().vault_key,
            self.host.key.seed(),
            self.reader.secret(),
        ]
        with Probe(simulated.url(self.mine), credentials=simulated.credentials) as probe:
            found.append(probe.request("DESCRIBE").body)
            assert probe.play().status == 200
            found += [data for _, data in itertools.islice(probe.frames(5.0), 20)]
        found += [path.read_bytes() for path in self.bundles()]
        return found

    def bundles(self) -> list[Path]:
        """Key bundles, which travel in the open."""
        return sorted((self.city.directory / "recorder" / "keys").glob("*.json"))


@pytest.fixture(scope="module")
def premises(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Premises]:
    directory = tmp_path_factory.mktemp("hosted")
    with City(directory / "city", cameras=2) as city:
        mine, other = city.cameras
        wait_for_footage(city, seconds=0.5)
        for camera in city.cameras:
            city.simulated.fault(camera, "reboot", seconds=0.3)
        until(
            "closed segments",
            lambda: all(segments(city.store, camera) for camera in city.cameras),
        )
        wait_for_footage(city, seconds=0.3)
        copy = directory / "copy"
        shutil.copytree(city.directory / "store", copy)
        yield Premises(
            city=city,
            mine=mine,
            other=other,
            copy=copy,
            host=Officer("host-1"),
            reader=Reader.generate(),
        )


def test_M3_what_is_on_the_premises_opens_no_stored_footage(premises: Premises) -> None:
    """The camera's address and password, its stream as it passes, the public keys and a copy of the
    whole store: nothing of it, and nothing that is easily made of it, opens a segment."""
    known = premises.known()
    assert len(known) > 20
    keys = {form for data in known for form in forms(data)}
    for camera in (premises.mine, premises.other):
        for stored in segments(premises.store, camera):
            for key in keys:
                assert not opens(stored.reader, key)
                assert not opens(stored.reader, chunk_key(key, 0))


def forms(data: bytes) -> Iterator[bytes]:
    """32 bytes that somebody might take for a key, in the ways that come to mind."""
    yield hashlib.sha256(data).digest()
    yield hashlib.md5(data).hexdigest().encode()
    yield data[:32].ljust(32, b"\0")
    yield data[-32:].rjust(32, b"\0")
    yield hashlib.sha256(base64.b64encode(data)).digest()


def opens(segment: SegmentReader, key: bytes) -> bool:
    try:
        return bool(segment.chunk(0, key))
    except MalformedError:
        return False


def test_M3_no_picture_lies_in_the_store_that_a_host_could_look_at(premises: Premises) -> None:
    """Searched for what the cameras' encoders produced, a copied store holds none of it."""
    for camera in (premises.mine, premises.other):
        truth = premises.city.simulated.truth(camera)
        slices = [max(picture.units, key=len) for picture in truth.clip.pictures]
        shown = [unit[len(unit) // 2 :][:32] for unit in slices if len(unit) > 200]
        assert shown
        for path in premises.copy.rglob("*"):
            data = path.read_bytes() if path.is_file() else b""
            assert not any(piece in data for piece in shown), path


@pytest.mark.parametrize("signers", ["nobody", "host", "officer and host", "host as officer"])
@pytest.mark.parametrize("camera", ["mine", "other"])
def test_M3_a_host_s_order_makes_no_evidence(
    premises: Premises, tmp_path: Path, camera: str, signers: str
) -> None:
    """A host who runs the city's own commands, with an order that it signed itself, beside an
    officer or in an officer's name, has no package of its neighbour's camera nor of its own."""
    city, host = premises.city, premises.host
    name = str(getattr(premises, camera))
    (stored, *_) = segments(premises.store, name)
    start, end = stored.name.first, Micros(stored.name.last + 1)
    statement = authorise(city, premises.reader, [name], start, end, case="case-1")
    officer = city.officers[0]
    order = {
        "nobody": statement.envelope(),
        "host": signed(statement, host),
        "officer and host": signed(statement, officer, host),
        "host as officer": signed(statement, officer).signed_by(city.officers[1].keyid, host.key),
    }[signers]
    authorisation, reader, out = (tmp_path / n for n in ("order.json", "reader.key", "out.zip"))
    authorisation.write_bytes(order.encode())
    reader.write_bytes(premises.reader.secret())
    reader.chmod(0o600)
    command = [*MACHIMORI, "evidence", "make", "--store", str(premises.copy)]
    command += ["--vault", str(city.vault_process.socket)]
    command += ["--ledger", str(city.directory / "ledger")]
    command += ["--authorisation", str(authorisation), "--reader", str(reader), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == RefusedError.exit_code, done.stderr
    assert "2 officers of system-manager must sign" in done.stderr
    assert not out.exists()


def listening(pid: int) -> set[tuple[str, int]]:
    """Internet addresses on which a process takes connections or datagrams."""
    return {
        (connection.laddr.ip, connection.laddr.port)
        for connection in psutil.Process(pid).net_connections("inet")
        if connection.laddr and not connection.raddr
    }


def test_M3_nothing_of_the_city_listens_on_the_line_to_the_premises(premises: Premises) -> None:
    """The recorder calls the camera, and nobody calls the recorder: from a host's line, inside the
    VPN or not, neither recorder nor vault nor ledger can be reached."""
    city = premises.city
    cameras = {p.pid for p in psutil.Process(city.simulated.pid).children(recursive=True)}
    cameras.add(city.simulated.pid)
    ours = {p.pid for p in psutil.Process().children(recursive=True)} - cameras
    assert {city.recorder_pid, city.vault_process.pid} <= ours
    assert listening(city.vault_process.pid) == set()
    found = set().union(*(listening(pid) for pid in ours))
    assert {address for address, _ in found} == {"127.0.0.1"}


def test_M3_the_recorder_s_own_port_shows_no_footage(premises: Premises) -> None:
    """Even on the recorder's machine its port has two pages, neither with a picture, a password or
    a key; every other path and method is refused."""
    city = premises.city
    ((address, port),) = listening(city.recorder_pid)
    pages = {
        (method, path): asked(address, port, method, path)
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT")
        for path in (
            "/health",
            "/metrics",
            "/",
            f"/{premises.mine}",
            f"/health/{premises.mine}",
            "/store",
            "/recorder.key",
            "/../recorder.key",
            "/health?camera=" + premises.mine,
        )
    }
    served = {page for page, (status, _) in pages.items() if status == 200}
    assert served == {("GET", "/health"), ("GET", "/metrics")}
    assert {status for status, _ in pages.values()} == {200, 404, 501}
    recorder_key = (city.directory / "recorder" / "recorder.key").read_bytes()
    password = city.simulated.credentials.password.encode()
    path = urlsplit(city.simulated.url(premises.mine)).netloc.encode()
    for _, body in pages.values():
        assert body.isascii()
        for secret in (password, path, recorder_key.hex().encode()):
            assert secret not in body


def asked(address: str, port: int, method: str, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(address, port, timeout=5)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
