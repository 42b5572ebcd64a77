# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every write in the register of terminals."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _t

from machimori.kernel.instants import micros
from machimori.ledger.entry import Entry
from machimori.office.people.access import is_demo
from machimori.office.people.acting import Acting
from machimori.office.people.keys import NewKey, State
from machimori.office.people.signing_in import keys
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.recording import record
from machimori.office.terminals import access, presence
from machimori.office.terminals.models import ENDING, Custody, Terminal, TerminalKey
from machimori.policy.wording import source


@dataclass(frozen=True, kw_only=True)
class Particulars:
    """What is said about a terminal; see `Terminal`."""

    number: str
    serial: str
    place: str
    storage: str
    lent_to: str = ""
    networks: str = ""


@transaction.atomic
def register(said: Particulars, *, acting: Acting) -> Terminal:
    """Enter a terminal.

    Raises ActionRefusedError if the number is taken, the rules want terminals elsewhere or lend
    none to the police, or `acting` does not keep the register.
    """
    access.check_keeps(acting)
    _check_place(said, acting=acting)
    try:
        with transaction.atomic():
            made = Terminal.objects.create(
                scheme=acting.scheme,
                registered_at=acting.at,
                registered_by=acting.person,
                **asdict(said),
            )
    except IntegrityError as error:
        raise ActionRefusedError(
            _t("この番号の端末は、もう登録されています"),
            Reason(text=_t("別の番号を付けてください。")),
        ) from error
    _record("terminal.registered", made, {"lent": bool(made.lent_to)}, acting=acting)
    return made


@transaction.atomic
def register_key(
    terminal: Terminal, key: NewKey, *, acting: Acting, software_demo: bool = False
) -> TerminalKey:
    """Give a terminal its key; an earlier one counts no more.

    Raises ActionRefusedError if the key is registered already or is a software key outside a demo,
    the terminal is withdrawn, or `acting` does not keep the register.
    """
    access.check_keeps(acting)
    _check_in_use(terminal)
    if software_demo and not is_demo():
        raise ActionRefusedError(
            _t("ソフトウェアのキーは使えません"),
            Reason(text=_t("デモではないので、登録できません。")),
        )
    try:
        with transaction.atomic():
            made = TerminalKey.objects.create(
                terminal=terminal,
                credential_id=key.credential_id,
                cose=key.cose,
                software_demo=software_demo,
                registered_at=acting.at,
                registered_by=acting.person,
            )
    except IntegrityError as error:
        raise ActionRefusedError(
            _t("このキーは、もう登録されています"), Reason(text=_t("別のキーを使ってください。"))
        ) from error
    _record("terminal.keyed", terminal, {"demo": software_demo}, acting=acting)
    return made


@transaction.atomic
def note(terminal: Terminal, kind: str, text: str, *, acting: Acting) -> Custody:
    """Write in the log of a terminal's storage. `kind` is one of CUSTODY.

    Raises ActionRefusedError if the terminal is withdrawn, or `acting` may not: what ends a key is
    for those who keep the register.
    """
    access.check_custody(acting)
    if kind in ENDING:
        access.check_keeps(acting)
    _check_in_use(terminal)
    made = Custody.objects.create(
        terminal=terminal, kind=kind, note=text.strip(), at=acting.at, by=acting.person
    )
    _record("terminal.custody", terminal, {"kind": kind}, acting=acting)
    return made


def arrive(
    state: State, response: Mapping[str, Any], *, address: str, acting: Acting
) -> TerminalKey:
    """The key that answered, if it is that of one of the scheme's terminals, which the acting
    person operates or watches at. Raises ActionRefusedError."""
    heading = _t("この端末では操作できません")
    found = keys().complete_presence(state, response, _cose)
    key = TerminalKey.objects.filter(credential_id=found).select_related("terminal").get()
    terminal = key.terminal
    if (
        terminal.scheme_id != acting.scheme.pk
        or access.key_of(terminal) != key
        or (key.software_demo and not is_demo())
    ):
        raise ActionRefusedError(
            heading, Reason(text=_t("端末のキーが使われていません。端末簿を確かめてください。"))
        )
    if not presence.inside(terminal, address):
        raise ActionRefusedError(
            heading, Reason(text=_t("登録した場所のネットワークから使ってください。"))
        )
    if not access.operates(terminal, acting=acting) and not acting.holds("guard"):
        said = source(access.rules_today(acting), "terminals.operators")
        raise ActionRefusedError(
            heading, Reason(text=_t("端末を操作できる職ではありません。"), clause=said.clause)
        )
    return key


def _cose(credential_id: bytes) -> bytes | None:
    found = TerminalKey.objects.filter(credential_id=credential_id).first()
    return bytes(found.cose) if found else None


def _check_in_use(terminal: Terminal) -> None:
    if access.withdrawn(terminal):
        raise ActionRefusedError(
            _t("この端末は、使うのをやめています"), Reason(text=_t("新しく登録してください。"))
        )


def _check_place(said: Particulars, *, acting: Acting) -> None:
    rules = access.rules_today(acting)
    heading = _t("この端末は登録できません")
    places = rules.names("terminals.places") or rules.members("places")
    if said.place not in places and (places or said.place):
        clause = source(rules, "terminals.places").clause
        raise ActionRefusedError(
            heading, Reason(text=_t("ここは端末を置く場所ではありません。"), clause=clause)
        )
    if said.lent_to and rules.flag("terminals.lent_to_police") is not True:
        clause = source(rules, "terminals.lent_to_police").clause
        raise ActionRefusedError(
            heading, Reason(text=_t("警察署に端末を貸与する定めがありません。"), clause=clause)
        )


def _record(
    kind: Literal["terminal.registered", "terminal.keyed", "terminal.custody"],
    terminal: Terminal,
    data: dict[str, Any],
    *,
    acting: Acting,
) -> None:
    record(
        Entry(
            type=kind,
            at=micros(acting.at),
            subject={
                "by": acting.person.officer,
                "scheme": terminal.scheme_id,
                "terminal": str(terminal.pk),
            },
            data=data,
        )
    )
