# SPDX-License-Identifier: AGPL-3.0-or-later
"""JPEG in RTP (RFC 2435): whole JPEG files out of fragments without headers.

The camera sends entropy-coded data only; size, sampling, quantisation and restart interval stand in
small headers, the Huffman tables are the standard's. The frame headers made here follow the RFC's
appendices A and B, so that a decoder gets the very coefficients that the camera coded.
"""

from struct import Struct

from machimori.kernel.errors import MalformedError

_MAIN = Struct(">IBBBB")
"""Type-specific and fragment offset, type, Q, width / 8, height / 8 (section 3.1)."""
_QUANT = Struct(">BBH")
_SOF_420, _SOF_422 = 0x22, 0x21
_MAX_PICTURE = 16 * 1024 * 1024

# Appendix A: the tables that Q 1–99 scales, in zig-zag order.
_LUMA = bytes.fromhex(
    "100b0c0e0c0a100e0d0e1211101318281a181616183123251d283a333d3c3933"
    "383740485c4e404457453738506d51575f626768673e4d71797064785c656763"
)
_CHROMA = bytes.fromhex("1112121815182f1a1a2f63423842") + b"\x63" * 50


def _segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body


# Appendix B, which is ITU-T T.81 Annex K.3: class and id, counts by length, symbols.
_DC_LUMA = bytes.fromhex("0000010501010101010100000000000000000102030405060708090a0b")
_AC_LUMA = bytes.fromhex(
    "100002010303020403050504040000017d01020300041105122131410613516107227114328191a1082342b1"
    "c11552d1f02433627282090a161718191a25262728292a3435363738393a434445464748494a535455565758"
    "595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aa"
    "b2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7"
    "f8f9fa"
)
_DC_CHROMA = bytes.fromhex("0100030101010101010101010000000000000102030405060708090a0b")
_AC_CHROMA = bytes.fromhex(
    "1100020102040403040705040400010277000102031104052131061241510761711322328108144291a1b1c1"
    "09233352f0156272d10a162434e125f11718191a262728292a35363738393a434445464748494a5354555657"
    "58595a636465666768696a737475767778797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8"
    "a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7"
    "f8f9fa"
)
_HUFFMAN = b"".join(_segment(0xC4, table) for table in (_DC_LUMA, _AC_LUMA, _DC_CHROMA, _AC_CHROMA))


class JpegPayloads:
    """Collects the fragments of one picture. `dimensions` replace a size RFC 2435 cannot say."""

    def __init__(self, dimensions: tuple[int, int] | None = None) -> None:
        self.units: list[bytes] = []
        self.numbered: list[tuple[int, int, bytes]] = []
        self.damaged = False
        """A payload was malformed, or a fragment is missing."""
        self._dimensions = dimensions
        self._tables: dict[int, bytes] = {}
        """Quantisation tables by Q of 128–254, which may be sent once only (section 4.2)."""
        self._header = b""
        self._fragments: list[bytes] = []
        self._size = 0

    def push(self, data: bytes, start: int, stop: int) -> None:
        """Take the payload `data[start:stop]`."""
        try:
            self._push(data, start, stop)
        except MalformedError:
            self.damaged = True

    def lost(self) -> None:
        """Packets are missing here."""
        if self._fragments:
            self.damaged = True

    def take(self) -> tuple[list[bytes], bool]:
        """The picture as one JPEG file (none if nothing of it came), and whether it is damaged."""
        units = []
        if self._header and self._fragments:
            body = b"".join(self._fragments)
            # A picture without its end decodes as far as it goes; the marker closes it.
            end = b"" if body.endswith(b"\xff\xd9") else b"\xff\xd9"
            units.append(self._header + body + end)
        damaged = self.damaged
        self._header = b""
        self._fragments = []
        self._size = 0
        self.damaged = False
        return units, damaged

    def _push(self, data: bytes, start: int, stop: int) -> None:
        if stop - start < 8:
            raise MalformedError("JPEG payload is cut off")
        first, kind, q, width, height = _MAIN.unpack_from(data, start)
        offset = first & 0xFF_FFFF
        body = start + 8
        interval = 0
        if kind & 0x40:
            if body + 4 > stop:
                raise MalformedError("JPEG restart header is cut off")
            interval = int.from_bytes(data[body : body + 2], "big")
            body += 4
        if offset == 0:
            body, tables = self._quantisation(data, body, stop, q)
            size = (width * 8, height * 8)
            if self._dimensions and not (width and height):
                size = self._dimensions
            self._header = _header(kind, size, tables, interval)
            self._fragments = []
            self._size = 0
        if offset != self._size or not self._header:
            # What is missing cannot be replaced, and what follows has lost its place.
            self.damaged = True
            return
        if offset + stop - body > _MAX_PICTURE:
            raise MalformedError("JPEG picture larger than 16 MiB")
        self._fragments.append(data[body:stop])
        self._size += stop - body

    def _quantisation(self, data: bytes, body: int, stop: int, q: int) -> tuple[int, bytes]:
        """Where the scan data begins, and the two tables (section 3.1.8)."""
        if 1 <= q <= 99:
            return body, _scaled(q)
        if q < 128:
            raise MalformedError("JPEG with a reserved Q", where=f"Q {q}")
        if body + 4 > stop:
            raise MalformedError("JPEG quantisation header is cut off")
        _, precision, length = _QUANT.unpack_from(data, body)
        body += 4
        if length == 0:
            if q == 255 or q not in self._tables:
                raise MalformedError("JPEG without quantisation tables", where=f"Q {q}")
            return body, self._tables[q]
        if precision or length not in (64, 128) or body + length > stop:
            raise MalformedError("JPEG quantisation tables that baseline JPEG does not have")
        tables = data[body : body + length]
        if length == 64:
            tables += tables
        if q != 255:
            self._tables[q] = tables
        return body + length, tables


def _scaled(q: int) -> bytes:
    """Luma and chroma table of Q 1–99 (section 4.2, appendix A)."""
    factor = 5000 // q if q < 50 else 200 - 2 * q
    return bytes(min(max((value * factor + 50) // 100, 1), 255) for value in _LUMA + _CHROMA)


def _header(kind: int, size: tuple[int, int], tables: bytes, interval: int) -> bytes:
    """Everything before the entropy-coded data (appendix B)."""
    sampling = {0: _SOF_422, 1: _SOF_420}.get(kind & 0x3F)
    width, height = size
    if sampling is None or kind >= 0x80:
        raise MalformedError("JPEG of an unknown type", where=f"type {kind}")
    if not (width and height):
        raise MalformedError("JPEG without a size", remedy="the SDP gives no x-dimensions")
    if kind & 0x40 and not interval:
        raise MalformedError("JPEG with a restart interval of 0")
    shape = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xDB, b"\x00" + tables[:64]),
            _segment(0xDB, b"\x01" + tables[64:]),
            _segment(0xDD, interval.to_bytes(2, "big")) if interval else b"",
            _segment(
                0xC0,
                b"\x08" + shape + bytes((3, 0, sampling, 0, 1, 0x11, 1, 2, 0x11, 1)),
            ),
            _HUFFMAN,
            _segment(0xDA, bytes((3, 0, 0x00, 1, 0x11, 2, 0x11, 0, 63, 0))),
        )
    )
