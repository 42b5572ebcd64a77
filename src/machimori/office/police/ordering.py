# SPDX-License-Identifier: AGPL-3.0-or-later
"""緊急の取出しの命令: written by whoever is there, signed by the chief, or taken back.

The order is a statement for the vault. The chief's key signs exactly these cameras and minutes;
without it nothing opens, whatever the office's database says.
"""

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel import canonical
from machimori.kernel.ids import CameraId
from machimori.kernel.instants import local_day, micros
from machimori.office.cameras.access import cameras
from machimori.office.people.acting import Acting
from machimori.office.people.models import Person
from machimori.office.people.signing_in import signature_of
from machimori.office.police import access, asking
from machimori.office.police.history import File, add, check_state
from machimori.office.police.models import Extraction
from machimori.office.provision.drafting import Extent
from machimori.office.provision.readers import reader_of
from machimori.office.rules.access import in_force
from machimori.office.shared.engine import engine
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.recording import record
from machimori.policy.profile import Profile
from machimori.vault.client.asking import authorisation_entry
from machimori.vault.client.statements import Authorisation


@dataclass(frozen=True, kw_only=True)
class Order:
    """What the chief ordered. `ordered_at` is when they said it, at most a day before it is
    written."""

    chief: Person
    ordered_at: dt.datetime
    cause: Literal["crime", "accident"]
    urgency: str
    matter: str
    reference: str
    """The station's number of the case."""
    extent: Extent


@transaction.atomic
def write(order: Order, *, acting: Acting) -> File:
    """命令を記録する. Raises ActionRefusedError with everything that the rules say against it."""
    rules = in_force(acting.scheme, local_day(micros(acting.at)))
    heading = _t("緊急の取出しはできません")
    _check_emergency(rules, heading, order, acting=acting)
    station = access.own_station(acting)
    if order.chief not in access.chiefs(acting):
        raise ActionRefusedError(
            heading, Reason(text=_t("命じられるのは、この警察署の画像管理責任者です。"))
        )
    if not acting.at - dt.timedelta(days=1) <= order.ordered_at <= acting.at:
        raise ActionRefusedError(heading, Reason(text=_t("命令の時刻を確かめてください。")))
    made = Extraction.objects.create(
        id=f"e-{secrets.token_hex(8)}", scheme=acting.scheme, station=station
    )
    statement = _statement(made, order.extent, rules, heading, acting=acting)
    data = {
        "cause": order.cause,
        "chief": order.chief.pk,
        "chief_name": order.chief.name,
        "hours": asking.hours(rules, acting.at),
        "matter": order.matter,
        "ordered_at": micros(order.ordered_at),
        "reference": order.reference,
        "statement": canonical.b64(statement.envelope().payload),
        "urgency": order.urgency,
    }
    return add(made, None, "written", data, acting=acting)


@transaction.atomic
def sign(file: File, response: Mapping[str, Any], *, acting: Acting) -> File:
    """命令に署名する: the chief named in it, with their key over the statement's digest.

    Raises ActionRefusedError.
    """
    check_state(file, "ordered")
    heading = _t("この命令には署名できません")
    if file.order.data["chief"] != acting.person.pk:
        raise ActionRefusedError(heading, Reason(text=_t("命じた人が、自分のキーで署名します。")))
    asking.ask(
        file.rules,
        "order_emergency",
        heading,
        acting=acting,
        cause=file.order.data["cause"],
        reason_given=True,
    )
    envelope = file.statement
    signed = envelope.with_signature(signature_of(acting.person, envelope, response))
    record(authorisation_entry(signed, engine().clock))
    data = {"envelope": canonical.b64(signed.encode())}
    return add(file.extraction, file, "ordered", data, acting=acting)


@transaction.atomic
def withdraw(file: File, *, reason: str, acting: Acting) -> File:
    """取りやめる, before anything was taken out. Raises ActionRefusedError."""
    check_state(file, "withdrawn")
    check_own(file, acting)
    return add(file.extraction, file, "withdrawn", {"reason": reason}, acting=acting)


def check_own(file: File, acting: Acting) -> None:
    """Raise ActionRefusedError unless the person is of the police of the file's station."""
    own = acting.holds(*access.POLICE) and access.own_station(acting)
    if own != file.extraction.station:
        raise ActionRefusedError(
            _t("ほかの警察署の取出しです"), Reason(text=_t("その警察署の人が進めます。"))
        )


def _check_emergency(rules: Profile, heading: str, order: Order, *, acting: Acting) -> None:
    """By the rules of the chief's act, though another may write it down."""
    chief = Acting(
        person=order.chief,
        scheme=acting.scheme,
        posts=frozenset({"police_image_manager"}),
        at=acting.at,
    )
    asking.ask(
        rules,
        "order_emergency",
        heading,
        acting=chief,
        cause=order.cause,
        reason_given=bool(order.urgency.strip()),
    )
    asking.due(rules, acting.at)


def _statement(
    made: Extraction, extent: Extent, rules: Profile, heading: str, *, acting: Acting
) -> Authorisation:
    known = set(cameras(acting.scheme).values_list("camera", flat=True))
    if not extent.cameras or set(extent.cameras) - known:
        raise ActionRefusedError(heading, Reason(text=_t("カメラを選んでください。")))
    if extent.end > acting.at:
        raise ActionRefusedError(heading, Reason(text=_t("終わりの時刻がまだ来ていません。")))
    longest = rules.number("signing.interval_hours") or 1
    if extent.end - extent.start > dt.timedelta(hours=longest):
        raise ActionRefusedError(
            heading,
            Reason(text=_t("一度に取り出せるのは%(n)s時間までです。") % {"n": longest}),
        )
    return Authorisation(
        case=made.case_id,
        ground=asking.GROUND,
        scheme=acting.scheme.scheme_id,
        cameras=tuple(map(CameraId, sorted(set(extent.cameras)))),
        start=micros(extent.start),
        end=micros(extent.end),
        purpose="copy",
        requester=f"r-{made.pk}",
        reader=reader_of(made.case_id).public.raw,
        nonce=secrets.token_hex(16),
        valid_from=micros(acting.at),
        valid_to=micros(acting.at + dt.timedelta(days=1)),
        openings=rules.number("signing.openings") or 1,
    )
