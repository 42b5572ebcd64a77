# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori policy`: what it prints and how it ends."""

import json
from pathlib import Path

import pytest

from machimori.cli.main import main
from machimori.cli.policy import CONTRADICTORY, REFUSED
from machimori.kernel.errors import UsageError
from machimori.policy.errors import PolicyError
from machimori.policy.profile import profiles

DECIDE = ("policy", "decide", "sakai", "decide", "system_manager", "--at", "2026-05-14T10:30")
DOCUMENT = """
[document]
id = "mura"
title = "村の要綱"
short = "村"
cited_as = "村の要綱"
city = "村"
kind = "draft"
"""


def test_the_list_counts_what_is_open(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[0] for line in lines] == list(profiles())
    assert lines[-1].split("\t")[2] == "open 7"


def test_show_gives_every_answer_with_its_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "show", "sakai"]) == 0
    text = capsys.readouterr().out
    assert "retention.days  保存する日数：14  ［堺市の要領10(3)］" in text
    assert "copies.due_days  複製の返却・消去の期限（日）：未設定（おすすめ：365。" in text


def test_show_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "show", "asahikawa", "--json"]) == 0
    answers = json.loads(capsys.readouterr().out)["answers"]
    assert answers["retention.days"]["status"] == "unset"
    assert (answers["retention.days"]["minimum"], answers["retention.days"]["maximum"]) == (7, 14)


def test_check_names_what_is_open_and_what_contradicts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", "check", "asahikawa"]) == 0
    assert "open\tretention.days\tDays kept from 7 up to 14 旭川 3(3)" in capsys.readouterr().out
    assert main(["policy", "check", "asahikawa", "--adopted", "2026-04-01"]) == 0
    assert capsys.readouterr().out == ""
    text = DOCUMENT + '[direct]\nallowed = { status = "stated", clause = "村 1", value = true }\n'
    (tmp_path / "mura.toml").write_text(text)
    assert main(["policy", "check", str(tmp_path / "mura.toml")]) == CONTRADICTORY
    assert "contradiction\tdirect.allowed\tno_agreement" in capsys.readouterr().out


def test_a_file_that_is_no_profile_is_one_line_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mura.toml").write_text(DOCUMENT + "[retention]\nweeks = 2\n")
    assert main(["policy", "check", str(tmp_path / "mura.toml")]) == PolicyError.exit_code
    assert "retention.weeks" in capsys.readouterr().err
    assert main(["policy", "check", str(tmp_path / "none.toml")]) == UsageError.exit_code


def test_decide_says_why_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*DECIDE, "--ground", "investigation"]) == REFUSED
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "refused"
    assert lines[1].startswith("document\t文書が届いていません：捜査関係事項照会書")


def test_decide_with_everything_there(capsys: pytest.CaptureFixture[str]) -> None:
    facts = (
        "document_present",
        "signers=1",
        "fields=body,name,contact,case,purpose,place,time",
        "checks=within_retention,identifiable",
    )
    words = [word for fact in facts for word in ("--given", fact)]
    assert main([*DECIDE, "--ground", "investigation", *words]) == 0
    assert capsys.readouterr().out.startswith("allowed\n")


@pytest.mark.parametrize("fact", ["colour=red", "signers", "signers=x", "document_present=1"])
def test_a_fact_that_is_none_is_refused(fact: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*DECIDE, "--given", fact]) == UsageError.exit_code
    assert fact in capsys.readouterr().err


def test_the_table_is_that_of_the_golden_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "table", "matsudo"]) == 0
    golden = Path(__file__).parent.parent / "policy" / "golden" / "matsudo.tsv"
    assert capsys.readouterr().out == golden.read_text()
