# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may see and write the register of terminals, and which terminal a person is at."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet
from django.utils.translation import gettext as _t

from machimori.office.people.acting import Acting
from machimori.office.people.models import Scheme
from machimori.office.rules.access import rules_of, today
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.posts import Post
from machimori.office.terminals.models import ENDING, Custody, Terminal, TerminalKey
from machimori.policy.profile import Profile

KEEPERS: Final[tuple[Post, ...]] = ("system_manager", "handling_supervisor")
"""Who registers terminals and their keys."""
CUSTODIANS: Final[tuple[Post, ...]] = (*KEEPERS, "operator")
"""Who takes a terminal out of its storage and puts it back."""
READERS: Final[tuple[Post, ...]] = (*CUSTODIANS, "auditor", "system_administrator")
POLICE: Final[tuple[Post, ...]] = ("police_image_manager", "police_operator")
USERS: Final[tuple[Post, ...]] = (*CUSTODIANS, *POLICE, "guard")
"""Who works at a terminal under one rule or another."""


def terminals(scheme: Scheme) -> QuerySet[Terminal]:
    """Every terminal of the scheme, by its number."""
    return Terminal.objects.filter(scheme=scheme).order_by("number")


def custody(terminal: Terminal) -> QuerySet[Custody]:
    """Its log, the newest first."""
    return terminal.custody.select_related("by").order_by("-at", "-pk")


def keys_of(terminals: Iterable[Terminal]) -> dict[int, TerminalKey]:
    """The keys that prove these terminals now, by the terminal's row; two queries."""
    rows = list(terminals)
    latest = TerminalKey.objects.filter(terminal__in=rows).order_by(
        "terminal", "-registered_at", "-pk"
    )
    found = {key.terminal_id: key for key in latest.distinct("terminal")}
    for end in Custody.objects.filter(terminal__in=rows, kind__in=ENDING):
        key = found.get(end.terminal_id)
        if key and (end.kind == "withdrawn" or end.at >= key.registered_at):
            del found[end.terminal_id]
    return found


def key_of(terminal: Terminal) -> TerminalKey | None:
    """The key that proves this terminal now."""
    return keys_of([terminal]).get(terminal.pk)


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the register."""

    terminal: Terminal
    key: TerminalKey | None
    last: Custody | None


def lines(terminals: Iterable[Terminal]) -> list[Line]:
    """What the register says of these terminals; three queries, however many they are."""
    rows = list(terminals)
    keys = keys_of(rows)
    log = Custody.objects.filter(terminal__in=rows).order_by("terminal", "-at", "-pk")
    last = {one.terminal_id: one for one in log.distinct("terminal")}
    return [Line(terminal=one, key=keys.get(one.pk), last=last.get(one.pk)) for one in rows]


def withdrawn(terminal: Terminal) -> bool:
    """Whether it is used no more; for ever."""
    return terminal.custody.filter(kind="withdrawn").exists()


def operates(terminal: Terminal, *, acting: Acting) -> bool:
    """Whether the rules of today let the acting person operate this terminal: the posts of
    `terminals.operators`, and at one that is lent to a station the station's (旭川 3(3))."""
    if terminal.lent_to:
        return acting.holds(*POLICE)
    allowed = rules_today(acting).names("terminals.operators") or ()
    return not acting.posts.isdisjoint(allowed)


def rules_today(acting: Acting) -> Profile:
    """The rules of the day on which the person acts."""
    return rules_of(acting).on(today(acting))


def check_keeps(acting: Acting) -> None:
    """Raise ActionRefusedError unless the acting person keeps the register."""
    if not acting.holds(*KEEPERS):
        raise ActionRefusedError(
            _t("端末簿には書き込めません"),
            Reason(text=_t("書き込むのは、管理責任者と取扱責任者です。")),
        )


def check_custody(acting: Acting) -> None:
    """Raise ActionRefusedError unless the acting person writes the log of the storage."""
    if not acting.holds(*CUSTODIANS):
        raise ActionRefusedError(
            _t("保管の記録には書き込めません"),
            Reason(text=_t("書き込むのは、管理責任者、取扱責任者、取扱者です。")),
        )
