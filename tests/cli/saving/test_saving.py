# SPDX-License-Identifier: AGPL-3.0-or-later
"""A city's backup, taken while it runs, and put back: the ledger goes on, nothing destroyed comes
back, and a vault that remembers a later tree opens nothing for an earlier one."""

import contextlib
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from machimori.cli.demo.acting import (
    Stored,
    approve,
    authorise,
    pack,
    segments,
    wait_for_footage,
)
from machimori.cli.demo.city import RETENTION_CLASS, City
from machimori.cli.main import main
from machimori.cli.running.config import RunConfig
from machimori.cli.running.testing import MACHIMORI
from machimori.kernel.durable import Disk
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MachimoriError
from machimori.kernel.instants import Micros, local_day
from machimori.ledger.entry import Entry
from machimori.ledger.postgres.home import Home
from machimori.office.shared.config import OfficeConfig
from machimori.policy.retention import RetentionRule
from machimori.recorder.testing_place import until
from machimori.vault.client.client import VaultClient
from machimori.vault.client.reader import Reader
from machimori.vault.errors import VaultUnavailableError

pytestmark = [pytest.mark.timeout(300), pytest.mark.long]
KEEP = RetentionRule(days=1, count_from="recording_day")
SECRETS = (
    "root.key",
    "places/",
    ".epoch",
    "office/readers",
    "package-keys",
    "postgres/",
    "store/",
    "cases/",
)
"""What must be in no backup."""


@dataclass
class Saved:
    """A city, its backup, and what happened in it since."""

    city: City
    root: Path
    backup: Path
    reader: Reader
    old: list[Stored]
    """Footage whose keys were destroyed after the backup."""
    new: list[Stored]
    """Footage of today."""

    def authorisation(self, stored: list[Stored], case: str) -> Envelope:
        first = min(one.name.first for one in stored)
        last = Micros(max(one.name.last for one in stored) + 1)
        camera = self.city.cameras[0]
        return approve(
            self.city, authorise(self.city, self.reader, [camera], first, last, case=case)
        )


@pytest.fixture(scope="module")
def saved() -> Iterator[Saved]:
    # PostgreSQL's account could not enter pytest's own directories.
    root = Path(tempfile.mkdtemp(prefix="machimori-saved-"))
    try:
        with City(root, cameras=1, days_ago=3, keep=KEEP, runtime=root) as city:
            describe(root)
            # As in a city, keys are made days ahead: what the backup lacks is younger than that.
            city.vault.make_keys(5)
            wait_for_footage(city, seconds=0.5)
            backup = root.parent / f"{root.name}.tar"
            # While it records: the last part is open.
            assert main(["backup", str(root), "--to", str(backup)]) == 0
            city.stop_recorder()
            old = segments(city.store, city.cameras[0])
            made = Saved(city, root, backup, Reader.generate(), old, [])
            # The vault comes to know a tree that the backup does not have.
            package = root / "before.zip"
            pack(city, made.reader, made.authorisation(old, "before"), package)
            assert package.exists()
            city.advance_to(0)
            city.start_recorder()
            wait_for_footage(city, seconds=0.5)
            city.stop_recorder()
            today = local_day(city.clock.now()).isoformat()
            made.new = segments(city.store, city.cameras[0], day=today)
            yield made
    finally:
        shutil.rmtree(root, ignore_errors=True)
        root.with_name(f"{root.name}.tar").unlink(missing_ok=True)


def describe(root: Path) -> None:
    """The files of `machimori run` for a city that was made without it."""
    office = OfficeConfig(
        directory=root / "office",
        origin="http://localhost:8080",
        port=8080,
        ledger=root / "ledger",
        vault=root / "run" / "vault.sock",
        store=root / "store",
        cases=root / "cases",
    )
    office.make_secret(Disk())
    office.save(Disk())
    (root / "office" / "readers").mkdir()
    (root / "office" / "readers" / "case-1").write_bytes(b"opens what was released")
    (root / "office" / "package-keys").mkdir()
    (root / "office" / "package-keys" / "p-1").write_bytes(b"opens a package")
    (root / "keeper").mkdir()
    (root / "machimori.toml").write_text(
        '[run]\noffice = "office"\nvault = "vault"\nexpiry = "keeper"\n\n'
        '[[recorder]]\nconfig = "recorder/recorder.toml"\n'
    )


@pytest.fixture
def target() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="machimori-back-") as name:
        yield Path(name) / "city"


def test_nothing_that_opens_is_in_it(saved: Saved) -> None:
    assert saved.backup.stat().st_mode & 0o777 == 0o600
    with tarfile.open(saved.backup) as tar:
        names = tar.getnames()
        vault = tar.extractfile("vault.tar")
        assert vault is not None
        with tarfile.open(fileobj=vault) as inner:
            names += [f"vault/{name}" for name in inner.getnames()]
        root_key = (saved.root / "root.key").read_bytes()
        for member in tar:
            file = tar.extractfile(member)
            assert file is not None
            assert root_key not in file.read()
    assert not [name for name in names for secret in SECRETS if secret in f"{name}/"]
    wanted = {"machimori.toml", "office/office.json", "office/secret", "ledger/database.dump"}
    wanted |= {"recorder/recorder.key", "recorder/recorder.toml", "ledger/signer/key"}
    assert wanted <= set(names)


def test_the_restored_ledger_is_sound_and_goes_on(saved: Saved, target: Path) -> None:
    assert main(["restore", str(saved.backup), str(target)]) == 0
    RunConfig.load(target / "machimori.toml")
    kept = target.parent / "kept"
    kept.write_bytes((target / "ledger" / "signer" / "checkpoint").read_bytes())
    with served_ledger(target) as home, home.ledger() as ledger:
        entry = Entry(type="recorder.anchor", at=Micros(1))
        ledger.append(entry)
        ledger.wait(entry.id, timeout=30).verify(entry.encode(), home.key)
        arguments = ["ledger", "verify", "--directory", str(home.directory)]
        assert main([*arguments, "--checkpoint", str(kept)]) == 0
    # The city's own ledger was not touched: its database lies elsewhere and runs.
    assert saved.city.ledger.state().signed > 0


def test_a_vault_that_remembers_more_opens_nothing_for_the_restored_ledger(
    saved: Saved, target: Path
) -> None:
    """And what was destroyed after the backup stays destroyed, although the backup is older."""
    places = [f"--place={name}={path}" for name, path in saved.city.vault_process.places.items()]
    wanted = saved.authorisation(saved.new, "today")
    expired = saved.authorisation(saved.old, "gone")
    remembered = saved.city.vault.status()
    saved.city.vault_process.stop()
    try:
        assert main(["restore", str(saved.backup), str(target), *places]) == 0
        with restored_vault(saved, target) as vault:
            status = vault.status()
            assert status.open
            assert status.records >= remembered.records
            assert status.ledger_size == remembered.ledger_size
            day = local_day(saved.old[0].name.first).isoformat()
            assert not vault.living(f"day.{RETENTION_CLASS}.{day}")
            with served_ledger(target) as home:
                with home.ledger() as ledger:
                    assert ledger.state().signed < status.ledger_size
                out = target.parent / "rolled-back.zip"
                answer = evidence(saved, target, home.directory, wanted, out)
                assert answer.returncode != 0, answer.stdout
                assert not out.exists()
            # The ledger that only grew opens today's footage, and not the destroyed.
            here = saved.root / "ledger"
            answer = evidence(saved, target, here, wanted, target.parent / "today.zip")
            assert answer.returncode == 0, answer.stderr
            answer = evidence(saved, target, here, expired, target.parent / "gone.zip")
            assert answer.returncode != 0
            assert not (target.parent / "gone.zip").exists()
    finally:
        saved.city.vault_process.start()


def test_without_the_places_nothing_opens(saved: Saved, target: Path) -> None:
    """The disk with the keys is lost: a backup alone brings no footage back."""
    wanted = saved.authorisation(saved.new, "lost")
    assert main(["restore", str(saved.backup), str(target)]) == 0
    for name in saved.city.vault_process.places:
        (target / "places" / name).mkdir(parents=True)
        assert main(["vault", "place", "--home", str(target / "vault"), name]) == 0
    with restored_vault(saved, target) as vault:
        assert vault.status().open
        out = target.parent / "lost.zip"
        answer = evidence(saved, target, saved.root / "ledger", wanted, out)
        assert answer.returncode != 0
        assert not out.exists()


@pytest.mark.parametrize("where", [0.1, 0.4, 0.7])
def test_a_backup_that_was_changed_or_cut_off_is_refused(
    saved: Saved, target: Path, where: float
) -> None:
    data = bytearray(saved.backup.read_bytes())
    place = int(len(data) * where)
    for spoiled in (bytes(data[:place]), bytes(data[:place]) + b"\x00" * 600 + data[place + 600 :]):
        if spoiled == bytes(data):
            continue
        path = target.parent / "spoiled.tar"
        path.write_bytes(spoiled)
        assert main(["restore", str(path), str(target)]) in (3, 5)
        assert not target.exists()


def test_nothing_is_written_over(saved: Saved, target: Path) -> None:
    target.mkdir()
    (target / "something").write_text("of somebody")
    assert main(["restore", str(saved.backup), str(target)]) == 2
    assert [path.name for path in target.iterdir()] == ["something"]
    assert main(["backup", str(saved.root), "--to", str(saved.backup)]) == 2


@contextlib.contextmanager
def served_ledger(directory: Path) -> Iterator[Home]:
    """A restored ledger's own processes."""
    home = Home.read(directory / "ledger")
    with (home.directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [*MACHIMORI, "ledger", "serve", "--directory", str(home.directory)],
            stdout=log,
            stderr=log,
        )

    def answers() -> bool:
        try:
            with home.ledger() as ledger:
                ledger.state()
        except MachimoriError:
            return False
        return True

    try:
        until(answers, 60)
        yield home
    finally:
        process.terminate()
        process.wait(60)


@contextlib.contextmanager
def restored_vault(saved: Saved, directory: Path) -> Iterator[VaultClient]:
    """The restored vault, opened with the key file that was kept apart."""
    socket = directory / "run" / "vault.sock"
    process = subprocess.Popen(
        [
            *(*MACHIMORI, "vault", "serve", "--home", str(directory / "vault")),
            *("--socket", str(socket), "--expire-every", "0"),
            *("--rehearsal-clock", str(saved.root / "clock")),
        ],
        stdout=subprocess.DEVNULL,
    )

    def answers() -> bool:
        try:
            client.status()
        except VaultUnavailableError:
            return False
        return True

    try:
        with VaultClient(socket) as client:
            until(answers, 60)
            client.unlock((saved.root / "root.key").read_bytes())
            yield client
    finally:
        process.terminate()
        process.wait(60)


def evidence(
    saved: Saved, target: Path, ledger: Path, authorisation: Envelope, out: Path
) -> "subprocess.CompletedProcess[str]":
    place = target.parent
    (place / "authorisation.json").write_bytes(authorisation.encode())
    (place / "reader.key").write_bytes(saved.reader.secret())
    (place / "reader.key").chmod(0o600)
    return subprocess.run(
        [
            *(*MACHIMORI, "evidence", "make"),
            *("--vault", str(target / "run" / "vault.sock"), "--ledger", str(ledger)),
            *("--store", str(saved.root / "store")),
            *("--authorisation", str(place / "authorisation.json")),
            *("--reader", str(place / "reader.key"), "--out", str(out)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
