# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is ordered, what bounds it, and how the vault is asked for its keys.

An order is an authorisation, perhaps narrowed. The opening is in the ledger before keys leave the
vault (K12), and nothing beyond the authorisation is asked for (A15).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from machimori.evidence.errors import NotDeliverableError
from machimori.evidence.selection import CameraFootage, select
from machimori.evidence.verifier import ed25519
from machimori.evidence.verifier import statement as names
from machimori.evidence.verifier.statement import (
    Approval,
)
from machimori.evidence.verifier.trust import Trust
from machimori.footage.store import Store
from machimori.kernel.clock import Clock
from machimori.kernel.envelope import Envelope
from machimori.kernel.instants import Micros
from machimori.kernel.signing import PublicKey
from machimori.ledger.interface import LedgerInterface
from machimori.vault.client.asking import Asked, ask_release
from machimori.vault.client.identity import Certificate, Identity
from machimori.vault.client.reader import Reader
from machimori.vault.client.release import Release, SegmentKeys
from machimori.vault.client.statements import Authorisation


class Vault(Asked, Protocol):
    """What a package needs of the vault (`vault.client.VaultClient`)."""

    def attest(self, release_id: bytes, payload_type: str, payload: bytes) -> Envelope: ...
    def identity(self) -> Identity: ...


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be handed out, and who signed for it.

    `start` and `end` may narrow the authorised interval, never widen it; `parts` may narrow it
    further for single cameras. `approvals` names officer and post (pseudonymous) of each key id
    that signed.
    """

    authorisation: Envelope
    start: Micros | None = None
    end: Micros | None = None
    cameras: tuple[str, ...] = ()
    parts: Mapping[str, tuple[Micros, Micros]] = field(default_factory=dict)
    approvals: tuple[Approval, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Bounds:
    authorisation: Authorisation
    cameras: tuple[str, ...]
    start: Micros
    end: Micros
    parts: Mapping[str, tuple[Micros, Micros]] = field(default_factory=dict)

    def of(self, camera: str) -> tuple[Micros, Micros]:
        """What is to be handed out of this camera."""
        return self.parts.get(camera, (self.start, self.end))


@dataclass(frozen=True, kw_only=True)
class Opening:
    """The release, and the proofs that it was on record before."""

    release: Release
    files: Mapping[str, bytes]


def bounds_of(order: Order) -> Bounds:
    authorisation = Authorisation.decode(order.authorisation)
    start = authorisation.start if order.start is None else order.start
    end = authorisation.end if order.end is None else order.end
    if not authorisation.start <= start < end <= authorisation.end:
        raise NotDeliverableError(
            "the interval goes beyond the instruction",
            where=f"case {authorisation.case}",
            remedy="narrow the interval, or have another one authorised",
        )
    cameras = order.cameras or tuple(authorisation.cameras)
    if beyond := sorted(set(cameras) - set(authorisation.cameras)):
        raise NotDeliverableError(
            "a camera that the instruction does not name",
            where=", ".join(beyond)[:200],
            remedy="leave it out, or have it authorised",
        )
    parts = {
        camera: (max(first, start), min(last, end)) for camera, (first, last) in order.parts.items()
    }
    wanted = {one for one in cameras if one not in parts or parts[one][0] < parts[one][1]}
    if not wanted:
        raise NotDeliverableError(
            "nothing was chosen of this interval", where=f"case {authorisation.case}"
        )
    return Bounds(
        authorisation=authorisation,
        cameras=tuple(sorted(wanted)),
        start=start,
        end=end,
        parts={camera: span for camera, span in parts.items() if camera in wanted},
    )


def trust_of(identity: Identity) -> Trust:
    """The city's key and certificates, verified by OpenSSL: a city has many recorders.

    Raises MalformedError if a certificate is not the city's.
    """
    fast = PublicKey(identity.public)
    return Trust(
        city=ed25519.PublicKey(identity.public),
        certificates=tuple(Certificate.verified(e, fast) for e in identity.certificates),
    )


def stored_footage(store: Store, bounds: Bounds, trust: Trust) -> tuple[CameraFootage, ...]:
    """What can be handed out of the interval; the signatures are checked by OpenSSL, for speed."""
    city = PublicKey(trust.city.raw)

    def keys(name: str) -> list[PublicKey]:
        return [PublicKey(key.raw) for key in trust.recorder(name)]

    found = [
        one
        for camera in bounds.cameras
        for one in select(store, (camera,), *bounds.of(camera), keys=keys, city=city)
    ]
    return usable(found, bounds.authorisation.case)


def usable(footage: Iterable[CameraFootage], case: str) -> tuple[CameraFootage, ...]:
    found = tuple(footage)
    if not any(camera.segments for camera in found):
        raise NotDeliverableError(
            "nothing usable is stored of these cameras in this interval",
            where=f"case {case}",
            remedy="footage check says whether it expired, is damaged, or is not uploaded yet",
        )
    return found


def open_order(
    client: Vault,
    ledger: LedgerInterface,
    order: Order,
    footage: Iterable[CameraFootage],
    clock: Clock,
) -> Opening:
    """Record the opening, then have the keys released (K12: no look without an entry)."""
    recorded = ask_release(
        client,
        ledger,
        order.authorisation,
        (s.skeleton.encode() for camera in footage for s in camera.segments),
        clock=clock,
    )
    files = {
        names.AUTHORISATION: order.authorisation.encode(),
        names.AUTHORISATION_ENTRY: recorded.authorisation_entry,
        names.AUTHORISATION_PROOF: recorded.authorisation_inclusion.encode(),
        names.OPENING_ENTRY: recorded.opening_entry,
        names.OPENING_PROOF: recorded.opening_inclusion.encode(),
    }
    return Opening(release=recorded.release, files=files)


def authorised_keys(
    *,
    client: Vault,
    ledger: LedgerInterface,
    store: Store,
    order: Order,
    reader: Reader,
    clock: Clock,
) -> tuple[tuple[CameraFootage, ...], Mapping[bytes, SegmentKeys]]:
    """Put the opening on record and have the order's keys released; footage and keys by segment.

    Raises as `make` does.
    """
    bounds = bounds_of(order)
    footage = stored_footage(store, bounds, trust_of(client.identity()))
    opening = open_order(client, ledger, order, footage, clock)
    return footage, reader.open(opening.release)
