# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.recorder.rtsp import urls

REQUEST = "rtsp://cam:8554/live/main"


@pytest.mark.parametrize(
    ("base", "control", "expected"),
    [
        ("rtsp://cam/live/", "trackID=1", "rtsp://cam/live/trackID=1"),
        ("rtsp://cam/live", "trackID=1", "rtsp://cam/live/trackID=1"),
        ("rtsp://cam/r?ch=1&s=0", "trackID=1", "rtsp://cam/r?ch=1&s=0/trackID=1"),
        ("rtsp://cam/r?ch=1&s=0/", "trackID=1", "rtsp://cam/r?ch=1&s=0/trackID=1"),
        ("rtsp://cam/live", "?ctype=video", "rtsp://cam/live?ctype=video"),
        ("rtsp://cam/live/x", "/video", "rtsp://cam/video"),
        ("rtsp://cam/live", "rtsp://10.0.0.9/live/track1", "rtsp://10.0.0.9/live/track1"),
        ("rtsp://cam/live", "rtsp://u:p@cam/live/track1", "rtsp://cam/live/track1"),
        ("rtsp://cam/live", "http://elsewhere/", "rtsp://cam/live"),
        ("rtsp://cam/live", "x:1", "rtsp://cam/live/x:1"),
        ("rtsp://cam/live", "*", "rtsp://cam/live"),
        ("rtsp://cam/live", None, "rtsp://cam/live"),
        ("rtsps://cam/live", "track 1", "rtsps://cam/live/track%201"),
    ],
)
def test_the_likeliest_control_url(base: str, control: str | None, expected: str) -> None:
    assert urls.controls(base, control)[0] == expected


def test_the_reading_of_the_standard_is_the_second_try() -> None:
    assert urls.controls("rtsp://cam/live", "track1") == (
        "rtsp://cam/live/track1",
        "rtsp://cam/track1",
    )
    assert urls.controls("rtsp://cam/live/", "track1") == ("rtsp://cam/live/track1",)
    assert urls.controls("rtsp://cam/live", "x:1") == ("rtsp://cam/live/x:1",)
    assert urls.controls("rtsp://cam/live/x", "/video") == (
        "rtsp://cam/video",
        "rtsp://cam/live/x/video",
    )


@pytest.mark.parametrize(
    ("content_base", "content_location", "expected"),
    [
        (None, None, REQUEST),
        ("rtsp://cam:8554/live/main/", None, "rtsp://cam:8554/live/main/"),
        ("/other/", None, "rtsp://cam:8554/other/"),
        ("sub/", None, "rtsp://cam:8554/live/sub/"),
        ("rtsp://admin:secret@cam/x/", None, "rtsp://cam/x/"),
        ("rtsp://", "rtsp://cam/second/", "rtsp://cam/second/"),
        ("rtsp://cam:99999999/", None, REQUEST),
        ("", "", REQUEST),
    ],
)
def test_the_base(content_base: str | None, content_location: str | None, expected: str) -> None:
    found = urls.base(REQUEST, content_base=content_base, content_location=content_location)
    assert found == expected


def test_credentials_leave_every_url_of_a_text() -> None:
    text = "a=control:rtsp://admin:p%40ss@cam/1\r\na=x:RTSPS://a:b@c@cam/2 rtsp://cam/@3"
    assert urls.without_userinfo(text) == (
        "a=control:rtsp://cam/1\r\na=x:RTSPS://cam/2 rtsp://cam/@3"
    )


def test_origins() -> None:
    assert urls.origin("rtsp://Cam/live") == urls.Origin(tls=False, host="cam", port=554)
    assert urls.origin("rtsps://[fd00::1]:99/") == urls.Origin(tls=True, host="fd00::1", port=99)
    assert urls.origin("rtsps://cam") == urls.Origin(tls=True, host="cam", port=322)
    for bad in ("http://cam/", "rtsp://", "rtsp://cam:0/", "rtsp://[::", "rtsp://c:x/", ""):
        assert urls.origin(bad) is None


@given(st.text(), st.text())
def test_nothing_a_camera_says_breaks_a_request_line(base: str, control: str) -> None:
    found = urls.base(REQUEST, content_base=base, content_location=control)
    for url in (found, *urls.controls(found, control)):
        assert urls.origin(url) is not None
        assert url.isascii()
        assert not any(character <= " " or character == "\x7f" for character in url)
        assert "@" not in urls.without_userinfo(url).split("/")[2]
