# SPDX-License-Identifier: AGPL-3.0-or-later
"""「文書管理システムで決裁済み」: recorded beside the signatures, never instead of them."""

import datetime as dt
import io
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from pypdf import PdfWriter

from machimori.kernel.clock import ManualClock
from machimori.office.paper.forms.answer import Approval
from machimori.office.paper.forms.ending import DecisionDraft
from machimori.office.provision.elsewhere import RULE
from machimori.office.provision.papers import papers
from machimori.office.provision.testing import PART, Desk, recorded
from machimori.office.rules import access as rules_access
from machimori.office.rules import actions as rules_actions
from machimori.office.scans.models import Scan

NUMBER = "市総第45号"
SAID: dict[str, Any] = {"number": NUMBER, "day": "令和8年5月14日", "post": "市民部長"}
WIDER = "この決裁のあとで、一部承認の案になりました。"
LINE = "令和8年5月14日　市総第45号　市民部長"


def copy() -> SimpleUploadedFile:
    """A copy of the decision: a PDF with an empty page."""
    writer, out = PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    writer.write(out)
    return SimpleUploadedFile("決裁.pdf", out.getvalue())


def test_A14_a_decision_elsewhere_is_shown_and_printed_and_the_signature_stays(
    desk: Desk,
) -> None:
    """Number, day, post and a scan: on the case, the decision's page, 起案文, 承認書 and in the
    history. The case waits for the manager's key all the same."""
    file = desk.drafted()
    page = desk.post(file, "elsewhere", **SAID, scan=copy())
    for said in (
        NUMBER,
        "令和8年5月14日",
        "市民部長",
        "決裁の写し",
        "キーで署名した承認だけに従う",
    ):
        assert said in page
    file = desk.again(file, "under_decision")
    fact = file.facts[-1]
    assert (fact.kind, fact.data["scan"]) == ("decided_elsewhere", Scan.objects.get().pk)
    (entry,) = [one for one in recorded() if one.data.get("kind") == "decided_elsewhere"]
    assert NUMBER not in str(entry.data)
    assert NUMBER in desk.read(file, "decide")
    assert "location" in desk.sign(file)
    found = papers(desk.again(file, "approved"))
    draft, approval = found["decision_draft"], found["approval"]
    assert isinstance(draft, DecisionDraft)
    assert isinstance(approval, Approval)
    assert (draft.decided_elsewhere, approval.decided_elsewhere) == (LINE, LINE)
    assert "決裁の記録を直す" not in desk.page(file)


def test_a_correction_needs_a_reason_and_both_stay_in_the_history(desk: Desk) -> None:
    file = desk.drafted()
    desk.act(file, "elsewhere", **SAID)
    corrected = SAID | {"number": "市総第54号"}
    desk.act(file, "elsewhere", **corrected)
    assert desk.again(file, "under_decision").facts[-1].data["number"] == NUMBER
    page = desk.post(file, "elsewhere", **corrected, reason="番号の写しまちがい")
    for said in (NUMBER, "市総第54号", "番号の写しまちがい"):
        assert said in page


def test_it_belongs_to_the_draft_that_it_was_about(desk: Desk) -> None:
    file = desk.drafted()
    desk.act(file, "elsewhere", **SAID)
    desk.act(file, "send_back", reason="範囲が広い")
    desk.act(file, "draft", checks=["within_retention", "identifiable"])
    form = papers(desk.again(file, "under_decision"))["decision_draft"]
    assert isinstance(form, DecisionDraft)
    assert form.decided_elsewhere is None


def test_a_draft_that_is_narrowed_keeps_it_and_says_that_it_was_wider(desk: Desk) -> None:
    """It is neither lost, on the pages or the papers, nor taken for a decision of the part."""
    file = desk.drafted()
    desk.act(file, "elsewhere", **SAID)
    assert WIDER not in desk.read(file, "decide")
    desk.act(file, "narrow", **PART, reason="請求の時刻に足りるため")
    for route in ("case", "decide"):
        page = desk.read(file, route)
        assert NUMBER in page
        assert WIDER in page
    form = papers(desk.again(file, "under_decision"))["decision_draft"]
    assert isinstance(form, DecisionDraft)
    assert form.decided_elsewhere == LINE
    again = SAID | {"number": "市総第54号"}
    page = desk.post(file, "elsewhere", **again, reason="一部承認の案で決裁を取り直した")
    assert "市総第54号" in page
    assert WIDER not in page


def test_a_day_before_the_application_or_to_come_and_a_file_that_is_no_scan_are_refused(
    desk: Desk,
) -> None:
    file = desk.drafted()
    for day in ("令和8年4月1日", "令和9年5月14日"):
        page = desk.post(file, "elsewhere", **SAID | {"day": day})
        assert "受付の日から今日までの日" in page
    desk.act(file, "elsewhere", **SAID, scan=SimpleUploadedFile("a.pdf", b"<script>"))
    assert desk.again(file, "under_decision").facts[-1].kind == "drafted"
    assert not Scan.objects.exists()


def test_only_who_takes_in_records_and_only_while_it_is_decided(desk: Desk) -> None:
    file = desk.take_in()
    assert "いまはできません" in desk.post(file, "elsewhere", **SAID)
    file = desk.drafted()
    address = reverse("provision:elsewhere", args=[file.case.pk])
    auditor = desk.browser(desk.cast.person("auditor"))
    assert auditor.post(address, SAID).status_code == 403
    stranger = Desk.of(desk.cast.clock, started=False, names=())
    assert stranger.browser().post(address, SAID).status_code == 404
    assert desk.again(file, "under_decision").facts[-1].kind == "drafted"


def test_a_city_that_decides_here_alone_refuses(office: ManualClock) -> None:
    desk = Desk.of(office)
    acting = desk.cast.acting(desk.manager)
    today = rules_access.today(acting)
    tomorrow = today + dt.timedelta(days=1)
    act = rules_actions.Act(number="総第2号", adopted_on=today, effective_from=tomorrow)
    rules_actions.adopt(RULE, False, reason="ここで決裁する", act=act, acting=acting)
    office.advance(86_400)
    file = desk.drafted()
    assert "決裁を記録する定めがありません" in desk.post(file, "elsewhere", **SAID)
    assert "決裁済みと記録する" not in desk.page(file)
    assert desk.again(file, "under_decision").facts[-1].kind == "drafted"
