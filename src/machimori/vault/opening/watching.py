# SPDX-License-Identifier: AGPL-3.0-or-later
"""Live view: the vault signs a shift's grant if officers allowed the scheme to be watched.

No key leaves the vault and nothing is opened: what was recorded stays sealed. The grant is in the
ledger, so that no shift was watched without an entry.
"""

from machimori.kernel.envelope import Envelope
from machimori.kernel.ids import SchemeId, check_name
from machimori.kernel.instants import Micros
from machimori.vault.client.live import LONGEST, LiveGrant
from machimori.vault.errors import VaultRefusedError
from machimori.vault.opening.core import Core


def grant(core: Core, scheme: str, shift: str) -> Envelope:
    """The signed grant. Raises VaultRefusedError `live_forbidden`, VaultUnavailableError."""
    city, now = core.opened().city_key(), core.now()
    allowed = core.state.live.get(SchemeId(check_name(scheme, what="scheme")))
    if allowed is None or not allowed.valid_from <= now < allowed.valid_until:
        raise VaultRefusedError("live_forbidden", "no statement lets this scheme be watched now")
    made = LiveGrant(
        scheme=allowed.scheme,
        shift=check_name(shift, what="shift"),
        cameras=allowed.cameras,
        valid_from=now,
        valid_to=Micros(min(now + LONGEST, allowed.valid_until)),
    )
    core.record(
        "live.granted",
        at=now,
        subject={"case": made.shift, "scheme": made.scheme},
        facts={"grant": made.envelope().digest().hex(), "until": made.valid_to},
    )
    return made.envelope().signed_by("city", city)
