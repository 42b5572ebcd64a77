# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pictures as ready interleaved bytes, whose RTP headers are patched in place for each camera.

A thousand cameras at 2 Mbit/s are 180,000 RTP packets a second. Building them would cost several
cores, so each clip is cut into packets once, one contiguous run a picture (RFC 2326 10.12 framing
around RFC 3550 headers). To send a picture, a camera writes its sequence number, time
stamp and SSRC over the ten header bytes of each packet and hands the whole run to the kernel, which
copies it before the next camera writes its own.
"""

import struct
from dataclasses import dataclass

from machimori.simcity.clips import Clip, Picture
from machimori.simcity.payloads import payloads

PAYLOAD_TYPE = 96
"""Dynamic (RFC 3551 6). MJPEG has the static type 26."""
JPEG_PAYLOAD_TYPE = 26
PACKET_LIMIT = 1400
"""Bytes of an RTP packet with its header, as cameras choose it to fit an Ethernet frame."""

_HEAD = struct.Struct(">BBHBBHII")
PATCH = struct.Struct(">HII")
"""Sequence, time stamp, SSRC: written at each of `Run.offsets`."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """A picture's packets in one writable buffer; `offsets` say where each one's sequence is."""

    buffer: bytearray
    offsets: tuple[int, ...]
    picture: Picture

    def patch(self, sequence: int, stamp: int, ssrc: int) -> int:
        """Make the run this camera's; return the sequence number that comes next."""
        buffer, write = self.buffer, PATCH.pack_into
        for offset in self.offsets:
            write(buffer, offset, sequence, stamp, ssrc)
            sequence = sequence + 1 & 0xFFFF
        return sequence

    def packets(self) -> list[bytes]:
        """The interleaved frames one by one, as patched last."""
        ends = (*(offset - 6 for offset in self.offsets[1:]), len(self.buffer))
        starts = (offset - 6 for offset in self.offsets)
        return [bytes(self.buffer[a:b]) for a, b in zip(starts, ends, strict=True)]


def payload_type(codec: str) -> int:
    """The RTP payload type this city uses for `codec`."""
    return JPEG_PAYLOAD_TYPE if codec == "mjpeg" else PAYLOAD_TYPE


def run(codec: str, picture: Picture, channel: int) -> Run:
    """Cut one picture into the packets of an interleaved channel."""
    buffer = bytearray()
    offsets = []
    parts = payloads(codec, picture, PACKET_LIMIT - 12)
    for number, payload in enumerate(parts):
        offsets.append(len(buffer) + 6)
        marker = 0x80 if number == len(parts) - 1 else 0
        kind = marker | payload_type(codec)
        buffer += _HEAD.pack(0x24, channel, 12 + len(payload), 0x80, kind, 0, 0, 0)
        buffer += payload
    return Run(buffer=buffer, offsets=tuple(offsets), picture=picture)


class Reel:
    """A clip as runs on one interleaved channel; shared by every camera that plays the clip."""

    def __init__(self, clip: Clip, channel: int) -> None:
        self.clip = clip
        self.runs = tuple(run(clip.spec.codec, picture, channel) for picture in clip.pictures)

    def until_key(self, position: int) -> int:
        """How many pictures after `position`, which may be past the loop's end, a key one comes."""
        pictures = self.clip.pictures
        return next(n for n in range(len(pictures)) if pictures[(position + n) % len(pictures)].key)

    def key_before(self, position: int) -> int:
        """The last key picture at or before `position` of the loop; the first of a clip is one."""
        while position and not self.clip.pictures[position].key:
            position -= 1
        return position
