# SPDX-License-Identifier: AGPL-3.0-or-later
"""The vault: everything it does for those outside, one act at a time."""

import datetime as dt
import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.clock import Clock
from machimori.kernel.durable import Disk
from machimori.kernel.envelope import Envelope
from machimori.kernel.instants import Micros, local_day
from machimori.vault.client.identity import Certificate, Identity
from machimori.vault.client.release import CaseKeys, Destruction, Release, ReleaseRequest
from machimori.vault.client.standing import HeldCase, Standing
from machimori.vault.errors import VaultRefusedError, VaultUnavailableError
from machimori.vault.opening import expiring, holding, issuing, releasing, submitting, watching
from machimori.vault.opening.clocks import ClockStatus
from machimori.vault.opening.core import Core

ATTESTED_TYPES = "application/vnd.machimori.evidence"
"""Prefix of the payload types that the city key attests for a release, and of nothing else."""
_MAX_ATTESTED = 4 * 1024 * 1024


class Vault:
    """The private-key side. Every method takes the one lock: there is one serial order."""

    def __init__(
        self, home: Path, *, clock: Clock, status: ClockStatus, disk: Disk | None = None
    ) -> None:
        self._lock = threading.RLock()
        self._held = _lock(home)
        try:
            self._core = Core(home, clock=clock, status=status, disk=disk or Disk())
        except BaseException:
            os.close(self._held)
            raise
        self._challenges = releasing.Challenges()
        self._bundled = ((dt.date.min, -1), -1)

    def unlock(self, secret: bytes) -> None:
        """Give the vault its root. Raises VaultRefusedError `wrong_secret`."""
        with self._act("unlock"):
            self._core.unlock(secret)

    def submit(self, envelope: Envelope) -> bytes:
        """Obey a signed statement; returns its digest. Raises VaultRefusedError."""
        with self._act("submit", envelope):
            submitting.submit(self._core, envelope)
            return envelope.digest()

    def make_keys(self, days: int) -> int:
        """Key pairs for today and the `days` after it. Returns how many were made."""
        with self._act("make_keys"):
            return issuing.make_keys(self._core, days)

    def bundle(self, retention_class: str, day: str) -> bytes:
        """The signed key bundle of a class's day. Needs no root."""
        with self._lock:
            return issuing.bundle(self._core, retention_class, day)

    def challenge(self) -> bytes:
        """32 fresh bytes for a `release.requested` entry."""
        with self._act("challenge"):
            self._core.opened()
            return self._challenges.issue(self._core.clock.monotonic())

    def release(self, request: ReleaseRequest) -> Release:
        """Chunk keys sealed to the authorised reader. Raises VaultRefusedError."""
        with self._act("release", request.authorisation):
            return releasing.release(self._core, self._challenges, request)

    def hold(
        self,
        envelope: Envelope,
        headers: tuple[bytes, ...],
        *,
        unreachable: tuple[str, ...] = (),
        until: str = "",
        complete: tuple[str, ...] = (),
    ) -> CaseKeys:
        """Re-seal data keys to the case. Raises VaultRefusedError."""
        with self._act("hold", envelope):
            return holding.hold(
                self._core,
                envelope,
                headers,
                unreachable=unreachable,
                until=until,
                complete=complete,
            )

    def expire(self) -> tuple[Destruction, ...]:
        """Destroy what is due. Raises VaultRefusedError if the clock is not to be believed."""
        with self._act("expire"):
            return expiring.expire(self._core)

    def journal(self, since: int) -> list[bytes]:
        """Ledger entries from record number `since` on, at most 1,000 records further."""
        with self._lock:
            records = self._core.records[max(0, since) : max(0, since) + 1000]
            return [entry for entry in (r.entry() for r in records) if entry is not None]

    def epochs(self) -> dict[str, Micros]:
        """The epochs that still live, and when each must be gone. Needs no root."""
        with self._lock:
            state = self._core.state
            return {name: state.expires_at(name) for name in state.epochs}

    def living(self, epoch: str) -> list[str]:
        """Key ids of an epoch that are not destroyed; none for one that is gone or unknown."""
        with self._lock:
            found = self._core.state.epochs.get(epoch)
            return sorted(found.leaves.values()) if found else []

    def attest(self, release_id: bytes, payload_type: str, payload: bytes) -> Envelope:
        """The city's signature on a statement about a release that was made."""
        with self._act("attest"):
            root = self._core.opened()
            if release_id.hex() not in self._core.state.releases:
                raise VaultRefusedError("no_release", "the vault made no such release")
            if not payload_type.startswith(ATTESTED_TYPES) or len(payload) > _MAX_ATTESTED:
                raise VaultRefusedError("not_attested", "the city attests evidence only")
            statement = canonical.load_object(payload)
            if statement.get("release") != release_id.hex():
                raise VaultRefusedError("not_attested", "the statement is of another release")
            envelope = Envelope(payload_type=payload_type, payload=payload)
            return envelope.signed_by("city", root.city_key())

    def watch(self, scheme: str, shift: str) -> Envelope:
        """The city's signature on leave to watch live for a shift. Raises VaultRefusedError."""
        with self._act("watch"):
            return watching.grant(self._core, scheme, shift)

    def identity(self) -> Identity:
        """The city's key and its certificates for recorders, ledger and journal."""
        with self._lock:
            core = self._core
            city = core.opened().city_key()
            log = core.charter.log_key()
            found = [
                Certificate(
                    role="journal", name="vault", public=core.charter.journal, effective_from=0
                ),
                Certificate(role="ledger", name=log.name, public=log.public.raw, effective_from=0),
            ]
            for recorder, enrolments in core.state.recorders.items():
                found += [
                    Certificate(
                        role="recorder",
                        name=recorder,
                        public=e.public,
                        effective_from=e.effective_from,
                    )
                    for e in enrolments
                ]
            return Identity(
                public=city.public.raw,
                certificates=tuple(c.envelope().signed_by("city", city) for c in found),
            )

    def status(self) -> dict[str, Json]:
        """What may be shown to anyone on the machine."""
        with self._lock:
            core = self._core
            now = core.clock.now()
            reachable = dict(core.places.reachable())
            return {
                "bundled_days": self._bundled_days(now),
                "city": core.root.city_key().public.fingerprint() if core.root else "",
                "clock_trusted": expiring.clock_trusted(core, now),
                "epochs": len(core.state.epochs),
                "horizon": core.state.horizon.isoformat(),
                "ledger_size": core.state.ledger[0],
                "now": now,
                "open": core.root is not None,
                "pending": sorted(f"{place}: {name}" for place, name, _ in core.state.pending),
                "places": {n: n in reachable for n in core.places.names()},
                "records": len(core.records),
                "rehearsal": core.charter.rehearsal,
                "vault_key": canonical.b64(core.charter.city),
            }

    def standing(self) -> Standing:
        """What the vault believes now; it may be shown to anyone on the machine."""
        with self._lock:
            state = self._core.state
            return Standing(
                quorum=self._core.charter.quorum,
                posts=self._core.charter.posts,
                appointments=state.officers.appointments(),
                delegations=state.officers.delegations(),
                rules=tuple(one for versions in state.rules.values() for one in versions),
                cameras=tuple(found[-1] for found in state.cameras.values() if found),
                recorders=tuple(found[-1] for found in state.recorders.values() if found),
                agreements=tuple(state.agreements.values()),
                live_views=tuple(state.live.values()),
                holds=tuple(
                    HeldCase(
                        case=name,
                        scheme=case.scheme,
                        ground=case.ground,
                        last_day=case.last_day,
                        segments=case.segments,
                    )
                    for name, case in state.cases.items()
                ),
            )

    def close(self) -> None:
        """Release the files; a second time does nothing."""
        with self._lock:
            if self._held < 0:
                return
            self._core.close()
            os.close(self._held)
            self._held = -1

    def _bundled_days(self, now: Micros) -> int:
        """Days from today for which every camera has its keys; -1 if one has none today."""
        core = self._core
        today = local_day(now)
        # Asked for often and slow for a city's cameras and weeks; only a record changes it.
        asked = (today, len(core.records))
        if self._bundled[0] != asked:
            last = -1
            while last < issuing.MAX_DAYS and core.state.cameras:
                day = today + dt.timedelta(days=last + 1)
                if not issuing.has_keys(core, day):
                    break
                last += 1
            self._bundled = (asked, last)
        return self._bundled[1]

    @contextmanager
    def _act(self, what: str, envelope: Envelope | None = None) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except VaultRefusedError as error:
                self._refused(what, error, envelope)
                raise

    def _refused(self, what: str, error: VaultRefusedError, envelope: Envelope | None) -> None:
        core = self._core
        facts: dict[str, Json] = {"act": what, "reason": error.reason}
        if envelope is not None:
            facts["statement"] = envelope.digest().hex()
        last = core.records[-1] if core.records else None
        same = last is not None and last.kind == "refusal" and last.facts == facts
        if same and what == "expire":
            # The clock's refusals repeat every minute; one of a row says it.
            return
        core.record("refusal", facts=facts)


def _lock(home: Path) -> int:
    """Lock the vault's directory, so that two processes never write one log. The descriptor."""
    try:
        descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise VaultUnavailableError("there is no vault here", where=str(home)) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise VaultUnavailableError("another process serves this vault", where=str(home)) from error
    return descriptor
