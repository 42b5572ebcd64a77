# SPDX-License-Identifier: AGPL-3.0-or-later
"""Expiry: what is due is destroyed, and no clock alone can make much of it due.

At most one day beyond the last expiry, only with a synchronised clock (or an officer's statement
of the time), and within one boot only if wall clock and monotonic clock moved together. Whatever
goes beyond needs an officer's `Override`. None of it needs the root.
"""

import datetime as dt

from machimori.kernel.instants import Micros, local_day
from machimori.vault.client.release import Destruction
from machimori.vault.client.statements import EarlyDestruction
from machimori.vault.errors import VaultRefusedError, VaultUnavailableError
from machimori.vault.opening.core import Core

STEP = 60 * 60 * 1_000_000
"""µs by which wall and monotonic clock may part within one boot."""
STATED_FOR = 8 * 24 * 60 * 60 * 1_000_000
"""µs for which an officer's statement of the time vouches for the clock."""
STATED_WITHIN = 10 * 60 * 1_000_000


def expire(core: Core) -> tuple[Destruction, ...]:
    """Destroy every epoch that is due; idempotent. Raises VaultRefusedError with its reason."""
    now = core.now()
    today = local_day(now)
    core.recover()
    due = _due(core, now)
    if not due and today <= core.state.horizon:
        return ()
    _check_clock(core, now, today)
    core.record(
        "expiry.run",
        at=now,
        body={
            "boot": core.clock_status.boot(),
            "due": {name: sorted(kept) for name, kept in due},
            "monotonic": core.monotonic(),
            "through": today.isoformat(),
        },
    )
    return core.carry_out()


def check_order(core: Core, order: EarlyDestruction) -> None:
    """Raise VaultRefusedError `destroyed` or `held` if there is nothing that may be destroyed."""
    prefix = f"{order.camera}/{order.day}/"
    if any(key.startswith(prefix) for key in core.state.kept_keys(core.now())):
        raise VaultRefusedError("held", "a hold keeps this camera's day")
    found = core.state.without(order.camera, order.day)
    if not found:
        raise VaultRefusedError("destroyed", "there is no such key any more")
    if core.state.intents.keys() & found.keys():
        raise VaultUnavailableError(
            "an earlier destruction in this epoch waits for a place to come back",
            remedy="attach the vault's places",
        )


def clock_trusted(core: Core, now: Micros) -> bool:
    """Whether the clock is synchronised, or an officer vouched for it on this boot."""
    if core.clock_status.synchronised():
        return True
    stated = core.state.time_stated
    if stated is None:
        return False
    _, at, monotonic, boot = stated
    elapsed = core.monotonic() - monotonic
    return (
        boot == core.clock_status.boot()
        and 0 <= elapsed <= STATED_FOR
        and abs((now - at) - elapsed) <= STATED_WITHIN
    )


def _due(core: Core, now: Micros) -> list[tuple[str, frozenset[int]]]:
    held = core.state.kept_keys(now)
    due = []
    for name, epoch in core.state.epochs.items():
        if name in core.state.intents or core.state.expires_at(name) > now:
            continue
        kept = frozenset(leaf for leaf, key in epoch.leaves.items() if key in held)
        if len(kept) < len(epoch.leaves) or not epoch.leaves:
            due.append((name, kept))
    return due


def _check_clock(core: Core, now: Micros, today: dt.date) -> None:
    if not clock_trusted(core, now):
        raise VaultRefusedError(
            "clock_unsynchronised",
            "the clock is not synchronised, so nothing is destroyed",
            remedy="start chrony, or have an officer sign a statement of the time",
        )
    if today <= max(core.state.horizon, core.state.override):
        return
    if today > core.state.horizon + dt.timedelta(days=1):
        raise VaultRefusedError(
            "beyond_one_day",
            f"the last expiry was through {core.state.horizon}, the clock says {today}",
            remedy="have an officer sign an override through this day, if it is right",
        )
    anchor = core.state.anchor
    if anchor is None or anchor[2] != core.clock_status.boot():
        return
    if abs((now - anchor[0]) - (core.monotonic() - anchor[1])) > STEP:
        raise VaultRefusedError(
            "clock_stepped",
            "the clock moved otherwise than time passed since the last expiry",
            remedy="have an officer sign an override through this day, if it is right",
        )
