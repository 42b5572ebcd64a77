# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a hostile camera sends between PLAY and the end: frames, messages, RTCP, noise."""

from machimori.footage.testing import SAMPLE_START
from machimori.kernel.errors import MalformedError
from machimori.recorder.drift import Drift
from machimori.recorder.framing import Codec, Walker
from machimori.recorder.parameters import Parameters
from machimori.recorder.peek import key_cut
from machimori.recorder.testing import CONTROL, MEDIA, Stream, frame

CODECS: tuple[Codec, ...] = ("h264", "h265", "jpeg")


def one_input(data: bytes) -> None:
    """The first byte chooses the codec and where the stream is cut in two drains."""
    if not data:
        return
    codec = CODECS[data[0] % 3]
    stream = data[1:]
    cut = len(stream) * data[0] // 255
    walker = Walker(MEDIA, CONTROL)
    parameters = Parameters(codec)
    drift = Drift()
    tail = b""
    for piece in (stream[:cut], stream[cut:]):
        buffer = bytearray(tail + piece)
        try:
            whole = walker.walk(buffer, len(buffer))
        except MalformedError:
            return
        assert 0 <= whole <= walker.rest <= len(buffer)
        for place in walker.small:
            assert buffer[place] == 0x24
        parameters.changed_at(buffer, walker.small)
        found = key_cut(codec, buffer, whole, MEDIA)
        assert found is None or 0 <= found < whole
        for report in walker.reports:
            drift.report(report, SAMPLE_START)
        tail = bytes(buffer[walker.rest :])


def seeds() -> list[bytes]:
    """A stream of each kind, and one with everything in between."""
    found = []
    for number, codec in enumerate(CODECS):
        stream = Stream(codec=codec)
        pictures = stream.picture(key=True) + stream.picture(size=900)
        found.append(bytes((number + 120,)) + pictures)
    stream = Stream()
    mixed = stream.picture(key=True) + b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 2\r\n\r\nok"
    mixed += frame(bytes((0x80, 200, 0, 6)) + bytes(24), channel=CONTROL) + b"noise"
    mixed += frame(b"strange", channel=9) + b"OPTIONS * RTSP/1.0\r\nCSeq: 2\r\n\r\n"
    found.append(b"\x78" + mixed + stream.picture())
    # A packet that is all header, at the very end of what was read.
    found.append(b"\x78" + stream.picture() + frame(b"\x80\x60" + bytes(10), channel=MEDIA))
    return found
