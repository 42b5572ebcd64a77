# SPDX-License-Identifier: AGPL-3.0-or-later
"""鍵簿: security keys, the key of the rack and of its drawer (堺 10(1)), and who has them.

A loss here is the record of the thing. What the lost security key could open is closed on the page
of its owner's appointment, at once.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Prefetch
from django.utils.translation import gettext as _t

from machimori.kernel.instants import micros
from machimori.ledger.entry import Entry
from machimori.office.people.acting import Acting
from machimori.office.people.models import Person
from machimori.office.personnel.models import CORRECTED, STRUCK, Key, KeyCorrection, KeyEvent
from machimori.office.rules.access import today
from machimori.office.shared.errors import refusal
from machimori.office.shared.posts import Post
from machimori.office.shared.recording import record

KEEPERS: Final[tuple[Post, ...]] = ("system_manager", "handling_supervisor")
READERS: Final[tuple[Post, ...]] = (*KEEPERS, "auditor")
AFTER: Final[dict[str, tuple[str, ...]]] = {
    "issued": ("", "returned", "found"),
    "returned": ("issued",),
    "lost": ("", "issued", "returned", "found"),
    "found": ("lost",),
    "destroyed": ("", "issued", "returned", "found", "lost"),
}
"""What may follow on what; empty: nothing has happened yet, and the key is in its place."""


@dataclass(frozen=True, kw_only=True)
class Happened:
    """A line of the register as it holds now, with what was corrected in it."""

    event: KeyEvent
    kind: str
    """Key of CORRECTED."""
    holder: Person | None
    """To whom it was given, or who had it."""

    @property
    def now(self) -> KeyEvent | KeyCorrection:
        """The words that hold."""
        return self.event.now

    @property
    def struck(self) -> bool:
        """Whether it did not happen after all."""
        return self.kind == STRUCK

    @property
    def text(self) -> str:
        """What happened, in words."""
        return str(CORRECTED[self.kind])

    @property
    def changes(self) -> list[tuple[KeyEvent | KeyCorrection, KeyCorrection]]:
        """Each correction behind what stood there before it, the first first."""
        found = list(self.event.corrections.all())
        return list(zip([self.event, *found], found, strict=False))


@dataclass(frozen=True, kw_only=True)
class Line:
    """A key and what happened to it, the first first."""

    key: Key
    history: tuple[Happened, ...]

    @property
    def last(self) -> Happened | None:
        """What happened last, and was not struck out since."""
        return next((one for one in reversed(self.history) if not one.struck), None)

    @property
    def possible(self) -> tuple[str, ...]:
        """What may happen to it next."""
        now = self.last.kind if self.last else ""
        return tuple(kind for kind, after in AFTER.items() if now in after)

    @property
    def holder(self) -> Person | None:
        """Who has it now."""
        return self.last.holder if self.last and self.last.kind == "issued" else None


def lines(keys: Iterable[Key]) -> list[Line]:
    """These keys with what happened to them; two queries."""
    rows = list(keys)
    parts = KeyCorrection.objects.select_related("holder", "by")
    events = KeyEvent.objects.filter(key__in=rows).select_related("holder", "by").order_by("pk")
    found: dict[int, list[KeyEvent]] = {}
    for one in events.prefetch_related(Prefetch("corrections", parts)):
        found.setdefault(one.key_id, []).append(one)
    return [Line(key=one, history=_history(found.get(one.pk, []))) for one in rows]


def _history(events: Iterable[KeyEvent]) -> tuple[Happened, ...]:
    """As corrected. Who brought a key back or lost it is whom it had been given to."""
    found: list[Happened] = []
    had: Person | None = None
    for event in events:
        said = event.now
        holder = said.holder if said.kind == "issued" else had
        struck = said.kind == STRUCK
        found.append(Happened(event=event, kind=said.kind, holder=None if struck else holder))
        if not struck:
            had = holder if said.kind == "issued" else None
    return tuple(found)


@transaction.atomic
def register(kind: str, number: str, place: str, *, acting: Acting) -> Key:
    """Enter a key. Raises ActionRefusedError if its number is in the register."""
    check_keeps(acting)
    try:
        with transaction.atomic():
            return Key.objects.create(
                scheme=acting.scheme,
                kind=kind,
                number=number,
                place=place,
                at=acting.at,
                by=acting.person,
            )
    except IntegrityError as error:
        raise refusal(_t("この番号の鍵は、もうあります"), _t("別の番号にしてください。")) from error


@transaction.atomic
def note(
    key: Key,
    kind: str,
    *,
    holder: Person | None,
    witness: str,
    on: dt.date,
    text: str,
    acting: Acting,
) -> KeyEvent:
    """Record what happened to a key, who saw it, and on which day. Raises ActionRefusedError."""
    check_keeps(acting)
    (line,) = lines([key])
    if kind not in line.possible:
        raise refusal(
            _t("いまの状態では記録できません"), _t("鍵の経過を見て、順に記録してください。")
        )
    if on > today(acting):
        raise refusal(_t("これからの日は記録できません"), _t("起きた日を入れてください。"))
    if kind == "issued" and holder is None:
        raise refusal(_t("渡した相手がありません"), _t("だれに渡したかを選んでください。"))
    made = KeyEvent.objects.create(
        key=key,
        kind=kind,
        holder=holder if kind == "issued" else line.holder,
        witness=witness,
        on=on,
        note=text,
        at=acting.at,
        by=acting.person,
    )
    subject = {"by": acting.person.officer, "scheme": acting.scheme.scheme_id}
    if made.holder is not None:
        subject["officer"] = made.holder.officer
    record(
        Entry(
            type="key.custody",
            at=micros(acting.at),
            subject=subject,
            data={"key": key.pk, "kind": kind, "on": on.isoformat()},
        )
    )
    return made


def check_keeps(acting: Acting) -> None:
    """Raise ActionRefusedError unless the acting person writes in the register."""
    if not acting.holds(*KEEPERS):
        raise refusal(
            _t("鍵簿には書き込めません"), _t("書き込むのは、管理責任者と取扱責任者です。")
        )
