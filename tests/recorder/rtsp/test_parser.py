# SPDX-License-Identifier: AGPL-3.0-or-later
import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machimori.recorder.errors import RtspMalformed
from machimori.recorder.framing import Walker
from machimori.recorder.rtsp import parser as limits
from machimori.recorder.rtsp.message import Frame, Request, Response, encode_request
from machimori.recorder.rtsp.parser import Parser, measure
from machimori.recorder.rtsp.testing import frame

OK = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"


def parse(data: bytes, *, interleaved: bool = True) -> list[Response | Request | Frame]:
    parser = Parser()
    parser.interleaved = interleaved
    parser.feed(data)
    found = []
    while (item := parser.next()) is not None:
        found.append(item)
    return found


def response(data: bytes) -> Response:
    (item,) = parse(data)
    assert isinstance(item, Response)
    return item


@pytest.mark.parametrize(
    "data",
    [
        b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n",
        b"RTSP/1.0 200 OK\nCSeq: 1\n\n",
        b"RTSP/1.0 200 OK\r\nCSeq: 1\n\r\n",
        b"\r\n\r\nRTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n",
        b"rtsp/1.0 200 OK\r\ncseq:1\r\n\r\n",
        b"RTSP/1.0 200\r\nCSEQ:   1  \r\n\r\n",
        b"RTSP/2.0  200  very well \r\nno colon here\r\nCSeq: 1\r\n\r\n",
    ],
    ids=["crlf", "lf", "mixed", "leading-blank", "lower-case", "no-reason", "junk-line"],
)
def test_careless_answers_are_read(data: bytes) -> None:
    item = response(data)
    assert (item.status, item.cseq) == (200, 1)


def test_folded_header_lines_are_joined() -> None:
    item = response(b"RTSP/1.0 200 OK\r\nPublic: OPTIONS,\r\n PLAY,\r\n\tPAUSE\r\n\r\n")
    assert item.headers.get("public") == "OPTIONS, PLAY, PAUSE"


def test_a_control_character_never_survives_in_a_value() -> None:
    item = response(b"RTSP/1.0 200 OK\r\nSession: a\rX-Evil: b\0c\r\n\r\n")
    assert item.headers.get("session") == "a X-Evil: b c"


def test_a_realm_in_another_encoding_goes_back_byte_by_byte() -> None:
    item = response(b"RTSP/1.0 200 OK\r\nX: \xffcaf\xe9\r\n\r\n")
    value = item.headers.get("x")
    assert value is not None
    assert b"\xffcaf\xe9" in encode_request("PLAY", "rtsp://c/", [("X", value)])


def test_messages_between_frames() -> None:
    data = frame(0, b"$RTSP/1.0 200 OK\r\n\r\n") + OK + frame(1, b"") + b"\r\n" + frame(0, b"x")
    kinds = [type(item).__name__ for item in parse(data)]
    assert kinds == ["Frame", "Response", "Frame", "Frame"]


def test_a_camera_may_ask() -> None:
    (item,) = parse(b"GET_PARAMETER rtsp://us/ RTSP/1.0\r\nCSeq: 7\r\nContent-Length: 2\r\n\r\nab")
    assert isinstance(item, Request)
    assert (item.method, item.url, item.cseq, item.body) == (
        "GET_PARAMETER",
        "rtsp://us/",
        7,
        b"ab",
    )


@pytest.mark.parametrize(
    "garbage",
    [
        b"a=control:x\r\na=foo\r\n",
        b"\0\0\0",
        b"OPTIONS of garbage\r\n",
        b"RTSP/junk\r\n",
        b"PLAY \n",
    ],
)
def test_garbage_after_an_answer_is_skipped(garbage: bytes) -> None:
    first, second = parse(OK + garbage + OK.replace(b"1\r", b"2\r"), interleaved=False)
    assert isinstance(first, Response)
    assert isinstance(second, Response)
    assert (first.cseq, second.cseq) == (1, 2)


def test_within_garbage_a_dollar_counts_only_once_frames_are_expected() -> None:
    data = OK + b"junk$\0\0\0" + OK
    assert [type(item) for item in parse(data, interleaved=False)] == [Response, Response]
    assert [type(item) for item in parse(data, interleaved=True)] == [Response, Frame, Response]


def test_a_web_server_is_recognised_at_once() -> None:
    with pytest.raises(RtspMalformed, match="not RTSP") as caught:
        parse(b"HTTP/1.1 400 Bad Request\r\n")
    assert caught.value.offset == 0


@pytest.mark.parametrize(
    "data",
    [
        b"RTSP/1.0 200 OK\r\n" + b"X: " + b"a" * limits.MAX_HEAD,
        b"RTSP/1.0 200 OK\r\n" + b"X: y\r\n" * (limits.MAX_HEADERS + 1) + b"\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % (limits.MAX_BODY + 1),
        b"RTSP/1.0 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "RTSP/1.0 200 OK\r\nContent-Length: \N{ARABIC-INDIC DIGIT ONE}\r\n\r\n".encode(),
        OK + b"x" * (limits.MAX_GARBAGE + 64),
        OK + b"\r\n" * limits.MAX_GARBAGE,
    ],
    ids=["head", "headers", "body", "huge", "negative", "two", "digits", "garbage", "blank"],
)
def test_nothing_exceeds_its_bound(data: bytes) -> None:
    with pytest.raises(RtspMalformed):
        parse(data)


def test_offset_says_where_in_the_stream() -> None:
    parser = Parser()
    parser.feed(OK + OK)
    parser.next()
    assert parser.offset == len(OK)
    parser.feed(b"RTSP/1.0 200 OK\r\nContent-Length: no\r\n\r\n")
    parser.next()
    with pytest.raises(RtspMalformed) as caught:
        parser.next()
    assert caught.value.offset == 2 * len(OK)


def test_measure_finds_a_message_between_frames() -> None:
    data = frame(0, b"a") + b"\r\n" + OK + frame(0, b"b")
    assert measure(data, 5) == 2 + len(OK)
    assert measure(memoryview(data)[: 5 + len(OK)], 5) is None
    with pytest.raises(RtspMalformed):
        measure(b"\x80\x60garbage")
    with pytest.raises(RtspMalformed):
        measure(b"RTSP/1.0 never\r\n\r\n")
    with pytest.raises(RtspMalformed):
        measure(b"\r\n" * 100 + OK)
    with pytest.raises(RtspMalformed):
        measure(OK[:-2] + b"X: " + b"y" * limits.MAX_HEAD)


def test_a_body_that_drips_costs_its_head_once() -> None:
    parser = Parser()
    size = limits.MAX_BODY
    headers = b"".join(b"X-%d: y\r\n" % number for number in range(limits.MAX_HEADERS - 1))
    parser.feed(b"RTSP/1.0 200 OK\r\n" + headers + b"Content-Length: %d\r\n\r\n" % size)
    started = time.process_time()
    for _ in range(size - 1):
        parser.feed(b"x")
        assert parser.next() is None
    assert time.process_time() - started < 1.0
    parser.feed(b"x")
    assert isinstance(parser.next(), Response)


@pytest.mark.parametrize("end", [b"\r\n", b"\n"], ids=["crlf", "lf"])
def test_the_drain_cuts_a_message_out_of_the_frames(end: bytes) -> None:
    packets = [frame(0, b"\x80\x60" + number.to_bytes(2, "big") + bytes(20)) for number in (1, 2)]
    message = b"RTSP/1.0 200 OK" + end + b"CSeq: 5" + end + end
    data = bytearray(packets[0] + message + packets[1])
    walker = Walker(0, 1)
    assert data[: walker.walk(data, len(data))] == b"".join(packets)
    assert walker.messages == [message]
    assert (walker.garbage, walker.lost) == (0, 0)


def test_binary_after_the_start_of_a_message_is_not_waited_for() -> None:
    with pytest.raises(RtspMalformed):
        measure(b"RTSP/1.0 \x80\x60\x00\x01")


messages = st.builds(
    lambda status, end, body: (
        f"RTSP/1.0 {status} R{end}Content-Length: {len(body)}{end}{end}".encode() + body
    ),
    st.integers(100, 599),
    st.sampled_from(["\r\n", "\n"]),
    st.binary(max_size=40),
)
frames = st.builds(frame, st.integers(0, 255), st.binary(max_size=40))


@given(
    st.lists(st.one_of(messages, frames), min_size=1, max_size=6),
    st.lists(st.integers(0, 300), max_size=12),
)
def test_any_cut_gives_the_same_items(items: list[bytes], cuts: list[int]) -> None:
    data = b"".join(items)
    borders = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    parser = Parser()
    parser.interleaved = True
    found: list[Response | Request | Frame] = []
    for start, end in itertools.pairwise(borders):
        parser.feed(data[start:end])
        while (item := parser.next()) is not None:
            found.append(item)
    assert found == parse(data)
    assert len(found) == len(items)
    assert parser.offset == len(data)


@given(messages, st.binary(max_size=20))
def test_measure_agrees_with_the_parser(message: bytes, after: bytes) -> None:
    assert measure(message + after) == len(message)
    for size in range(len(message)):
        assert measure(message[:size]) is None
