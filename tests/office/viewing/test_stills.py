# SPDX-License-Identifier: AGPL-3.0-or-later
"""A still on paper: what it shows, its number, its register, its end."""

import io
import re
from typing import Any

import av
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from machimori.office.handover.testing import terminal
from machimori.office.provision.history import File
from machimori.office.provision.testing_engine import EngineDesk
from machimori.office.shared.config import config
from machimori.office.viewing.models import Print, Viewing

STILL = {"at": "61500000", "reason": "決裁に添える", "due": "令和8年6月30日"}


def instructed(desk: EngineDesk) -> File:
    """An instructed case whose approval includes printing."""
    file = desk.approved(uses=["view", "copy", "print"])
    desk.act(file, "instruct", **desk.asked)
    return desk.again(file, "instructed")


def opened(file: File, browser: Client) -> Viewing:
    browser.post(reverse("viewing:open", args=[file.case.pk]), follow=True)
    return Viewing.objects.filter(case=file.case).latest("at")


def test_K2_a_print_is_numbered_registered_and_followed_to_its_end(real: EngineDesk) -> None:
    """The paper has camera, time, case, person and number; the register its day and its end."""
    file = instructed(real)
    operator = real.cast.person("operator")
    browser = terminal(real, operator)
    viewing = opened(file, browser)
    address = reverse("viewing:still", args=[viewing.pk])
    answer = browser.post(address, STILL | {"camera": real.cameras[1]})
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    made = Print.objects.get(viewing=viewing)
    [page] = PdfReader(io.BytesIO(answer.content)).pages
    text = re.sub(r"\s", "", page.extract_text())
    shown = [made.numbered.text, file.number, real.cameras[1], operator.name, "09:57:01"]
    for words in shown:
        assert re.sub(r"\s", "", words) in text, words
    resources: Any = page["/Resources"]
    drawn = [one.get_object() for one in resources["/XObject"].values()]
    [jpeg] = [one.get_data() for one in drawn if one["/Subtype"] == "/Image"]
    with av.open(io.BytesIO(jpeg)) as image:
        assert (image.streams.video[0].width, image.streams.video[0].height) == (160, 96)
    assert jpeg[-64:] not in b"".join(
        path.read_bytes() for path in config().directory.parent.rglob("*") if path.is_file()
    )
    register = browser.get(reverse("viewing:prints")).content.decode()
    assert made.numbered.text in register
    assert made.numbered.text in browser.get(reverse("people:today")).content.decode()
    one = reverse("viewing:print", args=[made.pk])
    check = reverse("viewing:check_print", args=[made.pk])
    assert browser.post(check).status_code == 403
    real.browser().post(check)
    assert real.manager.name in browser.get(one).content.decode()
    browser.post(one, {"fate": "destroyed", "on": "令和8年5月14日", "witness": "佐藤"})
    assert "破砕・裁断・溶解" in browser.get(reverse("viewing:prints")).content.decode()
    assert made.numbered.text not in browser.get(reverse("people:today")).content.decode()


def test_A12_K15_printing_needs_the_approval_and_a_terminal(real: EngineDesk) -> None:
    """What was approved for viewing and copying alone is not printed; nor is it elsewhere than the
    rules allow."""
    file = real.instructed()
    viewing = opened(file, browser := real.browser())
    address = reverse("viewing:still", args=[viewing.pk])
    said = browser.post(address, STILL | {"camera": real.cameras[0]})
    assert said.status_code == 403
    assert "承認に印刷が含まれていません" in said.content.decode()
    assert not Print.objects.filter(viewing=viewing).exists()
    other = real.browser(real.cast.person("viewer"))
    assert other.post(address, STILL | {"camera": real.cameras[0]}).status_code == 404
