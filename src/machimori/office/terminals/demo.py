# SPDX-License-Identifier: AGPL-3.0-or-later
"""A demo's terminals: software keys that answer for them, refused outside a demo."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _t

from machimori.kernel.durable import Disk
from machimori.kernel.ids import OfficerId
from machimori.office.people.acting import Acting
from machimori.office.people.signing_in import keys
from machimori.office.people.softkey import SoftwareKey
from machimori.office.shared.config import config
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.terminals import access, actions
from machimori.office.terminals.models import Terminal, TerminalKey


def give_key(terminal: Terminal, *, acting: Acting) -> TerminalKey:
    """Make and register a software key for this terminal. Raises ActionRefusedError."""
    office = config()
    if not office.demo:
        raise _refused()
    found = list(terminal.keys.filter(software_demo=True))
    name = OfficerId(f"terminal-{terminal.pk}-{len(found)}")
    made = SoftwareKey.create(
        office.demo_keys, name, Disk(), origin=office.origin, host=office.host
    )
    asked, state = keys().begin_device(name)
    key = keys().complete_registration(state, made.register(asked))
    return actions.register_key(terminal, key, acting=acting, software_demo=True)


def terminals(acting: Acting) -> list[Terminal]:
    """The scheme's terminals that a software key answers for; none outside a demo."""
    if not config().demo:
        return []
    found = access.lines(access.terminals(acting.scheme))
    return [line.terminal for line in found if line.key and line.key.software_demo]


def answer(number: str, asked: dict[str, Any], *, acting: Acting) -> Mapping[str, Any]:
    """What the software key of the terminal with this id answers. Raises ActionRefusedError."""
    office = config()
    one = next((one for one in terminals(acting) if str(one.pk) == number), None)
    if one is None:
        raise _refused()
    last = one.keys.filter(software_demo=True).count() - 1
    name = OfficerId(f"terminal-{one.pk}-{last}")
    try:
        key = SoftwareKey.load(office.demo_keys, name, origin=office.origin, host=office.host)
    except OSError as error:
        raise _refused() from error
    return key.sign_in(asked)


def _refused() -> ActionRefusedError:
    return ActionRefusedError(
        _t("デモの端末ではありません"), Reason(text=_t("端末のキーに触れてください。"))
    )
