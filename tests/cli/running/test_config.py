# SPDX-License-Identifier: AGPL-3.0-or-later
"""The file of `machimori run`: each member that is wrong is named, in one line."""

from pathlib import Path

import pytest

from machimori.cli.main import main
from machimori.cli.running.config import RunConfig
from machimori.cli.running.members import members
from machimori.kernel.durable import Disk
from machimori.kernel.errors import UsageError
from machimori.kernel.signing import SigningKey
from machimori.ledger.checkpoint import LogKey
from machimori.ledger.postgres.home import FORMAT
from machimori.office.shared.config import OfficeConfig

RUN = {"office": '"office"', "vault": '"vault"', "expiry": '"expiry"'}
RECORDER = {"config": '"recorder.toml"', "classes": '["street-7"]'}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """What the file names, as far as it is read: no database, no keys."""
    (tmp_path / "vault").mkdir()
    (tmp_path / "ledger").mkdir()
    public = SigningKey.generate().public
    vkey = LogKey(name="city.test", public=public).vkey()
    (tmp_path / "ledger" / "ledger.json").write_text(f'{{"format":"{FORMAT}","vkey":"{vkey}"}}')
    office = OfficeConfig(
        directory=tmp_path / "office",
        origin="http://localhost:8080",
        port=8080,
        ledger=tmp_path / "ledger",
        vault=tmp_path / "vault.sock",
        store=tmp_path / "store",
        cases=tmp_path / "cases",
    )
    office.make_secret(Disk())
    office.save(Disk())
    (tmp_path / "recorder.toml").write_text(
        '[recorder]\nid = "rec-1"\nscheme = "street"\ndirectory = "rec"\n'
        f'vault_key = "{public.raw.hex()}"\n'
    )
    return tmp_path


def write(directory: Path, run: dict[str, str], *recorders: dict[str, str]) -> Path:
    path = directory / "machimori.toml"
    parts = [("[run]", run), *(("[[recorder]]", table) for table in recorders)]
    path.write_text(
        "".join(
            "\n".join([head, *(f"{name} = {value}" for name, value in table.items())]) + "\n"
            for head, table in parts
        )
    )
    return path


def test_a_whole_file(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(directory, RUN, RECORDER)
    assert main(["run", "--check", "--config", str(path)]) == 0
    shown = capsys.readouterr().out.split()
    assert shown == [member.name for member in members(RunConfig.load(path))]
    assert shown[0] == "ledger"
    assert "recorder-rec-1-keys-street-7" in shown


def test_nobody_needs_what_does_not_run(directory: Path) -> None:
    found = members(RunConfig.load(write(directory, RUN, RECORDER)))
    lasting = {member.name for member in found if member.every is None}
    assert {name for member in found for name in member.needs} <= lasting
    (recorder,) = (member for member in found if member.name == "recorder-rec-1")
    assert not recorder.needs


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("office", None),
        ("office", "7"),
        ("office", '"elsewhere"'),
        ("vault", None),
        ("vault", '""'),
        ("vault", '"elsewhere"'),
        ("expiry", None),
        ("expiry", "[]"),
        ("workers", "0"),
        ("workers", "1.5"),
        ("expire_every", "true"),
        ("expire_every", "0.5"),
        ("carry_every", '"5"'),
        ("carry_every", "3601"),
        ("keys_every", "nan"),
        ("wrokers", "1"),
    ],
)
def test_a_wrong_member_is_named(directory: Path, name: str, value: str | None) -> None:
    table = {key: text for key, text in RUN.items() if key != name}
    path = write(directory, table if value is None else table | {name: value})
    with pytest.raises(UsageError) as raised:
        RunConfig.load(path)
    assert str(raised.value).startswith(f"{path}: [run] {name}")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("config", None),
        ("config", '"elsewhere.toml"'),
        ("classes", '"street-7"'),
        ("classes", "[7]"),
        ("classes", '["../street"]'),
        ("class", "[]"),
    ],
)
def test_a_recorders_wrong_member_is_named(directory: Path, name: str, value: str | None) -> None:
    table = {key: text for key, text in RECORDER.items() if key != name}
    path = write(directory, RUN, table if value is None else table | {name: value})
    with pytest.raises(UsageError) as raised:
        RunConfig.load(path)
    assert str(raised.value).startswith(f"{path}: [[recorder]] {name}")


def test_two_recorders_of_one_name(directory: Path) -> None:
    path = write(directory, RUN, RECORDER, RECORDER)
    with pytest.raises(UsageError, match="two recorders are called rec-1"):
        RunConfig.load(path)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[run", "is not TOML"),
        ("", r"\[run\]: is missing"),
        ("run = 1", r"\[run\]: is missing"),
        ("[run]\n[camera]", "table camera"),
        ("recorder = 1\n[run]", "office"),
    ],
)
def test_a_file_of_another_form(directory: Path, text: str, what: str) -> None:
    path = directory / "machimori.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=what):
        RunConfig.load(path)


def test_an_unreadable_ledger_is_named(directory: Path) -> None:
    (directory / "ledger" / "ledger.json").unlink()
    with pytest.raises(UsageError, match=r"\[run\] office: ledger: .*no ledger"):
        RunConfig.load(write(directory, RUN))
