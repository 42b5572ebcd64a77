# SPDX-License-Identifier: AGPL-3.0-or-later
"""監視勤務: beginning, taking over, a notice, the end. Every write of it.

A shift is not a session: it goes on when one person hands over to the next, and nobody watches
without being named. Each turn has the vault's grant of its own, twelve hours at the most.
"""

import secrets

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _t

from machimori.kernel.canonical import Json
from machimori.kernel.errors import RefusedError, UnavailableError
from machimori.office.people.acting import Acting
from machimori.office.people.models import Scheme
from machimori.office.shared.engine import engine
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.terminals.models import Terminal
from machimori.office.watching import access, asking
from machimori.office.watching.history import File, add, check_on
from machimori.office.watching.models import Shift


@transaction.atomic
def begin(terminal: Terminal | None, *, acting: Acting) -> File:
    """監視を始める at this terminal. Raises ActionRefusedError: the rules, the vault, or somebody
    watches here already."""
    asking.ask(terminal, acting=acting)
    assert terminal is not None
    if access.at_terminal(terminal) is not None:
        raise _taken()
    name = f"w-{secrets.token_hex(8)}"
    turn = _turn(acting.scheme, name)
    try:
        with transaction.atomic():
            shift = Shift.objects.create(
                id=name,
                scheme=acting.scheme,
                terminal=terminal,
                place=terminal.place,
                number=access.last_number(terminal) + 1,
            )
    except IntegrityError as error:
        raise _taken() from error
    return add(shift, None, "begun", turn, acting=acting)


@transaction.atomic
def change(file: File, terminal: Terminal | None, *, acting: Acting) -> File:
    """交替する: from now on the acting person watches. Raises ActionRefusedError."""
    _check_here(file, terminal)
    asking.ask(terminal, acting=acting)
    return add(file.shift, file, "changed", _turn(acting.scheme, file.shift.pk), acting=acting)


@transaction.atomic
def notice(
    file: File, terminal: Terminal | None, *, told: str, what: str, camera: str, acting: Acting
) -> File:
    """通報を記録する: whom the watcher told what, about which camera. Raises ActionRefusedError."""
    check_watches(file, terminal, acting)
    data: dict[str, Json] = {"camera": camera, "told": told.strip(), "what": what.strip()}
    return add(file.shift, file, "noticed", data, acting=acting)


@transaction.atomic
def end(file: File, *, acting: Acting) -> File:
    """監視を終える: the watcher, or the manager in their place. Raises ActionRefusedError."""
    if file.watcher != acting.person and not acting.holds("system_manager"):
        raise ActionRefusedError(
            _t("終わりにできません"), Reason(text=_t("見ている人か、管理責任者が終わりにします。"))
        )
    return add(file.shift, file, "ended", {}, acting=acting)


def check_watches(file: File, terminal: Terminal | None, acting: Acting) -> None:
    """Raise ActionRefusedError unless the acting person watches in this shift, here, now."""
    _check_here(file, terminal)
    if file.watcher != acting.person:
        raise ActionRefusedError(
            _t("見ている人が違います"),
            Reason(text=_t("%(name)sさんから交替してください。") % {"name": file.watcher.name}),
        )
    if acting.at >= file.until:
        raise ActionRefusedError(
            _t("12時間がたちました"),
            Reason(text=_t("キーに触れて、交替か継続を記録してください。")),
        )
    asking.ask(terminal, acting=acting)


def _taken() -> ActionRefusedError:
    return ActionRefusedError(
        _t("この端末では、もう監視が始まっています"), Reason(text=_t("交替してください。"))
    )


def _check_here(file: File, terminal: Terminal | None) -> None:
    check_on(file)
    if terminal is None or terminal != file.shift.terminal:
        raise ActionRefusedError(
            _t("この監視は、別の端末のものです"),
            Reason(text=_t("監視を始めた端末で、端末のキーに触れてください。")),
        )


def _turn(scheme: Scheme, name: str) -> dict[str, Json]:
    """The vault's grant for a turn: cameras and hours. Raises ActionRefusedError."""
    heading = _t("現在の映像は見られません")
    try:
        grant = engine().vault.watch(scheme.scheme_id, name)
    except RefusedError as error:
        raise ActionRefusedError(
            heading,
            Reason(
                text=_t(
                    "この制度の監視は、保管庫に登録されていません。管理責任者に知らせてください。"
                )
            ),
        ) from error
    except UnavailableError as error:
        raise ActionRefusedError(
            _t("画像の保管庫が閉じています"),
            Reason(text=_t("保管庫が開くまで、監視を始めることも交替することもできません。")),
        ) from error
    said = grant.statement()
    return {
        "cameras": said["cameras"],
        "grant": grant.encode().decode(),
        "until": said["until"],
    }
