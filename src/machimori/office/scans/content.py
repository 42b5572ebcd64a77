# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a file is, by its content alone: PDF, JPEG, PNG or TIFF, whole, and nothing that acts.

The name and the type that a browser states are not read. An image is walked from its first bytes
to its end. A PDF with scripts, starts of programs, attachments or encryption is refused, also where
these stand in a compressed object stream; this hinders an accident, and is no virus scanner.
"""

import re
import struct
import zlib
from typing import Final

from django.utils.translation import gettext as _t

from machimori.office.shared.errors import refusal

MAX_SIZE: Final = 20 << 20
"""Bytes of one scan: below what the outermost ring takes as an upload (`site/middleware`)."""
SUFFIXES: Final = {
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tif",
}
_ACTS: Final = re.compile(rb"/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia|XFA|Encrypt)\b")
_STREAM: Final = re.compile(rb"(?<!end)stream\r?\n")
_OBJECTS: Final = re.compile(rb"/ObjStm\b.{0,400}?stream\r?\n", re.DOTALL)
_ESCAPED: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_UNPACKED: Final = 16 << 20
"""Bytes of an object stream that are looked at: beyond, the file is refused."""


def media_type(data: bytes) -> str:
    """The media type, one of `SUFFIXES`. Raises ActionRefusedError."""
    heading = _t("このファイルは付けられません")
    if len(data) > MAX_SIZE:
        text = _t("%(n)sMBまでです。低い解像度で読み取るか、分けてください。")
        raise refusal(heading, text % {"n": MAX_SIZE >> 20})
    for media, test in _TESTS.items():
        if test(data):
            if media == "application/pdf" and _acts(data):
                text = _t(
                    "このPDFには、スクリプト・添付ファイル・パスワードなどが入っています。"
                    "紙を読み取り直したPDFを付けてください。"
                )
                raise refusal(heading, text)
            return media
    raise refusal(heading, _t("PDF・JPEG・PNG・TIFFのどれでもないか、壊れています。"))


def _pdf(data: bytes) -> bool:
    return re.match(rb"%PDF-[12]\.\d[\r\n ]", data) is not None and b"%%EOF" in data[-1024:]


def _jpeg(data: bytes) -> bool:
    return data.startswith(b"\xff\xd8\xff") and data.rstrip(b"\0").endswith(b"\xff\xd9")


def _png(data: bytes) -> bool:
    """Chunk by chunk, each with its CRC, from IHDR to IEND and no byte after it."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return False
    at, kind = 8, b""
    while kind != b"IEND":
        head = data[at : at + 8]
        if len(head) < 8:
            return False
        length, kind = struct.unpack(">I4s", head)
        end = at + 12 + length
        if (at == 8) != (kind == b"IHDR") or end > len(data):
            return False
        if struct.unpack(">I", data[end - 4 : end])[0] != zlib.crc32(data[at + 4 : end - 4]):
            return False
        at = end
    return at == len(data)


def _tiff(data: bytes) -> bool:
    """Byte order, 42, and a directory of tags that lies inside the file."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None or len(data) < 8:
        return False
    at: int = struct.unpack(f"{order}I", data[4:8])[0]
    if at < 8 or at + 2 > len(data):
        return False
    count: int = struct.unpack(f"{order}H", data[at : at + 2])[0]
    return count > 0 and at + 2 + 12 * count <= len(data)


def _acts(data: bytes) -> bool:
    """Whether there is something in a PDF that acts, hides a file, or cannot be looked at."""
    for found in _OBJECTS.finditer(data):
        try:
            reader = zlib.decompressobj()
            packed = data[found.end() : data.find(b"endstream", found.end())]
            objects = reader.decompress(packed, _UNPACKED)
        except zlib.error:
            return True
        if reader.unconsumed_tail or _named(objects):
            return True
    return _named(_without_streams(data))


def _without_streams(data: bytes) -> bytes:
    """A PDF's objects without the streams in them, in time linear in its length."""
    parts, at = [], 0
    while (found := _STREAM.search(data, at)) is not None:
        end = data.find(b"endstream", found.end())
        if end < 0:
            break
        parts.append(data[at : found.start()])
        at = end
    return b"".join((*parts, data[at:]))


def _named(objects: bytes) -> bool:
    plain = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), objects)
    return _ACTS.search(plain) is not None


_TESTS: Final = {
    "application/pdf": _pdf,
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/tiff": _tiff,
}
