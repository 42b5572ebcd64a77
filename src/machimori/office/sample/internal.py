# SPDX-License-Identifier: AGPL-3.0-or-later
"""Internal uses in every state, each walked through the pages to where it is."""

import hashlib
from collections.abc import Iterator
from typing import Any, Final

from django.urls import reverse

from machimori.office.internal.history import File, file_of
from machimori.office.internal.states import State
from machimori.office.internal.testing import Users
from machimori.office.jobs.testing import work_off
from machimori.office.rules.access import in_force
from machimori.office.sample.desk import SampleDesk
from machimori.office.sample.diary import Story
from machimori.office.shared.errors import ActionError
from machimori.policy.grounds import grounds
from machimori.policy.profile import Profile

_AGO: Final[dict[State, int]] = {
    "drafted": 1,
    "permitted": 1,
    "in_use": 1,
    "recorded": 3,
    "closed": 6,
    "refused": 5,
    "withdrawn": 4,
}
"""How many days ago a use was drafted that is in this state now."""
_NEEDS: Final = (
    "映像が乱れるという連絡があり、画質を確かめるため",
    "街路樹の枝で写る範囲が狭くなっていないかを確かめるため",
    "カメラの向きがずれていないかを確かめるため",
    "夜間の明るさを点検するため",
    "保守点検の結果を記録として残すため",
)


def stories(desk: SampleDesk) -> Iterator[Story]:
    """One use in every state where the rules let copies be made (旭川 3(4)); where they let
    footage be viewed, one to permit and one that was ended; elsewhere none."""
    rules = in_force(desk.cast.scheme, desk.days.today)
    if rules.flag("internal.allowed"):
        some: tuple[State, ...] = ("drafted", "recorded")
        copying = "copy" in (rules.names("internal.acts") or ())
        for number, state in enumerate(tuple(_AGO) if copying else some):
            yield _story(desk, rules, number, state)


def _story(desk: SampleDesk, rules: Profile, number: int, state: State) -> Story:
    ago = _AGO[state]
    yield desk.days.at(ago, 13, 5 + number)
    uses = ["view", "copy"] if state == "closed" else ["view"]
    need: dict[str, Any] = {"need": _NEEDS[number % len(_NEEDS)], "uses": uses}
    if rules.flag("internal.ground_required"):
        need["ground"] = next(one.id for one in grounds(rules) if "use" in one.opens)
    file = _users(desk).drafted(**desk.asked(ago + 1) | need)
    yield from _moved(desk, file, state, ago, number)
    found = file_of(file.use)
    if found.state != state:
        raise ActionError(f"a use of the demo is {found.state} and not {state}")


def _moved(desk: SampleDesk, file: File, state: State, ago: int, number: int) -> Story:
    if state == "drafted":
        return
    yield desk.days.at(ago, 13, 30 + number)
    users = _users(desk)
    if state == "withdrawn":
        users.send(file, "withdraw", reason="現地で確かめられたため")
        return
    if state == "refused":
        users.send(file, "refuse", desk.browser(), reason="現在のカメラの図面で分かるため")
        return
    users.sign(file)
    if state == "permitted":
        return
    yield desk.days.at(ago, 14, number)
    desk.at_terminal(desk.clerk()).post(reverse("viewing:use", args=[file.use.pk]))
    if state == "in_use":
        return
    yield desk.days.at(ago, 14, 30 + number)
    if state == "closed":
        _copied(desk, file, ago)
    users = _users(desk)
    users.send(file, "result", result="レンズの汚れと分かり、業者に清掃を頼んだ。")
    if state == "closed":
        _copy_ended(desk, file, ago)
        users.send(file, "close")


def _copied(desk: SampleDesk, file: File, ago: int) -> None:
    users, args = _users(desk), [file.use.pk]
    users.send(file, "copy")
    work_off(file.use.pk)
    package = users.browser.post(reverse("internal:package", args=args))
    digest = hashlib.sha256()
    for part in package.streaming_content:  # type: ignore[attr-defined]  # it streams
        digest.update(part)
    medium = {"kind": "usb", "number": "USB-内1", "due": f"{desk.days.day(ago - 5):%Y-%m-%d}"}
    users.send(file, "medium", read_back=digest.hexdigest()[:8], **medium)


def _copy_ended(desk: SampleDesk, file: File, ago: int) -> None:
    (copy,) = file_of(file.use).copies
    args = [file.use.pk, copy.written.serial]
    desk.browser().post(reverse("internal:check", args=args))
    on = f"{desk.days.day(ago):%Y-%m-%d}"
    ended = {"fate": "destroyed", "on": on, "witness": desk.manager.name}
    _users(desk).browser.post(reverse("internal:end", args=args), ended)


def _users(desk: SampleDesk) -> Users:
    """Who takes in and copies, at the terminal, now."""
    clerk = desk.clerk()
    return Users(desk=desk, person=clerk, browser=desk.at_terminal(clerk))
