# SPDX-License-Identifier: AGPL-3.0-or-later
"""The vault's step of `machimori init`: whatever a crash leaves of it, a second run completes it,
and nothing of anybody else's is ever emptied."""

from pathlib import Path

import pytest

from machimori.cli.installing.answers import Answers
from machimori.cli.installing.keeping import make_vault
from machimori.cli.installing.making import Making
from machimori.kernel.clock import SystemClock
from machimori.kernel.durable import Disk, Moment
from machimori.kernel.errors import UsageError
from machimori.kernel.signing import SigningKey
from machimori.ledger.checkpoint import LogKey
from machimori.ledger.postgres.home import FORMAT
from machimori.vault.client.testing import Officer
from machimori.vault.opening.clocks import KernelClockStatus
from machimori.vault.opening.vault import Vault

SECRET = b"s" * 32


class PowerCutError(Exception):
    """The machine is gone."""


class Cut:
    """Raises at the `stop`-th moment of a durable step."""

    def __init__(self, stop: int) -> None:
        self.left = stop

    def __call__(self, step: str, path: Path, moment: Moment) -> None:
        del step, path, moment
        self.left -= 1
        if self.left == 0:
            raise PowerCutError


def begun(directory: Path, disk: Disk) -> Making:
    """What `make_vault` finds when its turn comes."""
    (directory / "ledger").mkdir(parents=True, exist_ok=True)
    vkey = LogKey(name="city.test", public=SigningKey(b"k" * 32).public).vkey()
    (directory / "ledger" / "ledger.json").write_text(f'{{"format":"{FORMAT}","vkey":"{vkey}"}}')
    (directory / "officers").mkdir(exist_ok=True)
    for name in ("sato", "suzuki"):
        path = directory / "officers" / f"{name}.json"
        if not path.exists():
            path.write_bytes(Officer(name).appointment().envelope().encode())
    answers = Answers(
        host="machimori.city.test",
        city="松戸市",
        scheme="street",
        scheme_name="街頭防犯カメラ",
        profile="matsudo",
        login="1001",
        name="松戸 一郎",
        places={name: str(directory / "places" / name) for name in ("first", "second")},
    )
    return Making(
        directory=directory,
        answers=answers,
        disk=disk,
        officers=(),
        secret=lambda: ("key-file", SECRET),
    )


def opens(directory: Path) -> None:
    vault = Vault(directory / "vault", clock=SystemClock(), status=KernelClockStatus())
    try:
        vault.unlock(SECRET)
        assert all(vault.status()["places"].values())
    finally:
        vault.close()


def test_whatever_a_power_cut_leaves_is_completed(tmp_path: Path) -> None:
    stop, cuts = 0, 0
    while True:
        stop += 1
        directory = tmp_path / str(stop)
        cut = Cut(stop)
        try:
            make_vault(begun(directory, Disk(cut)))
        except PowerCutError:
            cuts += 1
        else:
            assert cut.left > 0
            break
        make_vault(begun(directory, Disk()))
        opens(directory)
        assert not (directory / "vault.begun").exists()
    assert cuts > 20
    # Once it is one, it stays as it is.
    charter = (directory / "vault" / "charter.json").read_bytes()
    assert make_vault(begun(directory, Disk())) is False
    assert (directory / "vault" / "charter.json").read_bytes() == charter


@pytest.mark.parametrize("place", ["vault", "places/first"])
def test_what_is_somebody_elses_is_never_emptied(tmp_path: Path, place: str) -> None:
    (tmp_path / place).mkdir(parents=True)
    (tmp_path / place / "vault.log").write_text("of another vault")
    for _ in range(2):
        with pytest.raises(UsageError, match="is not empty"):
            make_vault(begun(tmp_path, Disk()))
    assert (tmp_path / place / "vault.log").read_text() == "of another vault"


def test_a_disk_that_was_exchanged_after_a_crash_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(PowerCutError):
        make_vault(begun(tmp_path, Disk(Cut(20))))
    assert (tmp_path / "vault.begun").exists()
    epoch = tmp_path / "places" / "first" / "day.street.2026-05-14.0.epoch"
    epoch.parent.mkdir(parents=True, exist_ok=True)
    epoch.write_bytes(b"another vault's keys")
    with pytest.raises(UsageError, match="is not empty"):
        make_vault(begun(tmp_path, Disk()))
    assert epoch.read_bytes() == b"another vault's keys"


def test_too_few_officers_are_named_before_anything_is_made(tmp_path: Path) -> None:
    making = begun(tmp_path, Disk())
    (tmp_path / "officers" / "sato.json").unlink()
    with pytest.raises(UsageError, match="1 appointments of the post system-manager"):
        make_vault(making)
    assert not (tmp_path / "vault").exists()
