# SPDX-License-Identifier: AGPL-3.0-or-later
from pathlib import Path
from typing import Any

import pytest

from machimori.kernel.errors import UsageError
from machimori.kernel.ids import CameraId
from machimori.recorder.camera import CameraConfig

SECRET = "correct horse"


def camera(**fields: Any) -> CameraConfig:
    return CameraConfig(id=CameraId("cam-1"), **fields)


def test_the_scheme_is_the_transport() -> None:
    assert camera(url="rtsp://c/").transport == "tcp"
    assert camera(url="rtsps://c/").transport == "tls"


def test_the_password_does_not_show() -> None:
    shown = camera(url="rtsp://c/", username="u", password=SECRET)
    assert SECRET not in repr(shown)
    assert SECRET not in str(shown)


def test_a_fingerprint_may_have_colons() -> None:
    pinned = camera(url="rtsps://c/", fingerprint=":".join(["AB"] * 32))
    assert pinned.pin == b"\xab" * 32
    assert camera(url="rtsps://c/").pin is None


@pytest.mark.parametrize(
    "fields",
    [
        {"url": f"rtsp://user:{SECRET.replace(' ', '')}@camera/"},
        {"url": "http://camera/"},
        {"url": "rtsp://"},
        {"url": "rtsp://camera:0/"},
        {"url": "rtsp://camera:port/"},
        {"url": "rtsp://[::1/"},
        {"url": "rtsp://camera/a b"},
        {"url": "rtsp://camera/\r\nX: y"},
        {"url": "rtsp://camera/街"},
        {"url": "rtsp://camera/" + "a" * 3_000},
        {"url": "rtsp://camera/", "username": "a:b"},
        {"url": "rtsp://camera/", "password": f"{SECRET}\r\n"},
        {"url": "rtsp://camera/", "ca": Path("ca.pem")},
        {"url": "rtsps://camera/", "fingerprint": "abc"},
        {"url": "rtsps://camera/", "fingerprint": "zz" * 32},
    ],
)
def test_what_cannot_be_used_is_refused_without_a_secret(fields: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        camera(**fields)
    assert "camera cam-1" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert "correct" not in repr(caught.value)
