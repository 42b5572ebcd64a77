# SPDX-License-Identifier: AGPL-3.0-or-later
"""Making a ledger: repeated after a crash, refused where there is one already."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from machimori.kernel.durable import Disk, Moment
from machimori.kernel.errors import DurabilityError
from machimori.ledger.errors import LedgerError, LedgerUnavailableError, MalformedLedgerError
from machimori.ledger.postgres.home import Home, create
from machimori.ledger.postgres.server import EmbeddedServer, socket_directory
from machimori.ledger.testing import LedgerProcess


@pytest.fixture
def cluster() -> Iterator[Path]:
    """A place of its own: pytest closes its directories to the account that PostgreSQL runs as."""
    with tempfile.TemporaryDirectory(prefix="machimori-pg-") as directory:
        yield Path(directory) / "pg"


def test_making_is_repeated_after_a_crash(tmp_path: Path, cluster: Path) -> None:

    def cut(step: str, path: Path, when: Moment) -> None:
        if path.name == "ledger.json" and (step, when) == ("link", "before"):
            raise DurabilityError("power cut")

    with pytest.raises(DurabilityError):
        create(tmp_path / "l", Disk(cut), name="log", cluster=cluster)
    with pytest.raises(LedgerUnavailableError, match="no ledger here"):
        Home.read(tmp_path / "l")
    key = (tmp_path / "l/signer/key").read_bytes()
    with pytest.raises(LedgerError, match="the log log"):
        create(tmp_path / "l", Disk(), name="another", cluster=cluster)
    home = create(tmp_path / "l", Disk(), name="log", cluster=cluster)
    assert (tmp_path / "l/signer/key").read_bytes() == key
    assert Home.read(tmp_path / "l") == home
    with home.server(), psycopg.connect(home.conninfo("office")) as connection:
        connection.execute("SELECT 1 FROM ledger.pending")
    with pytest.raises(LedgerError, match="already"):
        create(tmp_path / "l", Disk(), name="log")


def test_a_ledger_json_that_is_none(running: LedgerProcess, tmp_path: Path) -> None:
    good = (running.directory / "ledger.json").read_bytes()
    for bad in (b"", b"{}", good.replace(b"ledger/1", b"ledger/2"), good[:-1]):
        (tmp_path / "ledger.json").write_bytes(bad)
        with pytest.raises(MalformedLedgerError):
            Home.read(tmp_path)
    (tmp_path / "ledger.json").write_bytes(good)
    with pytest.raises(LedgerUnavailableError, match="password of office"):
        Home.read(tmp_path).conninfo("office")
    for text in good, repr(running.home).encode():
        assert running.home.secret("office").encode() not in text


def test_a_long_path_gets_a_short_socket(tmp_path: Path) -> None:
    assert socket_directory(Path("/a/b")) == Path("/a/b/run")
    long = socket_directory(tmp_path / ("x" * 100))
    assert len(str(long)) < 90
    assert long == socket_directory(tmp_path / ("x" * 100))
    assert long != socket_directory(tmp_path / ("x" * 101))


def test_a_link_in_place_of_the_socket_directory_is_not_followed(
    tmp_path: Path, cluster: Path
) -> None:
    server = EmbeddedServer(cluster / ("x" * 100), superuser_secret="s" * 32)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    owner = elsewhere.stat().st_uid
    server.socket_directory.symlink_to(elsewhere)
    try:
        with pytest.raises(LedgerError, match="belongs to somebody else"):
            server.start()
    finally:
        server.socket_directory.unlink()
    assert elsewhere.stat().st_uid == owner
    assert server.pid is None
