# SPDX-License-Identifier: AGPL-3.0-or-later
"""The socket: nobody else's, bounded, and not to be blocked by whoever is slow or hostile."""

import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from machimori.kernel.canonical import Json
from machimori.kernel.envelope import Envelope
from machimori.ledger.testing import MemoryLedger
from machimori.vault.client.client import VaultClient
from machimori.vault.client.protocol import MAX_MESSAGE, Message
from machimori.vault.client.testing import VaultProcess
from machimori.vault.errors import (
    VaultDurabilityError,
    VaultFailedError,
    VaultMalformedError,
    VaultRefusedError,
    VaultUnavailableError,
)
from machimori.vault.opening.server import MAX_CONNECTIONS, Server
from machimori.vault.opening.testing import Rig


@pytest.fixture
def path(rig: Rig, tmp_path: Path) -> Iterator[Path]:
    """A served vault that gives a request one second to arrive."""
    path = tmp_path / "run" / "vault.sock"
    server = Server(rig.vault, path, expire_every=0, request_time=1.0)
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield path
    server.stop()
    thread.join()


def connect(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(path))
    connection.settimeout(5)
    return connection


def test_the_socket_is_its_owners(path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_an_open_directory_is_refused(rig: Rig, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(VaultUnavailableError, match="open to others"):
        Server(rig.vault, tmp_path / "vault.sock")


def test_a_client_that_says_nothing_holds_up_nobody(path: Path) -> None:
    idle = [connect(path) for _ in range(MAX_CONNECTIONS - 4)]
    for connection in idle:
        connection.sendall(b"\x00\x00\xff")
    with VaultClient(path) as client:
        begun = time.monotonic()
        assert client.status().open
        assert time.monotonic() - begun < 1
    for connection in idle:
        connection.close()


def test_too_many_connections_are_turned_away_and_places_come_free(path: Path) -> None:
    many = [connect(path) for _ in range(MAX_CONNECTIONS)]
    time.sleep(0.2)
    with VaultClient(path) as client, pytest.raises(VaultUnavailableError):
        client.status()
    for connection in many:
        connection.close()
    deadline = time.monotonic() + 5
    while True:
        try:
            with VaultClient(path) as client:
                assert client.status().open
            break
        except VaultUnavailableError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_slow_request_is_cut_off(path: Path) -> None:
    with closing(connect(path)) as connection:
        message = Message(body={"op": "status"}).encode()
        for byte in message[:8]:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)
        assert connection.recv(1) == b""


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">I", MAX_MESSAGE + 1),
        struct.pack(">I", 3) + b"abc",
        struct.pack(">II", 8, 1 << 30) + b"abcd",
        struct.pack(">II", 10, 2) + b"{}" + struct.pack(">I", 1 << 31),
        struct.pack(">II", 8, 4) + b"null",
    ],
    ids=["too-long", "too-short", "json-too-long", "blob-too-long", "no-object"],
)
def test_garbage_is_answered_once_and_ends_the_connection(path: Path, data: bytes) -> None:
    with closing(connect(path)) as connection:
        connection.sendall(data)
        answer = b""
        while part := connection.recv(65536):
            answer += part
        assert b'"kind":"malformed"' in answer
    with VaultClient(path) as client:
        assert client.status().open


def test_requests_of_a_wrong_shape_are_malformed_and_say_nothing(path: Path) -> None:
    for body in ({"op": "nothing"}, {"op": "submit"}, {"op": "make_keys", "days": "x"}, {}):
        with closing(connect(path)) as connection:
            connection.sendall(Message(body=body).encode())
            head = connection.recv(65536)
            assert b'"kind":"malformed"' in head
            assert b"Traceback" not in head


@pytest.mark.parametrize("op", sorted({"unlock", "submit", "release", "hold", "attest"}))
def test_a_request_without_its_parts_is_malformed(path: Path, op: str) -> None:
    body: dict[str, Json] = {"op": op, "complete": [], "unreachable": [], "until": "", "type": ""}
    with closing(connect(path)) as connection:
        connection.sendall(Message(body=body).encode())
        assert b'"kind":"malformed"' in connection.recv(65536)


def test_keys_of_a_hold_that_are_no_texts_are_malformed(path: Path) -> None:
    body: dict[str, Json] = {"op": "hold", "complete": [], "unreachable": [[]], "until": ""}
    envelope = Envelope(payload_type="a", payload=b"").encode()
    with closing(connect(path)) as connection:
        connection.sendall(Message(body=body, blobs=(envelope,)).encode())
        assert b'"kind":"malformed"' in connection.recv(65536)


@pytest.mark.parametrize("kind", [KeyError, ValueError, OSError])
def test_a_defect_is_no_fault_of_the_request_and_quotes_nothing(
    rig: Rig,
    path: Path,
    kind: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def defect() -> None:
        raise kind("a secret of the vault")

    monkeypatch.setattr(rig.vault, "status", defect)
    with closing(connect(path)) as connection:
        connection.sendall(Message(body={"op": "status"}).encode())
        answer = connection.recv(65536)
    assert b'"kind":"failed"' in answer
    assert f"status: {kind.__name__} at {__file__}" in caplog.text
    assert b"a secret" not in answer
    assert "a secret" not in caplog.text


def test_expiry_goes_on_after_an_error_of_the_system(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rounds: list[int] = []
    again = threading.Event()

    def expire() -> None:
        rounds.append(1)
        if len(rounds) == 1:
            raise OSError("a disk is away")
        again.set()

    monkeypatch.setattr(rig.vault, "expire", expire)
    server = Server(rig.vault, tmp_path / "run" / "vault.sock", expire_every=0.05)
    thread = threading.Thread(target=server.serve)
    thread.start()
    assert again.wait(5)
    server.stop()
    thread.join()
    assert f"expiry: OSError at {__file__}" in caplog.text


def test_a_wrong_secret_does_not_open_and_is_not_repeated(rig: Rig, path: Path) -> None:
    rig.vault._core.root = None
    secret = b"a secret that must not come back in the answer"
    with VaultClient(path) as client:
        with pytest.raises(VaultRefusedError) as caught:
            client.unlock(secret)
        assert caught.value.reason == "wrong_secret"
        assert "secret that must" not in str(caught.value)
        with pytest.raises(VaultUnavailableError, match="closed"):
            client.challenge()


def test_what_the_vault_could_not_write_is_not_called_unavailable(rig: Rig, path: Path) -> None:
    """Exit status 6: trying again, as after 4, does not help a disk."""
    for place in rig.places.values():
        (place / "place.json").unlink()
    rig.classify("cam-4", "one-day")
    with VaultClient(path) as client:
        with pytest.raises(VaultDurabilityError, match="no place") as caught:
            client.make_keys(2)
        assert caught.value.exit_code == 6
        assert client.status().open


def test_a_defect_is_not_called_unavailable(
    rig: Rig, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits and asks again, as after exit status 4, would wait for ever."""

    def fail() -> None:
        raise KeyError("what must not be told")

    monkeypatch.setattr(rig.vault, "status", fail)
    with VaultClient(path) as client:
        with pytest.raises(VaultFailedError, match="defect") as caught:
            client.status()
        assert caught.value.exit_code == 60
        assert client.challenge()


def test_a_second_server_does_not_take_the_socket(rig: Rig, path: Path) -> None:
    with pytest.raises(VaultUnavailableError, match="serves this socket already"):
        Server(rig.vault, path)
    with VaultClient(path) as client:
        assert client.status().open


def test_a_message_that_is_too_large_is_not_sent(path: Path) -> None:
    with VaultClient(path) as client, pytest.raises(VaultMalformedError):
        client.unlock(bytes(MAX_MESSAGE))


def test_another_user_is_not_served(tmp_path: Path) -> None:
    """SO_PEERCRED: even one who got at the socket's file. Run as root, drops to nobody."""
    ledger = MemoryLedger()
    with VaultProcess(tmp_path, ledger_key=ledger.key.vkey()) as vault:
        assert vault.client.status().open
        for directory in (tmp_path, *tmp_path.parents, vault.socket.parent):
            if directory.stat().st_uid == os.geteuid() and directory != Path("/"):
                directory.chmod(directory.stat().st_mode | 0o011)
        vault.socket.chmod(0o666)
        script = (
            "import os,socket,sys\n"
            "os.setuid(65534) if os.geteuid() == 0 else None\n"
            "s = socket.socket(socket.AF_UNIX)\n"
            "s.connect(sys.argv[1])\n"
            "try:\n"
            "    s.sendall(bytes.fromhex(sys.argv[2]))\n"
            "    print(len(s.recv(1000)))\n"
            "except ConnectionError:\n"
            "    print(0)\n"
        )
        message = Message(body={"op": "status"}).encode().hex()
        result = subprocess.run(
            [sys.executable, "-c", script, str(vault.socket), message],
            capture_output=True,
            text=True,
            check=True,
        )
        served = int(result.stdout)
        assert (served == 0) == (os.geteuid() == 0)


def test_the_process_cannot_be_dumped(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    with VaultProcess(tmp_path, ledger_key=ledger.key.vkey()) as vault:
        limits = Path(f"/proc/{vault.pid}/limits").read_text()
        core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
        assert core.split()[4:6] == ["0", "0"]
        # A process that is not dumpable belongs to root in /proc, and only root reads its memory.
        assert Path(f"/proc/{vault.pid}/mem").stat().st_uid == 0
