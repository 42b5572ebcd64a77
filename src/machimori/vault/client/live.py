# SPDX-License-Identifier: AGPL-3.0-or-later
"""Leave to watch live: what the vault signs for a shift, and recorders check.

The vault's officers say once which cameras of a scheme may be watched (`LiveView`). For each shift
the vault signs a grant: these cameras, this shift, these hours. A recorder knows nobody but the
vault's pinned key: without a grant in force it hands out nothing.
"""

from dataclasses import dataclass
from typing import Final

from machimori.kernel import canonical
from machimori.kernel.envelope import Envelope, Verifier
from machimori.kernel.ids import CameraId, SchemeId, check_name
from machimori.kernel.instants import Micros
from machimori.vault.errors import VaultMalformedError, VaultRefusedError

GRANT_TYPE: Final = "application/vnd.machimori.live-grant+json"
LONGEST: Final = 12 * 60 * 60 * 1_000_000
"""µs for which a grant holds at the most: a shift is no longer."""


@dataclass(frozen=True, kw_only=True)
class LiveGrant:
    """These cameras may be watched for this shift, [valid_from, valid_to) in UTC microseconds."""

    scheme: SchemeId
    shift: str
    cameras: tuple[CameraId, ...]
    valid_from: Micros
    valid_to: Micros

    def envelope(self) -> Envelope:
        """The grant, unsigned."""
        return Envelope.of(
            GRANT_TYPE,
            {
                "cameras": list(self.cameras),
                "from": self.valid_from,
                "scheme": self.scheme,
                "shift": self.shift,
                "until": self.valid_to,
            },
        )

    @classmethod
    def verified(cls, envelope: Envelope, vault: Verifier) -> "LiveGrant":
        """The grant in an envelope that the vault signed. Raises MalformedError."""
        if envelope.payload_type != GRANT_TYPE:
            raise VaultMalformedError("not a live grant", where=envelope.payload_type[:80])
        if not envelope.signed_with(vault):
            raise VaultMalformedError("the live grant is not signed by the pinned vault key")
        source = envelope.statement()
        cameras = canonical.field(source, "cameras", list)
        return cls(
            scheme=SchemeId(check_name(canonical.field(source, "scheme", str), what="scheme")),
            shift=check_name(canonical.field(source, "shift", str), what="shift"),
            cameras=tuple(CameraId(check_name(str(one), what="camera")) for one in cameras),
            valid_from=Micros(canonical.field(source, "from", int)),
            valid_to=Micros(canonical.field(source, "until", int)),
        )

    def check(self, scheme: str, camera: str, now: Micros) -> None:
        """Raise VaultRefusedError unless this camera of this scheme may be watched now."""
        if not self.valid_from <= now < self.valid_to:
            raise VaultRefusedError("not_valid_now", "the shift's grant is not valid now")
        if self.scheme != scheme:
            raise VaultRefusedError("wrong_scheme", "the grant is for another scheme")
        if camera not in self.cameras:
            raise VaultRefusedError("wrong_camera", "the grant does not name this camera")
