# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cuts a picture into RTP payloads: RFC 6184 (H.264), RFC 7798 (H.265), RFC 2435 (JPEG).

The sending half only. Small units that lead a picture (parameter sets, SEI) travel together in an
aggregation packet, as from real cameras, large ones in fragments, the rest alone: a receiver meets
every form that the non-interleaved modes allow.
"""

import struct
from collections.abc import Iterable, Iterator

from machimori.simcity.clips import Picture

_STAP_A = 24
_FU_A = 28
_H265_AP = 48
_H265_FU = 49
_JPEG_BASELINE_420 = 1
_JPEG_BASELINE_422 = 0
_JPEG_RESTART = 64
_TABLES_IN_BAND = 255


def payloads(codec: str, picture: Picture, limit: int) -> list[bytes]:
    """The payloads of `picture`, none longer than `limit` bytes; the marker goes on the last."""
    if codec == "h264":
        return list(_h264(picture.units, limit))
    if codec == "h265":
        return list(_h265(picture.units, limit))
    return list(_jpeg(picture.units[0], limit))


def _aggregates(units: Iterable[bytes], limit: int, head: int) -> Iterator[list[bytes]]:
    """Runs of neighbouring units that fit into one packet together with 2 bytes of length each."""
    group: list[bytes] = []
    size = head
    for unit in units:
        if group and size + 2 + len(unit) > limit:
            yield group
            group, size = [], head
        group.append(unit)
        size += 2 + len(unit)
    if group:
        yield group


def _h264(units: tuple[bytes, ...], limit: int) -> Iterator[bytes]:
    for group in _aggregates(units, limit, 1):
        if len(group) > 1:
            # The aggregate's NRI is the highest of its units (RFC 6184 5.7).
            importance = max(unit[0] & 0x60 for unit in group)
            body = b"".join(struct.pack(">H", len(unit)) + unit for unit in group)
            yield bytes((importance | _STAP_A,)) + body
        elif len(group[0]) <= limit:
            yield group[0]
        else:
            unit = group[0]
            indicator, kind = unit[0] & 0xE0 | _FU_A, unit[0] & 0x1F
            step = limit - 2
            for at in range(1, len(unit), step):
                flags = (0x80 if at == 1 else 0) | (0x40 if at + step >= len(unit) else 0)
                yield bytes((indicator, flags | kind)) + unit[at : at + step]


def _h265(units: tuple[bytes, ...], limit: int) -> Iterator[bytes]:
    for group in _aggregates(units, limit, 2):
        if len(group) > 1:
            body = b"".join(struct.pack(">H", len(unit)) + unit for unit in group)
            # Layer 0 and the lowest temporal id of the units (RFC 7798 4.4.2).
            yield bytes((_H265_AP << 1, min(unit[1] & 7 for unit in group))) + body
        elif len(group[0]) <= limit:
            yield group[0]
        else:
            unit = group[0]
            kind = unit[0] >> 1 & 0x3F
            head = bytes((unit[0] & 0x81 | _H265_FU << 1, unit[1]))
            step = limit - 3
            for at in range(2, len(unit), step):
                flags = (0x80 if at == 2 else 0) | (0x40 if at + step >= len(unit) else 0)
                yield head + bytes((flags | kind,)) + unit[at : at + step]


def _jpeg(data: bytes, limit: int) -> Iterator[bytes]:
    tables: dict[int, bytes] = {}
    used: list[int] = []
    kind = width = height = 0
    interval = 0
    at = 2
    while True:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        body = data[at + 4 : at + 2 + length]
        at += 2 + length
        if marker == 0xDB:
            for start in range(0, len(body), 65):
                tables[body[start]] = body[start + 1 : start + 65]
        elif marker == 0xC0:
            height, width = struct.unpack_from(">HH", body, 1)
            kind = _JPEG_BASELINE_420 if body[7] == 0x22 else _JPEG_BASELINE_422
            used = [body[8], body[11]]
        elif marker == 0xDD:
            interval = int.from_bytes(body[:2], "big")
        elif marker == 0xDA:
            break
    scan = data[at : data.rindex(b"\xff\xd9")]
    quantisation = b"".join(tables[number] for number in used)
    restart = struct.pack(">HH", interval, 0xFFFF) if interval else b""
    kind += _JPEG_RESTART if interval else 0
    offset = 0
    while offset < len(scan):
        head = struct.pack(
            ">IBBBB", offset, kind, _TABLES_IN_BAND, (width + 7) // 8, (height + 7) // 8
        )
        head += restart
        if offset == 0:
            head += struct.pack(">BBH", 0, 0, len(quantisation)) + quantisation
        part = scan[offset : offset + limit - len(head)]
        yield head + part
        offset += len(part)
