# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the vault is to know of agreements: their cameras, and whose signature alone opens them.

The post is the agreement's own (`Agreement.ground`), so that the vault refuses people of other
stations, whatever the office's tables say about them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from django.utils.translation import gettext as _t

from machimori.kernel.ids import CameraId
from machimori.kernel.instants import Micros, micros
from machimori.office.custody.difference import Difference
from machimori.office.custody.differences import FOREVER
from machimori.office.direct.agreements import Agreement, agreed, agreements
from machimori.office.people.acting import Acting
from machimori.office.people.models import Appointment as Row
from machimori.office.police.access import postings
from machimori.office.rules.access import rules_of, viewed_day
from machimori.policy.profile import Profile
from machimori.vault.client.standing import Standing
from machimori.vault.client.statements import Agreement as Statement


def find(standing: Standing, acting: Acting) -> Iterator[Difference]:
    """Agreements whose cameras the vault does not have as the register has them."""
    known = agreements(_rules(acting))
    if not known:
        return
    scheme, marked = acting.scheme.scheme_id, agreed(acting.scheme)
    believed = {one.ground: one for one in standing.agreements if one.scheme == scheme}
    for one in known:
        cameras = tuple(sorted(CameraId(name) for name, of in marked.items() if of == one.id))
        found = believed.get(one.ground)
        over = found is None or found.valid_until <= micros(acting.at)
        if (over and not cameras) or (found and not over and found.cameras == cameras):
            continue
        yield Difference(
            kind=Statement.KIND,
            about=one.ground,
            text=_text(one, cameras, changed=not over),
            make=lambda one=one, cameras=cameras, found=found: _statement(  # type: ignore[misc]
                one, cameras, found, acting
            ),
        )


def posts(rows: Sequence[Row], acting: Acting) -> Mapping[int, str]:
    """Appointments of the scheme by which somebody of an agreement's station fetches."""
    profile = _rules(acting)
    known = agreements(profile)
    fetchers = profile.names("acts.acquire_directly") or ()
    own = [row for row in rows if row.scheme_id == acting.scheme.pk and row.post in fetchers]
    if not known or not own:
        return {}
    where = postings(acting)
    return {
        row.pk: one.ground
        for row in own
        for one in known
        if (serves := where.get(row.person_id)) is not None and serves.station in one.stations
    }


def _rules(acting: Acting) -> Profile:
    return rules_of(acting).on(viewed_day(acting))


def _text(one: Agreement, cameras: Sequence[CameraId], *, changed: bool) -> str:
    if not cameras:
        text = _t("「%(title)s」のカメラがなくなりました。保管庫では、まだ警察が取り出せます。")
    elif changed:
        text = _t("「%(title)s」のカメラが変わりました。届けるまで、前のカメラのままです。")
    else:
        text = _t("「%(title)s」が、保管庫に届いていません。届けるまで、警察は取り出せません。")
    return text % {"title": one.title}


def _statement(
    one: Agreement, cameras: tuple[CameraId, ...], found: Statement | None, acting: Acting
) -> Statement:
    now = micros(acting.at)
    if not cameras and found is not None:
        return replace(found, valid_from=min(found.valid_from, Micros(now - 1)), valid_until=now)
    return Statement(
        scheme=acting.scheme.scheme_id,
        ground=one.ground,
        posts=(one.ground,),
        cameras=cameras,
        valid_from=now,
        valid_until=FOREVER,
    )
