# SPDX-License-Identifier: AGPL-3.0-or-later
"""きまり as the vault's `Rules`: who signs for which ground, how long, how much, how often."""

from collections.abc import Iterable
from dataclasses import replace

from machimori.kernel.ids import ClassId, SchemeId
from machimori.kernel.instants import Micros
from machimori.office.custody.access import vault_post
from machimori.policy.grounds import grounds
from machimori.policy.profile import Profile
from machimori.vault.client.signers import HoldSigners, Signers
from machimori.vault.client.statements import Rules

DISCLOSURE = "disclosure"
"""The ground of holds for requests under 個情法76条, which every scheme has by law."""
EMERGENCY = "emergency"
"""The ground on which the police's 画像管理責任者 orders an extraction alone (旭川 3(5))."""
INTERNAL = "internal"
"""The ground on which whoever permits internal use signs alone (旭川 3(4))."""
_HOUR = 60 * 60 * 1_000_000
_DAY = 24 * _HOUR
_CLERKS = ("handling-supervisor", "system-manager")


def rules_statement(
    profile: Profile,
    *,
    scheme: SchemeId,
    classes: Iterable[ClassId],
    version: int,
    effective_from: Micros,
) -> Rules:
    """The rules of a profile, for the scheme's retention classes.

    Raises UnsetError while retention is not decided.
    """
    deciding = _posts(profile, "acts.decide") or ("system-manager",)
    known = grounds(profile)
    holding = profile.number("signing.hold") or 1
    retention = profile.retention()
    holds = {
        one.id: HoldSigners(
            number=holding,
            posts=_posts(profile, "acts.place_hold") or deciding,
            days=one.hold_days,
        )
        for one in known
        if one.hold
    }
    holds[DISCLOSURE] = HoldSigners(number=holding, posts=_CLERKS, days=None)
    sole = {INTERNAL: _posts(profile, "acts.permit_internal") or deciding}
    if profile.flag("emergency.allowed"):
        sole[EMERGENCY] = ("police-image-manager",)
    return Rules(
        scheme=scheme,
        version=version,
        effective_from=effective_from,
        signer_posts=deciding,
        release_signers=max((one.signers for one in known), default=1),
        release_posts={one.id: Signers(number=one.signers, posts=deciding) for one in known},
        sole_signers=sole,
        hold_posts=holds,
        destruction_signers=profile.number("signing.destruction") or 1,
        max_openings=profile.number("signing.openings") or 1,
        max_interval=(profile.number("signing.interval_hours") or 1) * _HOUR,
        max_validity=(profile.number("signing.validity_days") or 1) * _DAY,
        max_hold_days=profile.number("signing.max_hold_days") or 1,
        retention=dict.fromkeys(sorted(classes), retention),
    )


def same(one: Rules, other: Rules) -> bool:
    """Whether two versions of a scheme's rules say the same."""
    return replace(one, version=1, effective_from=Micros(0)) == replace(
        other, version=1, effective_from=Micros(0)
    )


def _posts(profile: Profile, key: str) -> tuple[str, ...]:
    return tuple(sorted(map(vault_post, profile.names(key) or ())))
