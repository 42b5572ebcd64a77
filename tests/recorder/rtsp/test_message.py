# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.recorder.rtsp.message import METHODS, Request, encode_request, encode_response
from machimori.recorder.rtsp.parser import Parser

TOKEN = st.text("abcXYZ019-_/:;=?\"', ", min_size=1, max_size=20).map(str.strip).filter(bool)


@given(st.sampled_from(METHODS), st.lists(TOKEN, max_size=5))
def test_what_is_encoded_is_read_back(method: str, values: list[str]) -> None:
    headers = [(f"X-{index}", value) for index, value in enumerate(values)]
    parser = Parser()
    parser.feed(encode_request(method, "rtsp://camera/live", headers))
    item = parser.next()
    assert isinstance(item, Request)
    assert (item.method, item.url) == (method, "rtsp://camera/live")
    assert list(item.headers.fields) == [(name.lower(), value) for name, value in headers]


@pytest.mark.parametrize("value", ["a\r\nEvil: 1", "a\nb", "a\0", "\x7f"])
def test_a_value_cannot_add_a_line(value: str) -> None:
    with pytest.raises(ValueError, match="control character"):
        encode_request("PLAY", "rtsp://c/", [("Session", value)])
    with pytest.raises(ValueError, match="control character"):
        encode_request("PLAY", value, [])
    with pytest.raises(ValueError, match="control character"):
        encode_response(200, "OK", [("Session", value)])
