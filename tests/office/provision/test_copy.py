# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the instruction to the closed case, through the pages and upon the real engine."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from machimori.evidence.verifier.check import verify
from machimori.evidence.verifier.verdict import Verdict
from machimori.office.jobs.testing import work_off
from machimori.office.people.models import Person
from machimori.office.provision.history import File
from machimori.office.provision.packages import path_of
from machimori.office.provision.testing import without_empty
from machimori.office.provision.testing_engine import EngineDesk
from machimori.office.shared.engine import engine
from machimori.office.terminals.models import Terminal

pytestmark = pytest.mark.alone

RECIPIENT = {
    "body": "中央警察署 刑事課",
    "name": "山田 太郎",
    "identity_means": "警察手帳",
    "identity_by": "佐藤 花子",
    "due": "令和8年6月30日",
    "conditions": "捜査が終わったら消去して報告する",
}


def terminal(desk: EngineDesk, person: Person) -> Client:
    """This person's browser at a computer that the manager has registered."""
    manager = desk.browser()
    known = {"number": "1号", "place": "guard_room", "storage": "保管庫", "serial": "SN-1"}
    manager.post(reverse("terminals:new"), known)
    made = Terminal.objects.latest("pk")
    manager.post(reverse("terminals:key_demo", args=[made.pk]))
    browser = desk.browser(person)
    browser.post(reverse("terminals:arrive_demo"), {"terminal": made.pk})
    return browser


def send(browser: Client, route: str, file: File, **typed: Any) -> str:
    address = reverse(f"provision:{route}", args=[file.case.pk])
    return browser.post(address, without_empty(typed), follow=True).content.decode()


def extracted(desk: EngineDesk, pc: Client) -> tuple[File, bytes]:
    """A case whose package was made and fetched, and the package."""
    file = desk.instructed()
    send(pc, "extract", file, **desk.asked)
    work_off(file.case.pk)
    answer = pc.post(reverse("provision:package", args=[file.case.pk]))
    return desk.again(file, "extracting"), b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def test_A15_nothing_is_taken_out_beyond_the_instruction(real: EngineDesk) -> None:
    pc = terminal(real, real.cast.person("operator"))
    file = real.approved()
    assert "この案件は「承認」です" in send(pc, "extract", file, **real.asked)
    file = real.instructed(cameras=[real.cameras[0]])
    said = send(pc, "extract", file, **real.asked)
    assert "指示の範囲を超えています" in said or "選択してください" in said
    assert real.again(file, "instructed").latest("extraction_begun") is None


def test_K5_nothing_is_taken_out_but_at_a_registered_terminal(real: EngineDesk) -> None:
    operator = real.cast.person("operator")
    file = real.instructed()
    assert "専用パソコン" in send(real.browser(operator), "extract", file, **real.asked)
    assert real.again(file, "instructed")
    send(terminal(real, operator), "extract", file, **real.asked)
    assert real.again(file, "extracting")


def test_K15_the_manager_confirms_what_somebody_else_made(real: EngineDesk, tmp_path: Path) -> None:
    operator = real.cast.person("operator")
    pc = terminal(real, operator)
    file, data = extracted(real, pc)
    digest = hashlib.sha256(data).hexdigest()
    package = tmp_path / "package.zip"
    package.write_bytes(data)
    city = hashlib.sha256(engine().vault.identity().public).hexdigest()
    assert verify(package, city=city).verdict is Verdict.SOUND
    medium = {"kind": "usb", "number": "USB-12"}
    assert "指紋と違います" in send(pc, "medium", file, **medium, read_back="00000000")
    send(pc, "medium", file, **medium, read_back=digest[:12].upper())
    file = real.again(file, "awaiting_check")
    denied = pc.post(reverse("provision:check", args=[file.case.pk]))
    assert denied.status_code == 403
    assert path_of(file).exists()
    send(real.browser(), "check", file, note="再生できた")
    file = real.again(file, "ready_for_handover")
    assert not path_of(file).exists()


def test_I13_K16_identity_at_hand_over_and_the_copy_followed_to_its_end(
    real: EngineDesk,
) -> None:
    pc = terminal(real, real.cast.person("operator"))
    file, data = extracted(real, pc)
    read_back = hashlib.sha256(data).hexdigest()[:8]
    send(pc, "medium", file, kind="usb", number="USB-13", read_back=read_back)
    send(real.browser(), "check", file, note="再生できた")
    number = RECIPIENT | {"identity_means": "1234 5678 9012"}
    assert "12けたの番号" in send(real.browser(), "hand_over", file, **number)
    nobody = RECIPIENT | {"identity_means": ""}
    send(real.browser(), "hand_over", file, **nobody)
    assert real.again(file, "ready_for_handover")
    send(real.browser(), "hand_over", file, **RECIPIENT)
    file = real.again(file, "provided")
    assert "USB-13" in real.page(file)
    today = real.browser().get(reverse("people:today")).content.decode()
    assert "令和8年6月30日" in today
    assert "まだ記録されていません" in send(real.browser(), "complete", file)
    send(real.browser(), "settle", file, fate="erasure_reported", on="令和8年5月14日")
    send(real.browser(), "complete", file)
    file = real.again(file, "closed")
    completed = file.latest("completed")
    assert completed is not None
    assert completed.data["records_until"].endswith("-03-31")


def test_I8_an_extraction_that_fails_says_why_and_leaves_nothing(real: EngineDesk) -> None:
    pc = terminal(real, real.cast.person("operator"))
    file = real.instructed()
    for stored in list(real.store.list()):
        real.store.delete(stored.name)
    send(pc, "extract", file, **real.asked)
    work_off(file.case.pk)
    file = real.again(file, "instructed")
    assert not path_of(file).exists()
    assert "nothing usable is stored" in real.page(file)
