# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keys for a check: what the vault releases under an authorisation, for the segments of a store.

A check with keys opens footage, so it needs leave like every other opening: a signed authorisation
that names the cameras, the interval and this reader, and an entry in the ledger beforehand.
"""

from machimori.footage.inspection import Keys, Trusted
from machimori.footage.naming import SegmentName, parse
from machimori.footage.segment import SegmentReader
from machimori.footage.store import Store, StoredObject
from machimori.kernel.clock import Clock
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MalformedError
from machimori.ledger.interface import LedgerInterface
from machimori.vault.client.asking import Asked, ask_release
from machimori.vault.client.reader import Reader
from machimori.vault.client.statements import Authorisation


def released_keys(
    store: Store,
    *,
    client: Asked,
    ledger: LedgerInterface,
    authorisation: Envelope,
    reader: Reader,
    trusted: Trusted,
    clock: Clock,
    prefix: str = "",
) -> dict[str, Keys]:
    """Keys by segment id (hex) of every segment inside the authorised interval.

    A segment whose frame is not as its recorder signed it is left out: the vault would refuse it,
    and the check reports it without keys. Raises what `ask_release` raises.
    """
    statement = Authorisation.decode(authorisation)
    skeletons = [
        skeleton
        for stored in store.list(prefix)
        if (skeleton := _skeleton(store, stored, statement, trusted)) is not None
    ]
    if not skeletons:
        return {}
    recorded = ask_release(client, ledger, authorisation, skeletons, clock=clock)
    return {segment.hex(): keys for segment, keys in reader.open(recorded.release).items()}


def _skeleton(
    store: Store, stored: StoredObject, statement: Authorisation, trusted: Trusted
) -> bytes | None:
    try:
        name = parse(stored.name)
        if (
            not isinstance(name, SegmentName)
            or name.camera not in statement.cameras
            or name.last < statement.start
            or name.first >= statement.end
        ):
            return None
        reader = SegmentReader(
            lambda offset, length: store.read(stored.name, offset, length), stored.size
        )
        skeleton = reader.skeleton()
        for key in trusted.get(skeleton.sealed.header.recorder, ()):
            if skeleton.end.signed_by(key):
                skeleton.check(key)
                return skeleton.encode()
    except MalformedError:
        pass
    return None
