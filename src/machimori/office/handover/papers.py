# SPDX-License-Identifier: AGPL-3.0-or-later
"""受領書, 媒体受渡票, 回答書 and 依頼文 of a case, from its facts. What is printed is Japanese."""

import datetime as dt
from collections.abc import Iterable
from typing import Final

from machimori.kernel.instants import local_day, micros
from machimori.office.handover.handing_over import due_day
from machimori.office.handover.history import Followed, copies_seen, current
from machimori.office.handover.media import KINDS
from machimori.office.paper.fields import Party
from machimori.office.paper.forms.handover import (
    FATES,
    CopyReminder,
    MediaSlip,
    Medium,
    ProvidedReply,
    Receipt,
)
from machimori.office.paper.masthead import Form
from machimori.office.provision import paper_fields, papers
from machimori.office.provision.history import File
from machimori.office.provision.orders import taken_out
from machimori.policy.wareki import parse_case_number, wareki_minute

_SHOWN: Final = ("ready_for_handover", "provided", "closed")
_FATES: Final = {
    "returned": FATES[0],
    "erasure_reported": FATES[1],
    "destroyed": FATES[2],
    "kept": FATES[3],
}
_WAYS: Final = {
    "": "なし（暗号化していない）",
    "voice": "別に渡した（口頭）",
    "envelope": "別に渡した（別の封筒）",
    "telephone": "別に渡した（折返しの電話）",
}


def receipt(file: File) -> Form | None:
    """受領書: printed before the hand-over, to be signed by who takes the media."""
    if file.state not in _SHOWN:
        return None
    handed = file.latest("handed_over")
    said = handed.data if handed else {}
    return Receipt(
        date=_day(file),
        case=parse_case_number(file.number),
        received=handed.at if handed else None,
        recipient=_recipient(file),
        approval_number=file.number,
        media=_media(file),
        conditions=_conditions(file),
        return_by=_return_by(file),
        identity_kind=said.get("identity_means"),
        identity_checked_by=said.get("identity_by"),
    )


def media_slip(file: File) -> Form | None:
    """媒体受渡票: from the writing to what became of the media."""
    copies = current(file, copies_seen(file))
    if file.state not in ("awaiting_check", *_SHOWN) or not copies:
        return None
    written, checked = copies[-1].latest("written"), file.latest("checked")
    handed = file.latest("handed_over")
    ended = _ended(copies)
    return MediaSlip(
        date=_day(file),
        case=parse_case_number(file.number),
        media=_media(file),
        written=written.at if written else None,
        written_by=written.by.name if written and written.by else None,
        verified=checked.at if checked else None,
        verified_by=checked.by.name if checked and checked.by else None,
        key_route=_WAYS[written.data["password"]] if written else None,
        handed=handed.at if handed else None,
        handed_by=handed.by.name if handed and handed.by else None,
        recipient=_recipient(file),
        return_by=_return_by(file),
        fate=_FATES[ended.state] if ended else None,
        fate_on=dt.date.fromisoformat(ended.facts[-1].data["on"]) if ended else None,
        fate_by=ended.facts[-1].by.name if ended and ended.facts[-1].by else None,
    )


def provided_reply(file: File) -> Form | None:
    """回答書: what was given, once it was handed over."""
    handed = file.latest("handed_over")
    if handed is None:
        return None
    said = file.application
    return ProvidedReply(
        date=local_day(micros(handed.at)),
        case=parse_case_number(file.number),
        applicant=Party(body=said.body, name=said.name, address=said.address, contact=said.contact),
        requested=paper_fields.requested(file),
        request_number=file.number,
        ranges=tuple(one for part in taken_out(file) for one in paper_fields.ranges(file, part)),
        media=_media(file),
        handed=handed.at,
        recipient=_recipient(file),
        conditions=_conditions(file),
        return_by=_return_by(file),
    )


def reminder(file: File) -> Form | None:
    """依頼文: of copies that are still out, those that were asked for; of the last day of it."""
    handed = file.latest("handed_over")
    if handed is None or not file.copy_out:
        return None
    out = [one for one in copies_seen(file) if one.state == "handed_over"]
    asked = [one for one in out if one.latest("reminded") is not None]
    if not asked:
        return None
    days, said = [_asked_on(one) for one in asked], file.application
    return CopyReminder(
        date=max(max(one) for one in days),
        case=parse_case_number(file.number),
        applicant=Party(body=said.body, name=said.name, address=said.address, contact=said.contact),
        requested=paper_fields.requested(file),
        request_number=file.number,
        handed=local_day(micros(handed.at)),
        recipient=_recipient(file),
        media=_named(asked),
        due=min(one.due for one in asked if one.due),
        times=max(len(one) for one in days),
    )


def _asked_on(copy: Followed) -> list[dt.date]:
    """The days on which this copy was asked for."""
    found = [one for one in copy.facts if one.kind == "reminded"]
    return [dt.date.fromisoformat(one.data["on"]) for one in found]


def _media(file: File) -> tuple[Medium, ...]:
    return _named(current(file, copies_seen(file)))


def _named(copies: Iterable[Followed]) -> tuple[Medium, ...]:
    return tuple(
        Medium(
            number=one.number,
            kind=str(KINDS[written.data["kind"]].text),
            content=f"{wareki_minute(one.copy.start)}から{wareki_minute(one.copy.end)}まで",
            digest=one.copy.digest,
        )
        for one in copies
        if (written := one.latest("written")) is not None
    )


def _ended(copies: tuple[Followed, ...]) -> Followed | None:
    """The last copy, once all have ended in one way; what ended differently is in the register."""
    ways = {one.state for one in copies}
    return copies[-1] if len(ways) == 1 and copies[-1].state in _FATES else None


def _recipient(file: File) -> Party:
    handed, said = file.latest("handed_over"), file.application
    if handed is not None:
        return Party(body=handed.data["body"], name=handed.data["name"])
    return Party(body=said.body, name=said.name)


def _conditions(file: File) -> tuple[str, ...]:
    """What was said at the hand-over; before it, what the approval says."""
    handed = file.latest("handed_over")
    if handed is None:
        return file.conditions
    return tuple(one for one in handed.data["conditions"].splitlines() if one.strip())


def _return_by(file: File) -> dt.date | None:
    handed = file.latest("handed_over")
    if handed is not None:
        return dt.date.fromisoformat(handed.data["due"])
    checked = file.latest("checked")
    return due_day(file, local_day(micros(checked.at))) if checked else None


def _day(file: File) -> dt.date:
    fact = file.latest("handed_over", "checked", "written")
    assert fact is not None
    return local_day(micros(fact.at))


def install() -> None:
    """Called once, when the app is ready."""
    papers.register(receipt)
    papers.register(media_slip)
    papers.register(provided_reply)
    papers.register(reminder)
