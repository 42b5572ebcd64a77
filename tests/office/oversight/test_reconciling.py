# SPDX-License-Identifier: AGPL-3.0-or-later
"""保存履歴 and 突合 through the pages, on a real vault with real footage."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import reverse
from pypdf import PdfReader

from machimori.evidence.ordering import Order, authorised_keys
from machimori.kernel.clock import ManualClock
from machimori.kernel.durable import Disk
from machimori.kernel.instants import parse_rfc3339
from machimori.ledger.courier import carry_journal
from machimori.ledger.testing import LedgerProcess
from machimori.office.jobs.testing import work_off
from machimori.office.oversight import runs
from machimori.office.oversight.history import records
from machimori.office.people.models import Person
from machimori.office.police.testing import Station
from machimori.office.provision.testing import Desk
from machimori.office.provision.testing_engine import EngineDesk, engine_desk
from machimori.office.shared.engine import engine
from machimori.vault.client.journal import VaultJournal
from machimori.vault.client.reader import Reader
from machimori.vault.client.testing import authorisation, signed


@pytest.fixture
def clock() -> ManualClock:
    """Sunday, a quarter past two in the night."""
    return ManualClock(parse_rfc3339("2026-05-17T02:14:00+09:00"))


@pytest.fixture
def real(database: LedgerProcess, clock: ManualClock) -> Iterator[EngineDesk]:
    with engine_desk(clock, database, profile="asahikawa", cameras=1) as desk:
        yield desk


def text(desk: EngineDesk, person: Person, route: str, *args: object) -> str:
    answer = desk.browser(person).get(reverse(route, args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def send(desk: EngineDesk, person: Person, route: str, *args: object, **typed: str) -> str:
    address = reverse(f"oversight:{route}", args=args)
    return desk.browser(person).post(address, typed, follow=True).content.decode()


def reconciled(desk: EngineDesk, tmp_path: Path) -> str:
    """What the page says after the vault's journal was carried and a run went through."""
    disk = Disk()
    carry_journal(VaultJournal(engine().vault), tmp_path / "position", engine().ledger, disk)
    send(desk, desk.manager, "reconcile")
    row = records(desk.cast.scheme, "reconciliation").first()
    assert row is not None
    assert [one.state for one in work_off(row.pk)] == ["done"]
    return text(desk, desk.manager, "oversight:reconciliation")


def test_A18_A19_a_lent_terminal_s_month_is_stated_and_every_opening_reconciled(
    real: EngineDesk, clock: ManualClock, tmp_path: Path
) -> None:
    """The chief returns what was saved and is kept, the manager confirms; a run names the opening
    that the vault made without a case, the late request, the saving that nobody recorded."""
    station = Station.of(real)
    station.trusted(real)
    terminal = station.lend()
    file = station.ordered(**real.asked)
    browser = station.at(terminal, station.operator)
    browser.post(reverse("police:extract", args=[file.extraction.pk]))
    work_off(file.extraction.pk)
    file = station.again(file, "extracted")
    taken = file.latest("extracted")
    assert taken is not None
    station.post(file, "saved", station.operator, digest=taken.data["digest"][:8])

    first = reconciled(real, tmp_path)
    assert "開けた記録1件のうち1件が一致" in first
    assert "見つかったものはありません" in first

    # Behind the office's back: officers sign for a case that the office does not have.
    reader = Reader.generate()
    secret = authorisation(
        scheme=real.cast.scheme.pk,
        cameras=real.cameras,
        start=real.start,
        end=real.end,
        reader=reader.public.raw,
        now=clock.now(),
        case="c-behind-its-back",
    )
    authorised_keys(
        client=engine().vault,
        ledger=engine().ledger,
        store=real.store,
        order=Order(authorisation=signed(secret, *real.vault.officers[:2])),
        reader=reader,
        clock=clock,
    )
    clock.set(parse_rfc3339("2026-06-11T10:00:00+09:00"))
    second = reconciled(real, tmp_path)
    assert "開けた記録1件のうち0件が一致" in second
    for found in ("当たる案件がない", "c-behind-its-back", "申請書が期限に遅れた"):
        assert found in second, found
    assert "保存履歴の報告が遅れた" in second
    assert "まだ出ていません" in second

    month = ("2026-05", terminal.pk)
    for person in (station.chief, real.manager):
        today = text(real, person, "people:today")
        assert "令和8年5月　中央警察署　警1" in today
        assert "期限を過ぎています 令和8年6月10日（水）" in today
    shown = text(real, station.chief, "oversight:statement", *month)
    for said in (real.cameras[0], station.operator.name, "未提出（期限", "<td>残っている"):
        assert said in shown, said
    assert "報告するのは" not in send(
        real, station.chief, "statement_return", *month, others="5月3日 カメラ2", remarks="当直交替"
    )
    assert "確かめたこと" in send(real, real.manager, "statement_confirm", *month, note="")
    send(real, real.manager, "statement_confirm", *month, note="端末の一覧と照らした")
    confirmed = text(real, real.manager, "oversight:statement", *month)
    for said in ("確認済み", "端末の一覧と照らした", "一覧にない保存：5月3日 カメラ2"):
        assert said in confirmed, said
    paper = real.browser().get(reverse("oversight:statement_paper", args=month))
    pages = PdfReader(io.BytesIO(paper.content)).pages
    printed = "".join("".join(one.extract_text().split()) for one in pages)
    for said in ("令和8年5月", "SN-警1", "未提出"):
        assert said in printed, said

    clock.advance(3600)
    third = reconciled(real, tmp_path)
    assert third.count("市の記録にない保存") == 1
    assert third.count("当たる案件がない") == 1
    [finding] = [
        one for one in records(real.cast.scheme, "finding") if one.key.startswith("no_case/")
    ]
    today = text(real, real.manager, "people:today")
    assert "当たる案件がない" in today
    send(real, real.manager, "answer", finding.pk, reason="保管庫の点検。警察に届けた")
    answered = text(real, real.manager, "oversight:finding", finding.pk)
    assert "保管庫の点検。警察に届けた" in answered
    assert "当たる案件がない" not in text(real, real.manager, "people:today")


def test_a_run_is_due_as_the_rules_say(office: ManualClock) -> None:
    desk = Desk.of(office, profile="asahikawa")
    page = desk.browser().get(reverse("people:today")).content.decode()
    assert "突合の時期です" in page
    runs.nightly()
    [run] = records(desk.cast.scheme, "reconciliation")
    runs.nightly()
    assert records(desk.cast.scheme, "reconciliation").count() == 1
    assert [one.state for one in work_off(run.pk)] == ["done"]
    assert "突合の時期です" not in desk.browser().get(reverse("people:today")).content.decode()
    office.advance(31 * 24 * 3600)
    runs.nightly()
    assert records(desk.cast.scheme, "reconciliation").count() == 2
