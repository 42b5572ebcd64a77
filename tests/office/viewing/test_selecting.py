# SPDX-License-Identifier: AGPL-3.0-or-later
"""画像確認: the part needed is chosen on the time line, and nothing else is taken out."""

import hashlib
import re
import zipfile
from datetime import timedelta
from pathlib import Path

from django.test import Client
from django.urls import reverse

from machimori.evidence.verifier.check import verify
from machimori.evidence.verifier.statement import STATEMENT, Statement
from machimori.evidence.verifier.verdict import Verdict
from machimori.kernel.envelope import Envelope
from machimori.kernel.instants import instant
from machimori.office.handover.testing import act, copies, fetched, terminal
from machimori.office.jobs.testing import work_off
from machimori.office.provision.history import File
from machimori.office.provision.testing_engine import EngineDesk
from machimori.office.shared.engine import engine
from machimori.office.viewing.forms import instant_input
from machimori.office.viewing.models import Viewing

SECOND = 1_000_000


def opened(file: File, browser: Client) -> Viewing:
    """The case's viewing, opened on its page."""
    page = browser.post(reverse("viewing:open", args=[file.case.pk]), follow=True)
    assert "player-parts" in page.content.decode()
    return Viewing.objects.filter(case=file.case).latest("at")


def choose(
    desk: EngineDesk, viewing: Viewing, browser: Client, parts: dict[str, tuple[int, int]]
) -> str:
    """What the page says after these seconds of the footage were chosen of these cameras."""
    typed: dict[str, str] = {}
    for camera, (first, last) in parts.items():
        begin, end = (instant(desk.start) + timedelta(seconds=seconds) for seconds in (first, last))
        typed |= {
            f"{camera}-needed": "on",
            f"{camera}-begin": instant_input(begin),
            f"{camera}-end": instant_input(end),
        }
    address = reverse("viewing:select", args=[viewing.pk])
    return browser.post(address, typed, follow=True).content.decode()


def test_A15_only_the_part_chosen_of_each_camera_is_taken_out(
    real: EngineDesk, tmp_path: Path
) -> None:
    """The package holds what was chosen inside the instruction, camera by camera, and says so."""
    operator = real.cast.person("operator")
    pc = terminal(real, operator)
    file = real.instructed()
    viewing = opened(file, pc)
    assert real.again(file, "reviewing")
    first, second = real.cameras
    page = choose(real, viewing, pc, {first: (20, 80), second: (100, 130)})
    assert "選んだ範囲を取り出す" in page
    assert page.count(" ～ ") == 2
    extract = reverse("handover:extract", args=[file.case.pk])
    assert "選んだ範囲を取り出す" in pc.get(extract).content.decode()
    act(pc, "extract", file.case.pk, kind="dvd-r")
    work_off(file.case.pk)
    file = real.again(file, "extracting")
    (copy,) = copies(file)
    package = tmp_path / "package.zip"
    package.write_bytes(fetched(pc, copy))
    city = hashlib.sha256(engine().vault.identity().public).hexdigest()
    assert verify(package, city=city).verdict is Verdict.SOUND
    with zipfile.ZipFile(package) as opened_again:
        statement = Statement.decode(Envelope.decode(opened_again.read(STATEMENT)))
    delivered = {
        one.camera: [(at - real.start) / SECOND for span in one.delivered for at in span]
        for one in statement.cameras
    }
    assert delivered == {first: [20, 80], second: [100, 130]}
    assert [one.gaps for one in statement.cameras] == [(), ()]


def test_A15_what_goes_beyond_the_instruction_is_refused(real: EngineDesk) -> None:
    """With the instruction's ends and the time that cannot be chosen, and two ways out."""
    file = real.instructed(last_time="09:58")
    browser = real.browser()
    viewing = opened(file, browser)
    camera = real.cameras[0]
    page = choose(real, viewing, browser, {camera: (30, 150)})
    assert "指示の範囲を超えています" in page
    assert "09:58:30は選べません" in page
    assert "追加の申請を作る" in page
    assert real.again(file, "reviewing").latest("selected") is None
    clamped = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]+)"', page))
    browser.post(reverse("viewing:select", args=[viewing.pk]), clamped)
    fact = real.again(file, "reviewing").latest("selected")
    assert fact is not None
    assert fact.data["parts"] == [[camera, real.start + 30 * SECOND, real.start + 120 * SECOND]]


def test_A15_only_whose_viewing_it_is_chooses(real: EngineDesk) -> None:
    """Another person's browser meets nothing, and nothing chosen is a refusal."""
    file = real.instructed()
    browser = real.browser()
    viewing = opened(file, browser)
    other = real.browser(real.cast.person("operator"))
    address = reverse("viewing:select", args=[viewing.pk])
    assert other.post(address, {}).status_code == 404
    assert "必要なカメラを選んでください" in browser.post(address, {}).content.decode()
    assert real.again(file, "reviewing").latest("selected") is None


def test_nothing_found_ends_the_case_from_the_player(real: EngineDesk) -> None:
    file = real.instructed()
    browser = real.browser()
    viewing = opened(file, browser)
    address = reverse("provision:nothing", args=[file.case.pk])
    player = reverse("viewing:player", args=[viewing.pk])
    assert address in browser.get(player).content.decode()
    real.act(file, "nothing", why="not_shown", reason="人物が写っていない")
    assert real.again(file, "not_found")
    assert browser.get(player).status_code == 404
