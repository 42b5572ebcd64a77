# SPDX-License-Identifier: AGPL-3.0-or-later
"""文書保存年限: what is due, who decides, what is erased, what stays, what forbids it."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from machimori.kernel.clock import ManualClock
from machimori.kernel.instants import micros
from machimori.office.direct.testing import Fetching
from machimori.office.jobs.registry import Work
from machimori.office.oversight import disposing
from machimori.office.oversight.history import File, find_about
from machimori.office.oversight.kinds import KINDS
from machimori.office.oversight.models import Record, Tombstone
from machimori.office.oversight.over import CASES
from machimori.office.oversight.states import STEPS
from machimori.office.oversight.testing import (
    carry_out,
    completed,
    decide_disposal,
    provided,
    tables_with,
)
from machimori.office.oversight.views import disposal as views
from machimori.office.people.models import Person
from machimori.office.personnel.models import Key
from machimori.office.provision.history import File as Case
from machimori.office.provision.models import Case as CaseRow
from machimori.office.provision.testing import Desk, recorded
from machimori.office.shared import stored, tables
from machimori.office.shared.config import config

JOBS = {"jobs_job", "jobs_progress"}
YEAR = 2031
"""Five 年度 after the one in which the case is completed."""


def later(office: ManualClock, year: int, month: int = 4, day: int = 1) -> None:
    """Ten in the morning of that day."""
    then = dt.datetime(year, month, day, 1, tzinfo=dt.UTC)
    office.advance((micros(then) - office.now()) / 1_000_000)


def test_P_records_are_disposed_of_after_their_years(
    desk: Desk, operator: Person, office: ManualClock
) -> None:
    """文書保存年限: five years from April 1st after completion, decided by number over the list,
    then erased from every table and file; number, days, decision and the ledger stay."""
    file = completed(desk, operator)
    handed = file.latest("handed_over")
    assert handed is not None
    correct = reverse("oversight:use", args=[f"provision-{handed.pk}"])
    desk.browser().post(
        correct, {"field": "recipient", "new": "北警察署", "reason": "書きまちがい"}
    )
    secret = config().directory / "readers" / file.case.pk
    assert secret.exists()
    assert {"provision_fact", "provision_head", "handover_fact", "oversight_fact"} <= tables_with(
        "山田 太郎"
    )
    later(office, 2032, 3, 31)
    assert "保存中" in shown(desk, YEAR)
    assert "廃棄できる文書がありません" in refused(desk)
    later(office, 2032)
    disposing.look()
    assert (
        "令和13年度末までの文書　1件"
        in desk.browser().get(reverse("people:today")).content.decode()
    )
    assert "廃棄できます" in shown(desk)
    assert file.number in shown(desk, kind="csv")
    page = decide_disposal(desk, YEAR)
    assert "総第77号" in page
    assert carry_out(desk, YEAR).state == "disposed"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert tables_with("山田 太郎") == set()
    assert (
        tables_with(file.case.pk)
        <= {"oversight_tombstone", "oversight_fact", "custody_letter"} | JOBS
    )
    assert not secret.exists()
    gone = desk.browser().get(reverse("oversight:disposed"), {"q": file.number}).content.decode()
    for text in (file.number, "令和14年3月31日", "総第77号", desk.manager.name):
        assert text in gone
    [entry] = [one for one in recorded() if one.type == "record.disposed"]
    assert entry.subject["case"] == file.case.pk
    assert "handed_over" in {
        one.data.get("kind") for one in recorded() if one.subject.get("case") == file.case.pk
    }
    assert "この年度に保存年限が来る文書はありません" in shown(desk)
    uses = desk.browser().get(reverse("oversight:uses"), {"year": "all"}).content.decode()
    assert "文書の廃棄（保存年限が過ぎ、内容を消した）" in uses
    assert "山田 太郎" not in uses


def test_P_a_stay_forbids_disposal_until_somebody_releases_it(
    desk: Desk, operator: Person, office: ManualClock
) -> None:
    """廃棄の停止 for a lawsuit: placed by name while the case is open, no decision takes the case,
    one that came after the decision keeps it too, and the database itself refuses."""
    file = completed(desk, operator)
    ref = ["provision", file.case.pk]
    why = {"cause": "lawsuit", "reference": "令和9年(ワ)第1号", "reason": "損害賠償の訴え"}
    desk.browser().post(reverse("oversight:stay", args=ref), why)
    later(office, 2032)
    assert "廃棄を止めています（訴訟）" in shown(desk)
    assert "廃棄できる文書がありません" in refused(desk)
    [stay] = Record.objects.filter(kind="stay")
    release = reverse("oversight:stay_release", args=[stay.pk])
    assert "必須" in desk.browser().post(release, {"reason": ""}).content.decode()
    page = desk.browser().post(release, {"reason": "判決が確定した"}, follow=True).content.decode()
    assert "判決が確定した" in page
    assert "停止を解いた" in page
    decide_disposal(desk, YEAR)
    desk.browser().post(reverse("oversight:stay", args=ref), why | {"cause": "audit"})
    done = carry_out(desk, YEAR)
    assert done.facts[-1].data == {"disposed": 0, "left": 1}
    assert CaseRow.objects.filter(pk=file.case.pk).exists()
    with pytest.raises(DatabaseError, match="stayed"), transaction.atomic():
        bury(file, done)
    with pytest.raises(DatabaseError, match="no decision"), transaction.atomic():
        bury(file, find_about(desk.cast.scheme, "disposal", str(YEAR)), case="another")


def test_a_worker_that_was_killed_goes_on(
    desk: Desk, operator: Person, office: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between a case's rows and its files, and between two cases."""
    files = [completed(desk, operator), completed(desk, operator)]
    later(office, 2032)
    decide_disposal(desk, YEAR)
    record = find_about(desk.cast.scheme, "disposal", str(YEAR))
    assert record is not None
    job = Work(
        id="1", subject=record.record.pk, arguments={}, attempt=1, report=lambda _d, _n: None
    )
    for _ in files:
        with monkeypatch.context() as patch:
            patch.setattr(stored, "erase", killed)
            with pytest.raises(KilledError):
                disposing.dispose(job)
    left = {config().directory / "readers" / one.case.pk for one in files}
    assert any(one.exists() for one in left)
    disposing.dispose(job)
    assert not any(one.exists() for one in left)
    assert Tombstone.objects.count() == 2
    assert len([one for one in recorded() if one.type == "record.disposed"]) == 2
    disposing.dispose(job)
    assert Tombstone.objects.count() == 2


def test_what_is_open_or_undecided_is_not_due(
    desk: Desk, operator: Person, office: ManualClock
) -> None:
    provided(desk, operator)
    later(office, 2032)
    assert "この年度に保存年限が来る文書はありません" in shown(desk)


def test_who_decides_is_the_rules_matter(desk: Desk, operator: Person, office: ManualClock) -> None:
    completed(desk, operator)
    later(office, 2032)
    supervisor = desk.cast.person("handling_supervisor")
    page = desk.browser(supervisor).get(reverse("oversight:disposal")).content.decode()
    assert "件の廃棄に進む" not in page
    said = {"seen": "", "number": "1", "decided_on": "令和14年4月1日", "sure": "on"}
    answer = desk.browser(supervisor).post(reverse("oversight:dispose", args=[YEAR]), said)
    assert "廃棄を決めるのは、管理責任者です" in answer.content.decode()


def test_the_database_erases_only_by_a_tombstone(desk: Desk, operator: Person) -> None:
    """The web process has no right to delete a fact, nor by calling what erases."""
    file = completed(desk, operator)
    with pytest.raises(DatabaseError), transaction.atomic():
        file.facts[0].delete()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT oversight_erase('provision', %s)", [file.case.pk])


def test_a_list_asks_the_database_at_most_twenty_times(
    desk: Desk, operator: Person, office: ManualClock
) -> None:
    for _ in range(3):
        completed(desk, operator)
    later(office, 2032)
    for name, args in (("disposal", []), ("dispose", [YEAR]), ("disposed", [])):
        browser = desk.browser()
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(reverse(f"oversight:{name}", args=args)).status_code == 200
        assert len(asked) <= 20, name


def test_a_page_has_its_own_part_of_the_list(
    desk: Desk, operator: Person, office: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted whole and shown part by part, registers first; the decision is over the whole."""
    files = [completed(desk, operator) for _ in range(3)]
    key = ["key", f"key-{destroyed(desk)}"]
    later(office, 2032)
    monkeypatch.setattr(tables, "PAGE", 2)
    first, second = (
        desk.browser().get(reverse("oversight:disposal"), {"year": YEAR, "page": page}).content
        for page in (1, 2)
    )
    for page in (first, second):
        assert "4件" in page.decode()
    assert reverse("oversight:kept", args=key) in first.decode()
    hrefs = [reverse("oversight:kept", args=["provision", one.case.pk]) for one in files]
    seen = [(one.encode() in first, one.encode() in second) for one in hrefs]
    assert sorted(seen) == [(False, True), (False, True), (True, False)]
    whole = shown(desk, kind="csv").splitlines()
    assert len(whole) == 5
    monkeypatch.setattr(views, "PAGE", 2)
    decision = desk.browser().get(reverse("oversight:dispose", args=[YEAR])).content.decode()
    assert "はじめの2件です" in decision
    decide_disposal(desk, YEAR)
    record = find_about(desk.cast.scheme, "disposal", str(YEAR))
    assert record is not None
    assert len(record.facts[-1].data["cases"]) == 4


def test_the_list_is_searched_by_kind_number_and_end(
    desk: Desk, operator: Person, office: ManualClock
) -> None:
    one, other = completed(desk, operator), completed(desk, operator)
    destroyed(desk)
    later(office, 2032)
    for words, found in (
        (one.number.split()[-1], [one.number]),
        (f"提供 {other.number.split()[-1]}", [other.number]),
        ("提供 完結", [one.number, other.number]),
        ("鍵簿", ["K-1"]),
        ("廃棄した", ["K-1"]),
        ("開示", []),
        ("提供%", []),
    ):
        asked = {"year": str(YEAR), "q": words, "as": "csv"}
        said = desk.browser().get(reverse("oversight:disposal"), asked).content.decode()
        lines = said.splitlines()[1:]
        assert len(lines) == len(found), words
        assert all(any(number in line for line in lines) for number in found), words


def test_nothing_follows_the_end_of_a_case_that_has_no_head() -> None:
    """The fact that ended it is therefore its last; a shift's is `watching`'s own rule."""
    headless = {name: kind for name, kind in CASES.items() if kind.head is None}
    assert set(headless) == {"complaint", "import", "shift"}
    for name in ("complaint", "import"):
        ended = set(headless[name].ended)
        assert ended
        assert not [key for key, step in STEPS.items() if step.after & ended], name


def destroyed(desk: Desk) -> int:
    """A key K-1 that was issued, returned and destroyed; its row."""
    browser, day = desk.browser(), {"on": "令和8年5月14日", "witness": "立会 花子"}
    made = browser.post(
        reverse("personnel:key_new"), {"kind": "rack", "number": "K-1", "place": "1階"}
    )
    holder = desk.cast.person("operator").pk
    for kind, more in (("issued", {"holder": holder}), ("returned", {}), ("destroyed", {})):
        browser.post(made.headers["Location"], day | {"kind": kind} | more)
    return Key.objects.get(number="K-1").pk


def shown(desk: Desk, year: int = YEAR, kind: str = "") -> str:
    """The list of this 年度."""
    asked: dict[str, str] = {"year": str(year), **({"as": kind} if kind else {})}
    return desk.browser().get(reverse("oversight:disposal"), asked).content.decode()


def refused(desk: Desk) -> str:
    """What the page of the decision says when there is nothing to decide."""
    said = {"seen": "", "number": "1", "decided_on": "令和9年4月1日", "sure": "on"}
    return desk.browser().post(reverse("oversight:dispose", args=[YEAR]), said).content.decode()


def bury(file: Case, decision: File | None, case: str = "") -> None:
    """A tombstone, past everything that the office checks."""
    assert decision is not None
    Tombstone.objects.create(
        scheme=file.case.scheme,
        kind="provision",
        case=case or file.case.pk,
        state="closed",
        completed=dt.date(2026, 5, 14),
        last_day=dt.date(2032, 3, 31),
        decision=decision.record,
        at=decision.facts[-1].at,
    )


class KilledError(Exception):
    """As if the process had ended here."""


def killed(_case: str) -> None:
    raise KilledError


def test_every_kind_of_record_leads_to_the_page_of_its_case(office: ManualClock) -> None:
    """An acquisition that was not made, by its own page and those of every other kind."""
    same = [
        name for name, kind in KINDS.items() if kind.href(f"{name}-1") == kind.href(f"{name}-2")
    ]
    assert same == ["import", "pledge", "roster"]
    fetching = Fetching.of(Desk.of(office, profile="saga"), "cam-1")
    file = fetching.asked()
    fetching.post(file, "withdraw", fetching.operator, reason="要らなくなった")
    page = fetching.desk.browser().get(reverse("oversight:kept", args=["direct", file.case.pk]))
    assert reverse("direct:acquisition", args=[file.case.pk]) in page.content.decode()
