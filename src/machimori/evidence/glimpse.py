# SPDX-License-Identifier: AGPL-3.0-or-later
"""The first picture of an authorised interval: what somebody who may look sees first.

The same steps as for a package (the opening on record, the release, decryption by chunk), but only
as far as the first picture that decodes. Nothing is written.
"""

from collections.abc import Iterator

import av
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from machimori.evidence.errors import NotDeliverableError
from machimori.evidence.make import Order, Vault, authorised_keys
from machimori.evidence.selection import Sealed
from machimori.footage.rtp.access import AccessUnit, Assembler, TimedChunk
from machimori.footage.rtp.sdp import VideoTrack
from machimori.footage.store import Store
from machimori.kernel.clock import Clock
from machimori.ledger.interface import LedgerInterface
from machimori.vault.client.reader import Reader
from machimori.vault.client.release import SegmentKeys

_DECODERS = {"h264": "h264", "h265": "hevc", "jpeg": "mjpeg"}
_START_CODE = b"\x00\x00\x00\x01"


def first_picture(
    *,
    client: Vault,
    ledger: LedgerInterface,
    store: Store,
    order: Order,
    reader: Reader,
    clock: Clock,
) -> VideoFrame:
    """The first picture of the order's first camera.

    Raises NotDeliverableError if there is none to be decoded, and what `make` raises.
    """
    footage, keys = authorised_keys(
        client=client, ledger=ledger, store=store, order=order, reader=reader, clock=clock
    )
    for camera in footage:
        for sealed in camera.segments:
            if (frame := _first(sealed, keys[sealed.skeleton.segment_id()])) is not None:
                return frame
    raise NotDeliverableError("no picture of this interval can be decoded")


def _first(sealed: Sealed, keys: SegmentKeys) -> VideoFrame | None:
    track = VideoTrack.read(sealed.reader.description(keys.description))
    decoder = av.CodecContext.create(_DECODERS[track.codec], "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.thread_count = 1  # threads of frames hold the first picture back
    decoder.options = {"flags": "low_delay"}
    sets = b"".join(_START_CODE + unit for unit in track.parameter_sets)
    for unit in _units(sealed, keys, track):
        if not unit.key and not decoder.is_open:
            continue
        data = unit.units[0]
        if track.codec != "jpeg":
            data = sets + b"".join(_START_CODE + piece for piece in unit.units)
        for frame in decoder.decode(Packet(data)):
            return frame
    for frame in decoder.decode(None) if decoder.is_open else ():
        return frame
    return None


def _units(sealed: Sealed, keys: SegmentKeys, track: VideoTrack) -> Iterator[AccessUnit]:
    assembler = Assembler(track, synchronised=sealed.chunks[0].index == 0)
    for header, plain in sealed.plain(keys.chunks):
        yield from assembler.feed(
            TimedChunk(arrived_from=header.arrived_from, arrived_to=header.arrived_to, data=plain)
        )
    yield from assembler.flush()
