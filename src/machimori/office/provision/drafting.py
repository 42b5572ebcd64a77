# SPDX-License-Identifier: AGPL-3.0-or-later
"""The approval as a statement: what officers sign and the vault obeys (`Authorisation`)."""

import datetime as dt
import secrets
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _t

from machimori.kernel.ids import CameraId, CaseId
from machimori.kernel.instants import instant, micros
from machimori.office.people.models import Scheme
from machimori.office.provision.application import Application
from machimori.office.provision.readers import reader_of
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.policy.profile import Profile
from machimori.vault.client.statements import Authorisation


@dataclass(frozen=True, kw_only=True)
class Extent:
    """Cameras and an interval [start, end) of aware instants."""

    cameras: tuple[str, ...]
    start: dt.datetime
    end: dt.datetime

    def inside(self, other: "Extent") -> bool:
        """Whether there is nothing in it that `other` does not hold."""
        return (
            bool(self.cameras)
            and set(self.cameras) <= set(other.cameras)
            and other.start <= self.start < self.end <= other.end
        )


def extent_of(statement: Authorisation) -> Extent:
    """What a statement gives leave to open."""
    return Extent(
        cameras=tuple(statement.cameras),
        start=instant(statement.start),
        end=instant(statement.end),
    )


def draft(
    case: CaseId, scheme: Scheme, application: Application, profile: Profile, *, at: dt.datetime
) -> Authorisation:
    """The statement that grants all of an application.

    Raises ActionRefusedError if cameras or interval are missing, lie in the future or are longer
    than the rules let one approval be.
    """
    start, end = application.start, application.end
    if not application.cameras or start is None or end is None:
        raise _refused(_t("カメラと、始まりと終わりの日時を入れてください。"))
    if not application.uses:
        raise _refused(_t("閲覧・複製・印刷のどれを求めているかを入れてください。"))
    if end > at:
        raise _refused(_t("終わりの時刻がまだ来ていません。録画が終わってから起案してください。"))
    hours = profile.number("signing.interval_hours") or 1
    if end - start > dt.timedelta(hours=hours):
        raise _refused(
            _t("一度に承認できるのは%(n)s時間までです。範囲を分けてください。") % {"n": hours}
        )
    days = profile.number("signing.validity_days") or 1
    return Authorisation(
        case=case,
        ground=application.ground,
        scheme=scheme.scheme_id,
        cameras=tuple(map(CameraId, sorted(set(application.cameras)))),
        start=micros(start),
        end=micros(end),
        purpose=" ".join(sorted(application.uses)),
        requester=f"r-{case}",
        reader=reader_of(case).public.raw,
        nonce=secrets.token_hex(16),
        valid_from=micros(at),
        valid_to=micros(at + dt.timedelta(days=days)),
        openings=profile.number("signing.openings") or 1,
    )


def narrowed(statement: Authorisation, extent: Extent) -> Authorisation:
    """A statement that grants only this part. Raises ActionRefusedError if it is no part."""
    whole = extent_of(statement)
    if not extent.inside(whole) or extent == whole:
        raise ActionRefusedError(
            _t("一部承認になっていません"),
            Reason(text=_t("申請の範囲の中で、カメラか日時を狭くしてください。")),
        )
    return replace(
        statement,
        cameras=tuple(map(CameraId, sorted(set(extent.cameras)))),
        start=micros(extent.start),
        end=micros(extent.end),
        nonce=secrets.token_hex(16),
    )


def _refused(text: str) -> ActionRefusedError:
    return ActionRefusedError(_t("このままでは起案できません"), Reason(text=text))
