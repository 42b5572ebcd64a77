# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest

from machimori.footage.rtp.packet import Packet
from machimori.footage.rtp.rtcp import SenderReport, sender_reports
from machimori.footage.rtp.testing import Sender
from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import Micros

HEAD = bytes.fromhex("0001000000020000002a")


def test_a_packet_is_read_without_csrcs_extension_and_padding() -> None:
    packet = Packet.decode(
        b"\xb2\xe0" + HEAD + bytes(8) + b"\xbe\xde\x00\x01ext!" + b"payload" + b"\0\0\x03"
    )
    assert (packet.payload_type, packet.marker, packet.sequence) == (96, True, 1)
    assert (packet.timestamp, packet.ssrc) == (2, 42)
    assert bytes(packet.payload) == b"payload"


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x60" + HEAD[:9],
        b"\x40\x60" + HEAD,
        b"\x8f\x60" + HEAD + bytes(8),
        b"\x90\x60" + HEAD + b"\0\0\0\x02" + bytes(4),
        b"\x90\x60" + HEAD + b"\0",
        b"\xa0\x60" + HEAD + b"ab\x09",
        b"\xa0\x60" + HEAD,
    ],
)
def test_a_packet_that_contradicts_itself_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError):
        Packet.decode(data)


@pytest.mark.parametrize("wall", [0, 1_790_000_000_123_456, 2_085_978_496_000_000 + 999_999])
def test_a_sender_report_tells_the_cameras_clock(wall: int) -> None:
    sender = Sender(ssrc=9)
    data = sender.report(77, wall)[4:]
    # The last is in the era after NTP's seconds wrapped in 2036.
    assert list(sender_reports(data + b"\x80\xca\0\0")) == [
        SenderReport(ssrc=9, wall=Micros(wall), timestamp=77, packets=0, octets=0)
    ]


@pytest.mark.parametrize("data", [b"\x80\xc8\0\x06", b"\0\0\0\0", b"\x80\xc8\0\x01" + bytes(4)])
def test_rtcp_cut_off_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError):
        list(sender_reports(data))
