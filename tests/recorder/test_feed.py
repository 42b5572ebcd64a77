# SPDX-License-Identifier: AGPL-3.0-or-later
"""The file of cameras: read when it changed, whole or not at all, passwords for one place only."""

from pathlib import Path

import pytest

from machimori.kernel.durable import Disk
from machimori.kernel.errors import UsageError
from machimori.kernel.ids import CameraId, RecorderId
from machimori.recorder.feed import FORMAT, FedCamera, Feed, encode, load_keys, seal

URL = "rtsp://192.0.2.7:554/stream"
PASSWORD = "ひみつ-pass-word-1"


def sealed(
    directory: Path, *, camera: str = "cam-1", url: str = URL, recorder: str = "rec-1"
) -> bytes:
    public = load_keys(directory, Disk()).public
    return seal(PASSWORD, public=public, recorder=recorder, camera=camera, url=url)


def feed(directory: Path) -> Feed:
    return Feed(
        directory / "cameras.json", recorder=RecorderId("rec-1"), key=load_keys(directory, Disk())
    )


def write(directory: Path, *cameras: FedCamera) -> None:
    Disk().replace(directory / "cameras.json", encode(cameras))


def test_a_password_is_read_by_its_recorder_and_stands_nowhere_in_clear(tmp_path: Path) -> None:
    camera = FedCamera(id=CameraId("cam-1"), url=URL, username="u", sealed=sealed(tmp_path))
    write(tmp_path, camera)
    found = feed(tmp_path).changed()
    assert found is not None
    assert [(one.id, one.url, one.username, one.password) for one in found] == [
        ("cam-1", URL, "u", PASSWORD)
    ]
    assert PASSWORD not in repr(found)
    for path in tmp_path.iterdir():
        assert PASSWORD.encode() not in path.read_bytes()
    assert (tmp_path / "credentials.key").stat().st_mode & 0o777 == 0o600


def test_it_is_read_again_only_when_it_changed(tmp_path: Path) -> None:
    followed = feed(tmp_path)
    assert followed.changed() is None
    write(tmp_path)
    assert followed.changed() == ()
    assert followed.changed() is None
    write(tmp_path, FedCamera(id=CameraId("cam-1"), url=URL))
    found = followed.changed()
    assert found is not None
    assert len(found) == 1
    # A file that vanished by an accident makes nobody forget a camera.
    (tmp_path / "cameras.json").unlink()
    assert followed.changed() is None


@pytest.mark.parametrize(
    "other", [{"camera": "cam-2"}, {"url": "rtsp://198.51.100.9:554/stream"}, {"recorder": "rec-2"}]
)
def test_a_password_is_of_no_use_for_another_place(tmp_path: Path, other: dict[str, str]) -> None:
    """Whoever may write the file cannot have the password said to a host of their own."""
    write(tmp_path, FedCamera(id=CameraId("cam-1"), url=URL, sealed=sealed(tmp_path, **other)))
    followed = feed(tmp_path)
    with pytest.raises(UsageError, match="sealed for another"):
        followed.changed()
    # Said once, not every second.
    assert followed.changed() is None


def test_another_path_on_the_same_camera_takes_the_same_password(tmp_path: Path) -> None:
    again = FedCamera(id=CameraId("cam-1"), url=URL + "/2", sealed=sealed(tmp_path))
    write(tmp_path, again)
    assert feed(tmp_path).changed()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{}",
        b'{"format":"machimori.cameras/2","cameras":[]}',
        b'{"format":"%s","cameras":{}}' % FORMAT.encode(),
        b'{"format":"%s","cameras":[{"id":"cam-1"}]}' % FORMAT.encode(),
    ],
)
def test_another_form_is_refused(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "cameras.json").write_bytes(text)
    with pytest.raises(UsageError):
        feed(tmp_path).changed()


def test_a_camera_twice_and_a_wrong_address_are_refused(tmp_path: Path) -> None:
    for cameras in (
        [FedCamera(id=CameraId("cam-1"), url=URL)] * 2,
        [FedCamera(id=CameraId("cam-1"), url="http://192.0.2.7/")],
        [FedCamera(id=CameraId("../up"), url=URL)],
    ):
        write(tmp_path, *cameras)
        with pytest.raises(UsageError):
            feed(tmp_path).changed()


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    load_keys(tmp_path, Disk())
    (tmp_path / "credentials.key").chmod(0o644)
    with pytest.raises(UsageError, match="read by others"):
        load_keys(tmp_path, Disk())
