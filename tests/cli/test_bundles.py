# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori vault bundles`: every class, and what is missing keeps nothing back."""

from pathlib import Path

import pytest

from machimori.cli.main import main
from machimori.kernel.instants import Micros
from machimori.ledger.testing import MemoryLedger
from machimori.policy.retention import RetentionRule
from machimori.vault.client.testing import VaultProcess
from machimori.vault.errors import VaultRefusedError

NOON = Micros(1_778_728_200_000_000)
"""2026-05-14 in Tokyo."""


def test_every_class_and_a_missing_day_keeps_no_other_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    vault = VaultProcess(tmp_path, ledger_key=MemoryLedger().key.vkey(), now=NOON)
    command = ["vault", "bundles", "--socket", str(vault.socket), "--out", str(tmp_path / "out")]
    with vault:
        assert main(command) == VaultRefusedError.exit_code
        assert "no keys yet" in capsys.readouterr().err
        rule = RetentionRule(days=7, count_from="recording_day")
        vault.adopt(
            scheme="street",
            retention={"street-7": rule, "park-7": rule},
            cameras={"cam-1": "street-7", "cam-2": "park-7"},
            recorders={},
            days=2,
        )
        assert main([*command, "--days", "2"]) == 0
        days = ("2026-05-14", "2026-05-15", "2026-05-16")
        whole = {f"{name}-{day}.json" for name in ("street-7", "park-7") for day in days}
        assert {path.name for path in (tmp_path / "out").iterdir()} == whole
        (tmp_path / "out" / "park-7-2026-05-16.json").unlink()
        capsys.readouterr()
        assert main([*command, "--days", "3"]) == VaultRefusedError.exit_code
        shown = capsys.readouterr()
        assert shown.out.startswith("6 bundles")
        assert "the first of 2 is park-7 2026-05-17" in shown.err
        assert {path.name for path in (tmp_path / "out").iterdir()} == whole
