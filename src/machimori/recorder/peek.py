# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a segment's boundary needs to know of RTP payloads: key frames and parameter sets.

A look at the first bytes only (RFC 6184 H.264, RFC 7798 H.265, RFC 2435 JPEG); pictures are put
together in `footage.rtp`, when somebody is allowed to look. Offsets are those of interleaved
frames in a buffer that holds whole frames.
"""

import struct

from machimori.recorder.framing import Codec

_FRAME = struct.Struct(">BBH")
_H264_AGGREGATE = {24: 1, 25: 3, 26: 3, 27: 3}
"""STAP-A, STAP-B (a DON follows), MTAPs: bytes before the first unit's size."""
_H264_PREFIX = {6, 7, 8, 9}
"""SEI, SPS, PPS, access unit delimiter: what may stand before a key picture's slices."""
_H265_PREFIX = {32, 33, 34, 35, 39}
_H265_KEY = range(16, 22)


def payload(buffer: bytes | bytearray, position: int) -> tuple[int, int]:
    """Start and end of the RTP payload of the frame at `position`; equal if it has none."""
    end = position + 4 + int.from_bytes(buffer[position + 2 : position + 4], "big")
    start = position + 16 + 4 * (buffer[position + 4] & 15)
    if buffer[position + 4] & 0x10 and start + 4 <= end:
        start += 4 + 4 * int.from_bytes(buffer[start + 2 : start + 4], "big")
    if buffer[position + 4] & 0x20 and end > start:
        end -= buffer[end - 1]
    return (start, end) if start < end else (start, start)


def units(codec: Codec, buffer: bytes | bytearray, start: int, end: int) -> list[tuple[int, int]]:
    """(type, offset) of each unit that begins in a payload; offset is its header's first byte.

    For a fragment only the first one counts, and its offset is 0: its bytes are not in one piece.
    """
    if codec == "h264":
        return _units_h264(buffer, start, end)
    if codec == "h265":
        return _units_h265(buffer, start, end)
    return []


def _units_h264(buffer: bytes | bytearray, start: int, end: int) -> list[tuple[int, int]]:
    if end - start < 1:
        return []
    kind = buffer[start] & 0x1F
    if kind in (28, 29):
        if end - start >= 2 and buffer[start + 1] & 0x80:
            return [(buffer[start + 1] & 0x1F, 0)]
        return []
    if kind not in _H264_AGGREGATE:
        return [(kind, start)]
    found: list[tuple[int, int]] = []
    position = start + _H264_AGGREGATE[kind]
    skip = {26: 3, 27: 4}.get(kind, 0)  # MTAP: DOND and a time stamp offset
    while position + 2 + skip < end and len(found) < 32:
        size = int.from_bytes(buffer[position : position + 2], "big")
        found.append((buffer[position + 2 + skip] & 0x1F, position + 2 + skip))
        position += 2 + max(size, 1)
    return found


def _units_h265(buffer: bytes | bytearray, start: int, end: int) -> list[tuple[int, int]]:
    if end - start < 3:
        return []
    kind = buffer[start] >> 1 & 0x3F
    if kind == 49:
        return [(buffer[start + 2] & 0x3F, 0)] if buffer[start + 2] & 0x80 else []
    if kind != 48:
        return [(kind, start)]
    found: list[tuple[int, int]] = []
    position = start + 2
    while position + 4 <= end and len(found) < 32:
        size = int.from_bytes(buffer[position : position + 2], "big")
        found.append((buffer[position + 2] >> 1 & 0x3F, position + 2))
        position += 2 + max(size, 2)
    return found


def key_cut(
    codec: Codec,
    buffer: bytes | bytearray,
    end: int,
    rtp_channel: int,
    *,
    until: int | None = None,
) -> int | None:
    """Offset of the first frame of the first key picture that begins in `buffer[:end]`.

    Parameter sets, SEI and delimiters straight before the picture belong to it. None if no key
    picture begins here, or if its first packet may lie before the buffer. With `until`, the
    offset of a frame with a parameter set, it is that frame whose run of sets is looked for.
    """
    position = 0
    stamp = b""
    picture: int | None = None  # where the current time stamp's packets begin
    prefix: int | None = None  # where an unbroken run of parameter sets and the like begins
    while position + 16 <= end:
        magic, channel, size = _FRAME.unpack_from(buffer, position)
        if magic != 0x24:
            return None
        after = position + 4 + size
        if channel != rtp_channel or size < 13:
            position = after
            continue
        now = bytes(buffer[position + 8 : position + 12])
        if now != stamp:
            # The first stamp's packets may have begun in the drain before.
            picture = position if stamp or _begins(codec, buffer, position) else None
            stamp = now
        start, stop = payload(buffer, position)
        if codec == "jpeg":
            # Every picture is a key; the fragment offset is 0 in its first packet.
            if stop - start >= 8 and not any(buffer[start + 1 : start + 4]):
                return position
        else:
            kinds = [kind for kind, _ in units(codec, buffer, start, stop)]
            if any(_is_key(codec, kind) for kind in kinds):
                return prefix if prefix is not None else picture
            if position == until:
                return prefix if prefix is not None else position
            if kinds and all(_is_prefix(codec, kind) for kind in kinds):
                prefix = position if prefix is None else prefix
            else:
                prefix = None
        position = after
    return None


def _begins(codec: Codec, buffer: bytes | bytearray, position: int) -> bool:
    """Whether a buffer's first packet itself shows that a picture begins with it."""
    kinds = [kind for kind, _ in units(codec, buffer, *payload(buffer, position))]
    leading = {7, 9} if codec == "h264" else {32, 35}
    return bool(kinds) and kinds[0] in leading


def _is_key(codec: Codec, kind: int) -> bool:
    return kind == 5 if codec == "h264" else kind in _H265_KEY


def _is_prefix(codec: Codec, kind: int) -> bool:
    return kind in (_H264_PREFIX if codec == "h264" else _H265_PREFIX)


def sequence_sets(
    codec: Codec, buffer: bytes | bytearray, position: int
) -> list[tuple[int, bytes]]:
    """(type, bytes) of the sequence parameter sets (H.265: video too) whole in one frame."""
    if codec == "jpeg":
        return []
    start, end = payload(buffer, position)
    found = units(codec, buffer, start, end)
    wanted = {7} if codec == "h264" else {32, 33}
    sets = []
    for place, (kind, offset) in enumerate(found):
        if kind in wanted and offset:
            # In an aggregate the next unit's size field ends this one.
            stop = found[place + 1][1] - 2 if place + 1 < len(found) else end
            sets.append((kind, bytes(buffer[offset:stop])))
    return sets
