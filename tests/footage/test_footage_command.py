# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori footage` as a person and a machine meet it."""

import json
from pathlib import Path
from typing import Any

import pytest

from machimori.cli.main import main
from machimori.footage.anchors import Head, export, imported
from machimori.footage.naming import part_name
from machimori.footage.place import open_store, read_abilities, write_abilities
from machimori.footage.s3 import S3Store
from machimori.footage.store import DirectoryStore
from machimori.footage.testing import MemoryStore, SampleRecorder
from machimori.kernel.durable import Disk
from machimori.kernel.errors import UsageError
from machimori.kernel.signing import SigningKey
from machimori.ledger.courier import carry_outbox
from machimori.ledger.testing import LedgerProcess, MemoryLedger
from machimori.recorder import anchors
from machimori.vault.client.identity import Certificate, Identity

Town = Any


@pytest.fixture
def place(town: Town, tmp_path: Path) -> Path:
    store = DirectoryStore(tmp_path / "store", Disk())
    for name, data in town.store.objects.items():
        store.put(name, data)
    return tmp_path / "store"


def trust(town: Town) -> list[str]:
    return ["--recorder", f"rec-1={town.recorders[0].signer.public.raw.hex()}"]


def test_check_says_sound_and_what_is_not(
    town: Town, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["footage", "check", "--store", str(place), "--at", "2026-11-22T01:00:00+09:00"]
    assert main([*command, *trust(town)]) == 0
    assert "14 segments, 2 records, 2 manifests" in capsys.readouterr().out

    gone = place / town.segments()[0]
    gone.unlink()
    assert main([*command, *trust(town), "--json"]) == 46
    answer = json.loads(capsys.readouterr().out)
    assert answer["exit_code"] == 46
    assert [f["verdict"] for f in answer["findings"]] == ["missing"]

    spool = place.parent / "spool"
    waiting = spool / "pending" / town.segments()[0]
    waiting.parent.mkdir(parents=True)
    waiting.write_bytes(b"")
    assert main([*command, *trust(town), "--spool", str(spool)]) == 45
    out = capsys.readouterr().out
    assert "not_yet_uploaded" in out
    assert "未転送" in out

    (place / "stray").write_bytes(b"")
    assert main([*command, *trust(town)]) == 47


def test_check_trusts_what_the_city_certifies(
    town: Town, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    city = SigningKey.generate()
    certificate = Certificate(
        role="recorder",
        name="rec-1",
        public=town.recorders[0].signer.public.raw,
        effective_from=0,
    )
    identity = Identity(
        public=city.public.raw, certificates=(certificate.envelope().signed_by("city", city),)
    )
    file = tmp_path / "identity.json"
    file.write_bytes(identity.encode())
    command = ["footage", "check", "--store", str(place), "--at", "2026-11-22T01:00:00+09:00"]
    command += ["--identity", str(file)]
    assert main([*command, "--fingerprint", identity.fingerprint()]) == 0
    assert main(command) == 2
    assert main([*command, "--fingerprint", "00" * 32]) == 2
    assert "not that city's" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "--store", "nowhere", "--recorder", "rec-1=" + "00" * 32],
        ["check", "--store", "."],
        ["check", "--store", ".", "--recorder", "rec-1=xyz"],
        ["list", "--store", ".", "--day", "yesterday"],
        ["list", "--store", ".", "--camera", "cam-0001"],
        ["repair", "--store", ".", "--directory", "nowhere"],
    ],
)
def test_what_is_not_understood_changes_nothing(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["footage", *arguments]) == 2
    assert list(tmp_path.iterdir()) == []


def test_list_shows_a_day(town: Town, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["footage", "list", "--store", str(place), "--day", "2026-11-21"]
    assert main([*command, "--camera", "cam-0001"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 6
    assert main([*command, "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {row.get("camera") for row in rows} == {"cam-0001", "cam-0002", None}


def test_repair_closes_what_was_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorder = SampleRecorder()
    sealer = recorder.sealer()
    directory = tmp_path / "recorder"
    part = directory / "open" / "cam-0001" / part_name(recorder.now)
    part.parent.mkdir(parents=True)
    part.write_bytes(sealer.open() + recorder.chunk(sealer, b"kept") + b"torn")
    (directory / "recorder.key").write_bytes(recorder.signer.seed())
    (tmp_path / "store").mkdir()
    command = ["footage", "repair", "--store", str(tmp_path / "store")]
    assert main([*command, "--directory", str(directory)]) == 0
    assert "recovered" in capsys.readouterr().out
    (stored,) = DirectoryStore(tmp_path / "store", Disk()).list()
    assert stored.name.endswith(".seg")
    assert main([*command, "--directory", str(directory)]) == 0
    assert "0 files" in capsys.readouterr().out


def test_a_bucket_is_named_by_a_file_that_hides_its_secret(tmp_path: Path) -> None:
    file = tmp_path / "store.toml"
    text = '[store]\nendpoint = "http://127.0.0.1:1"\nbucket = "b"\naccess_key = "a"\n'
    file.write_text(text)
    with pytest.raises(UsageError):
        open_store(file, Disk())
    file.write_text(text + 'secret_key_file = "secret"\n')
    with pytest.raises(UsageError):
        open_store(file, Disk())
    (tmp_path / "secret").write_text("very secret\n")
    store = open_store(file, Disk())
    assert isinstance(store, S3Store)
    assert read_abilities(file) is None
    write_abilities(file, MemoryStore().probe(), Disk())
    assert read_abilities(file) == MemoryStore().probe()
    for wrong in ("[store]\nx = 1\n", "x = [", "[other]\n"):
        file.write_text(wrong)
        with pytest.raises(UsageError):
            open_store(file, Disk())


def test_probe_of_a_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["footage", "probe", "--store", str(tmp_path)]) == 0
    assert "does all that is needed" in capsys.readouterr().out


def test_check_compares_with_anchors_from_a_file(
    town: Town, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = MemoryLedger()
    store = DirectoryStore(place, Disk())
    first = town.recorders[0]
    head = Head(
        camera=first.camera, session=first.session, sequence=first.sequence, head=first.head.hex()
    )
    anchors.write(
        [head],
        outbox=tmp_path / "outbox",
        store=store,
        recorder=first.recorder,
        signer=first.signer,
        now=first.now,
        disk=Disk(),
    )
    carry_outbox(tmp_path / "outbox", ledger, Disk())
    exported = tmp_path / "anchors.jsonl"
    exported.write_bytes(b"".join(line + b"\n" for line in export(ledger)))
    command = ["footage", "check", "--store", str(place), "--at", "2026-11-22T01:00:00+09:00"]
    command += [*trust(town), "--anchors", str(exported)]
    assert main(command) == 2
    key = ["--ledger-key", ledger.key.vkey()]
    assert main([*command, *key]) == 0
    assert (
        "compared with the ledger: 1 anchors, the last of 2026-11-21T15" in capsys.readouterr().out
    )
    (place / town.segments(day="2026-11-22")[-1]).unlink()
    assert main([*command, *key, "--json"]) == 46
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert (finding["verdict"], finding["reason"]) == ("truncated", "anchored_end")
    assert "台帳" in finding["consequence_ja"]
    assert main([*command, "--ledger-key", MemoryLedger().key.vkey()]) != 0


def test_P3_check_asks_the_ledger_itself(
    town: Town, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Against the ledger itself, `footage check` says that a camera's newest footage was taken
    away, with where it ended and what that means, and until when the ledger protects."""
    first = town.recorders[0]
    head = Head(
        camera=first.camera, session=first.session, sequence=first.sequence, head=first.head.hex()
    )
    with LedgerProcess(tmp_path / "ledger") as process:
        anchors.write(
            [head],
            outbox=tmp_path / "outbox",
            store=DirectoryStore(place, Disk()),
            recorder=first.recorder,
            signer=first.signer,
            now=first.now,
            disk=Disk(),
        )
        carry_outbox(tmp_path / "outbox", process.ledger, Disk())
        command = ["footage", "check", "--store", str(place), *trust(town)]
        command += ["--at", "2026-11-22T01:00:00+09:00"]
        home = ["--ledger", str(tmp_path / "ledger")]
        assert main([*command, *home]) == 0
        assert main(["footage", "anchors", *home]) == 0
        exported = capsys.readouterr().out.splitlines()[-1]
        assert len(imported([exported.encode()], process.key).by_entry) == 1
        (place / town.segments(day="2026-11-22")[-1]).unlink()
        assert main(command) == 0
        assert main([*command, *home]) == 46
    out = capsys.readouterr().out
    assert "truncated: after 2026-11-22/cam-0001/" in out
    assert "末尾が取り除かれ" in out
