# SPDX-License-Identifier: AGPL-3.0-or-later
"""The signer signs what extends its last checkpoint and nothing else, whatever crashes."""

from pathlib import Path

import pytest

from machimori.kernel.durable import Disk, Moment
from machimori.kernel.errors import DurabilityError
from machimori.ledger import tree
from machimori.ledger.checkpoint import open_checkpoint
from machimori.ledger.errors import LedgerUnavailableError, RollbackError
from machimori.ledger.signer import Signer

NODES: dict[tree.Node, bytes] = {}
ROOTS = [tree.EMPTY_ROOT]
FRONTIER = tree.Frontier(NODES.__setitem__)
for number in range(30):
    FRONTIER.push(tree.leaf_hash(b"%d" % number))
    ROOTS.append(FRONTIER.root())


def path(old: int, new: int) -> list[bytes]:
    return tree.fill(tree.consistency_plan(old, new), NODES.__getitem__)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    Signer.create(tmp_path / "signer", Disk(), name="log")
    return tmp_path / "signer"


def test_it_signs_what_grows(directory: Path) -> None:
    with Signer(directory, Disk()) as signer:
        assert signer.last()[0].size == 0
        for old, new in [(0, 3), (3, 4), (4, 30)]:
            note = signer.sign(size=new, root=ROOTS[new], path=path(old, new))
            head = open_checkpoint(note, signer.key)
            assert (head.size, head.root) == (new, ROOTS[new])
            assert signer.sign(size=new, root=ROOTS[new], path=[]) == note
    assert (directory / "key").stat().st_mode & 0o777 == 0o600


def test_rollback_is_refused_even_after_a_restart(directory: Path) -> None:
    with Signer(directory, Disk()) as signer:
        signer.sign(size=20, root=ROOTS[20], path=path(0, 20))
    with Signer(directory, Disk()) as signer:
        with pytest.raises(RollbackError, match="shrank from 20 to 19"):
            signer.sign(size=19, root=ROOTS[19], path=[])
        with pytest.raises(RollbackError, match="not those that were signed"):
            signer.sign(size=20, root=ROOTS[19], path=[])
        with pytest.raises(RollbackError, match="not those that were signed"):
            signer.sign(size=25, root=ROOTS[24], path=path(20, 25))
        with pytest.raises(RollbackError, match="not those that were signed"):
            signer.sign(size=25, root=ROOTS[25], path=[])
        signer.sign(size=25, root=ROOTS[25], path=path(20, 25))


def test_without_its_checkpoint_it_signs_nothing(directory: Path) -> None:
    (directory / "checkpoint").unlink()
    with Signer(directory, Disk()) as signer, pytest.raises(RollbackError, match="gone"):
        signer.sign(size=1, root=ROOTS[1], path=[])


def test_another_logs_checkpoint_is_no_past(directory: Path, tmp_path: Path) -> None:
    Signer.create(tmp_path / "other", Disk(), name="log")
    (tmp_path / "other/checkpoint").replace(directory / "checkpoint")
    with Signer(directory, Disk()) as signer, pytest.raises(RollbackError):
        signer.sign(size=1, root=ROOTS[1], path=[])
    (directory / "checkpoint").write_bytes(b"garbage")
    with Signer(directory, Disk()) as signer, pytest.raises(RollbackError):
        signer.sign(size=1, root=ROOTS[1], path=[])


def test_there_is_one_signer(directory: Path) -> None:
    with Signer(directory, Disk()), pytest.raises(LedgerUnavailableError, match="another"):
        Signer(directory, Disk())
    with pytest.raises(FileExistsError):
        Signer.create(directory, Disk(), name="log")
    with pytest.raises(LedgerUnavailableError, match="cannot be read"):
        Signer(directory / "none", Disk())


STEPS = ("write", "fsync-file", "rename", "fsync-directory")


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_failing_disk_hands_out_no_signature(directory: Path, step: str, moment: Moment) -> None:
    def fail(taken: str, _path: Path, when: Moment) -> None:
        if (taken, when) == (step, moment):
            raise DurabilityError("power cut")

    with Signer(directory, Disk(fail)) as signer, pytest.raises(DurabilityError):
        signer.sign(size=7, root=ROOTS[7], path=path(0, 7))
    # Whether the checkpoint persisted or not: the same head is signed again, an older one never.
    with Signer(directory, Disk()) as signer:
        last = signer.last()[0].size
        assert last in (0, 7)
        persisted = step == "fsync-directory" or (step, moment) == ("rename", "after")
        assert (last == 7) == persisted
        note = signer.sign(size=7, root=ROOTS[7], path=path(last, 7))
        assert open_checkpoint(note, signer.key).size == 7
        with pytest.raises(RollbackError):
            signer.sign(size=6, root=ROOTS[6], path=[])
