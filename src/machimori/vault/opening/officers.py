# SPDX-License-Identifier: AGPL-3.0-or-later
"""Officers, their keys and posts, and the judgement whether enough of them signed.

The vault knows officers from its charter and from statements that it verified itself. A key
belongs to one officer for ever, so that nobody counts twice under two names. Of an officer's
appointments the one taken in last counts, from the day on which it begins: who is appointed in
March for April signs in March as before.

A deputy's signature counts as that of the officer in whose place they sign: both together are one.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from machimori.kernel.envelope import Envelope, Signature
from machimori.kernel.ids import OfficerId, SchemeId
from machimori.kernel.instants import Micros
from machimori.kernel.signing import PublicKey
from machimori.vault.client.signers import OfficerKey
from machimori.vault.client.statements import Appointment, Delegation
from machimori.vault.errors import VaultRefusedError
from machimori.vault.opening import fido2


@dataclass(frozen=True, kw_only=True)
class RelyingParty:
    """What FIDO2 signatures are pinned to. An empty id: none are accepted."""

    rp_id: str
    origins: tuple[str, ...]


Counter = tuple[str, int]
"""Key id and value of an authenticator's signature counter."""


class OfficerBook:
    """Who is an officer now. Fed in the log's order, it always tells the state at that point."""

    def __init__(self, party: RelyingParty) -> None:
        self._party = party
        self._appointments: dict[OfficerId, list[Appointment]] = {}
        """In the order in which they were taken in; a revocation empties the list."""
        self._revoked: set[OfficerId] = set()
        self._delegations: dict[tuple[OfficerId, SchemeId], dict[OfficerId, Delegation]] = {}
        """By deputy and scheme: of each officer's delegations the one taken in last."""
        self._owners: dict[str, OfficerId] = {}
        self._publics: dict[bytes, OfficerId] = {}
        self._counters: dict[Counter, bytes] = {}

    def check(self, appointment: Appointment) -> None:
        """Raise VaultRefusedError `key_in_use` if a key is, or was, another officer's."""
        for key in appointment.keys:
            for owner in (self._owners.get(key.keyid), self._publics.get(key.public)):
                if owner not in (None, appointment.officer):
                    raise VaultRefusedError(
                        "key_in_use", "a key in this appointment belongs to another officer"
                    )

    def appoint(self, appointment: Appointment) -> None:
        """Take in an appointment that was checked; once it begins, earlier ones count no more."""
        self._appointments.setdefault(appointment.officer, []).append(appointment)
        self._revoked.discard(appointment.officer)
        for key in appointment.keys:
            self._owners[key.keyid] = appointment.officer
            self._publics[key.public] = appointment.officer

    def delegate(self, delegation: Delegation) -> None:
        """Take in a delegation that its officer signed; it replaces an earlier one between them."""
        found = self._delegations.setdefault((delegation.deputy, delegation.scheme), {})
        found[delegation.officer] = delegation

    def delegated(self, delegation: Delegation, at: Micros) -> bool:
        """Whether there is one between the same two that goes on, or is to begin: one that is over
        already may replace it, and so end it before its day."""
        found = self._delegations.get((delegation.deputy, delegation.scheme), {})
        earlier = found.get(delegation.officer)
        return earlier is not None and at < earlier.valid_until

    def revoke(self, officer: OfficerId) -> None:
        """The officer's signatures count no longer, and no appointment that was still to begin."""
        self._revoked.add(officer)
        self._appointments[officer] = []

    def remember(self, counters: Iterable[Counter], digest: bytes) -> None:
        """Take in the counters (from `demand`) of a statement that is on record.

        Of no other: what a refused one left behind would be gone after a restart.
        """
        for counter in counters:
            self._counters.setdefault(counter, digest)

    def appointments(self) -> tuple[Appointment, ...]:
        """Those of officers who were not revoked, each officer's in the order of taking in."""
        return tuple(one for found in self._appointments.values() for one in found)

    def delegations(self) -> tuple[Delegation, ...]:
        """Of each officer's delegations to a deputy in a scheme the last."""
        return tuple(one for found in self._delegations.values() for one in found.values())

    def holders(self, posts: tuple[str, ...], at: Micros, *, but: OfficerId | None = None) -> int:
        """How many officers hold one of the posts at that time, not counting `but`."""
        return sum(
            self._holds(self._in_force(officer, at), posts, at)
            for officer in self._appointments
            if officer != but
        )

    def loses(self, appointment: Appointment, posts: tuple[str, ...], at: Micros) -> bool:
        """Whether an officer who holds one of the posts at that time would not, by this
        appointment."""
        now = self._in_force(appointment.officer, at)
        return self._holds(now, posts, at) and not self._holds(appointment, posts, at)

    def _in_force(self, officer: OfficerId, at: Micros) -> Appointment | None:
        """The last one that has begun, though it may have ended."""
        begun = [a for a in self._appointments.get(officer, ()) if a.valid_from <= at]
        return begun[-1] if begun else None

    @staticmethod
    def _holds(found: Appointment | None, posts: tuple[str, ...], at: Micros) -> bool:
        return found is not None and at < found.valid_until and bool(set(found.posts) & set(posts))

    def demand(
        self,
        envelope: Envelope,
        *,
        number: int,
        posts: tuple[str, ...],
        at: Micros,
        scheme: SchemeId | None = None,
        only: OfficerId | None = None,
    ) -> tuple[Counter, ...]:
        """Judge whether at least `number` distinct officers who hold one of `posts` signed.

        With a `scheme`, deputies of these officers count in their place. With `only`, nobody else's
        signature counts.

        Returns the counters of the signatures that count, for `remember`; nothing is changed.
        Raises VaultRefusedError: `too_few_signers`, or the reason why one signature did not count.
        """
        signers: set[OfficerId] = set()
        counters: set[Counter] = set()
        why = ""
        for signature in envelope.signatures:
            try:
                officer, counter = self._signer(envelope, signature, posts, at, scheme)
                if only not in (None, officer):
                    raise VaultRefusedError("not_the_officer", "somebody else signed this")
            except VaultRefusedError as error:
                why = why or error.reason
                continue
            signers.add(officer)
            if counter:
                counters.add((signature.keyid, counter))
        if len(signers) < number:
            raise VaultRefusedError(
                why or "too_few_signers",
                f"{number} officers of {'/'.join(posts)} must sign, {len(signers)} did",
                where=envelope.payload_type[:80],
            )
        return tuple(sorted(counters))

    def _signer(
        self,
        envelope: Envelope,
        signature: Signature,
        posts: tuple[str, ...],
        at: Micros,
        scheme: SchemeId | None,
    ) -> tuple[OfficerId, int]:
        """The officer for whom this signature counts, and its counter."""
        officer = self._owners.get(signature.keyid)
        if officer is None:
            raise VaultRefusedError("unknown_signer", "no officer has this key")
        if officer in self._revoked:
            raise VaultRefusedError("revoked_officer", "the officer's appointment was revoked")
        appointment = self._in_force(officer, at)
        if appointment is None or at >= appointment.valid_until:
            raise VaultRefusedError("appointment_not_valid", "the appointment is not in force")
        key = next((k for k in appointment.keys if k.keyid == signature.keyid), None)
        if key is None or key.kind != signature.kind:
            raise VaultRefusedError("unknown_signer", "the officer does not have this key")
        if not set(appointment.posts) & set(posts):
            officer = self._in_place_of(officer, posts, at, scheme)
        return officer, self._verify(envelope, signature, key)

    def _in_place_of(
        self, deputy: OfficerId, posts: tuple[str, ...], at: Micros, scheme: SchemeId | None
    ) -> OfficerId:
        """The officer whose deputy this is, now, in one of the posts. Who is a deputy appoints
        none: the officer holds the post by appointment."""
        found = self._delegations.get((deputy, scheme), {}) if scheme is not None else {}
        for officer, delegation in found.items():
            shared = tuple(sorted(set(delegation.posts) & set(posts)))
            if (
                delegation.valid_from <= at < delegation.valid_until
                and officer not in self._revoked
                and self._holds(self._in_force(officer, at), shared, at)
            ):
                return officer
        raise VaultRefusedError("wrong_post", "the officer holds none of the posts")

    def _verify(self, envelope: Envelope, signature: Signature, key: OfficerKey) -> int:
        """The signature's counter; 0 if it has none."""
        if key.kind == "ed25519":
            if not PublicKey(key.public).verify(signature.sig, envelope.pae()):
                raise VaultRefusedError("bad_signature", "a signature does not verify")
            return 0
        digest = envelope.digest()
        counter = fido2.verify(
            key, signature, digest, rp_id=self._party.rp_id, origins=self._party.origins
        )
        # A counter of zero means that the authenticator has none. Otherwise it never stands
        # still, so the same value under two statements means that somebody copied the key.
        # Lower values are no sign of it: statements arrive in any order.
        if counter and self._counters.get((key.keyid, counter), digest) != digest:
            raise VaultRefusedError("cloned_key", "an authenticator's counter was used twice")
        return counter
