# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading DER (ITU-T X.690), strictly: definite, minimal lengths and nothing left over.

Signatures, public keys, certificates and time stamps come in it. Only what those need is here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from machimori.kernel.errors import MalformedError

INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
NULL = 0x05
OID = 0x06
SEQUENCE = 0x30
SET = 0x31


@dataclass(frozen=True, kw_only=True)
class Node:
    """One element: its tag, its content and its bytes as they stood."""

    tag: int
    content: bytes
    raw: bytes

    def children(self) -> list["Node"]:
        """The elements inside a constructed one. Raises MalformedError."""
        if not self.tag & 0x20:
            raise MalformedError("a constructed DER element was expected")
        return list(_elements(self.content))

    def expect(self, tag: int) -> "Node":
        """This node if it has that tag. Raises MalformedError."""
        if self.tag != tag:
            raise MalformedError(f"DER tag {tag:#x} expected, found {self.tag:#x}")
        return self

    def integer(self) -> int:
        """The value of a minimal INTEGER. Raises MalformedError."""
        content = self.expect(INTEGER).content
        if not content:
            raise MalformedError("empty DER integer")
        if len(content) > 1 and (content[0], content[1] >> 7) in ((0, 0), (255, 1)):
            raise MalformedError("DER integer is not minimal")
        return int.from_bytes(content, "big", signed=True)

    def bits(self) -> bytes:
        """The bytes of a BIT STRING without unused bits. Raises MalformedError."""
        content = self.expect(BIT_STRING).content
        if not content or content[0]:
            raise MalformedError("DER bit string with unused bits")
        return content[1:]

    def oid(self) -> str:
        """An object identifier in dotted form. Raises MalformedError."""
        content = self.expect(OID).content
        if not content or content[-1] & 0x80:
            raise MalformedError("DER object identifier is cut off")
        arcs = []
        value = 0
        for byte in content:
            value = value << 7 | byte & 0x7F
            if not byte & 0x80:
                arcs.append(value)
                value = 0
        first = min(arcs[0] // 40, 2)
        return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))


def parse(data: bytes) -> Node:
    """The one element that is exactly `data`. Raises MalformedError."""
    nodes = list(_elements(data))
    if len(nodes) != 1:
        raise MalformedError("one DER element was expected")
    return nodes[0]


def _elements(data: bytes) -> Iterator[Node]:
    position = 0
    while position < len(data):
        start = position
        if position + 2 > len(data) or data[position] & 0x1F == 0x1F:
            raise MalformedError("DER element is cut off or has a long tag")
        tag, length = data[position], data[position + 1]
        position += 2
        if length & 0x80:
            size = length & 0x7F
            octets = data[position : position + size]
            if not 1 <= size <= 4 or len(octets) != size or octets[0] == 0:
                raise MalformedError("DER length is not definite and minimal")
            length = int.from_bytes(octets, "big")
            if length < 0x80:
                raise MalformedError("DER length is not minimal")
            position += size
        if position + length > len(data):
            raise MalformedError("DER element is cut off")
        content = data[position : position + length]
        position += length
        yield Node(tag=tag, content=content, raw=data[start:position])
