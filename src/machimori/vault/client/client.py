# SPDX-License-Identifier: AGPL-3.0-or-later
"""The vault's client: what recorders, evidence, retention and the command line speak through."""

import hashlib
import socket
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from machimori.kernel import canonical
from machimori.kernel.canonical import Json
from machimori.kernel.envelope import Envelope
from machimori.kernel.ids import CaseId
from machimori.kernel.instants import Micros
from machimori.vault.client import protocol
from machimori.vault.client.identity import Identity
from machimori.vault.client.protocol import Message
from machimori.vault.client.release import CaseKeys, Destruction, Release, ReleaseRequest
from machimori.vault.client.standing import Standing
from machimori.vault.errors import (
    VaultDurabilityError,
    VaultError,
    VaultFailedError,
    VaultMalformedError,
    VaultRefusedError,
    VaultUnavailableError,
)

ANSWER_TIME = 120.0
"""Seconds for an answer: making weeks of keys for 1,000 cameras takes some."""


@dataclass(frozen=True, kw_only=True)
class Status:
    """The vault's state, safe to show."""

    open: bool
    """False after a restart, until `unlock`: it destroys, but opens nothing."""
    rehearsal: bool
    vault_key: bytes
    """The city's public key, which recorders pin."""
    bundled_days: int
    """Days after today for which every camera has its keys; -1: one has none today. Alarms at 14,
    7, 3, 1."""
    clock_trusted: bool
    horizon: str
    """Local day through which expiry has run."""
    pending: tuple[str, ...]
    """Destructions that wait for a place to come back."""
    places: dict[str, bool]
    ledger_size: int
    """Size of the largest ledger checkpoint that the vault has seen."""
    records: int
    """Length of the journal."""
    epochs: int
    now: Micros

    def fingerprint(self) -> str:
        """SHA-256 of the city's key, hex."""
        return hashlib.sha256(self.vault_key).hexdigest()


class VaultClient:
    """One connection to the vault's socket, made when first needed; safe between threads.

    Every method raises VaultUnavailableError if the vault does not answer or is closed,
    VaultRefusedError (with its `reason`) if it refuses, VaultDurabilityError if it could not write
    what it must before it answers, VaultFailedError by a defect of its own, and MalformedError.
    """

    def __init__(self, path: Path, *, patience: float = ANSWER_TIME) -> None:
        """`patience`: seconds for an answer."""
        self._path = path
        self._patience = patience
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None

    def status(self) -> Status:
        """How the vault is."""
        body, _ = self._ask("status")
        return Status(
            open=body["open"],
            rehearsal=body["rehearsal"],
            vault_key=canonical.unb64(body["vault_key"]),
            bundled_days=body["bundled_days"],
            clock_trusted=body["clock_trusted"],
            horizon=body["horizon"],
            pending=tuple(body["pending"]),
            places=body["places"],
            ledger_size=body["ledger_size"],
            records=body["records"],
            epochs=body["epochs"],
            now=Micros(body["now"]),
        )

    def unlock(self, secret: bytes) -> None:
        """Give the vault its root: the key file's content, or the passphrase in UTF-8."""
        self._ask("unlock", blobs=(secret,))

    def submit(self, envelope: Envelope) -> bytes:
        """Hand in a signed statement; returns its digest."""
        _, blobs = self._ask("submit", blobs=(envelope.encode(),))
        return blobs[0]

    def make_keys(self, days: int) -> int:
        """Make missing keys for today and the next `days` days; returns how many."""
        count, _ = self._ask("make_keys", {"days": days})
        return int(count)

    def bundle(self, retention_class: str, day: str) -> bytes:
        """The signed bundle of a class's day, for `KeyBundle.verified`."""
        _, blobs = self._ask("bundle", {"class": retention_class, "day": day})
        return blobs[0]

    def challenge(self) -> bytes:
        """32 fresh bytes that the `release.requested` entry must hold, good for 10 minutes."""
        _, blobs = self._ask("challenge")
        return blobs[0]

    def release(self, request: ReleaseRequest) -> Release:
        """Chunk keys sealed to the authorisation's reader."""
        _, blobs = self._ask(
            "release",
            blobs=(
                request.authorisation.encode(),
                request.authorisation_entry,
                request.authorisation_inclusion,
                request.opening_entry,
                request.opening_inclusion,
                request.consistency,
                *request.skeletons,
            ),
        )
        return Release(release_id=blobs[0], sealed=_pairs(blobs[1:]))

    def hold(
        self,
        envelope: Envelope,
        headers: Iterable[bytes],
        *,
        unreachable: Iterable[str] = (),
        until: str = "",
        complete: Iterable[str] = (),
    ) -> CaseKeys:
        """Place a hold, or bring it more segment headers (the same statement, as often as needed).

        `unreachable` are key ids of camera-days whose headers cannot be read now; their keys are
        kept through day `until`. `complete` are such key ids of which all headers are brought,
        once the hold's time is over: the vault keeps them no longer for this hold.
        """
        body, blobs = self._ask(
            "hold",
            {"complete": list(complete), "unreachable": list(unreachable), "until": until},
            blobs=(envelope.encode(), *headers),
        )
        return CaseKeys(
            case=CaseId(body["case"]),
            public=blobs[0],
            sealed=_pairs(blobs[1:]),
            segments=body["segments"],
        )

    def end_hold(self, envelope: Envelope) -> bytes:
        """End a case's hold: its keys are destroyed. Returns the statement's digest."""
        return self.submit(envelope)

    def expire(self) -> tuple[Destruction, ...]:
        """Destroy every key that is due. Idempotent; works on a closed vault."""
        items, blobs = self._ask("expire")
        return tuple(
            Destruction(
                name=item["name"],
                at=item["at"],
                kept=tuple(item["kept"]),
                punctured=tuple(item["punctured"]),
                places=item["places"],
                attestation=Envelope.decode(blob),
            )
            for item, blob in zip(items, blobs, strict=True)
        )

    def journal(self, since: int) -> list[bytes]:
        """Ledger entries of records `since` … `since` + 999, for the courier.

        Not every record is an entry; `status().records` says how far there is to go.
        """
        _, blobs = self._ask("journal", {"since": since})
        return list(blobs)

    def epochs(self) -> dict[str, Micros]:
        """The epochs that still live (`day.<class>.<day>`, `case.<case>`): when each must go."""
        names, _ = self._ask("epochs")
        return {str(name): Micros(at) for name, at in names.items()}

    def living(self, epoch: str) -> frozenset[str]:
        """Key ids of an epoch that are not destroyed; none for one that is gone or unknown."""
        keys, _ = self._ask("living", {"epoch": epoch})
        return frozenset(keys)

    def standing(self) -> Standing:
        """Officers, deputies, rules, classes and holds as the vault believes them."""
        found, _ = self._ask("standing")
        return Standing.from_json(found)

    def attest(self, release_id: bytes, payload_type: str, payload: bytes) -> Envelope:
        """The city's signature on an evidence statement about a release that was made."""
        _, blobs = self._ask("attest", {"type": payload_type}, blobs=(release_id, payload))
        return Envelope.decode(blobs[0])

    def watch(self, scheme: str, shift: str) -> Envelope:
        """The grant to watch live for a shift (`client.live`), which recorders ask to see."""
        _, blobs = self._ask("watch", {"scheme": scheme, "shift": shift})
        return Envelope.decode(blobs[0])

    def identity(self) -> Identity:
        """The city's key and its certificates."""
        _, blobs = self._ask("identity")
        return Identity.decode(blobs[0])

    def close(self) -> None:
        """End the connection; the next call makes another one."""
        with self._lock:
            self._drop()

    def __enter__(self) -> "VaultClient":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(
        self, op: str, body: dict[str, Json] | None = None, blobs: tuple[bytes, ...] = ()
    ) -> tuple[Json, tuple[bytes, ...]]:
        message = Message(body={**(body or {}), "op": op}, blobs=blobs)
        with self._lock:
            try:
                answer = self._exchange(message)
            except BaseException:
                self._drop()
                raise
        if "error" in answer.body:
            raise _raised(answer.body["error"])
        return answer.body.get("ok"), answer.blobs

    def _exchange(self, message: Message) -> Message:
        if self._connection is not None and _ended(self._connection):
            self._drop()
        if self._connection is None:
            self._connection = self._connect()
        self._connection.settimeout(self._patience)
        protocol.send(self._connection, message)
        answer = protocol.receive(self._connection, within=self._patience)
        if answer is None:
            raise VaultUnavailableError("the vault closed the connection", where=str(self._path))
        return answer

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(str(self._path))
        except OSError as error:
            connection.close()
            raise VaultUnavailableError(
                "the vault does not answer",
                where=str(self._path),
                remedy="start it with `machimori vault serve`",
            ) from error
        return connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _ended(connection: socket.socket) -> bool:
    """Whether the vault closed this connection while nothing was asked of it."""
    connection.settimeout(0)
    try:
        return not connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True


def _pairs(blobs: tuple[bytes, ...]) -> dict[bytes, bytes]:
    return dict(zip(blobs[::2], blobs[1::2], strict=True))


def _raised(error: Json) -> VaultError:
    texts = {name: str(error.get(name, "")) for name in ("message", "where", "remedy", "reason")}
    where, remedy = texts["where"], texts["remedy"]
    if error.get("kind") == "refused":
        return VaultRefusedError(texts["reason"], texts["message"], where=where, remedy=remedy)
    if error.get("kind") == "malformed":
        return VaultMalformedError(texts["message"], where=where, remedy=remedy)
    if error.get("kind") == "durability":
        return VaultDurabilityError(texts["message"], where=where, remedy=remedy)
    if error.get("kind") == "unavailable":
        return VaultUnavailableError(texts["message"], where=where, remedy=remedy)
    return VaultFailedError(texts["message"], where=where, remedy=remedy)
