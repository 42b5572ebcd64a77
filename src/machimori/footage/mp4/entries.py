# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sample entries: how a track's samples are coded (ISO/IEC 14496-15; 14496-14 for JPEG).

`hvc1` and not `hev1` for H.265, because Apple's players take nothing else. JPEG stands in `mp4v`
with object type 0x6C (ISO/IEC 10918-1), which is how MP4 registers it.
"""

from machimori.footage.mp4.boxes import box, full_box
from machimori.footage.rtp import h264, h265
from machimori.footage.rtp.parameters import ParameterSets
from machimori.kernel.errors import MalformedError

_H264_PLAIN = frozenset((66, 77, 88))
"""Profiles whose configuration record ends behind the parameter sets."""
JPEG_OBJECT_TYPE = 0x6C


def h264_entry(sets: ParameterSets) -> bytes:
    """`avc1` with the AVCDecoderConfigurationRecord of the sets in force. Raises MalformedError."""
    picture = sets.picture()
    sequence = sets.of_kind(h264.SPS)
    pictures = sets.of_kind(h264.PPS)
    if len(sequence) > 31 or len(pictures) > 255:
        raise MalformedError("more parameter sets than a sample entry holds")
    record = bytearray(b"\x01" + picture.profile + b"\xff")
    record.append(0xE0 | len(sequence))
    record += b"".join(map(_sized, sequence))
    record.append(len(pictures))
    record += b"".join(map(_sized, pictures))
    if picture.profile[0] not in _H264_PLAIN:
        record += bytes(
            (
                0xFC | picture.chroma_format,
                0xF8 | picture.bit_depth_luma - 8,
                0xF8 | picture.bit_depth_chroma - 8,
                0,
            )
        )
    return _visual(b"avc1", picture.width, picture.height, box(b"avcC", bytes(record)))


def h265_entry(sets: ParameterSets) -> bytes:
    """`hvc1` with the HEVCDecoderConfigurationRecord of the sets in force. Raises MalformedError.

    Nothing is claimed that the sets do not say: spatial segmentation, parallelism and frame rate
    are 0, unknown.
    """
    picture = sets.picture()
    record = bytearray(b"\x01" + picture.profile + b"\xf0\x00\xfc")
    record += bytes(
        (
            0xFC | picture.chroma_format,
            0xF8 | picture.bit_depth_luma - 8,
            0xF8 | picture.bit_depth_chroma - 8,
            0,
            0,
            picture.temporal_layers << 3 | picture.temporal_nesting << 2 | 3,
            3,
        )
    )
    for kind in (h265.VPS, h265.SPS, h265.PPS):
        units = sets.of_kind(kind)
        # array_completeness stays 0: cameras repeat the sets in the stream, and nothing is dropped.
        record += bytes((kind,)) + len(units).to_bytes(2, "big") + b"".join(map(_sized, units))
    return _visual(b"hvc1", picture.width, picture.height, box(b"hvcC", bytes(record)))


def jpeg_entry(width: int, height: int) -> bytes:
    """`mp4v` whose elementary stream descriptor says JPEG."""
    decoder = bytes((JPEG_OBJECT_TYPE, 0x11)) + bytes(3 + 4 + 4)
    stream = b"\x00\x00\x00" + _descriptor(4, decoder) + _descriptor(6, b"\x02")
    esds = full_box(b"esds", 0, 0, _descriptor(3, stream))
    return _visual(b"mp4v", width, height, esds)


def jpeg_size(picture: bytes) -> tuple[int, int]:
    """Width and height out of a JPEG file's frame header. Raises MalformedError."""
    position = 2
    while position + 9 <= len(picture) and picture[position] == 0xFF:
        marker = picture[position + 1]
        if 0xC0 <= marker <= 0xC3:
            height = int.from_bytes(picture[position + 5 : position + 7], "big")
            width = int.from_bytes(picture[position + 7 : position + 9], "big")
            return width, height
        position += 2 + int.from_bytes(picture[position + 2 : position + 4], "big")
    raise MalformedError("JPEG without a frame header")


def parameter_units(kind: bytes, entry: bytes) -> tuple[bytes, ...]:
    """The parameter sets in the content of an `avcC` or `hvcC` box. Raises MalformedError."""
    units: list[bytes] = []
    if kind == b"avcC":
        position = 5
        for mask in (0x1F, 0xFF):
            if position >= len(entry):
                raise MalformedError("avcC is cut off")
            count = entry[position] & mask
            position = _units(entry, position + 1, count, units)
    else:
        if len(entry) < 23:
            raise MalformedError("hvcC is cut off")
        position = 23
        for _ in range(entry[22]):
            count = int.from_bytes(entry[position + 1 : position + 3], "big")
            position = _units(entry, position + 3, count, units)
    return tuple(units)


def _units(entry: bytes, position: int, count: int, units: list[bytes]) -> int:
    for _ in range(count):
        end = position + 2 + int.from_bytes(entry[position : position + 2], "big")
        if end > len(entry) or end <= position + 2:
            raise MalformedError("parameter set in a sample entry is cut off")
        units.append(entry[position + 2 : end])
        position = end
    return position


def _sized(unit: bytes) -> bytes:
    if len(unit) > 0xFFFF:
        raise MalformedError("parameter set longer than a sample entry holds")
    return len(unit).to_bytes(2, "big") + unit


def _descriptor(tag: int, body: bytes) -> bytes:
    """ISO/IEC 14496-1 section 8.3.3, with a length of one byte."""
    return bytes((tag, len(body))) + body


def _visual(kind: bytes, width: int, height: int, *extensions: bytes) -> bytes:
    """VisualSampleEntry (ISO/IEC 14496-12 section 12.1.3)."""
    return box(
        kind,
        bytes(6) + b"\x00\x01" + bytes(16),
        width.to_bytes(2, "big") + height.to_bytes(2, "big"),
        b"\x00\x48\x00\x00\x00\x48\x00\x00" + bytes(4) + b"\x00\x01" + bytes(32),
        b"\x00\x18\xff\xff",
        *extensions,
    )
