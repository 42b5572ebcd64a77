# SPDX-License-Identifier: AGPL-3.0-or-later
"""起票から許可まで: what is wanted and why, and the signature that opens it.

The statement is an `Authorisation` on the ground `internal`; the vault's rules say whose signature
is enough for it (`Rules.sole_signers`). Nothing else opens it, whatever the database says.
"""

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel import canonical
from machimori.kernel.ids import CameraId, CaseId
from machimori.kernel.instants import local_day, micros
from machimori.office.cameras.access import cameras
from machimori.office.internal import asking
from machimori.office.internal.history import File, add, check_state
from machimori.office.internal.models import Numbered, Series, Use
from machimori.office.people.acting import Acting
from machimori.office.people.facts import give_number, series_name
from machimori.office.people.signing_in import signature_of
from machimori.office.provision.drafting import Extent
from machimori.office.provision.readers import reader_of
from machimori.office.rules.access import in_force
from machimori.office.shared.engine import engine
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.recording import record
from machimori.policy.profile import Profile
from machimori.vault.client.asking import authorisation_entry
from machimori.vault.client.statements import Authorisation

GROUND: Final = "internal"
"""What authorisations of internal uses name as their ground."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What somebody wants to use, and why."""

    within_purpose: bool
    """Whether it serves the scheme's purpose (K1)."""
    need: str
    """What management needs it for."""
    uses: Sequence[str]
    """Of view, print and copy."""
    extent: Extent
    ground: str = ""
    """A ground of the rules, where they ask for one for use as well (印西 3(6))."""
    attendees: Sequence[str] = ()
    """Who else is to look, with affiliation."""


@transaction.atomic
def draft(wanted: Wanted, *, acting: Acting) -> File:
    """起票する. Raises ActionRefusedError with everything that the rules say against it."""
    on = local_day(micros(acting.at))
    rules = in_force(acting.scheme, on)
    asking.check_wanted(rules, wanted, acting=acting)
    use = Use.objects.create(id=f"u-{secrets.token_hex(8)}", scheme=acting.scheme)
    give_number(
        Series,
        Numbered,
        case=use,
        scheme=acting.scheme,
        name=series_name(acting.scheme, "内部"),
        on=on,
    )
    statement = _statement(use.case_id, wanted, rules, acting=acting)
    data = {
        "attendees": list(wanted.attendees),
        "ground": wanted.ground,
        "need": wanted.need,
        "statement": canonical.b64(statement.envelope().payload),
        "uses": sorted(wanted.uses),
    }
    return add(use, None, "drafted", data, acting=acting)


@transaction.atomic
def permit_attendance(file: File, *, reason: str, acting: Acting) -> File:
    """立会いを認める: why the manager finds it necessary that others look. Raises
    ActionRefusedError."""
    check_state(file, "attendance")
    asking.check_permits(file, acting)
    if not file.attendees:
        raise ActionRefusedError(
            _t("立会いを認められません"), Reason(text=_t("立会人が起票されていません。"))
        )
    return add(file.use, file, "attendance", {"reason": reason.strip()}, acting=acting)


@transaction.atomic
def permit(file: File, response: Mapping[str, Any], *, acting: Acting) -> File:
    """許可する, with the key. Raises ActionRefusedError."""
    check_state(file, "permitted")
    asking.check_permits(file, acting)
    if file.attendees and file.latest("attendance") is None:
        raise ActionRefusedError(
            _t("まだ許可できません"),
            Reason(text=_t("立会人がいます。立会いが必要な理由を先に記録してください。")),
        )
    envelope = file.statement
    signed = envelope.with_signature(signature_of(acting.person, envelope, response))
    record(authorisation_entry(signed, engine().clock))
    data = {"envelope": canonical.b64(signed.encode())}
    return add(file.use, file, "permitted", data, acting=acting)


@transaction.atomic
def refuse(file: File, *, reason: str, acting: Acting) -> File:
    """許可しない, and why. Raises ActionRefusedError."""
    check_state(file, "refused")
    asking.check_permits(file, acting)
    return add(file.use, file, "refused", {"reason": reason.strip()}, acting=acting)


@transaction.atomic
def withdraw(file: File, *, reason: str, acting: Acting) -> File:
    """取り下げる, by whoever wanted it and before anything was opened. Raises
    ActionRefusedError."""
    check_state(file, "withdrawn")
    asking.check_own(file, acting)
    return add(file.use, file, "withdrawn", {"reason": reason.strip()}, acting=acting)


def _statement(use: CaseId, wanted: Wanted, rules: Profile, *, acting: Acting) -> Authorisation:
    heading = _t("このままでは起票できません")
    extent = wanted.extent
    known = set(cameras(acting.scheme).values_list("camera", flat=True))
    if not extent.cameras or set(extent.cameras) - known:
        raise ActionRefusedError(heading, Reason(text=_t("カメラを選んでください。")))
    if extent.end > acting.at:
        raise ActionRefusedError(heading, Reason(text=_t("終わりの時刻がまだ来ていません。")))
    hours = rules.number("signing.interval_hours") or 1
    if extent.end - extent.start > dt.timedelta(hours=hours):
        text = _t("一度に開けるのは%(n)s時間までです。範囲を分けてください。") % {"n": hours}
        raise ActionRefusedError(heading, Reason(text=text))
    days = rules.number("signing.validity_days") or 1
    return Authorisation(
        case=use,
        ground=GROUND,
        scheme=acting.scheme.scheme_id,
        cameras=tuple(map(CameraId, sorted(set(extent.cameras)))),
        start=micros(extent.start),
        end=micros(extent.end),
        purpose=" ".join(sorted(wanted.uses)),
        requester=f"r-{use}",
        reader=reader_of(use).public.raw,
        nonce=secrets.token_hex(16),
        valid_from=micros(acting.at),
        valid_to=micros(acting.at + dt.timedelta(days=days)),
        openings=rules.number("signing.openings") or 1,
    )
