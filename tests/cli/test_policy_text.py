# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori policy text`: what it prints, writes and refuses."""

import json
from pathlib import Path

import pytest

from machimori.cli.main import main
from machimori.kernel.errors import UnavailableError, UsageError
from machimori.policy.adoption_statement import statement_of
from machimori.policy.errors import PolicyError
from machimori.policy.testing import adoption

GOLDEN = Path(__file__).parents[1] / "policy" / "golden" / "text"
TEXT = ("policy", "text", "inzai", "--on", "2026-04-01")


def test_I16_the_rule_comes_as_text_page_and_pdf(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Plain text by default; --html and --pdf write a file and print nothing."""
    assert main([*TEXT]) == 0
    assert capsys.readouterr().out == (GOLDEN / "inzai.txt").read_text()
    assert main([*TEXT, "--html", str(tmp_path / "rule.html")]) == 0
    assert main([*TEXT, "--pdf", str(tmp_path / "rule.pdf")]) == 0
    assert capsys.readouterr() == ("", "")
    assert (tmp_path / "rule.html").read_text().startswith("<!doctype html>")
    assert (tmp_path / "rule.pdf").read_bytes().startswith(b"%PDF-")


def test_with_every_proposal_adopted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "text", "sakai", "--adopted", "2026-04-01"]) == 0
    assert capsys.readouterr().out == (GOLDEN / "sakai.adopted.txt").read_text()


def test_the_citys_decisions_come_from_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "decisions.json"
    file.write_text(json.dumps([statement_of(adoption("retention.days", 10))]))
    words = [*TEXT, "--adoptions", str(file), "--title", "街頭防犯カメラ要綱"]
    assert main(words) == 0
    text = capsys.readouterr().out
    assert text.startswith("街頭防犯カメラ要綱（案）\n")
    assert "画像の保存期間は、撮影した日から起算して10日間とする。" in text
    assert "〔出典〕第1項　市の決定（令和8年4月1日 決裁 総第12号）" in text
    before = ["policy", "text", "inzai", "--on", "2026-03-31", "--adoptions", str(file)]
    assert main(before) == 0
    assert "10日間" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ("no json", UsageError.exit_code),
        ("{}", UsageError.exit_code),
        ("[1]", UsageError.exit_code),
        ('[{"key": "retention.days"}]', PolicyError.exit_code),
    ],
)
def test_a_file_that_holds_no_decisions_is_refused(
    tmp_path: Path, content: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "decisions.json"
    file.write_text(content)
    assert main([*TEXT, "--adoptions", str(file)]) == status
    assert capsys.readouterr().out == ""


def test_a_place_that_cannot_be_written_and_fonts_that_are_missing_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*TEXT, "--html", str(tmp_path / "none" / "x")]) == UsageError.exit_code
    assert "cannot be written" in capsys.readouterr().err
    words = [*TEXT, "--pdf", str(tmp_path / "x"), "--fonts", str(tmp_path)]
    assert main(words) == UnavailableError.exit_code
    assert "BIZ UDGothic" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
