# SPDX-License-Identifier: AGPL-3.0-or-later
"""The one configuration: what is refused, and that it comes back as it was saved."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from machimori.kernel import canonical
from machimori.kernel.durable import Disk
from machimori.office.shared.config import OfficeConfig
from machimori.office.shared.errors import OfficeConfigError


def plain(directory: Path, **changed: Any) -> OfficeConfig:
    values: dict[str, Any] = {
        "origin": "https://machimori.city.example",
        "port": 8443,
        "ledger": directory / "ledger",
        "vault": directory / "socket",
        "store": directory / "store",
        "cases": directory / "cases",
        "certificate": directory / "c.pem",
        "key": directory / "k.pem",
    }
    return OfficeConfig(directory=directory, **(values | changed))


def test_a_configuration_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    config = plain(tmp_path)
    config.make_secret(Disk())
    config.save(Disk())
    assert OfficeConfig.read(tmp_path) == config
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
    assert config.secret() not in (tmp_path / "office.json").read_text()


@pytest.mark.parametrize(
    "changed",
    [
        {"origin": "http://machimori.city.example", "certificate": None, "key": None},
        {"origin": "https://192.0.2.1"},
        {"origin": "https://machimori.city.example/office"},
        {"origin": "ftp://machimori.city.example"},
        {"key": None},
        {"certificate": None, "key": None},
        {"clock_shift": 60},
    ],
)
def test_what_cannot_be_served_safely_is_refused(tmp_path: Path, changed: dict[str, Any]) -> None:
    with pytest.raises(OfficeConfigError):
        plain(tmp_path, **changed)


@pytest.mark.parametrize(
    ("member", "value"), [("port", "8443"), ("demo", 1), ("ledger", 5), ("debug", True)]
)
def test_a_wrong_member_is_named(tmp_path: Path, member: str, value: Any) -> None:
    plain(tmp_path).save(Disk())
    path = tmp_path / "office.json"
    path.write_bytes(canonical.dumps(canonical.load_object(path.read_bytes()) | {member: value}))
    with pytest.raises(OfficeConfigError, match=member):
        OfficeConfig.read(tmp_path)


def test_only_a_demo_is_shifted_in_time(tmp_path: Path) -> None:
    local = {"origin": "http://localhost:8080", "certificate": None, "key": None}
    config = plain(tmp_path, demo=True, clock_shift=60, **local)
    assert dataclasses.replace(config, clock_shift=0).demo
