# SPDX-License-Identifier: AGPL-3.0-or-later
"""Release: judge an authorisation and its ledger proofs, seal chunk keys to the named reader.

Order matters. Everything is judged and computed first; then the opening is recorded, synced; then
the keys leave. A crash between record and answer costs the officers an opening, never gives one.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from machimori.kernel.canonical import Json
from machimori.kernel.errors import MachimoriError, MalformedError
from machimori.kernel.instants import Micros
from machimori.kernel.signing import PublicKey
from machimori.ledger.entry import Entry
from machimori.ledger.proof import Consistency, Inclusion
from machimori.vault.client.release import (
    Release,
    ReleaseRequest,
    SegmentKeys,
    release_info,
)
from machimori.vault.client.statements import Authorisation
from machimori.vault.errors import VaultRefusedError
from machimori.vault.opening.core import Core
from machimori.vault.opening.officers import Counter
from machimori.vault.opening.unsealing import Unsealer, check_header
from machimori.vault.sealing.seal import SealingKey, chunk_key, description_key
from machimori.vault.sealing.skeleton import Skeleton

CHALLENGE_LIFE = 10 * 60
"""Seconds in which a challenge must come back inside a `release.requested` entry."""
MAX_CHALLENGES = 1024
MAX_NAMED = 200
"""Cameras that a release's record names; beyond them it says how many there were."""
LONGEST = 15 * 60 * 1_000_000
"""µs from a segment's start to its last arrival: 130 s, and room for a clock that was corrected."""


class Challenges:
    """Fresh values that a `release.requested` entry must hold; each serves once."""

    def __init__(self) -> None:
        self._issued: dict[bytes, float] = {}

    def issue(self, now: float) -> bytes:
        """A challenge of 32 bytes; `now` in monotonic seconds."""
        self._issued = {c: t for c, t in self._issued.items() if now - t < CHALLENGE_LIFE}
        while len(self._issued) >= MAX_CHALLENGES:
            del self._issued[next(iter(self._issued))]
        challenge = secrets.token_bytes(32)
        self._issued[challenge] = now
        return challenge

    def live(self, challenge: bytes, now: float) -> bool:
        """Whether this challenge was issued, is fresh, and has not served."""
        issued = self._issued.get(challenge)
        return issued is not None and now - issued < CHALLENGE_LIFE

    def use(self, challenge: bytes) -> None:
        """It has served."""
        self._issued.pop(challenge, None)


@dataclass(frozen=True, kw_only=True)
class _Grant:
    authorisation: Authorisation
    digest: str
    ledger: tuple[int, bytes]
    challenge: bytes
    counters: tuple[Counter, ...]


def release(core: Core, challenges: Challenges, request: ReleaseRequest) -> Release:
    """The chunk keys of the authorised interval, sealed to the authorised reader.

    Raises VaultRefusedError with its reason, MalformedError, or VaultUnavailableError if closed.
    """
    core.opened()
    grant = _judge(core, challenges, request)
    reader = SealingKey(grant.authorisation.reader)
    release_id = secrets.token_bytes(16)
    sealed: dict[bytes, bytes] = {}
    opened: list[tuple[str, Micros, Micros]] = []
    unsealer = Unsealer(core, grant.authorisation.case, grant.authorisation.scheme)
    for data in request.skeletons:
        skeleton = Skeleton.decode(data)
        segment = skeleton.segment_id()
        keys = _segment_keys(core, grant.authorisation, skeleton, segment, unsealer)
        sealed[segment] = reader.seal(keys.encode(), release_info(release_id, segment))
        chunks = [skeleton.chunks[index] for index in keys.chunks]
        first, last = min(c.arrived_from for c in chunks), max(c.arrived_to for c in chunks)
        opened.append((skeleton.sealed.header.camera, first, last))
    if not sealed:
        raise VaultRefusedError("nothing_asked", "a release names at least one segment")
    challenges.use(grant.challenge)
    core.record(
        "release.made",
        subject={"case": grant.authorisation.case},
        facts={
            "authorisation": grant.digest,
            **_extent(opened),
            "opening": core.state.openings[grant.digest] + 1,
            "reader": reader.digest().hex(),
            "release": release_id.hex(),
            "segments": len(sealed),
        },
        body={
            "counters": [list(item) for item in grant.counters],
            "ledger_root": grant.ledger[1].hex(),
            "ledger_size": grant.ledger[0],
            "nonce": grant.authorisation.nonce,
        },
    )
    return Release(release_id=release_id, sealed=sealed)


def _extent(opened: Sequence[tuple[str, Micros, Micros]]) -> dict[str, Json]:
    """What of which cameras was opened, so that the ledger alone shows who went how far (A19)."""
    cameras = sorted({camera for camera, _, _ in opened})
    return {
        "camera_count": len(cameras),
        "cameras": [*cameras[:MAX_NAMED]],
        "end": max(last for _, _, last in opened),
        "start": min(first for _, first, _ in opened),
    }


def _judge(core: Core, challenges: Challenges, request: ReleaseRequest) -> _Grant:
    now = core.now()
    authorisation = Authorisation.decode(request.authorisation)
    digest = request.authorisation.digest().hex()
    rules = core.state.rules_in_force(authorisation.scheme, now)
    counters = core.state.demand(request.authorisation, authorisation, now)
    _check_agreement(core, authorisation, now)
    if not authorisation.valid_from <= now <= authorisation.valid_to:
        raise VaultRefusedError("not_valid_now", "the authorisation is not valid at this time")
    if authorisation.valid_to - authorisation.valid_from > rules.max_validity:
        raise VaultRefusedError("too_long_valid", "valid for longer than the rules allow")
    if not 0 < authorisation.end - authorisation.start <= rules.max_interval:
        raise VaultRefusedError("interval", "interval is empty or longer than the rules allow")
    if authorisation.openings > rules.max_openings:
        raise VaultRefusedError("openings", "more openings than the rules allow")
    if core.state.nonces.get(authorisation.nonce, digest) != digest:
        raise VaultRefusedError("nonce_reused", "another authorisation used this nonce")
    if digest in core.state.ended:
        raise VaultRefusedError("taken_back", "the officers took this authorisation back")
    if core.state.openings[digest] >= authorisation.openings:
        raise VaultRefusedError("openings_used_up", "every opening of this one is used up")
    ledger, challenge = _check_ledger(core, challenges, request, digest)
    return _Grant(
        authorisation=authorisation,
        digest=digest,
        ledger=ledger,
        challenge=challenge,
        counters=counters,
    )


def _check_agreement(core: Core, authorisation: Authorisation, now: Micros) -> None:
    agreement = core.state.agreements.get((authorisation.scheme, authorisation.ground))
    if agreement is None:
        return
    if not agreement.valid_from <= now < agreement.valid_until:
        raise VaultRefusedError("not_valid_now", "the agreement is not in force")
    outside = set(authorisation.cameras) - set(agreement.cameras)
    if outside:
        raise VaultRefusedError(
            "outside_agreement", "not a camera of the agreement", where=min(outside)
        )


def _check_ledger(
    core: Core, challenges: Challenges, request: ReleaseRequest, digest: str
) -> tuple[tuple[int, bytes], bytes]:
    key = core.charter.log_key()
    try:
        signed = Entry.decode(request.authorisation_entry)
        requested = Entry.decode(request.opening_entry)
        before = Inclusion.decode(request.authorisation_inclusion)
        before.verify(request.authorisation_entry, key)
        after = Inclusion.decode(request.opening_inclusion)
        head = after.verify(request.opening_entry, key)
    except MachimoriError as error:
        raise VaultRefusedError("not_in_ledger", error.message, where=error.where) from error
    if signed.type != "authorisation.signed" or signed.data.get("authorisation") != digest:
        raise VaultRefusedError("not_in_ledger", "the entry is of another authorisation")
    if requested.type != "release.requested" or requested.data.get("authorisation") != digest:
        raise VaultRefusedError("not_in_ledger", "the request's entry is of another one")
    challenge = _unhex(requested.data.get("challenge"))
    if not challenges.live(challenge, core.clock.monotonic()):
        raise VaultRefusedError("stale_challenge", "the request's challenge is not a fresh one")
    seen_size, seen_root = core.state.ledger
    if head.size < seen_size or (head.size == seen_size and head.root != seen_root):
        raise VaultRefusedError(
            "ledger_rolled_back", f"the ledger had {seen_size} entries, now {head.size}"
        )
    if head.size > seen_size > 0:
        _check_consistency(core, request.consistency, (seen_size, seen_root), head.size)
    return (head.size, head.root), challenge


def _check_consistency(core: Core, proof: bytes, seen: tuple[int, bytes], size: int) -> None:
    try:
        old, new = Consistency.decode(proof).verify(core.charter.log_key())
    except MachimoriError as error:
        raise VaultRefusedError("ledger_rewritten", error.message) from error
    if (old.size, old.root) != seen or new.size != size:
        raise VaultRefusedError("ledger_rewritten", "the proof is between other checkpoints")


def _segment_keys(
    core: Core,
    authorisation: Authorisation,
    skeleton: Skeleton,
    segment: bytes,
    unsealer: Unsealer,
) -> SegmentKeys:
    header = skeleton.sealed.header
    where = f"segment {segment.hex()[:16]}"
    check_header(core, header, authorisation.scheme, authorisation.cameras)
    enrolment = core.state.recorder_key(header.recorder, header.start)
    if enrolment is None:
        raise VaultRefusedError("unknown_recorder", "the recorder is not enrolled", where=where)
    try:
        skeleton.check(PublicKey(enrolment.public))
    except MalformedError as error:
        raise VaultRefusedError("forged_segment", error.message, where=where) from error
    # A stolen recorder's key could say of other days' chunks that they arrived in the interval. No
    # segment is long and none holds what came before its start: it gains minutes and not days.
    if any(
        c.arrived_from < header.start or c.arrived_to > header.start + LONGEST
        for c in skeleton.chunks
    ):
        raise VaultRefusedError(
            "forged_segment", "a chunk from outside its segment's time", where=where
        )
    indexes = skeleton.inside(authorisation.start, authorisation.end)
    if not indexes:
        raise VaultRefusedError(
            "outside_interval", "nothing of this segment lies in the interval", where=where
        )
    data_key = unsealer.data_key(skeleton.sealed, segment)
    return SegmentKeys(
        description=description_key(data_key),
        chunks={index: chunk_key(data_key, index) for index in indexes},
    )


def _unhex(value: object) -> bytes:
    try:
        return bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        return b""
