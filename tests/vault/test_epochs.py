# SPDX-License-Identifier: AGPL-3.0-or-later
"""What retention asks of the vault before it removes a file."""

from pathlib import Path

from machimori.vault.opening.testing import DAY, SECOND, START, Rig


def test_a_living_epoch_names_its_keys_and_its_end(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    name = f"day.two-weeks.{rig.today()}"
    assert rig.vault.epochs()[name] == START + 7 * DAY
    assert {key.split("/")[0] for key in rig.vault.living(name)} == {"cam-1", "cam-2", "cam-3"}
    assert rig.vault.living("day.two-weeks.1999-01-01") == []


def test_a_destroyed_epoch_has_no_living_key(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    name = f"day.two-weeks.{rig.today()}"
    for _ in range(7):
        rig.clock.advance(DAY / SECOND)
        rig.vault.expire()
    assert name not in rig.vault.epochs()
    assert rig.vault.living(name) == []
