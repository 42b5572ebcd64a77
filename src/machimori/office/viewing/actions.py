# SPDX-License-Identifier: AGPL-3.0-or-later
"""Opening a case's footage, and recording what was put on the screen."""

import datetime as dt
import secrets
from collections.abc import Mapping
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _t

from machimori.evidence.errors import NotDeliverableError
from machimori.evidence.ordering import Order, authorised_keys
from machimori.evidence.selection import CameraFootage
from machimori.kernel import canonical
from machimori.kernel.errors import UnavailableError
from machimori.kernel.instants import instant, micros
from machimori.ledger.entry import Entry, commit
from machimori.office.people.acting import Acting
from machimori.office.provision import asking
from machimori.office.provision.history import File
from machimori.office.provision.orders import order_of, ordered
from machimori.office.provision.readers import reader_of
from machimori.office.shared.engine import engine
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.recording import record
from machimori.office.terminals.presence import Established
from machimori.office.viewing.access import can_open
from machimori.office.viewing.models import Keys, Viewing, Watched
from machimori.office.viewing.reel import Piece, Reel, new_secret, reel_of, seal
from machimori.vault.client.release import SegmentKeys
from machimori.vault.client.statements import Authorisation
from machimori.vault.errors import VaultRefusedError

LONGEST: Final = dt.timedelta(hours=2)
"""A viewing is over then; whoever needs more opens again, and that is on record too."""


def open_case(
    file: File, *, attendees: str, reason: str, where: Established, acting: Acting
) -> tuple[Viewing, bytes]:
    """画像を開く: the vault releases what was instructed; the viewing and its browser's secret.

    The opening is in the ledger before keys leave the vault. Not inside a transaction: the ledger
    must take the entry in first. Raises ActionRefusedError if the rules, the instruction or the
    vault speak against it, or nothing is stored.
    """
    _check(file, attendees.strip(), reason.strip(), where, acting)
    order, whole = order_of(file), ordered(file)
    assert whole is not None
    footage, keys = _released(file, order)
    reel = reel_of(footage, keys, start=micros(whole.start), end=micros(whole.end))
    name, secret = f"v-{secrets.token_hex(8)}", new_secret()
    until = min(acting.at + LONGEST, instant(Authorisation.decode(order.authorisation).valid_to))
    said = {"attendees": attendees.strip(), "reason": reason.strip()}
    with transaction.atomic():
        Keys.objects.filter(viewing__until__lte=acting.at).delete()
        viewing = Viewing.objects.create(
            id=name,
            case=file.case,
            by=acting.person,
            posts=" ".join(acting.ordered),
            at=acting.at,
            until=until,
            start=whole.start,
            end=whole.end,
            **said,
        )
        Keys.objects.create(viewing=viewing, sealed=seal(reel, secret, name))
        record(
            Entry(
                type="viewing.opened",
                at=micros(acting.at),
                subject={
                    "by": acting.person.officer,
                    "case": file.case.case_id,
                    "scheme": acting.scheme.scheme_id,
                },
                data={
                    "cameras": sorted(reel.cameras),
                    "end": reel.end,
                    "posts": list(acting.ordered),
                    "start": reel.start,
                    "viewing": name,
                },
                commitments={"attended": commit(canonical.dumps(said).decode()).digest},
            )
        )
    return viewing, secret


def watch(viewing: Viewing, piece: Piece, *, acting: Acting) -> None:
    """Record that this piece is put on the screen, before it is; a second time it is known."""
    try:
        with transaction.atomic():
            Watched.objects.create(
                viewing=viewing,
                camera=piece.camera,
                start=instant(piece.start),
                end=instant(piece.end),
                at=acting.at,
            )
            record(
                Entry(
                    type="viewing.watched",
                    at=micros(acting.at),
                    subject={
                        "by": acting.person.officer,
                        "camera": piece.camera,
                        "case": viewing.case_id,
                    },
                    data={"end": piece.end, "start": piece.start, "viewing": viewing.pk},
                )
            )
    except IntegrityError:
        return


def close(viewing: Viewing) -> None:
    """閲覧を終える: the keys go; what was watched stays on record."""
    Keys.objects.filter(viewing=viewing).delete()


def piece_of(reel: Reel, number: int) -> Piece | None:
    """The piece of this number, counted from 0."""
    return reel.pieces[number] if number < len(reel.pieces) else None


def _check(file: File, attendees: str, reason: str, where: Established, acting: Acting) -> None:
    heading = _t("画像を開けません")
    if not can_open(file):
        raise ActionRefusedError(
            heading, Reason(text=_t("開けるのは、指示が出てから取出しが終わるまでです。"))
        )
    found = asking.ask(
        file.rules,
        "view",
        file.application,
        acting=acting,
        approved=True,
        instructed=True,
        within_range=True,
        at_terminal=where.at_terminal,
        place=where.place,
    )
    asking.require(heading, *asking.shown(found.reasons))
    if attendees and not acting.holds("system_manager"):
        raise ActionRefusedError(
            heading,
            Reason(text=_t("立会人は、管理責任者が認めた人だけです。管理責任者が開いてください。")),
        )
    if attendees and not reason:
        raise ActionRefusedError(heading, Reason(text=_t("立会いが必要な理由を入れてください。")))


def _released(
    file: File, order: Order
) -> tuple[tuple[CameraFootage, ...], Mapping[bytes, SegmentKeys]]:
    """Ask ledger and vault. Raises ActionRefusedError in the officials' words."""
    heading, works = _t("画像を開けません"), engine()
    case = file.case.case_id
    try:
        return authorised_keys(
            client=works.vault,
            ledger=works.ledger,
            store=works.case_store(case),
            order=order,
            reader=reader_of(case),
            clock=works.clock,
        )
    except NotDeliverableError as error:
        text = _t("この範囲の画像は保存されていません。欠落か、保存期間が過ぎています。")
        raise ActionRefusedError(heading, Reason(text=text)) from error
    except VaultRefusedError as error:
        text = _t("保管庫が断りました（%(reason)s）。システム担当に知らせてください。")
        raise ActionRefusedError(heading, Reason(text=text % {"reason": error.reason})) from error
    except UnavailableError as error:
        text = _t("画像の保管庫が閉じているか、記録の台帳が止まっています。録画は続いています。")
        raise ActionRefusedError(heading, Reason(text=text)) from error
