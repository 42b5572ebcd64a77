# SPDX-License-Identifier: AGPL-3.0-or-later
"""A viewing's reel: the stored pieces that it may play with their keys, and what is missing.

The reel lies in the database under AES-256-GCM. Its secret is made for the viewing, given to the
viewer's browser as a cookie that no script reads, and kept nowhere else: the database opens
nothing without the browser, the browser nothing without the office. So every worker process can
serve every viewing, and a restart ends none.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from machimori.evidence.playing import is_converted
from machimori.evidence.selection import CameraFootage
from machimori.kernel import canonical
from machimori.kernel.errors import MalformedError
from machimori.kernel.instants import Micros
from machimori.vault.client.release import SegmentKeys

_NONCE = 12


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A stored segment, as far as it was released."""

    camera: str
    name: str
    """In the case's store."""
    size: int
    start: Micros
    """Of the first released chunk."""
    end: Micros
    """Of the last."""
    keys: SegmentKeys
    converted: bool = False
    """Whether its pictures are coded anew to be shown: what the camera sent, no browser plays."""


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Where nothing is stored. `cause` is a record's, `damaged`, or "" if nothing explains it."""

    camera: str
    start: Micros
    end: Micros
    cause: str


@dataclass(frozen=True, kw_only=True)
class Reel:
    """What can be played, camera by camera in order of time."""

    cameras: tuple[str, ...]
    start: Micros
    end: Micros
    pieces: tuple[Piece, ...]
    gaps: tuple[Gap, ...]

    def encode(self) -> bytes:
        """As JSON."""
        source = {
            "cameras": list(self.cameras),
            "start": self.start,
            "end": self.end,
            "pieces": [
                [
                    p.camera,
                    p.name,
                    p.size,
                    p.start,
                    p.end,
                    canonical.b64(p.keys.encode()),
                    p.converted,
                ]
                for p in self.pieces
            ],
            "gaps": [[g.camera, g.start, g.end, g.cause] for g in self.gaps],
        }
        return json.dumps(source).encode()

    @classmethod
    def decode(cls, data: bytes) -> "Reel":
        """The inverse of `encode`; only for what `unseal` has authenticated."""
        source: dict[str, Any] = json.loads(data)
        return cls(
            cameras=tuple(source["cameras"]),
            start=Micros(source["start"]),
            end=Micros(source["end"]),
            pieces=tuple(
                Piece(
                    camera=camera,
                    name=name,
                    size=size,
                    start=Micros(start),
                    end=Micros(end),
                    keys=SegmentKeys.decode(canonical.unb64(keys, where="keys")),
                    converted=converted,
                )
                for camera, name, size, start, end, keys, converted in source["pieces"]
            ),
            gaps=tuple(
                Gap(camera=camera, start=Micros(start), end=Micros(end), cause=cause)
                for camera, start, end, cause in source["gaps"]
            ),
        )


def reel_of(
    footage: Sequence[CameraFootage],
    keys: Mapping[bytes, SegmentKeys],
    *,
    start: Micros,
    end: Micros,
) -> Reel:
    """The reel of what was released of [start, end); keys of chunks outside are left out."""
    pieces: list[Piece] = []
    gaps: list[Gap] = []
    for camera in footage:
        mine = []
        for sealed in camera.segments:
            released = keys[sealed.id]
            inside = {c.index: released.chunks[c.index] for c in sealed.chunks}
            mine.append(
                Piece(
                    camera=camera.camera,
                    name=str(sealed.name),
                    size=sealed.source.size,
                    start=max(start, sealed.chunks[0].arrived_from),
                    end=min(end, sealed.chunks[-1].arrived_to),
                    keys=SegmentKeys(description=released.description, chunks=inside),
                    converted=is_converted(sealed, released),
                )
            )
        pieces += mine
        gaps += _gaps(camera, mine, start, end)
    names = tuple(camera.camera for camera in footage)
    return Reel(cameras=names, start=start, end=end, pieces=tuple(pieces), gaps=tuple(gaps))


SHORTEST = 2_000_000
"""Microseconds without footage that the time line shows as a gap, as in an evidence package."""


def _gaps(footage: CameraFootage, pieces: Sequence[Piece], start: Micros, end: Micros) -> list[Gap]:
    found: list[Gap] = []
    at = start
    for begins, ends in [*((p.start, p.end) for p in pieces), (end, end)]:
        if begins - at > SHORTEST:
            cause = _cause(footage, at, begins)
            found.append(Gap(camera=footage.camera, start=at, end=begins, cause=cause))
        at = max(at, ends)
    return found


def _cause(footage: CameraFootage, start: Micros, end: Micros) -> str:
    """The cause that explains most of the gap."""
    told = [
        (min(end, one.record.last) - max(start, one.record.first), str(one.record.cause))
        for one in footage.records
    ]
    told += [(min(end, name.last) - max(start, name.first), "damaged") for name in footage.damaged]
    longest = max(told, default=(0, ""))
    return longest[1] if longest[0] > 0 else ""


def new_secret() -> bytes:
    """A secret of 32 bytes for one viewing."""
    return secrets.token_bytes(32)


def seal(reel: Reel, secret: bytes, viewing: str) -> bytes:
    """The reel under the secret, bound to its viewing."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(secret).encrypt(nonce, reel.encode(), viewing.encode())


def unseal(sealed: bytes, secret: bytes, viewing: str) -> Reel:
    """Raises MalformedError if the secret is another viewing's, or none."""
    try:
        plain = AESGCM(secret).decrypt(sealed[:_NONCE], sealed[_NONCE:], viewing.encode())
    except (InvalidTag, ValueError) as error:
        raise MalformedError("this secret does not open the viewing") from error
    return Reel.decode(plain)
