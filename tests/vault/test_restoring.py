# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every backup, journal and old file that can be restored is restored: nothing opens."""

import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from machimori.kernel import canonical
from machimori.kernel.durable import Disk, Journal, Moment
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import DurabilityError, MachimoriError
from machimori.kernel.ids import CameraId, SchemeId
from machimori.kernel.signing import SigningKey
from machimori.vault.client.statements import EarlyDestruction, Revocation
from machimori.vault.client.testing import Officer, nonce, signed
from machimori.vault.errors import VaultDurabilityError, VaultRefusedError
from machimori.vault.opening.log import make_record, read_record
from machimori.vault.opening.setup import backup
from machimori.vault.opening.testing import Rig, Segment

DAY = 24 * 3600


def pass_days(rig: Rig, days: int) -> None:
    for _ in range(days):
        rig.clock.advance(DAY)
        rig.vault.expire()


def restore(archive: Path, home: Path) -> None:
    """With tar, as its owner would; tarfile has a safe way only from Python 3.11.4 on."""
    home.mkdir(exist_ok=True)
    subprocess.run(["tar", "--extract", "--file", archive, "--directory", home], check=True)


def opens(rig: Rig, segment: Segment) -> bool:
    """Whether the vault hands out a key of the segment, asked with a fresh authorisation."""
    try:
        rig.release(rig.authorise(segment), segment)
    except VaultRefusedError:
        return False
    return True


@pytest.fixture
def archive(rig: Rig, tmp_path: Path) -> Path:
    """A backup made while the first day's key was alive."""
    path = tmp_path / "backup.tar"
    backup(rig.home, path)
    return path


def test_a_backup_holds_no_epoch_object(rig: Rig, archive: Path) -> None:
    with tarfile.open(archive) as tar:
        names = tar.getnames()
        content = b"".join(
            file.read() for file in map(tar.extractfile, tar.getmembers()) if file is not None
        )
    assert "vault.log" in names
    assert not [name for name in names if "epoch" in name]
    for place in rig.places.values():
        for path in place.glob("*.epoch"):
            secrets = path.read_bytes()[-68:-32]
            assert secrets not in content
    assert archive.stat().st_mode & 0o077 == 0


def test_a_backup_that_fails_leaves_no_part_of_an_archive(rig: Rig, tmp_path: Path) -> None:
    steps: list[tuple[str, Moment]] = []

    def full(step: str, path: Path, moment: Moment) -> None:
        steps.append((step, moment))
        if (step, moment) == ("link", "before"):
            raise DurabilityError("no space left", where=str(path))

    (out := tmp_path / "out").mkdir()
    with pytest.raises(DurabilityError):
        backup(rig.home, out / "backup.tar", disk=Disk(full))
    assert list(out.iterdir()) == []
    assert ("fdatasync", "after") in steps
    (rig.home / "root.json").unlink()
    with pytest.raises(VaultDurabilityError) as caught:
        backup(rig.home, out / "backup.tar")
    assert caught.value.where == str(rig.home / "root.json")
    assert list(out.iterdir()) == []


def test_the_backup_restored_over_the_vault_brings_no_key_back(rig: Rig, archive: Path) -> None:
    segment = rig.segment()
    assert opens(rig, segment)
    pass_days(rig, 7)
    rig.vault.close()
    restore(archive, rig.home)
    rig.vault = rig.open()
    assert not opens(rig, segment)
    # The log was shorter in the archive; the places gave back what was missing.
    assert rig.vault.status()["horizon"] == "2026-11-09"


def test_a_revoked_opening_stays_used_after_a_restore(rig: Rig, archive: Path) -> None:
    segment = rig.segment()
    envelope: Envelope = rig.authorise(segment)
    rig.release(envelope, segment)
    rig.vault.close()
    restore(archive, rig.home)
    rig.vault = rig.open()
    with pytest.raises(VaultRefusedError) as caught:
        rig.release(envelope, segment)
    assert caught.value.reason == "openings_used_up"


def test_the_backup_alone_on_a_new_machine_opens_nothing(
    rig: Rig, archive: Path, tmp_path: Path
) -> None:
    segment = rig.segment()
    request = rig.request(rig.authorise(segment), segment)
    rig.vault.close()
    for place in rig.places.values():
        shutil.rmtree(place)
        place.mkdir()
    shutil.rmtree(rig.home)
    rig.home.mkdir()
    restore(archive, rig.home)
    rig.vault = rig.open()
    with pytest.raises(MachimoriError):
        rig.vault.release(request)
    with pytest.raises(MachimoriError, match="no place that holds this epoch"):
        rig.release(rig.authorise(segment), segment)


def test_old_epoch_objects_put_back_are_destroyed_again(rig: Rig) -> None:
    """What a forbidden copy of a place would bring back, the vault destroys on sight."""
    segment = rig.segment()
    copies = {p: p.read_bytes() for place in rig.places.values() for p in place.glob("*.epoch")}
    pass_days(rig, 7)
    for path, content in copies.items():
        path.write_bytes(content)
    assert not opens(rig, segment)
    rig.restart()
    assert not opens(rig, segment)
    assert not [path for path in copies if "2026-11-02" in path.name and path.exists()]
    entries = [e for e in rig.vault.journal(0) if b'"ground":"restored"' in e]
    assert len(entries) == 2


def test_an_old_generation_put_back_does_not_undo_a_puncture(rig: Rig) -> None:
    segment = rig.segment("cam-1")
    copies = {p: p.read_bytes() for place in rig.places.values() for p in place.glob("*.epoch")}
    rig.submit(
        EarlyDestruction(
            camera=CameraId("cam-1"),
            day=rig.today(),
            scheme=SchemeId("street"),
            ground="誤設置",
            nonce=nonce(),
        )
    )
    for path, content in copies.items():
        path.write_bytes(content)
    assert not opens(rig, segment)
    rig.restart()
    assert not opens(rig, segment)
    assert opens(rig, rig.segment("cam-2"))


def test_home_and_log_of_a_place_from_old_copies_bring_nothing_back(
    rig: Rig, tmp_path: Path
) -> None:
    """Home and one place as they were; the other place still knows."""
    segment = rig.segment()
    old = tmp_path / "old"
    rig.vault.close()
    shutil.copytree(rig.home, old / "home")
    shutil.copytree(rig.places["first"], old / "first")
    rig.vault = rig.open()
    pass_days(rig, 7)
    rig.vault.close()
    for name in ("home", "first"):
        target = rig.home.with_name(name)
        shutil.rmtree(target)
        shutil.copytree(old / name, target)
    rig.vault = rig.open()
    assert not opens(rig, segment)


def test_all_of_it_from_old_copies_is_past_its_day_and_stays_shut(rig: Rig, tmp_path: Path) -> None:
    """Even a copy of everything, which must never be made: the day is over, so it is refused."""
    segment = rig.segment()
    rig.vault.close()
    names = ("home", "first", "second")
    for name in names:
        shutil.copytree(rig.home.with_name(name), tmp_path / "old" / name)
    rig.vault = rig.open()
    pass_days(rig, 7)
    rig.vault.close()
    for name in names:
        shutil.rmtree(rig.home.with_name(name))
        shutil.copytree(tmp_path / "old" / name, rig.home.with_name(name))
    rig.vault = rig.open()
    assert not opens(rig, segment)


def test_a_place_of_another_vault_is_not_taken(rig: Rig, tmp_path: Path) -> None:
    other = Rig(tmp_path / "other")
    other.vault.close()
    rig.vault.close()
    shutil.rmtree(rig.places["second"])
    shutil.copytree(other.places["second"], rig.places["second"])
    rig.vault = rig.open()
    assert rig.vault.status()["places"] == {"first": True, "second": False}
    assert list(rig.places["second"].glob("*.epoch"))
    # Even one that was dressed up as ours: its log is not.
    rig.vault.close()
    shutil.copy(rig.places["first"] / "place.json", rig.places["second"] / "place.json")
    marker = rig.places["second"] / "place.json"
    marker.write_bytes(marker.read_bytes().replace(b'"first"', b'"second"'))
    with pytest.raises(VaultDurabilityError, match="contradicts"):
        rig.open()
    assert list(rig.places["second"].glob("*.epoch"))


def test_an_altered_log_is_noticed(rig: Rig) -> None:
    rig.vault.close()
    for path in (rig.home, *rig.places.values()):
        log = path / "vault.log"
        lines = log.read_bytes().splitlines(keepends=True)
        log.write_bytes(b"".join(lines[:3] + lines[4:]))
    with pytest.raises(VaultDurabilityError, match="does not follow"):
        rig.open()


def test_a_swapped_charter_does_not_unlock(rig: Rig, tmp_path: Path) -> None:
    """Whoever owns the disk may put another vault there; its root is not this one's."""
    other = Rig(tmp_path / "other")
    other.vault.close()
    rig.vault.close()
    shutil.copy(rig.home / "root.json", other.home / "root.json")
    vault = other.open(unlock=False)
    with pytest.raises(VaultRefusedError) as caught:
        vault.unlock(rig.secret)
    assert caught.value.reason == "wrong_charter"
    vault.close()
    rig.vault = rig.open()


def test_the_journal_key_makes_nobody_an_officer(rig: Rig) -> None:
    """Whoever owns the closed vault's directory can add records, but not officers' signatures."""
    intruder = Officer("intruder")
    earlier = signed(rig.officers[2].appointment(), *rig.officers[:2])
    rig.vault.submit(earlier)
    revocation = Revocation(officer=rig.officers[2].id, ground="異動", nonce=nonce())
    rig.vault.submit(signed(revocation, *rig.officers[:2]))
    rig.vault.close()
    lines = [line[9:] for line in (rig.home / "vault.log").read_bytes().splitlines()]
    journal_key = SigningKey((rig.home / "journal.key").read_bytes())
    last = read_record(lines[-1], journal_key.public)
    for envelope in (
        intruder.appointment().envelope(),
        signed(intruder.appointment(), intruder),
        signed(intruder.appointment(), rig.officers[0]),
        earlier,
    ):
        forged = make_record(
            signer=journal_key,
            sequence=last.sequence + 1,
            previous=last.head(),
            kind="officer.appointed",
            at=last.at,
            subject={},
            facts={},
            body={"envelope": canonical.b64(envelope.encode())},
        )
        logs = [path / "vault.log" for path in (rig.home, *rig.places.values())]
        before = [log.read_bytes() for log in logs]
        for log in logs:
            journal = Journal(log, Disk())
            journal.append(forged.line())
            journal.close()
        with pytest.raises(VaultDurabilityError, match="officers did not sign"):
            rig.open()
        for log, content in zip(logs, before, strict=True):
            log.write_bytes(content)
    rig.vault = rig.open()
