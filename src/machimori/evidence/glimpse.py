# SPDX-License-Identifier: AGPL-3.0-or-later
"""The first picture of an authorised interval: what somebody who may look sees first.

The same steps as for a package (the opening on record, the release, decryption by chunk), but only
as far as the first picture that decodes. Nothing is written.
"""

from collections.abc import Iterator

from machimori.evidence.errors import NotDeliverableError
from machimori.evidence.ordering import Order, Vault, authorised_keys
from machimori.evidence.selection import Sealed
from machimori.footage import picture
from machimori.footage.picture import DecodedPicture, NoPictureError
from machimori.footage.rtp.access import TimedChunk
from machimori.footage.store import Store
from machimori.kernel.clock import Clock
from machimori.ledger.interface import LedgerInterface
from machimori.vault.client.reader import Reader
from machimori.vault.client.release import SegmentKeys


def first_picture(
    *,
    client: Vault,
    ledger: LedgerInterface,
    store: Store,
    order: Order,
    reader: Reader,
    clock: Clock,
) -> DecodedPicture:
    """The first picture of the order's first camera.

    Raises NotDeliverableError if none can be decoded, and what `make` raises.
    """
    footage, keys = authorised_keys(
        client=client, ledger=ledger, store=store, order=order, reader=reader, clock=clock
    )
    for camera in footage:
        for sealed in camera.segments:
            released = keys[sealed.id]
            try:
                return picture.first_picture(
                    sealed.reader.description(released.description), _chunks(sealed, released)
                )
            except NoPictureError:
                continue
    raise NotDeliverableError("no picture of this interval can be decoded")


def _chunks(sealed: Sealed, keys: SegmentKeys) -> Iterator[TimedChunk]:
    for header, plain in sealed.plain(keys.chunks):
        yield TimedChunk(arrived_from=header.arrived_from, arrived_to=header.arrived_to, data=plain)
