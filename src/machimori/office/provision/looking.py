# SPDX-License-Identifier: AGPL-3.0-or-later
"""相談: place and time say whether there is still a recording, until when, and what is missing.

Nothing is opened, and no key is needed: names of what is stored, and signed records of what is not.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _t

from machimori.footage.coverage import Coverage, of_interval
from machimori.kernel.errors import MachimoriError
from machimori.kernel.ids import CameraId
from machimori.kernel.instants import Micros, instant, local_day, micros
from machimori.office.cameras.access import cameras
from machimori.office.people.models import Scheme
from machimori.office.provision.remaining import in_words, until_erased
from machimori.office.shared.causes import cause_text
from machimori.office.shared.engine import engine
from machimori.office.shared.templatetags.office import day, minute
from machimori.policy.errors import UnsetError
from machimori.policy.profile import Profile

MOST: Final = 40
"""Cameras times days that a page looks through by itself."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What there is of one camera."""

    camera: str
    heading: str
    """「録画があります」."""
    missing: tuple[str, ...]
    """Gaps with their causes."""
    left: str
    """How long it is kept; empty if there is nothing, or nobody decided it."""
    recorded: bool = False
    """Whether there is a recording, of all of the time or of some."""


def bearable(names: Sequence[str], start: dt.datetime, end: dt.datetime) -> bool:
    """Whether a page may look through this without being asked."""
    return len(names) * ((end - start).days + 1) <= MOST


def look(
    scheme: Scheme,
    rules: Profile,
    names: Sequence[str],
    start: dt.datetime,
    end: dt.datetime,
    *,
    at: dt.datetime,
) -> tuple[Found, ...] | None:
    """What is stored of these cameras in [start, end), by the scheme's rules of retention; None
    if the store does not answer."""
    first, last = micros(start), min(micros(end), micros(at))
    known = {
        one.camera_id: f"{one.name}（{one.place}）"
        for one in cameras(scheme).filter(camera__in=names)
    }
    try:
        return tuple(
            _found(known.get(name, name), rules, first, last, at, CameraId(name)) for name in names
        )
    except MachimoriError:
        return None


def _found(
    name: str, rules: Profile, start: Micros, end: Micros, at: dt.datetime, camera: CameraId
) -> Found:
    if end <= start:
        return Found(camera=name, heading=_t("まだ録画の時刻になっていません"), missing=(), left="")
    last_day = _kept_through(rules, start)
    left = until_erased(last_day, at) if last_day is not None else None
    if last_day is not None and not left:
        gone = _t("保存期間が終わり、%(day)s 24時に消去されました") % {"day": day(last_day)}
        return Found(camera=name, heading=gone, missing=(), left="")
    found = of_interval(engine().store, camera, start, end)
    if not found.recorded:
        heading = _t("録画がありません")
    elif found.gaps:
        heading = _t("録画がありますが、欠けている時間があります")
    else:
        heading = _t("録画があります")
    kept = ""
    if left is not None and last_day is not None and found.recorded:
        kept = _t("消去まであと%(left)s（%(day)s 24時）") % {
            "left": in_words(left),
            "day": day(last_day),
        }
    return Found(
        camera=name,
        heading=heading,
        missing=_missing(found),
        left=kept,
        recorded=bool(found.recorded),
    )


def _missing(found: Coverage) -> tuple[str, ...]:
    return tuple(
        f"{minute(instant(one.first))} ～ {minute(instant(one.last))}　{cause_text(one.cause)}"
        for one in found.gaps
    )


def _kept_through(rules: Profile, start: Micros) -> dt.date | None:
    try:
        return rules.retention().last_day(local_day(start))
    except UnsetError:
        return None
