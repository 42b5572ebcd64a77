# SPDX-License-Identifier: AGPL-3.0-or-later
"""The configuration file: what is wrong is named, and no value is repeated."""

from pathlib import Path
from typing import Any

import pytest

from machimori.kernel.errors import UsageError
from machimori.recorder.config import RecorderConfig

KEY = "ab" * 32
RECORDER: dict[str, Any] = {
    "id": "rec-1",
    "scheme": "streets",
    "directory": "d",
    "vault_key": KEY,
}
CAMERA = {"id": "cam-0001", "url": "rtsp://10.0.0.1/live", "username": "u", "password": "secret"}


def parse(recorder: dict[str, Any], *cameras: dict[str, Any]) -> RecorderConfig:
    source = {"recorder": {**RECORDER, **recorder}, "camera": list(cameras)}
    return RecorderConfig.parse(source, base=Path("/base"))


def test_defaults_and_relative_paths() -> None:
    config = parse({"listen": "127.0.0.1:9464", "ceiling_mbit": 8}, CAMERA)
    assert config.directory == Path("/base/d")
    assert config.store == Path("/base/d/store")
    assert config.keys == Path("/base/d/keys")
    assert config.full_disk == "stop"
    assert config.ceiling == 1_000_000
    assert config.listen == ("127.0.0.1", 9464)
    assert config.cameras[0].password == "secret"
    assert "secret" not in repr(config)


@pytest.mark.parametrize(
    ("recorder", "where"),
    [
        ({"listen": "0.0.0.0:80"}, "listen"),
        ({"period": 9.0}, "period"),
        ({"period": "1"}, "period"),
        ({"full_disk": "whatever"}, "full_disk"),
        ({"vault_key": "ab"}, "recorder"),
        ({"time_zone": "Asia/Nowhere"}, "time_zone"),
        ({"id": "Rec"}, "recorder"),
        ({"typo": 1}, "typo"),
    ],
)
def test_what_is_wrong_is_named(recorder: dict[str, Any], where: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(recorder)
    assert where in str(caught.value)


@pytest.mark.parametrize(
    "change", [{"url": "rtsp://u:secret@x/"}, {"id": "CAM"}, {"typo": "secret"}, {"url": 5}]
)
def test_no_error_repeats_a_secret(change: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        parse({}, {**CAMERA, **change})
    assert "secret" not in str(caught.value)


def test_a_password_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("from a file\n")
    camera = {"id": "cam-0001", "url": "rtsp://x/", "username": "u", "password_file": "p"}
    source = {"recorder": RECORDER, "camera": [camera]}
    config = RecorderConfig.parse(source, base=tmp_path)
    assert config.cameras[0].password == "from a file"


def test_a_camera_is_configured_once() -> None:
    with pytest.raises(UsageError, match="twice"):
        parse({}, CAMERA, CAMERA)
