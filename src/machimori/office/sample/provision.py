# SPDX-License-Identifier: AGPL-3.0-or-later
"""Provision cases in every state, each walked through the pages to where it is."""

import hashlib
from collections.abc import Iterator
from typing import Any, Final

from django.urls import reverse

from machimori.office.handover.testing import copies, fetched, send
from machimori.office.jobs.running import once
from machimori.office.jobs.testing import work_off
from machimori.office.provision.history import File
from machimori.office.provision.keeping import keeping
from machimori.office.provision.states import WAY, State
from machimori.office.rules.access import in_force as rules_in_force
from machimori.office.sample.desk import SampleDesk
from machimori.office.sample.diary import Story
from machimori.office.shared.errors import ActionError
from machimori.policy.grounds import grounds

LAPSES: Final = 30
"""Days after which an approval lapses by the recommended rules."""
OPENED: Final = LAPSES + 4
"""Days ago on which the schemes began: so long that an approval could lapse."""
_ELSEWHERE: Final[tuple[State, ...]] = (
    "awaiting_correction",
    "refused",
    "not_found",
    "withdrawn",
    "lapsed",
    "revoked",
    "informed",
)
_AGO: Final[dict[State, int]] = {
    "awaiting_correction": 2,
    "refused": 6,
    "not_found": 8,
    "withdrawn": 4,
    "lapsed": OPENED - 1,
    "revoked": 5,
    "informed": 7,
    "consultation": 1,
    "received": 1,
    "under_decision": 1,
    "approved": 1,
    "instructed": 1,
    "reviewing": 1,
    "extracting": 2,
    "awaiting_check": 2,
    "ready_for_handover": 3,
    "provided": 5,
    "closed": 6,
}
"""How many days ago a case began that is in this state now."""


def stories(desk: SampleDesk, *, every: bool) -> Iterator[Story]:
    """Cases of this scheme: one in every state, or those that show how work goes on here."""
    some: tuple[State, ...] = ("received", "under_decision", "instructed", "closed", "refused")
    states = (*WAY, *_ELSEWHERE) if every else some
    for number, state in enumerate(states):
        yield _story(desk, number, state)
    # Copies that the first page asks for: one that is late, and one whose day comes near.
    for number, days in enumerate((-1, 3) if every else (2,), len(states)):
        yield _story(desk, number, "provided", due=days)
    yield from _held(desk, len(states) + 2)


def _held(desk: SampleDesk, number: int) -> Iterator[Story]:
    """A case whose footage is kept beyond its days, where a ground has a hold (印西 3(4)イ)."""
    for ground in grounds(rules_in_force(desk.cast.scheme, desk.days.today)):
        if ground.hold and "investigative_inquiry" in ground.documents:
            yield _kept(desk, number, ground.id)
            return


def _kept(desk: SampleDesk, number: int, ground: str) -> Story:
    yield desk.days.at(3, 9, 40)
    paper = {
        "ground": ground,
        "document": "investigative_inquiry",
        "document_number": f"刑第{120 + number}号",
        "document_day": f"{desk.days.day(3):%Y-%m-%d}",
    }
    file = desk.take_in(**desk.application(number, 3) | paper)
    yield desk.days.at(3, 9, 50)
    letter = keeping(file).pending
    if letter is None:
        raise ActionError("nothing is kept in the demo", where=desk.last.refused())
    desk.sign_letter(letter)


def _story(desk: SampleDesk, number: int, state: State, *, due: int = 30) -> Story:
    """`due`: in how many days the copy is to come back."""
    ago, minute = _AGO[state], 3 * number % 60
    yield desk.days.at(ago, 9, minute)
    typed = desk.application(number, ago)
    if state in ("consultation", "informed"):
        file = desk.take_in(**_consulting(typed))
    elif state == "awaiting_correction":
        file = desk.take_in(**typed | {"identity_means": "", "case": ""})
    else:
        file = desk.take_in(**typed)
    if state in WAY or state in ("refused", "revoked", "lapsed"):
        yield from _decided(desk, file, state, ago, minute, due)
    else:
        yield desk.days.at(ago, 11, minute)
        _ended(desk, file, state)
    _check(desk, file, state)


def _consulting(typed: dict[str, Any]) -> dict[str, Any]:
    empty = ("ground", "document", "document_number", "document_day", "said")
    return typed | dict.fromkeys(empty, "") | {"consult": "1", "channel": "telephone"}


def _ended(desk: SampleDesk, file: File, state: State) -> None:
    clerk = desk.clerk()
    if state == "awaiting_correction":
        desk.post(
            file,
            "correction",
            clerk,
            note="事案の内容と、身分の確かめ方を書いてください。",
            due=f"{desk.days.day(-7):%Y-%m-%d}",
        )
    elif state == "withdrawn":
        desk.post(file, "take_back", clerk, reason="探していた人が見つかったとのことです。")
    elif state == "informed":
        desk.post(file, "tell", clerk, reason="保存期間が過ぎていることを伝えました。")
    elif state == "not_found":
        desk.post(file, "nothing", clerk, why="out_of_view", reason="店の裏側は写りません。")


def _decided(desk: SampleDesk, file: File, state: State, ago: int, minute: int, due: int) -> Story:
    if state in ("consultation", "received"):
        return
    yield desk.days.at(ago, 10, minute)
    desk.post(file, "draft", desk.clerk(), checks=desk.checks(file))
    if state == "under_decision":
        return
    yield desk.days.at(ago, 11, minute)
    if state == "refused":
        desk.post(file, "refuse", reason="対象の日時が広すぎます。しぼって出し直してください。")
        return
    desk.sign(file)
    if state == "lapsed":
        yield desk.days.at(ago - LAPSES, 12, minute)
        once("provision.lapse")
        return
    if state == "revoked":
        yield desk.days.at(ago, 15, minute)
        desk.post(file, "stop", reason="照会が取り消されました。")
        return
    if state == "approved":
        return
    yield desk.days.at(ago, 13, minute)
    desk.post(file, "instruct", **desk.asked(ago + 1))
    yield from _taken_out(desk, file, state, ago, minute, due)


def _taken_out(
    desk: SampleDesk, file: File, state: State, ago: int, minute: int, due: int
) -> Story:
    if state == "instructed":
        return
    yield desk.days.at(ago, 14, minute)
    clerk, case = desk.clerk(), file.case.pk
    if state in ("reviewing", "closed"):
        browser = desk.at_terminal(clerk)
        browser.post(reverse("viewing:open", args=[case]))
    if state == "reviewing":
        return
    yield desk.days.at(ago, 14, minute + 1)
    send(desk.at_terminal(clerk), "extract", case, kind="usb", **desk.asked(ago + 1))
    work_off(case)
    if state == "extracting":
        return
    yield desk.days.at(ago, 15, minute)
    pc = desk.at_terminal(clerk)
    (copy,) = copies(desk.now(file))
    measured = hashlib.sha256(fetched(pc, copy)).hexdigest()
    medium = {"kind": "usb", "number": f"USB-{minute:02}", "measured": measured}
    send(pc, "medium", copy.copy.pk, **medium)
    if state == "awaiting_check":
        return
    yield desk.days.at(ago, 16, minute)
    send(desk.browser(), "check", case, note="指示のとおりで、再生できました。")
    if state == "ready_for_handover":
        return
    yield desk.days.at(ago - 1, 10, minute)
    send(desk.browser(clerk), "hand_over", case, **_recipient(desk, file, due))
    if state == "provided":
        return
    yield desk.days.at(ago - 3, 10, minute)
    ended = {"fate": "erasure_reported", "on": f"{desk.days.day(ago - 3):%Y-%m-%d}"}
    send(desk.browser(clerk), "settle", copy.copy.pk, note="文書で報告", **ended)
    send(desk.browser(clerk), "complete", case)


def _recipient(desk: SampleDesk, file: File, due: int) -> dict[str, Any]:
    return {
        "body": file.application.body,
        "name": file.application.name,
        "identity_means": "警察手帳",
        "identity_by": desk.clerk().name,
        "due": f"{desk.days.day(-due):%Y-%m-%d}",
        "conditions": "捜査が終わったら消去して報告する。",
    }


def _check(desk: SampleDesk, file: File, state: State) -> None:
    found = desk.now(file)
    if found.state != state:
        raise ActionError(
            f"a case of the demo is {found.state} and not {state}", where=desk.last.refused()
        )
