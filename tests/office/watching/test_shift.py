# SPDX-License-Identifier: AGPL-3.0-or-later
"""A shift with real pictures: begun, handed over, noticed, ended; and who sees nothing."""

import io
import json
import struct
import time
from dataclasses import replace
from typing import Any

import av
import pytest
from django.test import Client
from django.urls import reverse

from machimori.kernel.ids import RecorderId
from machimori.ledger.entry import Entry
from machimori.office.people.models import Person
from machimori.office.provision.testing_delivering import deliver, second_manager
from machimori.office.provision.testing_engine import EngineDesk
from machimori.office.shared.config import config
from machimori.office.shared.engine import engine
from machimori.office.watching.access import at_terminal
from machimori.office.watching.history import File
from machimori.office.watching.pictures import SOCKET
from machimori.office.watching.testing import Room, allow
from machimori.recorder.errors import LiveRefusedError
from machimori.recorder.live.client import LiveClient


def on(room: Room) -> File:
    found = at_terminal(room.terminal)
    assert found is not None
    return found


def parts(data: bytes) -> list[tuple[dict[str, Any], bytes]]:
    """What `watch.js` reads out of an answer."""
    found, at = [], 0
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        said = json.loads(data[at + 4 : at + 4 + size])
        at += 4 + size
        found.append((said, data[at : at + said.get("size", 0)]))
        at += said.get("size", 0)
    return found


def watch(browser: Client, file: File, *, seconds: float) -> dict[str, bytes]:
    """The film of each camera that came in this time."""
    address = reverse("watching:pictures", args=[file.shift.pk])
    after: dict[str, int] = {}
    film: dict[str, bytes] = {}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        answer = browser.get(address, {"after": json.dumps(after)})
        assert answer.status_code == 200, answer.content
        for said, data in parts(b"".join(answer.streaming_content)):  # type: ignore[attr-defined]
            if "after" in said:
                after[said["camera"]] = said["after"]
                film[said["camera"]] = (b"" if said["joined"] else film[said["camera"]]) + data
        time.sleep(0.3)
    return film


def pictures(film: bytes) -> int:
    with av.open(io.BytesIO(film), "r") as opened:
        return len(list(opened.decode(video=0)))


def hand_over(browser: Client, file: File, person: Person, room: Room) -> dict[str, Any]:
    """The next person touches their key at the screen."""
    args = [file.shift.pk]
    asked = browser.post(reverse("watching:next_options", args=args)).json()
    found = browser.post(
        reverse("watching:next_key", args=args),
        json.dumps(room.desk.key(person).sign_in(asked)),
        content_type="application/json",
    ).json()
    assert isinstance(found, dict)
    return found


def test_K6_a_shift_with_its_pictures_changes_hands_and_is_on_record(real: EngineDesk) -> None:
    """Officers let the vault know on the page; then every camera moves; the next guard's key makes
    the screen theirs at once, an unlisted one's does not; a guard who went sees nothing; a notice
    is kept; who watched what from when to when is in the register and in the ledger."""
    room = Room.of(real)
    first, second, unlisted = room.guard(), room.guard(), room.guard(place=None)
    browser = room.browser(first)
    assert "保管庫に登録されていません" in browser.post(reverse("watching:begin")).content.decode()
    deliver(real, real.manager, second_manager(real))
    assert RecorderId("rec-1") in {one.recorder for one in engine().vault.standing().recorders}
    browser.post(reverse("watching:begin"))
    file = on(room)
    film = watch(browser, file, seconds=4)
    assert set(film) == set(real.cameras)
    assert all(pictures(one) >= 15 for one in film.values())

    assert "名簿に名前がありません" in hand_over(browser, file, unlisted, room)["refused"]
    assert on(room).watcher == first
    old = room.browser(first)
    assert hand_over(browser, file, second, room)["watcher"] == second.name
    file = on(room)
    assert watch(browser, file, seconds=1)
    address = reverse("watching:pictures", args=[file.shift.pk])
    gone = old.get(address)
    assert gone.status_code == 403
    assert f"{second.name}さんから交替してください" in gone.content.decode()
    elsewhere = real.browser(second).get(address)
    assert "別の端末" in elsewhere.content.decode()

    typed = {"camera": real.cameras[0], "told": "110番", "what": "玄関前で口論"}
    browser.post(reverse("watching:notice", args=[file.shift.pk]), typed)
    browser.post(reverse("watching:end", args=[file.shift.pk]))
    assert at_terminal(room.terminal) is None
    assert browser.get(address).status_code == 403
    page = real.browser().get(reverse("watching:shift", args=[file.shift.pk])).content.decode()
    for text in (first.name, second.name, "110番", "玄関前で口論", "監視を終えた"):
        assert text in page
    for words, times in ((f"{first.name} {room.terminal.number}", 1), ("誰でもない人", 0)):
        asked = {"as": "csv", "q": words}
        table = real.browser().get(reverse("watching:shifts"), asked).content.decode("utf-8-sig")
        assert table.count(f"{first.name}、{second.name}") == times
    kinds = ledger_kinds(file)
    assert kinds == ["begun", "changed", "noticed", "ended"]


def ledger_kinds(file: File) -> list[str]:
    """What the ledger has of the shift, in order."""
    time.sleep(1.5)
    entries = (Entry.decode(one) for one in engine().ledger.entries())
    found = [one for one in entries if one.subject.get("case") == file.shift.pk]
    return [str(one.data["kind"]) for one in found if one.type == "watch.step"]


def test_K6_a_recorder_shows_nothing_for_another_scheme_or_a_forged_grant(
    real: EngineDesk,
) -> None:
    """The office's database is not believed: the recorder goes by the vault's signature."""
    allow(real, *real.cameras)
    grant = real.vault.client.watch(real.cast.scheme.pk, "w-1")
    directory = config().recorders
    assert directory is not None
    recorders = LiveClient(lambda: sorted(directory.glob(f"*/{SOCKET}")))
    forged = replace(grant, payload=grant.payload.replace(b'"w-1"', b'"w-2"'))
    for wrong in (forged, replace(grant, signatures=())):
        with pytest.raises(LiveRefusedError):
            recorders.read(real.cameras[0], wrong, 0)
    allow(real, real.cameras[0])
    narrow = real.vault.client.watch(real.cast.scheme.pk, "w-3")
    with pytest.raises(LiveRefusedError):
        recorders.read(real.cameras[1], narrow, 0)
