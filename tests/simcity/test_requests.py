# SPDX-License-Identifier: AGPL-3.0-or-later
"""Requests are read whole from any pieces; interleaved frames between them are dropped."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.simcity.errors import RequestError
from machimori.simcity.requests import RequestReader

STREAM = (
    b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"
    b"$\x01\x00\x04abcd\r\n"
    b"SET_PARAMETER rtsp://h/cam-0001/video RTSP/1.0\r\nCSeq:2\r\nContent-Length: 3\r\n\r\nx: "
    b"TEARDOWN rtsp://h/cam-0001 RTSP/1.0\r\ncseq: 3\r\n\r\n"
)


@given(st.lists(st.integers(0, len(STREAM))))
def test_any_pieces(cuts: list[int]) -> None:
    reader = RequestReader()
    borders = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[a:b] for a, b in pairwise(borders)]
    requests = [request for piece in pieces for request in reader.feed(piece)]
    assert [request.method for request in requests] == ["OPTIONS", "SET_PARAMETER", "TEARDOWN"]
    assert [request.headers["cseq"] for request in requests] == ["1", "2", "3"]
    assert [request.segments for request in requests] == [
        [],
        ["cam-0001", "video"],
        ["cam-0001"],
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"OPTIONS *\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\nno colon\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\nContent-Length: -1\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\nContent-Length: 99999999\r\n\r\n",
        b"OPTIONS rtsp://[ RTSP/1.0\r\n\r\n",
        b"\xff\xfe\r\n\r\n",
        b"x" * 20_000,
    ],
)
def test_what_is_no_request_is_refused(data: bytes) -> None:
    with pytest.raises(RequestError):
        list(RequestReader().feed(data))
