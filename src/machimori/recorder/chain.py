# SPDX-License-Identifier: AGPL-3.0-or-later
"""One camera's chain in one run of the recorder: segments and records, each naming the one before.

A segment takes its place when it is begun and its head is known when it ends; records that fall
into its time wait until then (the lane sees to that), so that sequence and links agree.
"""

from zoneinfo import ZoneInfo

from machimori.footage.naming import RecordKind
from machimori.footage.records import Cause, Record, Removed
from machimori.kernel.ids import CameraId, RecorderId
from machimori.kernel.instants import Micros, local_day
from machimori.kernel.signing import SigningKey


class Chain:
    """The chain's end: what the next item must refer to. Not for use by several threads."""

    __slots__ = ("_keyid", "_signer", "_tz", "camera", "head", "recorder", "sequence", "session")

    def __init__(
        self,
        *,
        camera: CameraId,
        recorder: RecorderId,
        session: str,
        signer: SigningKey,
        tz: ZoneInfo,
    ) -> None:
        self.camera = camera
        self.recorder = recorder
        self.session = session
        self.head = b""
        """Head of the chain, 32 bytes; empty at its start."""
        self.sequence = 0
        """Place of the next item."""
        self._signer = signer
        self._keyid = signer.public.fingerprint()
        self._tz = tz

    def advance(self, head: bytes) -> None:
        """An item with this head has taken its place."""
        self.head = head
        self.sequence += 1

    def record(
        self,
        kind: RecordKind,
        *,
        first: Micros,
        last: Micros,
        cause: Cause,
        detail: str = "",
        day: str = "",
        removed: tuple[Removed, ...] = (),
    ) -> tuple[str, bytes]:
        """Append a signed record; returns its name in the store and its bytes."""
        record = Record(
            kind=kind,
            day=day or local_day(first, self._tz).isoformat(),
            camera=self.camera,
            recorder=self.recorder,
            session=self.session,
            sequence=self.sequence,
            previous=self.head.hex(),
            first=first,
            last=last,
            cause=cause,
            detail=detail[:500],
            removed=removed,
        )
        envelope = record.sign(self._keyid, self._signer)
        self.advance(record.head(envelope))
        return str(record.name), envelope.encode()
