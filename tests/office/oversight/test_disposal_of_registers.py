# SPDX-License-Identifier: AGPL-3.0-or-later
"""文書の廃棄 beyond cases: an imported 利用簿, shifts before a screen; the link to 文書の保存."""

import datetime as dt
import re

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from machimori.kernel.clock import ManualClock
from machimori.kernel.instants import micros, parse_rfc3339
from machimori.ledger.entry import Entry
from machimori.office.oversight.models import OldUse, Record, Tombstone
from machimori.office.oversight.testing import (
    bring_in,
    carry_out,
    decide_disposal,
    provided,
    tables_with,
)
from machimori.office.people import actions as people
from machimori.office.people.models import Person
from machimori.office.personnel.models import Duty, Key, Pledge
from machimori.office.provision.models import Look
from machimori.office.provision.testing import PART, Desk, recorded
from machimori.office.provision.testing_engine import EngineDesk
from machimori.office.shared.engine import engine
from machimori.office.terminals.models import Terminal
from machimori.office.watching.access import at_terminal
from machimori.office.watching.models import Shift
from machimori.office.watching.testing import Room, allow

WHY = {"cause": "audit", "reference": "監第3号", "reason": "監査に要る"}


def listed(desk: Desk, year: int) -> str:
    answer = desk.browser().get(reverse("oversight:disposal"), {"year": year})
    return answer.content.decode()


def test_P_an_imported_register_is_kept_for_its_years_and_goes_as_a_whole(desk: Desk) -> None:
    """文書保存年限 of a 利用簿 of 令和2年度, counted from its newest line: five years on it is
    listed, stayed, decided and erased with its lines and their 訂正; a later one is not."""
    batch = bring_in(desk, "令和2年4月3日", "令和3年3月30日")
    later = bring_in(desk, "令和2年4月4日", "令和3年4月1日")
    line = OldUse.objects.filter(batch=batch).earliest("at")
    correct = {"field": "purpose", "new": "捜査照会", "reason": "書きもれ"}
    desk.browser().post(reverse("oversight:use", args=[f"imported-{line.pk}"]), correct)
    shown = listed(desk, 2025)
    for text in ("取り込んだ利用簿", "2行", "令和3年3月30日", "令和8年3月31日", "廃棄できます"):
        assert text in shown, text
    assert reverse("oversight:kept", args=["import", later.pk]) not in shown
    assert "保存中" in listed(desk, 2026)
    desk.browser().post(reverse("oversight:stay", args=["import", batch.pk]), WHY)
    assert "廃棄を止めています（監査）" in listed(desk, 2025)
    [stay] = Record.objects.filter(kind="stay")
    desk.browser().post(reverse("oversight:stay_release", args=[stay.pk]), {"reason": "終わった"})
    decide_disposal(desk, 2025)
    assert carry_out(desk, 2025).facts[-1].data == {"disposed": 1, "left": 0}
    assert list(OldUse.objects.values_list("batch", flat=True).distinct()) == [later.pk]
    assert tables_with("書きもれ") == set()
    [gone] = Tombstone.objects.filter(kind="import")
    assert (gone.number, gone.last_day) == ("2行", dt.date(2026, 3, 31))
    register = desk.browser().get(reverse("oversight:uses"), {"year": "all"}).content.decode()
    assert "文書の廃棄（保存年限が過ぎ、内容を消した）" in register
    assert register.count("取込み（複製）") == 2
    [entry] = [one for one in recorded() if one.type == "record.disposed"]
    assert entry.data["kind"] == "import"


def test_P_questions_at_the_counter_go_by_year_with_their_corrections(office: ManualClock) -> None:
    """録画の有無 of 令和2年度: a record of its own, listed after its years, decided and erased with
    its lines and their 訂正; 令和3年度's stay, and the ledger keeps that somebody asked."""
    office.set(parse_rfc3339("2021-03-31T23:50:00+09:00"))
    desk = Desk.of(office)
    browser = desk.browser()
    asked = PART | {"first_day": "2021-03-20", "last_day": "2021-03-20"}
    assert browser.post(reverse("provision:look"), asked).status_code == 200
    [line] = Look.objects.filter(scheme=desk.cast.scheme)
    address = reverse("oversight:use", args=[f"look-{line.pk}"])
    browser.post(address, {"field": "purpose", "new": "落とし物の相談", "reason": "書きもれ"})
    office.advance(20 * 60)
    browser.post(reverse("provision:look"), asked)
    office.set(parse_rfc3339("2026-05-14T10:00:00+09:00"))
    name = f"{desk.cast.scheme.pk}-2020"
    shown = listed(desk, 2025)
    for text in ("録画の有無の確認", "令和2年度 1行", "令和3年3月31日", "令和8年3月31日"):
        assert text in shown, text
    assert f"{desk.cast.scheme.pk}-2021" not in shown
    kept = desk.browser().get(reverse("oversight:kept", args=["look", name])).content.decode()
    assert "act=look" in kept
    for other in ("x-2020", f"{desk.cast.scheme.pk}-1999"):
        address = reverse("oversight:kept", args=["look", other])
        assert desk.browser().get(address).status_code == 404
    desk.browser().post(reverse("oversight:stay", args=["look", name]), WHY)
    assert "廃棄を止めています（監査）" in listed(desk, 2025)
    [stay] = Record.objects.filter(scheme=desk.cast.scheme, kind="stay")
    desk.browser().post(reverse("oversight:stay_release", args=[stay.pk]), {"reason": "終わった"})
    decide_disposal(desk, 2025)
    assert carry_out(desk, 2025).facts[-1].data == {"disposed": 1, "left": 0}
    [left] = Look.objects.filter(scheme=desk.cast.scheme)
    assert left.pk != line.pk
    assert tables_with("落とし物の相談") == set()
    lines = desk.browser().get(reverse("oversight:uses"), {"year": "all"}).content.decode()
    assert "令和2年度 1行" in lines
    entries = [one for one in recorded() if one.subject.get("scheme") == desk.cast.scheme.pk]
    assert [one.type for one in entries].count("recording.searched") == 2
    assert [one.data for one in entries if one.type == "record.disposed"] == [{"kind": "look"}]


def test_P_a_destroyed_key_and_a_pledge_go_after_their_years(office: ManualClock) -> None:
    """鍵簿 and 誓約簿: a key that was destroyed and the pledge of whoever left are listed after
    `records.register_years`, decided and erased; the key in use and who serves stay."""
    office.set(parse_rfc3339("2020-05-14T10:00:00+09:00"))
    desk = Desk.of(office)
    browser, left, stays = desk.browser(), desk.cast.person("operator"), desk.cast.person("viewer")
    for number in ("R-1", "R-2"):
        typed = {"kind": "rack", "number": number, "place": "1階"}
        page = browser.post(reverse("personnel:key_new"), typed).headers["Location"]
        seen = {"on": "令和2年5月14日", "witness": f"立会 {number}"}
        browser.post(page, seen | {"kind": "issued", "holder": left.pk})
        if number == "R-1":
            browser.post(page, seen | {"kind": "returned"})
            browser.post(page, seen | {"kind": "destroyed"})
    pledged = {"signed_on": "令和2年5月14日", "kept_at": "書庫の誓約"}
    for person in (left, stays):
        browser.post(reverse("personnel:pledge", args=[person.pk]), pledged)
    held = left.appointments.get()
    people.end_appointment(held, acting=desk.cast.acting(desk.manager), until=desk.cast.now)
    office.set(parse_rfc3339("2026-05-14T10:00:00+09:00"))
    shown = listed(desk, 2025)
    for text in ("鍵簿の鍵", "R-1", "誓約書の記録", "1件", "職が終わった"):
        assert text in shown, text
    assert "R-2" not in shown
    assert left.name not in shown
    for kind, case in (("key", f"key-{Key.objects.get(number='R-1').pk}"), ("key", "key-x")):
        answer = desk.browser().get(reverse("oversight:kept", args=[kind, case]))
        assert answer.status_code == (404 if case == "key-x" else 200)
    decide_disposal(desk, 2025)
    assert carry_out(desk, 2025).facts[-1].data == {"disposed": 2, "left": 0}
    assert [one.number for one in Key.objects.filter(scheme=desk.cast.scheme)] == ["R-2"]
    assert tables_with("立会 R-1") == set()
    assert "personnel_keyevent" in tables_with("立会 R-2")
    assert [one.person for one in Pledge.objects.filter(scheme=desk.cast.scheme)] == [stays]
    lines = desk.browser().get(reverse("oversight:uses"), {"year": "all"}).content.decode()
    assert "文書の廃棄（保存年限が過ぎ、内容を消した）" in lines
    assert desk.browser().get(reverse("oversight:disposed")).status_code == 200


def test_P_a_withdrawn_terminal_and_a_reported_guard_go_after_their_years(
    office: ManualClock,
) -> None:
    """端末簿 and 従事者名簿: a terminal that was withdrawn and the lines of a guard who left are
    listed after `records.register_years`, decided and erased; a terminal in use, one that has a
    shift and a guard who serves stay."""
    office.set(parse_rfc3339("2020-05-14T10:00:00+09:00"))
    desk = Desk.of(office)
    gone, used, watched = (Room.of(desk, number=f"監{number}") for number in (1, 2, 3))
    left, stays = gone.guard(), gone.guard()
    for room in (gone, watched):
        page = reverse("terminals:terminal", args=[room.terminal.pk])
        desk.browser().post(page, {"kind": "withdrawn", "note": f"返却 {room.terminal.number}"})
    Shift.objects.create(
        id="s-1", scheme=desk.cast.scheme, terminal=watched.terminal, place="guard_room", number=1
    )
    held = left.appointments.get()
    corrected = {
        "place": "monitoring_room",
        "company": "堺警備保障",
        "reported_on": "令和2年5月13日",
    }
    address = reverse("personnel:roster_correct", args=[held.duty.pk])
    desk.browser().post(address, corrected | {"reason": "社名の誤り"})
    people.end_appointment(held, acting=desk.cast.acting(desk.manager), until=desk.cast.now)
    office.set(parse_rfc3339("2026-05-14T10:00:00+09:00"))
    shown = listed(desk, 2025)
    for text in ("端末簿の端末", "監1", "使うのをやめた", "従事者名簿の記録", "1件"):
        assert text in shown, text
    assert not {"監2", "監3", left.name} & set(re.findall(r"監\d|" + re.escape(left.name), shown))
    names = ("terminal", f"terminal-{gone.terminal.pk}"), ("terminal", "terminal-x")
    for (kind, case), status in zip(names, (200, 404), strict=True):
        answer = desk.browser().get(reverse("oversight:kept", args=[kind, case]))
        assert answer.status_code == status
    decide_disposal(desk, 2025)
    assert carry_out(desk, 2025).facts[-1].data == {"disposed": 2, "left": 0}
    kept = Terminal.objects.filter(scheme=desk.cast.scheme).order_by("number")
    assert list(kept) == [used.terminal, watched.terminal]
    assert tables_with("返却 監1") == set()
    assert tables_with("社名の誤り") == set()
    assert [one.appointment.person for one in Duty.objects.all()] == [stays]


def test_the_database_takes_no_record_of_another_kind_for_a_register(desk: Desk) -> None:
    batch = bring_in(desk, "令和2年4月3日")
    complaint = {"on": "令和8年5月14日", "channel": "counter", "content": "写っている"}
    desk.browser().post(reverse("oversight:receive"), complaint)
    decide_disposal(desk, 2025)
    record = Record.objects.get(kind="complaint")
    [decision] = Record.objects.filter(kind="disposal")
    for kind, case, why in (
        ("import", record.pk, "no decision"),
        ("complaint", batch.pk, "no decision"),
    ):
        with pytest.raises(DatabaseError, match=why), transaction.atomic():
            Tombstone.objects.create(
                scheme=desk.cast.scheme,
                kind=kind,
                case=case,
                state="imported",
                completed=dt.date(2020, 4, 3),
                last_day=dt.date(2026, 3, 31),
                decision=decision,
                at=desk.cast.now,
            )
    assert OldUse.objects.filter(batch=batch).exists()


def test_K6_P_a_shift_is_kept_for_its_years_and_the_next_one_is_numbered_on(
    real: EngineDesk, clock: ManualClock
) -> None:
    """監視勤務 that is over: from its page to its 保存年限 and a stay, erased with who watched
    when; the ledger keeps its steps, and the shift that goes on is not touched."""
    allow(real, *real.cameras)
    room = Room.of(real)
    guard = room.guard()
    browser = room.browser(guard)
    browser.post(reverse("watching:begin"))
    first = at_terminal(room.terminal)
    assert first is not None
    browser.post(reverse("watching:end", args=[first.shift.pk]))
    browser.post(reverse("watching:begin"))
    second = at_terminal(room.terminal)
    assert second is not None
    kept = reverse("oversight:kept", args=["shift", first.shift.pk])
    page = reverse("watching:shift", args=[first.shift.pk])
    assert kept in real.browser().get(page).content.decode()
    assert "令和14年3月31日" in real.browser().get(kept).content.decode()
    real.browser().post(reverse("oversight:stay", args=["shift", first.shift.pk]), WHY)
    then = dt.datetime(2032, 4, 1, 1, tzinfo=dt.UTC)
    clock.advance((micros(then) - clock.now()) / 1_000_000)
    shown = listed(real, 2031)
    assert "監1 第1回" in shown
    assert "廃棄を止めています（監査）" in shown
    assert "監1 第2回" not in shown
    [stay] = Record.objects.filter(scheme=real.cast.scheme, kind="stay")
    real.browser().post(reverse("oversight:stay_release", args=[stay.pk]), {"reason": "終わった"})
    decide_disposal(real, 2031)
    assert carry_out(real, 2031).state == "disposed"
    assert "watching_fact" not in tables_with(first.shift.pk)
    assert list(Shift.objects.filter(terminal=room.terminal)) == [second.shift]
    # Pending ones first: what is sequenced meanwhile is then read twice, and not in neither place.
    pending = recorded()
    entries = {one.id: one for one in map(Entry.decode, engine().ledger.entries())}
    entries |= {one.id: one for one in pending if one.id not in entries}
    steps = [one for one in entries.values() if one.subject.get("case") == first.shift.pk]
    assert [one.data["kind"] for one in steps if one.type == "watch.step"] == ["begun", "ended"]
    assert [one.data["kind"] for one in steps if one.type == "record.disposed"] == ["shift"]
    real.browser().post(reverse("watching:end", args=[second.shift.pk]))
    real.sync()
    room.browser(guard).post(reverse("watching:begin"))
    third = at_terminal(room.terminal)
    assert third is not None
    assert third.shift.number == 3


def test_a_case_s_page_leads_to_how_long_it_is_kept(desk: Desk, operator: Person) -> None:
    file = provided(desk, operator)
    kept = reverse("oversight:kept", args=["provision", file.case.pk])
    assert kept in desk.page(file)
    assert "まだ終わっていません" in desk.browser().get(kept).content.decode()
    page = reverse("provision:case", args=[file.case.pk])
    answer = desk.browser(operator).get(page)
    assert answer.status_code == 200
    assert kept not in answer.content.decode()
    assert desk.browser(operator).get(kept).status_code == 403
