# SPDX-License-Identifier: AGPL-3.0-or-later
"""Requests for disclosure in every state, each walked through the pages to where it is."""

from collections.abc import Iterator
from typing import Any, Final

from machimori.kernel.clock import ManualClock
from machimori.office.disclosure.history import File, file_of
from machimori.office.disclosure.states import State
from machimori.office.disclosure.testing import FULL, PART, Window
from machimori.office.sample.desk import SampleDesk
from machimori.office.sample.diary import Story
from machimori.office.shared.errors import ActionError

_AGO: Final[dict[State, int]] = {
    "received": 1,
    "awaiting_correction": 3,
    "identifying": 2,
    "hearing_third_party": 5,
    "decided": 4,
    "awaiting_manner": 6,
    "disclosed": 8,
    "transferred": 4,
    "withdrawn": 6,
    "closed": 9,
}
"""How many days ago a request came that is in this state now."""
_NAMES: Final = ("高橋 良子", "伊藤 修", "渡辺 葵", "中村 恒夫")


def stories(desk: SampleDesk, clock: ManualClock, *, every: bool) -> Iterator[Story]:
    """Requests in this scheme: one in every state, or one that has just come and one that waits."""
    window = Window(desk=desk, clock=clock)
    some: tuple[State, ...] = ("received", "awaiting_manner")
    for number, state in enumerate(tuple(_AGO) if every else some):
        yield _story(window, desk, number, state)


def _story(window: Window, desk: SampleDesk, number: int, state: State) -> Story:
    ago = _AGO[state]
    on = f"{desk.days.day(ago):%Y-%m-%d}"
    yield desk.days.at(ago, 9, 30 + number)
    incomplete = {"address": ""} if state == "awaiting_correction" else {}
    file = window.take_in(
        **desk.asked(ago + 1)
        | {
            "received": on,
            "name": _NAMES[number % len(_NAMES)],
            "identity_by": desk.clerk().name,
            "item": "前の日の夜、私が写っている画像",
        }
        | incomplete
    )
    yield desk.days.at(ago, 9, 45 + number)
    window.sign(file)
    yield from _handled(window, desk, file, state, ago)
    found = file_of(file.case)
    if found.state != state:
        raise ActionError(
            f"a request of the demo is {found.state} and not {state}", where=desk.last.refused()
        )


def _handled(window: Window, desk: SampleDesk, file: File, state: State, ago: int) -> Story:
    days = desk.days
    on = f"{days.day(ago):%Y-%m-%d}"
    if state == "received":
        return
    yield days.at(ago, 13)
    if state == "awaiting_correction":
        window.post(file, "correction", what="住所", due=f"{days.day(-7):%Y-%m-%d}", on=on)
        return
    if state == "withdrawn":
        window.post(file, "withdraw", on=on, reason="見つかったため")
        return
    if state == "transferred":
        window.post(file, "transfer", to="教育委員会", reason="学校のカメラのため", on=on)
        return
    window.post(file, "accept")
    others: dict[str, Any] = {"others": "on"} if state == "hearing_third_party" else {}
    window.post(file, "found", kept="on", shown="on", note="入口の前を歩いている", **others)
    if state == "identifying":
        return
    yield days.at(ago, 15)
    if state == "hearing_third_party":
        by = f"{days.day(-2):%Y-%m-%d}"
        window.post(
            file, "opinion", name="小川 次郎", about="同じ時刻に写っています", reply_by=by, on=on
        )
        return
    window.post(file, "decide", **(PART if state == "disclosed" else FULL), on=on)
    if state == "decided":
        return
    yield days.at(ago, 16)
    window.post(file, "notify", on=on, document_number="デモ通知第7号")
    if state == "awaiting_manner":
        return
    then = f"{days.day(ago - 2):%Y-%m-%d}"
    yield days.at(ago - 2, 10)
    window.post(file, "manner", manner="閲覧", on=then, wish="午後")
    window.post(file, "disclose", on=then, identity="運転免許証", identity_by=desk.clerk().name)
    if state == "closed":
        window.post(file, "close")
