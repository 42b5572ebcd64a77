# SPDX-License-Identifier: AGPL-3.0-or-later
"""Opening a case's footage, and recording what was put on the screen."""

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
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
from machimori.office.provision.readers import reader_of
from machimori.office.provision.reviewing import Attendee
from machimori.office.shared.engine import engine
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.recording import record
from machimori.office.terminals.presence import Established
from machimori.office.viewing.models import Keys, Viewing, Watched
from machimori.office.viewing.reel import Piece, Reel, new_secret, reel_of, seal
from machimori.office.viewing.subjects import Subject
from machimori.vault.client.release import SegmentKeys
from machimori.vault.client.statements import Authorisation
from machimori.vault.errors import VaultRefusedError

LONGEST: Final = dt.timedelta(hours=2)
"""A viewing is over then; whoever needs more opens again, and that is on record too."""


def open_footage(
    subject: Subject, *, attendees: Sequence[Attendee], where: Established, acting: Acting
) -> tuple[Viewing, bytes]:
    """画像を開く: the vault releases what may be opened; the viewing and its browser's secret.
    `attendees` are of those whom the manager permitted to look on.

    The opening is in the ledger before keys leave the vault. Not inside a transaction: the ledger
    must take the entry in first. Raises ActionRefusedError if the rules, the instruction or the
    vault speak against it, or nothing is stored.
    """
    if not subject.open:
        raise ActionRefusedError(
            _t("画像を開けません"),
            Reason(text=_t("開けるのは、指示や許可が出てから、取出しや利用が終わるまでです。")),
        )
    subject.check("view", len(attendees), where, acting)
    order, whole = subject.order(), subject.whole
    footage, keys = _released(subject, order)
    reel = reel_of(footage, keys, start=micros(whole.start), end=micros(whole.end))
    name, secret = f"v-{secrets.token_hex(8)}", new_secret()
    until = min(acting.at + LONGEST, instant(Authorisation.decode(order.authorisation).valid_to))
    said = {
        "attendees": "、".join(map(str, attendees)),
        "reason": "、".join(dict.fromkeys(one.reason for one in attendees)),
    }
    with transaction.atomic():
        subject.begin(acting)
        Keys.objects.filter(viewing__until__lte=acting.at).delete()
        viewing = Viewing.objects.create(
            id=name,
            scheme=subject.scheme,
            title=subject.title,
            by=acting.person,
            posts=" ".join(acting.ordered),
            at=acting.at,
            until=until,
            start=whole.start,
            end=whole.end,
            **subject.fields,
            **said,
        )
        Keys.objects.create(viewing=viewing, sealed=seal(reel, secret, name))
        record(
            Entry(
                type="viewing.opened",
                at=micros(acting.at),
                subject={
                    "by": acting.person.officer,
                    "case": subject.name,
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
    known = Watched.objects.filter(viewing=viewing, camera=piece.camera, start=instant(piece.start))
    if known.exists():
        return
    try:
        with transaction.atomic():
            Watched.objects.create(
                scheme=viewing.scheme,
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
                        "case": viewing.subject,
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


def _released(
    subject: Subject, order: Order
) -> tuple[tuple[CameraFootage, ...], Mapping[bytes, SegmentKeys]]:
    """Ask ledger and vault. Raises ActionRefusedError in the officials' words."""
    heading, works = _t("画像を開けません"), engine()
    try:
        return authorised_keys(
            client=works.vault,
            ledger=works.ledger,
            store=works.case_store(subject.name),
            order=order,
            reader=reader_of(subject.name),
            clock=works.clock,
        )
    except NotDeliverableError as error:
        text = _t("この範囲の画像は保存されていません。欠落か、保存期間が過ぎています。")
        raise ActionRefusedError(heading, Reason(text=text)) from error
    except VaultRefusedError as error:
        text = _t("保管庫が断りました（%(reason)s）。システム担当に知らせてください。")
        if error.reason == "wrong_post":
            text = _t(
                "代決で承認した人の委任が終わっています。管理責任者が案件のページで後閲の署名をすると、"
                "開けます。"
            )
        raise ActionRefusedError(heading, Reason(text=text % {"reason": error.reason})) from error
    except UnavailableError as error:
        text = _t("画像の保管庫が閉じているか、記録の台帳が止まっています。録画は続いています。")
        raise ActionRefusedError(heading, Reason(text=text)) from error
