# SPDX-License-Identifier: AGPL-3.0-or-later
"""A PCMU sound track (ITU-T G.711, payload type 0 of RFC 3551): a tone, so that there is a second
track that a recorder of pictures must leave alone."""

import math
import struct

RATE = 8000
PERIOD = 0.04
"""Seconds of sound in a packet."""
_SAMPLES = round(RATE * PERIOD)
_TONE = 500
_HEAD = struct.Struct(">BBHBBHII")


def _mu_law(sample: int) -> int:
    """One 16-bit sample as G.711 mu-law."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32_635) + 132
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | magnitude >> exponent + 3 & 0x0F) & 0xFF


# 500 Hz repeats every 16 samples and a packet holds a whole number of them: one payload does.
_PAYLOAD = bytes(
    _mu_law(round(8000 * math.sin(2 * math.pi * _TONE * n / RATE))) for n in range(_SAMPLES)
)


def packet(channel: int, number: int, ssrc: int, base: int) -> bytes:
    """The interleaved packet `number` of a session whose time stamps begin at `base`."""
    stamp = base + number * _SAMPLES & 0xFFFF_FFFF
    length = 12 + len(_PAYLOAD)
    head = _HEAD.pack(0x24, channel, length, 0x80, 0, number & 0xFFFF, stamp, ssrc)
    return head + _PAYLOAD
