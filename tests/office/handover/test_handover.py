# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the instruction to the closed case, through the pages and upon the real engine."""

import hashlib
import io
import re
import zipfile
from pathlib import Path

import pytest
from django.urls import reverse
from pypdf import PdfReader

from machimori.evidence.verifier.check import verify
from machimori.evidence.verifier.verdict import Verdict
from machimori.kernel.clock import ManualClock
from machimori.kernel.instants import parse_rfc3339
from machimori.office.handover import packages
from machimori.office.handover.testing import (
    RECIPIENT,
    act,
    begun,
    copies,
    fetched,
    send,
    terminal,
    written,
)
from machimori.office.handover.working import base_of, sweep
from machimori.office.jobs.testing import work_off
from machimori.office.people.acting import now
from machimori.office.provision import withdrawing
from machimori.office.provision.orders import order_of
from machimori.office.provision.testing_engine import EngineDesk, pictures_sent
from machimori.office.shared.config import config
from machimori.office.shared.engine import engine
from machimori.office.shared.errors import ActionRefusedError
from machimori.vault.errors import VaultRefusedError


def lies(name: str) -> set[str]:
    """Files of this package, with their modes."""
    found = [*config().directory.glob(f"packages/{name}*")]
    found += config().directory.glob(f"package-keys/{name}*")
    return {f"{one.suffix} {one.stat().st_mode & 0o777:o}" for one in found}


def test_A15_nothing_is_taken_out_beyond_the_instruction(real: EngineDesk) -> None:
    """What lies beyond the instruction, or was never instructed, is refused before the vault."""
    pc = terminal(real, real.cast.person("operator"))
    file, typed = real.approved(), real.asked | {"kind": "dvd-r"}
    assert "この案件は「承認」です" in send(pc, "extract", file.case.pk, **typed)
    file = real.instructed(cameras=[real.cameras[0]])
    said = send(pc, "extract", file.case.pk, **typed)
    assert "指示の範囲を超えています" in said or "選択してください" in said
    assert real.again(file, "instructed").latest("extraction_begun") is None


def test_K5_nothing_is_taken_out_but_at_a_registered_terminal(real: EngineDesk) -> None:
    """The same person is refused at another computer and admitted at the registered one."""
    operator, typed = real.cast.person("operator"), real.asked | {"kind": "dvd-r"}
    file = real.instructed()
    said = send(real.browser(operator), "extract", file.case.pk, **typed)
    assert "専用パソコン" in said
    assert real.again(file, "instructed")
    act(terminal(real, operator), "extract", file.case.pk, **typed)
    assert real.again(file, "extracting")


def test_A9_K15_the_manager_confirms_what_somebody_else_made(
    real: EngineDesk, tmp_path: Path
) -> None:
    """What is handed out holds byte for byte what the camera sent. Completion is confirmed by the
    post that the rules name, never by who made the copy, and with it the package ends; until then
    it lies sealed, its key apart."""
    operator = real.cast.person("operator")
    pc = terminal(real, operator)
    file = begun(real, pc)
    (copy,) = copies(file)
    data = fetched(pc, copy)
    digest = hashlib.sha256(data).hexdigest()
    package = tmp_path / "package.zip"
    package.write_bytes(data)
    city = hashlib.sha256(engine().vault.identity().public).hexdigest()
    assert verify(package, city=city).verdict is Verdict.SOUND
    film = b"".join(one.data for one in pictures_sent(real.minutes, real.size))
    assert all(one and one in film for one in originals(package).values())
    assert lies(base_of(file)) == {".sealed 600", ".key 600"}
    (sealed,) = config().directory.glob(f"packages/{base_of(file)}*")
    assert not any(word in sealed.read_bytes() for word in (b"PK\x03\x04", b"ftyp", b"BagIt"))
    medium = {"kind": "usb", "number": "USB-12"}
    said = send(pc, "medium", copy.copy.pk, **medium, read_back="00000000")
    assert "指紋と違います" in said
    assert "読み返した指紋を入れてください" in send(pc, "medium", copy.copy.pk, **medium)
    page = send(pc, "medium", copy.copy.pk, **medium, read_back=digest[:12].upper())
    file = real.again(file, "awaiting_check")
    assert "完了の確認を待っています" in page
    assert "<strong>管理責任者</strong>" in page
    assert "<dd>操作担当者</dd>" in page
    assert "完了の確認を待っています" not in real.page(file)
    assert pc.post(reverse("handover:check", args=[file.case.pk])).status_code == 403
    assert packages.names()
    act(real.browser(), "check", file.case.pk, note="再生できた")
    file = real.again(file, "ready_for_handover")
    assert not lies(base_of(file))


def originals(package: Path) -> dict[str, bytes]:
    """What the package has of each camera, in the order of time."""
    found: dict[str, bytes] = {}
    with zipfile.ZipFile(package) as archive:
        for name in sorted(archive.namelist()):
            if name.endswith(".rtp"):
                camera = Path(name).parent.name
                found[camera] = found.get(camera, b"") + archive.read(name)
    assert len(found) == 2
    return found


def test_K15_who_made_the_copy_does_not_confirm_it(real: EngineDesk) -> None:
    """Holding the right post does not help who made the copy."""
    maker = real.cast.person("operator", "system_manager")
    pc = terminal(real, maker)
    file = written(real, pc, "USB-K15")
    assert "自分では確認できません" in send(pc, "check", file.case.pk, note="よい")
    assert real.again(file, "awaiting_check")


def today(desk: EngineDesk) -> str:
    return desk.browser().get(reverse("people:today")).content.decode()


def check_register(desk: EngineDesk) -> None:
    """複製・媒体簿: found by what is known of it, in the page, as CSV and as Excel."""
    browser, address = desk.browser(), reverse("handover:copies")
    for words in ("USB-13", "山田", "街頭", "USB-13 中央"):
        assert "USB-13" in browser.get(address, {"q": words}).content.decode()
    assert "USB-13" not in browser.get(address, {"q": "USB-99"}).content.decode()
    assert "USB-13" in browser.get(address, {"state": "handed_over"}).content.decode()
    assert "USB-13" not in browser.get(address, {"state": "overdue"}).content.decode()
    csv = browser.get(address, {"as": "csv"}).content.decode("utf-8-sig")
    assert "媒体番号,案件番号" in csv
    assert "USB-13" in csv
    assert browser.get(address, {"as": "xlsx"}).content.startswith(b"PK")
    viewer = desk.cast.person("viewer")
    assert desk.browser(viewer).get(address).status_code == 403


def test_I13_K16_identity_at_hand_over_and_the_copy_followed_to_its_end(
    real: EngineDesk, clock: ManualClock
) -> None:
    """Kind of paper and checker, no number; the copy is due as the approval's condition says, is
    listed, and ends before the case."""
    real.drafting.update(conditions="目的外に使わない\n複製しない", return_by="令和8年6月30日")
    pc = terminal(real, real.cast.person("operator"))
    file = written(real, pc, "USB-13", encrypted="on", password_way="envelope")
    act(real.browser(), "check", file.case.pk, note="再生できた")
    number = RECIPIENT | {"identity_means": "1234 5678 9012"}
    assert "12けたの番号" in send(real.browser(), "hand_over", file.case.pk, **number)
    nobody = RECIPIENT | {"identity_means": ""}
    act(real.browser(), "hand_over", file.case.pk, **nobody)
    assert real.again(file, "ready_for_handover")
    page = real.browser().get(reverse("handover:hand_over", args=[file.case.pk])).content.decode()
    assert "目的外に使わない\n複製しない" in page
    assert "令和8年6月30日" in page
    late = RECIPIENT | {"due": "令和8年7月1日"}
    assert "承認の条件は" in send(real.browser(), "hand_over", file.case.pk, **late)
    act(real.browser(), "hand_over", file.case.pk, **RECIPIENT)
    file = real.again(file, "provided")
    page = real.page(file)
    assert "USB-13" in page
    assert "複製しない" in page
    (copy,) = copies(file)
    check_register(real)
    for paper in ("receipt", "media_slip", "provided_reply"):
        answer = real.browser().get(reverse("provision:paper", args=[file.case.pk, paper]))
        assert answer.content.startswith(b"%PDF")
    remind = {"on": "令和8年5月14日", "how": "電話"}
    page = send(real.browser(), "remind", copy.copy.pk, **remind)
    assert "返却・消去をお願いした" in page
    assert reverse("provision:paper", args=[file.case.pk, "copy_reminder"]) in page
    assert "期限が近い複製や、期限を過ぎた複製はありません" in today(real)
    assert "（依頼）（PDF）" in real.page(file)
    answer = real.browser().get(reverse("provision:paper", args=[file.case.pk, "copy_reminder"]))
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    for said in ("USB-13", "1回目", "令和8年6月30日"):
        assert said in re.sub(r"\s", "", text)
    clock.set(parse_rfc3339("2026-07-01T10:00:00+09:00"))
    assert "期限を過ぎています 令和8年6月30日" in today(real)
    earlier = {"due": "令和8年6月1日", "reason": "公判のため"}
    assert "いまの期限より後" in send(real.browser(), "extend", copy.copy.pk, **earlier)
    later = earlier | {"due": "令和8年7月10日"}
    assert "公判のため" in send(real.browser(), "extend", copy.copy.pk, **later)
    assert "期限 令和8年7月10日" in today(real)
    assert "まだ記録されていません" in send(real.browser(), "complete", file.case.pk)
    number = {"fate": "erasure_reported", "on": "令和8年5月14日", "note": "123456789012"}
    assert "12けたの番号" in send(real.browser(), "settle", copy.copy.pk, **number)
    act(real.browser(), "settle", copy.copy.pk, fate="erasure_reported", on="令和8年5月14日")
    act(real.browser(), "complete", file.case.pk)
    file = real.again(file, "closed")
    completed = file.latest("completed")
    assert completed is not None
    assert completed.data["records_until"].endswith("-03-31")


def test_A15_a_closed_case_ends_its_approval_at_the_vault(real: EngineDesk) -> None:
    """Closed within the approval's validity: the page asks the manager for a signature, and once
    it is there the vault refuses whoever holds the reader's secret, the approval and the ledger."""
    pc = terminal(real, real.cast.person("operator"))
    file = written(real, pc, "USB-15")
    order = order_of(file)
    act(real.browser(), "check", file.case.pk, note="再生できた")
    act(real.browser(), "hand_over", file.case.pk, **RECIPIENT)
    (copy,) = copies(file)
    act(real.browser(), "settle", copy.copy.pk, fate="erasure_reported", on="令和8年5月14日")
    page = send(real.browser(), "complete", file.case.pk)
    assert "承認の終わりが、保管庫にまだ届いていません" in page
    file = real.again(file, "closed")
    with pytest.raises(ActionRefusedError):
        order_of(file)
    assert real.look(file, order).frame.width == 160
    letter = withdrawing.owed(file, real.cast.now)
    assert letter is not None
    assert "location" in real.sign_letter(letter)
    with pytest.raises(VaultRefusedError) as caught:
        real.look(file, order)
    assert caught.value.reason == "taken_back"
    assert "まだ届いていません" not in real.page(file)


def test_P9_a_medium_that_was_rejected_is_destroyed_before_the_case_ends(
    real: EngineDesk,
) -> None:
    """It stays in the city's hands and on the list until its destruction is on record; its number
    serves again afterwards."""
    pc = terminal(real, real.cast.person("operator"))
    file = written(real, pc, "USB-P9")
    (spoiled,) = copies(file)
    act(real.browser(), "reject", file.case.pk, reason="途中で止まる")
    file = real.again(file, "instructed")
    assert not lies(base_of(file))
    assert "媒体 USB-P9" in today(real)
    act(pc, "extract", file.case.pk, **(real.asked | {"kind": "dvd-r"}))
    work_off(file.case.pk)
    file = real.again(file, "extracting")
    (copy,) = copies(file)
    measured = hashlib.sha256(fetched(pc, copy)).hexdigest()
    medium = {"kind": "usb", "number": "USB-P9", "measured": measured}
    assert "ほかの媒体のものです" in send(pc, "medium", copy.copy.pk, **medium)
    end = {"fate": "destroyed", "on": "令和8年5月14日", "note": "裁断した"}
    assert "裁断した" in send(real.browser(), "settle", spoiled.copy.pk, **end)
    act(pc, "medium", copy.copy.pk, **medium)
    assert real.again(file, "awaiting_check")
    assert "媒体 USB-P9" not in today(real)


def test_I8_an_extraction_that_fails_says_why_and_leaves_nothing(real: EngineDesk) -> None:
    """The page says the reason and what to do; no file of it is left."""
    pc = terminal(real, real.cast.person("operator"))
    file = real.instructed()
    for stored in list(real.store.list()):
        real.store.delete(stored.name)
    act(pc, "extract", file.case.pk, **(real.asked | {"kind": "dvd-r"}))
    page = real.page(file)
    assert "順番を待っています" in page
    assert reverse("handover:progress", args=[file.case.pk]) in page
    work_off(file.case.pk)
    file = real.again(file, "instructed")
    assert not lies(base_of(file))
    assert "この時間の録画がありません" in real.page(file)


def test_P9_a_package_ends_with_its_case_and_after_its_days(
    real: EngineDesk, clock: ManualClock
) -> None:
    """Withdrawn, or not written within a week: the key is erased, and the page says so."""
    pc = terminal(real, real.cast.person("operator"))
    file = begun(real, pc)
    sweep(now())
    assert lies(base_of(file))
    real.act(file, "take_back", reason="もう要らない")
    file = real.again(file, "withdrawn")
    sweep(now())
    assert not lies(base_of(file))
    (copy,) = copies(file)
    assert copy.state == "dropped"
    file = begun(real, pc)
    clock.advance(8 * 86_400)
    sweep(now())
    assert not lies(base_of(file))
    file = real.again(file, "instructed")
    assert "7日のあいだに媒体に書かれなかった" in real.page(file)
