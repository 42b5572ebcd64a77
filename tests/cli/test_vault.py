# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori vault`: an office's officers make a vault, sign, submit and look, by command alone."""

import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from machimori.cli.main import main
from machimori.kernel.clock import SystemClock
from machimori.kernel.envelope import Envelope
from machimori.ledger.testing import MemoryLedger
from machimori.vault.client.client import VaultClient
from machimori.vault.client.statements import Appointment
from machimori.vault.errors import VaultUnavailableError

POST = "system-manager"


def officer(directory: Path, name: str) -> Path:
    out = directory / f"{name}.json"
    arguments = ["vault", "officer", "--id", name, "--post", POST]
    assert main([*arguments, "--key", str(directory / f"{name}.key"), "--out", str(out)]) == 0
    return out


def init(directory: Path, *officers: Path, secret: list[str]) -> int:
    arguments = ["vault", "init", "--home", str(directory / "home"), "--post", POST]
    arguments += ["--ledger-key", MemoryLedger().key.vkey(), "--quorum", "2", *secret]
    for path in officers:
        arguments += ["--officer", str(path)]
    return main(arguments)


def test_from_officers_keys_to_a_submitted_statement(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    officers = [officer(tmp_path, f"officer-{n}") for n in (1, 2)]
    assert (tmp_path / "officer-1.key").stat().st_mode & 0o777 == 0o600
    phrase = tmp_path / "phrase"
    phrase.write_text("a passphrase that is long enough\n")
    secret = ["--passphrase-file", str(phrase)]
    assert init(tmp_path, *officers, secret=secret) == 0
    assert "fingerprint of the city's key" in capsys.readouterr().out
    assert init(tmp_path, *officers, secret=secret) == 5
    socket = tmp_path / "run" / "vault.sock"
    serve = [sys.executable, "-m", "machimori.cli.main", "vault", "serve"]
    serve += ["--home", str(tmp_path / "home"), "--socket", str(socket)]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        assert b"closed" in process.stdout.readline()
        at = ["--socket", str(socket)]
        assert main(["vault", "unlock", *at, *secret]) == 0
        newcomer = officer(tmp_path, "officer-3")
        for signer in ("officer-1", "officer-2"):
            key = str(tmp_path / f"{signer}.key")
            assert main(["vault", "sign", "--yes", "--key", key, str(newcomer)]) == 0
        envelope = Envelope.decode(newcomer.read_bytes())
        assert len(envelope.signatures) == 2
        assert envelope.short_code() in capsys.readouterr().out
        assert main(["vault", "submit", *at, str(newcomer)]) == 0
        assert capsys.readouterr().out.strip() == envelope.digest().hex()
        assert main(["vault", "submit", *at, str(newcomer)]) == 5
        assert "replayed" not in capsys.readouterr().out
        assert main(["vault", "status", "--json", *at]) == 0
        status = json.loads(capsys.readouterr().out)
        assert status["open"]
        assert not status["rehearsal"]
        assert main(["vault", "status", *at]) == 0
        assert "ALARM" in capsys.readouterr().out
        assert main(["vault", "make-keys", "--days", "0", *at]) == 0
        assert main(["vault", "expire", *at]) == 0
        process.terminate()
        assert process.wait(timeout=20) == 0
    with VaultClient(socket) as client, pytest.raises(VaultUnavailableError):
        client.status()


def test_statements_are_made_of_json(tmp_path: Path) -> None:
    source = tmp_path / "override.json"
    source.write_text(
        json.dumps({"through_day": "2026-11-30", "ground": "停電", "nonce": "0" * 32})
    )
    out = tmp_path / "override.statement"
    arguments = ["vault", "statement", "override", str(source), "--out", str(out)]
    assert main(arguments) == 0
    assert Envelope.decode(out.read_bytes()).payload_type.endswith("override+json")
    source.write_text('{"through_day": "2026-11-31"}')
    assert main(arguments) == 3
    source.write_text("{")
    assert main(arguments) == 2


def test_a_backup_is_made_by_command_and_leaves_the_places_out(tmp_path: Path) -> None:
    officers = [officer(tmp_path, f"officer-{n}") for n in (1, 2)]
    key_file = tmp_path / "root.key"
    key_file.write_bytes(bytes(range(32)))
    assert init(tmp_path, *officers, secret=["--key-file", str(key_file)]) == 0
    target = tmp_path / "backup.tar"
    assert main(["vault", "backup", "--home", str(tmp_path / "home"), str(target)]) == 0
    with tarfile.open(target) as tar:
        assert not [name for name in tar.getnames() if "epoch" in name]
    assert main(["vault", "backup", "--home", str(tmp_path / "home"), str(target)]) == 5


def test_a_production_vault_takes_no_clock_from_a_file(tmp_path: Path) -> None:
    officers = [officer(tmp_path, f"officer-{n}") for n in (1, 2)]
    key_file = tmp_path / "root.key"
    key_file.write_bytes(bytes(range(32)))
    assert init(tmp_path, *officers, secret=["--key-file", str(key_file)]) == 0
    clock = tmp_path / "clock"
    clock.write_text(str(SystemClock().now() + 10**15))
    serve = [sys.executable, "-m", "machimori.cli.main", "vault", "serve", "--home"]
    serve += [str(tmp_path / "home"), "--socket", str(tmp_path / "s"), "--rehearsal-clock"]
    result = subprocess.run([*serve, str(clock)], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "rehearsals" in result.stderr


def test_an_appointment_says_who_and_until_when(tmp_path: Path) -> None:
    path = officer(tmp_path, "officer-1")
    statement = Appointment.decode(Envelope.decode(path.read_bytes()))
    assert statement.officer == "officer-1"
    assert statement.posts == (POST,)
    assert statement.valid_until - statement.valid_from == 365 * 24 * 3600 * 1_000_000


@pytest.mark.parametrize(
    "words",
    [
        ["submit", "--socket", "S", "MISSING"],
        ["unlock", "--socket", "S", "--key-file", "MISSING"],
        ["unlock", "--socket", "S", "--passphrase-file", "MISSING"],
        ["sign", "--yes", "--key", "MISSING", "MISSING"],
        ["statement", "hold", "MISSING", "--out", "OUT"],
        ["statement", "hold", "LIST", "--out", "OUT"],
        ["officer", "--id", "officer-1", "--post", POST, "--key", "LIST", "--out", "OUT"],
    ],
)
def test_a_file_that_will_not_do_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    (tmp_path / "LIST").write_text("[]")
    inside = {name: str(tmp_path / name) for name in ("MISSING", "LIST", "OUT", "S")}
    assert main(["vault", *(inside.get(word, word) for word in words)]) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("machimori: ")
    assert str(tmp_path / ("LIST" if "LIST" in words else "MISSING")) in shown
    assert not (tmp_path / "OUT").exists()
