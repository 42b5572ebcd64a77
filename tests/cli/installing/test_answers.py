# SPDX-License-Identifier: AGPL-3.0-or-later
"""What `machimori init` is told: refused with a reason, asked once, never changed."""

from pathlib import Path

import pytest

from machimori.cli.installing.answers import Answers, check_host, gather
from machimori.kernel.durable import Disk
from machimori.kernel.errors import UsageError

GIVEN = {
    "host": "machimori.city.test",
    "city": "松戸市",
    "scheme": "street",
    "scheme_name": "街頭防犯カメラ",
    "profile": "matsudo",
    "login": "1001",
    "name": "松戸 一郎",
}


@pytest.mark.parametrize("host", ["192.0.2.7", "2001:db8::7", "[2001:db8::7]", "127.0.0.1"])
def test_an_address_is_refused_with_the_reason(host: str) -> None:
    with pytest.raises(UsageError, match="binds a FIDO2 key to a name") as raised:
        check_host(host)
    assert "DNS" in raised.value.remedy


@pytest.mark.parametrize(
    "host", ["", "machimori", "Machimori.city.test", "a..b", "-a.test", "a_b.test", "10.0.0.300"]
)
def test_what_is_no_full_name_is_refused(host: str) -> None:
    with pytest.raises(UsageError):
        check_host(host)


def test_what_no_option_says_is_asked(tmp_path: Path) -> None:
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return {"Name of this server": "machimori.city.test", "Their name": "松戸 一郎"}[
            question[:19] if question.startswith("Name of") else question[:10]
        ]

    given = {key: value for key, value in GIVEN.items() if key not in ("host", "name")}
    answers, fresh = gather(tmp_path, given, ask)
    assert fresh
    assert (answers.host, answers.name) == ("machimori.city.test", "松戸 一郎")
    assert answers.origin == "https://machimori.city.test:8443"
    assert len(asked) == 2


def test_nobody_to_ask_names_the_option(tmp_path: Path) -> None:
    given = {key: value for key, value in GIVEN.items() if key != "scheme_name"}
    with pytest.raises(UsageError, match="--scheme-name"):
        gather(tmp_path, given, None)


def test_a_second_run_needs_no_answer_and_takes_no_other(tmp_path: Path) -> None:
    answers, _ = gather(tmp_path, GIVEN, None)
    answers.save(tmp_path, Disk())
    assert (tmp_path / "init.json").stat().st_mode & 0o777 == 0o600
    assert gather(tmp_path, {}, None) == (answers, False)
    assert gather(tmp_path, GIVEN, None) == (answers, False)
    with pytest.raises(UsageError, match="--host: was answered otherwise"):
        gather(tmp_path, {"host": "other.city.test"}, None)
    assert Answers.read(tmp_path) == answers


@pytest.mark.parametrize(
    ("name", "value"),
    [("scheme", "Street!"), ("profile", "atlantis"), ("port", 0), ("name", " "), ("city", "")],
)
def test_a_wrong_answer_is_named(tmp_path: Path, name: str, value: object) -> None:
    with pytest.raises(UsageError):
        gather(tmp_path, {**GIVEN, name: value}, None)
