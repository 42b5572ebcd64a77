# SPDX-License-Identifier: AGPL-3.0-or-later
"""The simulated cameras' reader of RTSP requests."""

from machimori.simcity.errors import RequestError
from machimori.simcity.requests import RequestReader


def one_input(data: bytes) -> None:
    whole, pieces = _read([data]), _read([data[:7], data[7:]])
    assert whole == pieces


def _read(parts: list[bytes]) -> list[str]:
    reader = RequestReader()
    seen: list[str] = []
    try:
        for part in parts:
            seen.extend(request.url for request in reader.feed(part))
    except RequestError:
        seen.append("refused")
    return seen


def seeds() -> list[bytes]:
    return [
        b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n",
        b"$\0\0\2ab\r\nPLAY rtsp://h:1/cam-0001 RTSP/1.0\r\nCSeq: 4\r\nSession: 1\r\n\r\n",
        b"SET_PARAMETER rtsp://h/c RTSP/1.0\r\nCSeq: 5\r\nContent-Length: 2\r\n\r\nab",
    ]
