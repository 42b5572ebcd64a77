# SPDX-License-Identifier: AGPL-3.0-or-later
"""Taking out, writing and handing over for tests, through the pages. Supported code."""

import hashlib
from typing import Any

from django.test import Client
from django.urls import reverse

from machimori.office.handover.history import Followed, copies_of, current
from machimori.office.jobs.testing import work_off
from machimori.office.people.models import Person
from machimori.office.provision.history import File
from machimori.office.provision.testing import Desk, without_empty
from machimori.office.provision.testing_engine import EngineDesk
from machimori.office.terminals.models import Terminal

RECIPIENT = {
    "body": "中央警察署 刑事課",
    "name": "山田 太郎",
    "identity_means": "警察手帳",
    "identity_by": "佐藤 花子",
    "due": "令和8年6月30日",
    "conditions": "捜査が終わったら消去して報告する",
}


def terminal(desk: Desk, person: Person) -> Client:
    """This person's browser at a computer that the manager has registered."""
    manager = desk.browser()
    number = str(Terminal.objects.filter(scheme=desk.cast.scheme).count() + 1)
    known = {
        "number": f"{number}号",
        "place": "guard_room",
        "storage": "保管庫",
        "serial": f"SN-{number}",
    }
    manager.post(reverse("terminals:new"), known)
    made = Terminal.objects.latest("pk")
    manager.post(reverse("terminals:key_demo", args=[made.pk]))
    browser = desk.browser(person)
    browser.post(reverse("terminals:arrive_demo"), {"terminal": made.pk})
    return browser


def send(browser: Client, route: str, name: str, /, **typed: Any) -> str:
    """What the page says after this was sent; `name` is a case's or a copy's."""
    address = reverse(f"handover:{route}", args=[name])
    return browser.post(address, without_empty(typed), follow=True).content.decode()


def act(browser: Client, route: str, name: str, /, **typed: Any) -> None:
    """Send this, on the way to a state that says whether it was accepted (as `Desk.act`)."""
    browser.post(reverse(f"handover:{route}", args=[name]), without_empty(typed))


def begun(desk: EngineDesk, pc: Client, **typed: Any) -> File:
    """A case whose packages a worker has made."""
    file = desk.instructed()
    act(pc, "extract", file.case.pk, **({"kind": "dvd-r"} | desk.asked | typed))
    work_off(file.case.pk)
    return desk.again(file, "extracting")


def copies(file: File) -> tuple[Followed, ...]:
    """The copies of the case's last extraction."""
    return current(file, copies_of(file))


def fetched(pc: Client, copy: Followed) -> bytes:
    """The package of this copy, as the terminal got it."""
    answer = pc.post(reverse("handover:package", args=[copy.copy.pk]))
    assert answer.streaming, answer.content.decode()
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # the client's own


def written(desk: EngineDesk, pc: Client, number: str, **typed: Any) -> File:
    """A case whose one medium was written and read back, whole."""
    file = begun(desk, pc)
    (copy,) = copies(file)
    measured = hashlib.sha256(fetched(pc, copy)).hexdigest()
    medium = {"kind": "usb", "number": number, "measured": measured} | typed
    act(pc, "medium", copy.copy.pk, **medium)
    return desk.again(file, "awaiting_check")
