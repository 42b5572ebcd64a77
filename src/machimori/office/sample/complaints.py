# SPDX-License-Identifier: AGPL-3.0-or-later
"""苦情: one in every state."""

from collections.abc import Iterator
from typing import Final

from django.urls import reverse

from machimori.office.oversight.models import Record
from machimori.office.sample.desk import SampleDesk
from machimori.office.sample.diary import Story

_SAID: Final = (
    (2, "telephone", "家の玄関が写っていないか心配です。"),
    (5, "counter", "看板が木の陰になっていて、カメラに気づきませんでした。"),
    (9, "post", "だれが見ているのか知りたい。"),
)
"""How many days ago, how, and what; the first waits, the second was answered, the third is over."""


def stories(desk: SampleDesk) -> Iterator[Story]:
    """Complaints that the manager took in."""
    for number, (ago, channel, content) in enumerate(_SAID):
        yield _story(desk, number, ago, channel, content)


def _story(desk: SampleDesk, number: int, ago: int, channel: str, content: str) -> Story:
    yield desk.days.at(ago, 15, 10)
    known = set(_complaints(desk))
    typed = {
        "on": f"{desk.days.day(ago):%Y-%m-%d}",
        "channel": channel,
        "who": "",
        "camera": desk.town.cameras[0].name,
        "content": content,
    }
    desk.browser().post(reverse("oversight:receive"), typed)
    (name,) = set(_complaints(desk)) - known
    if number == 0:
        return
    yield desk.days.at(ago - 1, 10, 10)
    answer = {"action": "現地を確かめた。", "reply": "道路だけが写ることを図面で説明した。"}
    desk.browser().post(reverse("oversight:complaint_reply", args=[name]), answer)
    if number == 1:
        return
    yield desk.days.at(ago - 2, 10, 10)
    desk.browser().post(reverse("oversight:complaint_close", args=[name]))


def _complaints(desk: SampleDesk) -> list[str]:
    found = Record.objects.filter(scheme=desk.cast.scheme, kind="complaint")
    return [str(name) for name in found.values_list("pk", flat=True)]
