# SPDX-License-Identifier: AGPL-3.0-or-later
"""Opening an instructed case through the pages: real vault, real sealed footage."""

import io
import json
import os
import re
import subprocess
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import av
from django.test import Client
from django.urls import reverse

from machimori.footage.naming import SegmentName, parse
from machimori.kernel.clock import ManualClock
from machimori.ledger.entry import Entry
from machimori.office.people.models import Appointment
from machimori.office.provision.history import File
from machimori.office.provision.testing import without_empty
from machimori.office.provision.testing_engine import MINUTE, EngineDesk
from machimori.office.shared.config import config
from machimori.office.shared.engine import engine
from machimori.office.shared.posts import POSTS
from machimori.office.viewing.models import Keys, Viewing, Watched

MAY = {"system_manager", "operator", "viewer"}
"""堺 7."""


def opening(file: File) -> str:
    return reverse("viewing:open", args=[file.case.pk])


def permit(desk: EngineDesk, file: File, person: Any = None, **typed: Any) -> str:
    """What the page says after somebody's presence was to be permitted."""
    sent = {"affiliation": "中央警察署", "name": "山田", "applicant": "on", "reason": "人物の確認"}
    return desk.post(file, "attendee", person, **(sent | typed))


def permitted(desk: EngineDesk, file: File) -> list[str]:
    """The choices of those who may look on, as the page offers them."""
    page = desk.browser().get(opening(file)).content.decode()
    return re.findall(r'name="attendees" value="(\d+)"', page)


def start(desk: EngineDesk, file: File, browser: Client, **typed: Any) -> str:
    """Open the case on its page; the player's page, or the refusal."""
    address = reverse("viewing:open", args=[file.case.pk])
    answer = browser.post(address, without_empty(typed), follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def reel_of(page: str) -> dict[str, Any]:
    """What the page tells the player."""
    found = re.search(r'data-reel="([^"]*)"', page)
    assert found is not None, page
    told: dict[str, Any] = json.loads(unescape(found[1]))
    return told


def played(browser: Client, address: str) -> bytes:
    answer = browser.get(address)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    parts: Any = answer.streaming_content  # type: ignore[attr-defined]  # a streaming answer has it
    return b"".join(parts)


def entries(kind: str, case: str) -> list[Entry]:
    """The ledger's entries of this type about the case, as they came."""
    decoded = (Entry.decode(body) for body in engine().ledger.entries())
    return [one for one in decoded if one.type == kind and one.subject.get("case") == case]


def test_what_was_instructed_is_played_and_nothing_more(real: EngineDesk) -> None:
    file = real.instructed(cameras=[real.cameras[0]], last_time="09:58")
    browser = real.browser()
    assert "画像を開く" in real.page(file)
    reel = reel_of(start(real, file, browser))
    assert [len(one["pieces"]) for one in reel["cameras"]] == [2]
    assert reel["length"] == 120
    times = []
    for piece in reel["cameras"][0]["pieces"]:
        data = played(browser, piece["address"])
        with av.open(io.BytesIO(data), "r", format="mp4") as film:
            times += [frame.time for frame in film.decode(video=0) if frame.time is not None]
    assert len(times) > 500
    assert min(times) < 2
    assert 115 < max(times) <= 120.5
    assert (
        browser.get(reel["cameras"][0]["pieces"][-1]["address"].replace("/1/", "/2/")).status_code
        == 404
    )


def test_a_gap_is_told_with_its_cause(real: EngineDesk) -> None:
    [middle] = [
        one.name
        for one in real.store.list(f"{real.day.isoformat()}/{real.cameras[0]}/")
        if isinstance(name := parse(one.name), SegmentName) and name.first == real.start + MINUTE
    ]
    file = real.instructed()
    real.store.delete(middle)
    page = start(real, file, real.browser())
    first, second = reel_of(page)["cameras"]
    assert [round(gap["end"] - gap["start"]) for gap in first["gaps"]] == [60]
    assert second["gaps"] == []
    assert "記録がなく、原因は分かりません" in page


def test_only_who_may_view_opens_and_only_whose_it_is_plays(real: EngineDesk) -> None:
    file = real.instructed()
    address = reverse("viewing:open", args=[file.case.pk])
    people = {post: real.cast.person(post) for post in POSTS}
    shown = {
        post for post, one in people.items() if "player-screens" in start_or_not(real, address, one)
    }
    assert shown == MAY
    mine = real.browser(people["viewer"])
    piece = reel_of(start(real, file, mine))["cameras"][0]["pieces"][0]["address"]
    assert played(mine, piece)
    for other in (
        real.browser(people["operator"]),
        real.browser(people["viewer"]),
        real.cast.browser(),
    ):
        # The same person in another browser has not the viewing's secret.
        assert other.get(piece).status_code in (302, 403, 404)


def start_or_not(desk: EngineDesk, address: str, person: Any) -> str:
    return desk.browser(person).post(address, {}, follow=True).content.decode()


def test_it_ends_with_the_appointment_and_with_its_time(
    real: EngineDesk, clock: ManualClock
) -> None:
    file = real.instructed()
    viewer = real.cast.person("viewer", until=real.cast.now + timedelta(minutes=20))
    browser = real.browser(viewer)
    piece = reel_of(start(real, file, browser))["cameras"][0]["pieces"][0]["address"]
    assert played(browser, piece)
    clock.advance(20 * 60)
    assert Appointment.objects.filter(person=viewer).exists()
    assert browser.get(piece).status_code == 403


def test_closing_takes_the_keys_away(real: EngineDesk) -> None:
    file = real.instructed()
    browser = real.browser()
    page = start(real, file, browser)
    viewing = Viewing.objects.get(case=file.case)
    browser.post(reverse("viewing:close", args=[viewing.pk]))
    assert not Keys.objects.filter(viewing=viewing).exists()
    assert browser.get(reel_of(page)["cameras"][0]["pieces"][0]["address"]).status_code == 404


def test_K12_every_opening_and_what_was_watched_is_an_entry(real: EngineDesk) -> None:
    """Who opened which case with whom, and each piece on the screen, in the ledger."""
    file = real.instructed()
    browser = real.browser()
    permit(real, file)
    reel = reel_of(start(real, file, browser, attendees=permitted(real, file)))
    piece = reel["cameras"][1]["pieces"][1]
    for _ in range(2):
        played(browser, piece["address"])
    [watched] = Watched.objects.filter(viewing__case=file.case)
    assert (watched.camera, watched.viewing.by, watched.viewing.attendees) == (
        real.cameras[1],
        real.manager,
        "中央警察署 山田",
    )
    page = browser.get(reverse("viewing:listing")).content.decode()
    for words in (real.manager.name, "管理責任者", real.cameras[1], "中央警察署 山田"):
        assert words in page
    [opened] = entries("viewing.opened", file.case.pk)
    assert opened.subject["by"] == real.manager.officer
    assert opened.data["cameras"] == sorted(real.cameras)
    assert set(opened.commitments) == {"attended"}
    [told] = entries("viewing.watched", file.case.pk)
    assert told.subject["camera"] == real.cameras[1]
    assert told.data["viewing"] == opened.data["viewing"]


def test_A12_others_attend_only_with_the_managers_reason(real: EngineDesk) -> None:
    """Only the manager permits, with a reason; whoever opens names those who were permitted."""
    file = real.instructed()
    permit(real, file, reason="")
    assert permitted(real, file) == []
    operator = real.cast.person("operator")
    assert "管理責任者" in permit(real, file, operator)
    assert permitted(real, file) == []
    permit(real, file)
    assert (
        "中央警察署 山田（認めた人：" in real.browser(operator).get(opening(file)).content.decode()
    )
    assert "player-screens" in start(
        real, file, real.browser(operator), attendees=permitted(real, file)
    )
    viewing = Viewing.objects.get(case=file.case)
    assert (viewing.by, viewing.attendees, viewing.reason) == (
        operator,
        "中央警察署 山田",
        "人物の確認",
    )
    assert real.again(file, "reviewing").latest("attendee_permitted") is not None


def test_an_approval_without_instruction_opens_nothing(real: EngineDesk) -> None:
    file = real.approved()
    assert "画像を開く" not in real.page(file)
    assert real.browser().get(reverse("viewing:open", args=[file.case.pk])).status_code == 404


def test_no_file_is_opened_for_writing_while_footage_is_shown(
    real: EngineDesk, tmp_path: Path
) -> None:
    """The kernel's word, for every thread and library of the web process."""
    file = real.instructed()
    browser = real.browser()
    pieces = reel_of(start(real, file, browser))["cameras"][0]["pieces"]
    seen = tmp_path / "seen"
    calls = "trace=open,openat,openat2,creat,rename,renameat,renameat2,link,linkat"
    command = ["strace", "-f", "-p", str(os.getpid()), "-e", calls, "-o", str(seen)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracing:
        assert tracing.stderr is not None
        assert "attached" in tracing.stderr.readline()
        for piece in pieces:
            assert played(browser, piece["address"])
        (tmp_path / "end").touch()
        tracing.terminate()
        tracing.communicate()
    written = [
        line
        for line in seen.read_text().splitlines()
        if re.search(r"O_(WRONLY|RDWR|CREAT)|creat\(|rename|link", line)
        and " = -1 " not in line
        and "/dev/null" not in line
        # The thread that sets the test vault's clock.
        and "machimori-desk-" not in line
    ]
    assert [line for line in written if str(tmp_path) not in line] == []
    assert any("end" in line for line in written), "strace saw nothing"


def test_no_decrypted_byte_lies_on_the_disk(real: EngineDesk) -> None:
    file = real.instructed()
    browser = real.browser()
    piece = reel_of(start(real, file, browser))["cameras"][0]["pieces"][0]
    data = played(browser, piece["address"])
    needle = data[data.index(b"mdat") + 2000 :][:48]
    searched = 0
    for path in config().directory.parent.rglob("*"):
        if path.is_file():
            searched += 1
            assert needle not in path.read_bytes(), path
    assert searched > 50
