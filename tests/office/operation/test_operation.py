# SPDX-License-Identifier: AGPL-3.0-or-later
"""稼働状況: what is wrong is said, with what to do; a shut vault is opened on the page."""

import dataclasses
import datetime as dt
import logging
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, override_settings
from django.urls import reverse

from machimori.cli.installing import certificate
from machimori.cli.installing.testing import Authority
from machimori.kernel.clock import ManualClock
from machimori.kernel.durable import Disk
from machimori.kernel.instants import instant
from machimori.ledger.entry import Entry
from machimori.office.operation import access, readings
from machimori.office.operation.lines import Line, lines
from machimori.office.operation.models import Attempt
from machimori.office.people.testing import Cast
from machimori.office.shared.config import OfficeConfig
from machimori.office.shared.posts import POSTS
from machimori.office.shared.recorders import Recorders

WRONG = "この合言葉は違います-xyzzy"


def entries(kind: str) -> list[Entry]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM ledger.pending UNION ALL SELECT body FROM ledger.entry")
        found = [Entry.decode(bytes(row[0])) for row in cursor.fetchall()]
    return [entry for entry in found if entry.type == kind]


def page(browser: Client, route: str = "operation:status") -> str:
    return browser.get(reverse(route)).content.decode()


def give(browser: Client, **typed: Any) -> str:
    return browser.post(reverse("operation:open"), typed, follow=True).content.decode()


def key_file(data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("root.key", data)


def test_after_a_power_cut_the_vault_is_opened_on_the_page(
    real: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Everybody whom it stops reads who opens it; what was typed is kept nowhere."""
    caplog.set_level(logging.DEBUG)
    manager = real.cast.person("system_manager")
    runs, handles = real.cast.person("system_administrator"), real.cast.person("operator")
    browser = real.cast.browser(runs)
    assert "開ける練習をする" in page(browser)
    real.vault.kill()
    assert "画像の保管庫が答えません" in page(browser)
    real.vault.start(unlock=False)
    for somebody in (browser, real.cast.browser(manager)):
        shown = page(somebody)
        assert "画像の保管庫が閉じています" in shown
        assert "再起動のあと、まだ開けていません。録画は続いています。" in shown
        assert reverse("operation:open") in shown
    # Whoever only runs the installation reads posts, and no name but their own.
    assert f"管理責任者、システム担当 {runs.name}" in page(browser)
    assert manager.name not in page(browser)
    first = page(real.cast.browser(handles), "people:today")
    assert "画像の保管庫が閉じています。録画は続いています。" in first
    assert f"管理責任者 {manager.name}" in first
    assert f"システム担当 {runs.name}" in first
    assert "画像の保管庫が閉じています" in page(browser, "people:today")
    # A wrong one, with nothing of it left; then the right one.
    answer = give(browser, passphrase=WRONG)
    assert "開けませんでした" in answer
    assert not real.vault.client.status().open
    secret = real.vault.key_file.read_bytes()
    shown = give(browser, key_file=key_file(secret), note="停電のあと")
    assert real.vault.client.status().open
    assert "停電のあと" in shown
    assert "画像の保管庫が閉じています" not in shown
    assert "画像の保管庫が閉じています" not in page(real.cast.browser(handles), "people:today")
    newest = [(one.kind, one.succeeded, one.by) for one in access.attempts()[:2]]
    assert newest == [("opened", True, runs), ("opened", False, runs)]
    told = [entry.data["opened"] for entry in entries("vault.opened")]
    assert sorted(told[-2:]) == [False, True]
    assert WRONG not in answer + caplog.text + stored()
    assert "xyzzy" not in stored()


def stored() -> str:
    """All of what the office and the ledger keep, as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(a)::text FROM office.operation_attempt a")
        rows = "".join(row[0] for row in cursor.fetchall())
        cursor.execute("SELECT convert_from(body, 'UTF8') FROM ledger.entry")
        return rows + "".join(row[0] for row in cursor.fetchall())


def test_opening_is_practised_twice_a_year_and_recorded(real: Any) -> None:
    cast = real.cast
    browser = cast.browser(cast.person("system_manager"))
    before = Attempt.objects.count()
    shown = give(browser, key_file=key_file(real.vault.key_file.read_bytes()))
    assert "開ける練習" in shown
    assert entries("vault.rehearsed")
    _, _, opened = readings.database() or (None, None, None)
    due = access.rehearsal_due(opened)
    assert due is not None
    days = (due - instant(cast.clock.now()).date()).days
    assert 180 < days < 186
    # Two weeks before that day the first page says so; afterwards it is urgent.
    now = instant(cast.clock.now()) + dt.timedelta(days=days - 7)
    assert practice(now).state == "warn"
    assert practice(now + dt.timedelta(days=20)).state == "bad"
    both = give(browser, passphrase="x", key_file=key_file(b"y"))
    assert "どちらか一つ" in both
    assert "どちらか一つ" in give(browser)
    assert Attempt.objects.count() == before + 1


def practice(now: dt.datetime) -> Line:
    (found,) = (line for line in lines(Recorders(), None, now=now) if line.part == "開ける練習")
    return found


def test_five_wrong_secrets_make_everybody_wait(office: ManualClock) -> None:
    cast = Cast.of(office)
    person = cast.person("system_administrator")
    for _ in range(access.WRONG):
        Attempt.objects.create(kind="opened", succeeded=False, at=cast.now, by=person)
    assert "しばらく待ってください" in give(cast.browser(person), passphrase=WRONG)
    other = cast.browser(cast.person("system_manager"))
    assert "しばらく待ってください" in give(other, passphrase=WRONG)
    office.advance(60 * 16)
    assert "しばらく待ってください" not in give(other, passphrase=WRONG)


@pytest.mark.parametrize("route", ["operation:status", "operation:open"])
def test_who_enters(office: ManualClock, route: str) -> None:
    cast = Cast.of(office)
    for post in POSTS:
        answer = cast.browser(cast.person(post)).get(reverse(route))
        assert (answer.status_code == 200) == (post in access.READERS), post


def test_what_is_down_is_named_with_what_to_do(office: ManualClock) -> None:
    cast = Cast.of(office)
    shown = page(cast.browser(cast.person("system_administrator")))
    for text in (
        "画像の保管庫が答えません。録画は続いています。",
        "この機械に録画装置はありません。",
        "仕事をするプログラムが動いていません",
    ):
        assert text in shown


@pytest.mark.parametrize(("days", "state"), [(200, "good"), (20, "warn"), (3, "bad"), (-1, "bad")])
def test_the_certificates_last_day_is_told_in_time(
    office: ManualClock, office_config: OfficeConfig, tmp_path: Path, days: int, state: str
) -> None:
    certificate.make_key(tmp_path, Disk())
    certificate.make_request(tmp_path, host="m.city.test", city="松戸市", disk=Disk())
    now = instant(office.now())
    # The test's CA signs for ten days.
    begins = now + dt.timedelta(days=days - 10, hours=1)
    request = tmp_path / "tls" / "request.csr.pem"
    (tmp_path / "chain.pem").write_bytes(Authority().sign(request, begins=begins))
    served = dataclasses.replace(
        office_config,
        origin="https://m.city.test",
        certificate=tmp_path / "chain.pem",
        key=tmp_path / "tls" / "key.pem",
    )
    with override_settings(OFFICE=served):
        (line,) = (one for one in lines(Recorders(), None, now=now) if one.part == "証明書")
    assert line.state == state
    assert ("市の認証局に" in line.todo) == (state != "good")


def test_what_waits_for_the_ledger_is_counted(
    office: ManualClock, office_config: OfficeConfig, tmp_path: Path
) -> None:
    (tmp_path / "outbox").mkdir()
    (tmp_path / "outbox" / "1.json").write_text("{}")
    now = instant(office.now())
    with override_settings(OFFICE=dataclasses.replace(office_config, expiry=tmp_path)):
        for ahead, state in ((0, "good"), (3600, "bad")):
            at = dt.datetime.fromtimestamp(
                (tmp_path / "outbox" / "1.json").stat().st_mtime + ahead, dt.UTC
            )
            found = lines(Recorders(), None, now=at)
            (line,) = (one for one in found if one.part == "台帳へ送る記録")
            assert line.state == state
            assert "1件" in line.text
    (line,) = (one for one in lines(Recorders(), None, now=now) if one.part == "台帳へ送る記録")
    assert line.state == "good"


def test_a_broken_recorders_file_and_a_lost_disk_are_named(
    office: ManualClock, office_config: OfficeConfig, tmp_path: Path
) -> None:
    (tmp_path / "rec-1").mkdir()
    (tmp_path / "rec-1" / "recorder.toml").write_text("[recorder")
    cast = Cast.of(office)
    browser = cast.browser(cast.person("system_administrator"))
    lost = dataclasses.replace(office_config, recorders=tmp_path, store=tmp_path / "not-mounted")
    with override_settings(OFFICE=lost):
        shown = page(browser)
        first = page(browser, "people:today")
    assert "録画装置 rec-1 の設定を読めません。" in shown
    assert "録画の置き場所が見えません。" in shown
    assert "録画装置 rec-1 の設定を読めません。" in first
