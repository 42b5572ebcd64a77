# SPDX-License-Identifier: AGPL-3.0-or-later
"""協定: which cameras stand under which agreement of the rules, and who says so.

The rules name parties, stations and day of an agreement; the register of cameras marks the
cameras. The vault goes by a statement that its officers signed (`Agreement`): what is marked here
opens nothing.
"""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel.instants import micros
from machimori.ledger.entry import Entry
from machimori.office.cameras.models import Camera
from machimori.office.direct.models import Agreed
from machimori.office.people.acting import Acting
from machimori.office.people.models import Scheme
from machimori.office.rules.access import in_force, today
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.recording import record
from machimori.policy.profile import Profile


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """An agreement as the rules tell it."""

    id: str
    title: str
    day: dt.date | None
    """Of its signature; None while nobody has said."""
    parties: tuple[str, ...]
    stations: tuple[str, ...]
    cameras: str
    """Which cameras it is about, in the document's words."""

    @property
    def ground(self) -> str:
        """The ground that authorisations under it name, and the post of its stations' people as the
        vault knows them (`Agreement`)."""
        return f"direct-{self.id.replace('_', '-')}"


def agreements(profile: Profile) -> list[Agreement]:
    """The agreements of these rules."""
    found = []
    for name in profile.members("agreements"):
        key = f"agreements.{name}"
        found.append(
            Agreement(
                id=name,
                title=profile.text(f"{key}.title") or name,
                day=profile.day(f"{key}.signed_on"),
                parties=profile.names(f"{key}.parties") or (),
                stations=profile.names(f"{key}.stations") or (),
                cameras=profile.text(f"{key}.cameras") or "",
            )
        )
    return found


def agreement(profile: Profile, name: str) -> Agreement | None:
    """The agreement with this id."""
    return next((one for one in agreements(profile) if one.id == name), None)


def marks(scheme: Scheme) -> dict[str, Agreed]:
    """What was last said of every camera of the scheme about which anything was."""
    rows = Agreed.objects.filter(camera__scheme=scheme).select_related("by").order_by("pk")
    return {row.camera_id: row for row in rows}


def agreed(scheme: Scheme) -> dict[str, str]:
    """Camera and agreement, of those that stand under one."""
    return {name: row.agreement for name, row in marks(scheme).items() if row.agreement}


@transaction.atomic
def mark(camera: Camera, name: str, *, reason: str, acting: Acting) -> Agreed:
    """協定のカメラにする, or with an empty `name` no longer. Raises ActionRefusedError."""
    heading = _t("協定の対象を変えられません")
    if not acting.holds("system_manager"):
        raise ActionRefusedError(heading, Reason(text=_t("管理責任者が登録します。")))
    profile = in_force(acting.scheme, today(acting))
    if name and agreement(profile, name) is None:
        raise ActionRefusedError(heading, Reason(text=_t("きまりにある協定を選んでください。")))
    if agreed(acting.scheme).get(camera.pk, "") == name:
        raise ActionRefusedError(heading, Reason(text=_t("変わったところがありません。")))
    made = Agreed.objects.create(
        camera=camera, agreement=name, reason=reason.strip(), at=acting.at, by=acting.person
    )
    record(
        Entry(
            type="direct.agreed",
            at=micros(acting.at),
            subject={
                "by": acting.person.officer,
                "camera": camera.pk,
                "scheme": acting.scheme.scheme_id,
            },
            data={"agreement": name},
        )
    )
    return made
