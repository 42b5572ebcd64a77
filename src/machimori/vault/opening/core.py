# SPDX-License-Identifier: AGPL-3.0-or-later
"""The vault's core: log, state, epochs, and the one way in which keys are destroyed.

Everything in here runs under the vault's one lock, so that holds, releases and expiry have one
serial order. Normal operation runs the recovery code: destroying writes an intent and then does
what a restart would do on finding that intent.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.clock import Clock
from machimori.kernel.durable import Disk
from machimori.kernel.envelope import Envelope
from machimori.kernel.errors import MachimoriError, MalformedError
from machimori.kernel.instants import Micros
from machimori.kernel.signing import PublicKey, SigningKey
from machimori.vault.client.reader import PrivateKey
from machimori.vault.client.release import Destruction
from machimori.vault.errors import VaultDurabilityError, VaultRefusedError, VaultUnavailableError
from machimori.vault.opening.charter import Charter
from machimori.vault.opening.clocks import ClockStatus
from machimori.vault.opening.keyring import Keyring
from machimori.vault.opening.log import Record, VaultLog, make_record
from machimori.vault.opening.places import OVERWRITTEN, PENDING, Places
from machimori.vault.opening.root import Root, open_root
from machimori.vault.opening.state import Intent, State

BEHIND = 5 * 60 * 1_000_000
"""µs by which the clock may stand before the log's last record without being called wrong."""


class Core:
    """What the vault's acts (`issuing`, `releasing`, `holding`, `expiring`) are made of."""

    def __init__(self, home: Path, *, clock: Clock, status: ClockStatus, disk: Disk) -> None:
        self.home = home
        self.clock = clock
        self.clock_status = status
        self.disk = disk
        charter_envelope = Envelope.decode((home / "charter.json").read_bytes())
        self.charter = Charter.decode(charter_envelope)
        self._journal_key = SigningKey((home / "journal.key").read_bytes())
        if self._journal_key.public.raw != self.charter.journal:
            raise VaultDurabilityError("the journal key is not the charter's", where=str(home))
        paths = canonical.load_object((home / "places.json").read_bytes())
        digest = charter_envelope.digest().hex()
        self.places = Places({n: Path(paths[n]) for n in self.charter.places}, disk, charter=digest)
        self.keyring = Keyring(home, disk)
        self.root: Root | None = None
        self._mended: frozenset[str] = frozenset()
        self.state = State(self.charter)
        self.log = VaultLog(home, self.places, PublicKey(self.charter.journal), disk)
        self.records: list[Record] = []
        for record in self.log.records:
            try:
                self.state.apply(record)
            except (VaultRefusedError, MalformedError) as error:
                raise VaultDurabilityError(
                    f"the log holds what officers did not sign: {error.message}",
                    where=f"record {record.sequence}",
                    remedy="somebody wrote to the vault's directory; restore the log from a place",
                ) from error
            self.records.append(record)
        if not self.records or self.records[0].facts.get("charter") != digest:
            raise VaultDurabilityError(
                "charter and log belong to different vaults", where=str(home)
            )
        self.recover()

    def unlock(self, secret: bytes) -> None:
        """Open the vault. Raises VaultRefusedError `wrong_secret` or `wrong_charter`."""
        root = open_root((self.home / "root.json").read_bytes(), secret)
        if root.city_key().public.raw != self.charter.city:
            raise VaultRefusedError("wrong_charter", "this root did not sign this charter")
        self.root = root

    def close(self) -> None:
        """Release files and threads."""
        self.log.close()
        self.places.close()

    def opened(self) -> Root:
        """The root. Raises VaultUnavailableError while the vault is closed."""
        if self.root is None:
            raise VaultUnavailableError(
                "the vault is closed; it destroys, but opens nothing",
                remedy="give it its root with `machimori vault unlock`",
            )
        return self.root

    def now(self) -> Micros:
        """The time to judge by, which is the one that goes on record: the clock, or that of the
        last record where it stands a little later. Raises VaultRefusedError `clock_behind`."""
        now = self.clock.now()
        if now < self.state.floor - BEHIND:
            raise VaultRefusedError(
                "clock_behind",
                "the clock stands before what the vault has recorded already",
                remedy="correct the clock",
            )
        return max(now, self.state.floor)

    def monotonic(self) -> int:
        """Monotonic microseconds, as records hold them."""
        return round(self.clock.monotonic() * 1_000_000)

    def record(
        self,
        kind: str,
        *,
        subject: Mapping[str, str] | None = None,
        facts: Mapping[str, Json] | None = None,
        body: Mapping[str, Json] | None = None,
        at: Micros | None = None,
    ) -> Record:
        """Append a record, durably, then let the state take it in."""
        record = make_record(
            signer=self._journal_key,
            sequence=len(self.records),
            previous=self.records[-1].head() if self.records else "",
            kind=kind,
            at=self._time(kind, at),
            subject=subject or {},
            facts=facts or {},
            body=body or {},
        )
        self.log.append(record.line())
        self.records.append(record)
        self.state.apply(record)
        return record

    def _time(self, kind: str, at: Micros | None) -> Micros:
        """Records never go back in time, unless officers said that the clock had been wrong."""
        at = self.clock.now() if at is None else at
        return at if kind == "time.stated" else max(at, self.state.floor)

    def private_key(self, name: str, key: str) -> PrivateKey:
        """A key pair's private half, if its epoch still has its secret.

        Raises VaultRefusedError `destroyed` or `unknown_key`, VaultUnavailableError if closed.
        """
        root = self.opened()
        epoch_state = self.state.epochs.get(name)
        if name in self.state.dead:
            raise VaultRefusedError("destroyed", "this key was destroyed", where=key)
        if epoch_state is None:
            raise VaultRefusedError("unknown_key", "the vault never made this key", where=key)
        if self.state.intents.get(name) is not None:
            raise VaultRefusedError("destroyed", "this epoch is being destroyed", where=key)
        wrapped = self.keyring.find(name, epoch_state.serial, key)
        if wrapped is None:
            raise VaultRefusedError("unknown_key", "the vault never made this key", where=key)
        if epoch_state.leaves.get(wrapped.leaf) != key:
            raise VaultRefusedError("destroyed", "this key was destroyed", where=key)
        epoch = self.places.load(name, epoch_state.generation)
        if epoch is None:
            raise VaultUnavailableError(
                "no place that holds this epoch is reachable",
                where=name,
                remedy="attach one of the vault's places",
            )
        return root.unwrap(wrapped.wrapped, epoch.secrets[wrapped.leaf], key)

    def carry_out(self) -> tuple[Destruction, ...]:
        """Do what recorded intents demand; one that cannot be done yet stays, and is refused to
        everybody meanwhile. Needs no root."""
        done = []
        for intent in list(self.state.intents.values()):
            try:
                done.append(self._carry_out(intent))
            except VaultUnavailableError:
                # Keeping a part needs the object; with its places away it waits, the rest does not.
                continue
        return tuple(done)

    def _carry_out(self, intent: Intent) -> Destruction:
        """Destroy an epoch's secrets but those of the `kept` leaves.

        The intent is on record already: an officer's order, or a run of expiry. 1. write the next
        generation, with the kept secrets, to every place; 2. overwrite and unlink the old one in
        every place; 3. record what was done where. A crash at any point leaves the intent without
        its result, and the next start does all of it again.
        """
        leaves = dict(self.state.epochs[intent.name].leaves)
        if intent.kept:
            old = self.places.load(intent.name, intent.generation)
            if old is not None:
                self.places.write(old.without(intent.kept))
            elif self.places.load(intent.name, intent.generation + 1) is None:
                raise VaultUnavailableError(
                    "no place that holds this epoch is reachable", where=intent.name
                )
        methods = self.places.erase(intent.name, intent.generation)
        if not intent.kept:
            self.keyring.remove(intent.name)
        gone = sorted(key for leaf, key in leaves.items() if leaf not in intent.kept)
        record = self.record(
            "epoch.punctured" if intent.kept else "epoch.destroyed",
            subject={"epoch": intent.name},
            facts={
                "destroyed": len(gone),
                "ground": intent.ground,
                "keys": hashlib.sha256("\n".join(gone).encode()).hexdigest(),
                "kept": len(intent.kept),
                "places": methods,
            },
            body={"generation": intent.generation, "name": intent.name},
        )
        return self._destruction(record, intent, leaves, gone)

    def recover(self) -> None:
        """Complete what was cut off, retry what is pending, destroy what must not be there."""
        self.log.catch_up()
        self.carry_out()
        if self.state.intents:
            # A place that is away may hold what an intent still needs: destroy nothing blindly.
            return
        self.retry_pending()
        living = {name: epoch.generation for name, epoch in self.state.epochs.items()}
        for place, name, generation in self.places.sweep(living):
            # What a crash left behind was never alive; what was dead was brought back.
            if name in self.state.dead:
                self._erased(name, generation, {place: OVERWRITTEN}, "restored")
        reachable = frozenset(name for name, _ in self.places.reachable())
        if reachable == self._mended:
            return
        for name, generation in living.items():
            try:
                self.places.mend(name, generation)
            except MachimoriError:
                continue
        self._mended = reachable

    def retry_pending(self) -> None:
        """Destroy in places that were away when it was due and are back now."""
        reachable = {name for name, _ in self.places.reachable()}
        for name, generation in sorted(
            {(n, g) for place, n, g in self.state.pending if place in reachable}
        ):
            methods = self.places.erase(name, generation)
            done = {place: how for place, how in methods.items() if how != PENDING}
            if any((place, name, generation) in self.state.pending for place in done):
                self._erased(name, generation, done, "pending")

    def _erased(self, name: str, generation: int, places: Mapping[str, str], ground: str) -> None:
        self.record(
            "epoch.destroyed" if name in self.state.dead else "epoch.punctured",
            subject={"epoch": name},
            facts={"ground": ground, "places": dict(places)},
            body={"generation": generation, "name": name},
        )

    def _destruction(
        self, record: Record, intent: Intent, leaves: Mapping[int, str], gone: list[str]
    ) -> Destruction:
        return Destruction(
            name=intent.name,
            at=record.at,
            kept=tuple(sorted(leaves[leaf] for leaf in intent.kept if leaf in leaves)),
            punctured=tuple(gone) if intent.kept else (),
            places=record.facts["places"],
            attestation=record.attestation,
        )
