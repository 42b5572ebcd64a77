# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the drain needs of its neighbours, as protocols: a playing session, an opener, keys.

`recorder.rtsp` and `recorder.keys` provide them; `recorder.testing` has doubles.
"""

import datetime as dt
import socket
from dataclasses import dataclass
from typing import Protocol

from machimori.kernel.ids import CameraId, ClassId, KeyId
from machimori.recorder.camera import CameraConfig
from machimori.recorder.framing import Codec
from machimori.vault.sealing.seal import SealingKey


class VideoTrack(Protocol):
    """The one track that is recorded."""

    @property
    def codec(self) -> Codec: ...
    @property
    def rtp_channel(self) -> int: ...
    @property
    def rtcp_channel(self) -> int: ...
    @property
    def clock_rate(self) -> int: ...


class PlayingSession(Protocol):
    """A camera that has answered PLAY: a connected non-blocking socket and how to keep it alive."""

    @property
    def socket(self) -> socket.socket: ...
    @property
    def pending(self) -> bytes: ...
    @property
    def video(self) -> VideoTrack: ...
    @property
    def description(self) -> bytes: ...
    @property
    def asked_at(self) -> float: ...
    @property
    def keepalive_every(self) -> float: ...
    def keepalive(self) -> bytes: ...
    def on_message(self, data: bytes) -> None: ...
    def outbox(self) -> bytes: ...
    def teardown(self) -> bytes: ...


class Opener(Protocol):
    """Makes a session out of a camera's configuration; raises CameraError."""

    async def open(self, camera: CameraConfig) -> PlayingSession: ...


@dataclass(frozen=True, kw_only=True)
class DayKey:
    """To what one camera's footage of one day is sealed."""

    retention_class: ClassId
    key: KeyId
    sealing: SealingKey


class Keys(Protocol):
    """The public keys to which a camera's days are sealed."""

    def find(self, camera: CameraId, day: dt.date) -> DayKey | None:
        """The key of that camera's day; None: there is none, and nothing may be recorded."""
        ...
