# SPDX-License-Identifier: AGPL-3.0-or-later
"""Parameter sets: what a decoder must know before the first picture, and the picture's size.

ITU-T H.264 sections 7.3.2.1 (SPS) and 7.4.2.1.1 (cropping), ITU-T H.265 sections 7.3.2.2 and 7.3.3.
Only what stands before and up to the bit depths is read.
"""

from dataclasses import dataclass
from typing import Literal

from machimori.footage.rtp import h264, h265
from machimori.kernel.errors import MalformedError

_H264_HIGH = frozenset((44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244))
"""profile_idc values whose SPS tells the chroma format."""


@dataclass(frozen=True, kw_only=True)
class PictureFormat:
    """What a sequence parameter set says about the pictures."""

    width: int
    height: int
    chroma_format: int
    bit_depth_luma: int
    bit_depth_chroma: int
    profile: bytes
    """H.264: profile, constraints, level (3 bytes). H.265: general profile_tier_level (12)."""
    temporal_layers: int = 1
    temporal_nesting: bool = False


class Bits:
    """A bit string (RBSP) read from its start. Raises MalformedError at its end."""

    def __init__(self, unit: bytes, skip: int) -> None:
        # Emulation prevention (H.264 section 7.4.1): 00 00 03 stands for 00 00.
        data = unit[skip:].replace(b"\x00\x00\x03", b"\x00\x00")
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def take(self, count: int) -> int:
        """The next `count` bits as an unsigned number."""
        if count > self._left:
            raise MalformedError("parameter set is cut off")
        self._left -= count
        return self._value >> self._left & ((1 << count) - 1)

    def golomb(self) -> int:
        """ue(v): an unsigned Exp-Golomb code."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 32:
                raise MalformedError("parameter set with an impossible number")
        return (1 << zeros) - 1 + self.take(zeros)

    def signed_golomb(self) -> int:
        """se(v)."""
        code = self.golomb()
        return (code + 1) // 2 if code & 1 else -(code // 2)


class ParameterSets:
    """The parameter sets in force: later ones replace those of the same kind and number."""

    def __init__(self, codec: Literal["h264", "h265"]) -> None:
        self._codec = codec
        self._sets: dict[tuple[int, int], bytes] = {}

    def update(self, units: tuple[bytes, ...]) -> set[int]:
        """Take the parameter sets among `units`; NAL unit types of those new or different."""
        changed = set()
        for unit in units:
            place = self._place(unit)
            if place is not None and self._sets.get(place) != unit:
                self._sets[place] = unit
                changed.add(place[0])
        return changed

    def of_kind(self, kind: int) -> tuple[bytes, ...]:
        """The sets of one NAL unit type, by number."""
        return tuple(unit for (found, _), unit in sorted(self._sets.items()) if found == kind)

    def all(self) -> tuple[bytes, ...]:
        """Every set, by kind and number."""
        return tuple(unit for _, unit in sorted(self._sets.items()))

    def picture(self) -> PictureFormat:
        """The format of the pictures. Raises MalformedError if a set is missing or damaged."""
        kinds = (h264.SPS, h264.PPS)
        if self._codec == "h265":
            kinds = (h265.SPS, h265.PPS)
            if not self.of_kind(h265.VPS):
                raise MalformedError("no video parameter set")
        sequence = self.of_kind(kinds[0])
        if not sequence or not self.of_kind(kinds[1]):
            raise MalformedError("no sequence or picture parameter set")
        return h264_format(sequence[0]) if self._codec == "h264" else h265_format(sequence[0])

    def _place(self, unit: bytes) -> tuple[int, int] | None:
        """(NAL unit type, number) of a parameter set; None for other and unreadable units."""
        try:
            if self._codec == "h264":
                kind = unit[0] & 0x1F
                if kind == h264.SPS:
                    return kind, Bits(unit[:40], 4).golomb()
                return (kind, Bits(unit[:12], 1).golomb()) if kind == h264.PPS else None
            kind = unit[0] >> 1 & 0x3F
            if kind == h265.VPS:
                return kind, Bits(unit[:8], 2).take(4)
            if kind == h265.SPS:
                bits = Bits(unit, 2)
                bits.take(4)
                layers = bits.take(3) + 1
                bits.take(1)
                _profile_tier_level(bits, layers)
                return kind, bits.golomb()
            return (kind, Bits(unit[:12], 2).golomb()) if kind == h265.PPS else None
        except MalformedError:
            return None


def h264_format(unit: bytes) -> PictureFormat:
    """The picture format of an H.264 SPS. Raises MalformedError."""
    bits = Bits(unit, 1)
    profile = bits.take(8)
    rest = bits.take(16)
    bits.golomb()
    chroma, luma_depth, chroma_depth, separate = 1, 8, 8, 0
    if profile in _H264_HIGH:
        chroma = bits.golomb()
        separate = bits.take(1) if chroma == 3 else 0
        luma_depth = 8 + bits.golomb()
        chroma_depth = 8 + bits.golomb()
        bits.take(1)
        if bits.take(1):
            for index in range(12 if chroma == 3 else 8):
                if bits.take(1):
                    _scaling_list(bits, 16 if index < 6 else 64)
    bits.golomb()
    order = bits.golomb()
    if order == 0:
        bits.golomb()
    elif order == 1:
        bits.take(1)
        bits.signed_golomb()
        bits.signed_golomb()
        for _ in range(_limited(bits.golomb(), 255)):
            bits.signed_golomb()
    bits.golomb()
    bits.take(1)
    width = 16 * (bits.golomb() + 1)
    map_units = bits.golomb() + 1
    frames_only = bits.take(1)
    height = 16 * map_units * (2 - frames_only)
    if not frames_only:
        bits.take(1)
    bits.take(1)
    if bits.take(1):
        planes = 0 if separate else chroma
        unit_x = 2 if planes in (1, 2) else 1
        unit_y = (2 if planes == 1 else 1) * (2 - frames_only)
        width -= unit_x * (bits.golomb() + bits.golomb())
        height -= unit_y * (bits.golomb() + bits.golomb())
    return PictureFormat(
        width=_size(width),
        height=_size(height),
        chroma_format=_limited(chroma, 3),
        bit_depth_luma=_limited(luma_depth, 14),
        bit_depth_chroma=_limited(chroma_depth, 14),
        profile=bytes((profile,)) + rest.to_bytes(2, "big"),
    )


def h265_format(unit: bytes) -> PictureFormat:
    """The picture format of an H.265 SPS. Raises MalformedError."""
    bits = Bits(unit, 2)
    bits.take(4)
    layers = bits.take(3) + 1
    nesting = bool(bits.take(1))
    profile = _profile_tier_level(bits, layers)
    bits.golomb()
    chroma = _limited(bits.golomb(), 3)
    separate = bits.take(1) if chroma == 3 else 0
    width = bits.golomb()
    height = bits.golomb()
    if bits.take(1):
        planes = 0 if separate else chroma
        width -= (2 if planes in (1, 2) else 1) * (bits.golomb() + bits.golomb())
        height -= (2 if planes == 1 else 1) * (bits.golomb() + bits.golomb())
    return PictureFormat(
        width=_size(width),
        height=_size(height),
        chroma_format=chroma,
        bit_depth_luma=_limited(8 + bits.golomb(), 16),
        bit_depth_chroma=_limited(8 + bits.golomb(), 16),
        profile=profile,
        temporal_layers=layers,
        temporal_nesting=nesting,
    )


def _profile_tier_level(bits: Bits, layers: int) -> bytes:
    """The 12 bytes of the general profile and level; the sub-layers' are passed over."""
    general = bits.take(96).to_bytes(12, "big")
    present = [(bits.take(1), bits.take(1)) for _ in range(layers - 1)]
    if layers > 1:
        bits.take(2 * (9 - layers))
    for profile, level in present:
        bits.take(88 * profile + 8 * level)
    return general


def _scaling_list(bits: Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed_golomb()) % 256
        last = following or last


def _limited(value: int, limit: int) -> int:
    if value > limit:
        raise MalformedError("parameter set with an impossible number")
    return value


def _size(value: int) -> int:
    if not 0 < value < 65_536:
        raise MalformedError("parameter set with an impossible picture size")
    return value
