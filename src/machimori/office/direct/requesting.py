# SPDX-License-Identifier: AGPL-3.0-or-later
"""取得の申込み: the operator says what and why, and signs it with their own key.

The request is a statement for the vault. Its ground is the agreement's own: the vault's officers
signed which post signs for it alone and which cameras it opens.
"""

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel import canonical
from machimori.kernel.ids import CameraId
from machimori.kernel.instants import local_day, micros
from machimori.office.direct import asking
from machimori.office.direct.agreements import Agreement, agreed, agreement
from machimori.office.direct.history import File, add, check_state
from machimori.office.direct.models import Case, Numbered, Series
from machimori.office.jobs.actions import defer
from machimori.office.people.acting import Acting
from machimori.office.people.facts import give_number, series_name
from machimori.office.people.signing_in import signature_of
from machimori.office.police import access as police
from machimori.office.provision.drafting import Extent
from machimori.office.provision.readers import reader_of
from machimori.office.rules.access import in_force
from machimori.office.shared.engine import engine
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.recording import record
from machimori.office.terminals.presence import Established
from machimori.policy.profile import Profile
from machimori.vault.client.asking import authorisation_entry
from machimori.vault.client.statements import Authorisation

PACKAGE: Final = "direct.package"
"""The job that makes the package (`working.py`)."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is to be fetched, and why."""

    reference: str
    """事件番号: the station's number of the case."""
    ground: str
    """Id of a ground of the rules."""
    purpose: str
    extent: Extent


@transaction.atomic
def request(wanted: Wanted, *, where: Established, acting: Acting) -> File:
    """取得を申し込む. Raises ActionRefusedError with everything that the rules say against it."""
    rules = in_force(acting.scheme, local_day(micros(acting.at)))
    station = police.own_station(acting)
    found = agreed(acting.scheme)
    names = [found.get(camera, "") for camera in wanted.extent.cameras]
    asking.ask(
        rules,
        names,
        station=station,
        ground=wanted.ground,
        reference=wanted.reference,
        where=where,
        acting=acting,
    )
    under = _one(rules, names)
    _check_extent(rules, wanted.extent, acting)
    case = Case.objects.create(
        id=f"q-{secrets.token_hex(8)}",
        scheme=acting.scheme,
        station=station,
        agreement=under.id,
    )
    give_number(
        Series,
        Numbered,
        case=case,
        scheme=acting.scheme,
        name=series_name(acting.scheme, _t("取得")),
        on=local_day(micros(acting.at)),
    )
    statement = _statement(case, under, wanted.extent, rules, acting)
    data = {
        "ground": wanted.ground,
        "ground_label": rules.text(f"grounds.{wanted.ground}.label") or wanted.ground,
        "purpose": wanted.purpose.strip(),
        "reference": wanted.reference.strip(),
        "statement": canonical.b64(statement.envelope().payload),
    }
    return add(case, None, "requested", data, acting=acting)


@transaction.atomic
def sign(file: File, response: Mapping[str, Any], *, where: Established, acting: Acting) -> File:
    """署名して取得する: by who asked, with their key; a worker fetches from here on.

    Everything is weighed again, for an agreement may have ended meanwhile. Raises
    ActionRefusedError.
    """
    check_state(file, "signed")
    if file.request.by_id != acting.person.pk:
        raise ActionRefusedError(
            _t("この取得には署名できません"),
            Reason(text=_t("申し込んだ人が、自分のキーで署名します。")),
        )
    weigh(file, where=where, acting=acting)
    envelope = file.statement
    signed = envelope.with_signature(signature_of(acting.person, envelope, response))
    record(authorisation_entry(signed, engine().clock))
    data = {"envelope": canonical.b64(signed.encode())}
    file = add(file.case, file, "signed", data, acting=acting)
    defer(PACKAGE, subject=file.case.pk, at=acting.at)
    return file


@transaction.atomic
def withdraw(file: File, *, reason: str, acting: Acting) -> File:
    """取りやめる, before it was signed. Raises ActionRefusedError."""
    check_state(file, "withdrawn")
    check_own(file, acting)
    return add(file.case, file, "withdrawn", {"reason": reason.strip()}, acting=acting)


def weigh(file: File, *, where: Established, acting: Acting) -> None:
    """Raise ActionRefusedError if the rules of today speak against this acquisition."""
    check_own(file, acting)
    found = agreed(acting.scheme)
    asking.ask(
        in_force(acting.scheme, local_day(micros(acting.at))),
        [found.get(camera, "") for camera in file.extent.cameras],
        station=file.case.station,
        ground=file.request.data["ground"],
        reference=file.request.data["reference"],
        where=where,
        acting=acting,
    )


def check_own(file: File, acting: Acting) -> None:
    """Raise ActionRefusedError unless the person is an operator of the file's station."""
    if not acting.holds("police_operator") or police.own_station(acting) != file.case.station:
        raise ActionRefusedError(
            _t("ほかの警察署の取得です"), Reason(text=_t("その警察署の画像取扱者が進めます。"))
        )


def _one(rules: Profile, names: list[str]) -> Agreement:
    """The one agreement of these cameras, which the rules know."""
    found = agreement(rules, names[0])
    if len(set(names)) != 1 or found is None:
        raise ActionRefusedError(
            _t("直接取得できません"),
            Reason(text=_t("一度に取得できるのは、同じ協定のカメラだけです。分けてください。")),
        )
    return found


def _check_extent(rules: Profile, extent: Extent, acting: Acting) -> None:
    heading = _t("直接取得できません")
    if extent.end > acting.at:
        raise ActionRefusedError(heading, Reason(text=_t("終わりの時刻がまだ来ていません。")))
    longest = rules.number("signing.interval_hours") or 1
    if extent.end - extent.start > dt.timedelta(hours=longest):
        raise ActionRefusedError(
            heading,
            Reason(text=_t("一度に取得できるのは%(n)s時間までです。") % {"n": longest}),
        )


def _statement(
    case: Case, under: Agreement, extent: Extent, rules: Profile, acting: Acting
) -> Authorisation:
    return Authorisation(
        case=case.case_id,
        ground=under.ground,
        scheme=acting.scheme.scheme_id,
        cameras=tuple(map(CameraId, sorted(set(extent.cameras)))),
        start=micros(extent.start),
        end=micros(extent.end),
        purpose="copy",
        requester=f"r-{case.pk}",
        reader=reader_of(case.case_id).public.raw,
        nonce=secrets.token_hex(16),
        valid_from=micros(acting.at),
        valid_to=micros(acting.at + dt.timedelta(days=1)),
        openings=rules.number("signing.openings") or 1,
    )
