# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cases that end without footage, and the papers printed of them."""

import datetime as dt
import io
import re

import pytest
from django.urls import reverse
from pypdf import PdfReader

from machimori.kernel.clock import ManualClock
from machimori.office.jobs.registry import Work, periodic, task_of
from machimori.office.provision import ending
from machimori.office.provision.history import File, file_of
from machimori.office.provision.testing import PART, Desk, recorded
from machimori.office.shared.errors import ActionRefusedError

DAY = dt.timedelta(days=1)


def printed(desk: Desk, file: File, kind: str) -> str:
    """The paper's text without white space."""
    address = reverse("provision:paper", args=[file.case.pk, kind])
    answer = desk.browser().get(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    pages = PdfReader(io.BytesIO(answer.content)).pages
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pages))


def papers(desk: Desk, file: File) -> set[str]:
    return set(re.findall(r"/papers/([a-z_]+)/", desk.page(file)))


def test_A14_request_and_approval_are_printed_from_the_case(desk: Desk) -> None:
    """申請書, 起案文 and 承認書 under the city's head, of what was typed once."""
    file = desk.approved()
    assert papers(desk, file) == {"provision_request", "decision_draft", "approval"}
    request = printed(desk, file, "provision_request")
    for text in ("中央警察署刑事課", "山田太郎", "中刑第123号", "5月10日夜の自転車盗", "警察手帳"):
        assert text in request
    approval = printed(desk, file, "approval")
    for text in ("堺市", "令和8年5月14日", "カメラcam-1", "21時00分00秒", "第1号", "有効期限"):
        assert text in approval
    assert "保存期間内か" in printed(desk, file, "decision_draft")


def test_a_refusal_is_a_paper_with_its_clause(desk: Desk) -> None:
    file = desk.drafted()
    desk.act(file, "refuse", reason="事案が特定されていない", clause="堺 11(1)")
    file = desk.again(file, "refused")
    paper = printed(desk, file, "refusal")
    assert "事案が特定されていない" in paper
    assert "堺11(1)" in paper
    assert "approval" not in papers(desk, file)


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("expired", "保存期間が過ぎ、消去されている"),
        ("gap", "その時間の録画が欠けている"),
        ("out_of_view", "カメラの撮影範囲の外である"),
        ("not_shown", "該当する人や物が写っていない"),
    ],
)
def test_there_is_no_such_footage(desk: Desk, why: str, words: str) -> None:
    file = desk.approved()
    desk.act(file, "nothing", why=why, reason="5月24日に消去しました")
    file = desk.again(file, "not_found")
    assert words in desk.page(file)
    assert "5月24日に消去しました" in printed(desk, file, "no_footage_reply")


def test_a_reason_outside_the_four_is_refused(desk: Desk) -> None:
    file = desk.take_in()
    with pytest.raises(ActionRefusedError):
        ending.find_nothing(file, why="lost", reason="", acting=desk.cast.acting(desk.manager))
    desk.again(file, "received")


def test_the_applicant_withdraws(desk: Desk) -> None:
    file = desk.take_in()
    assert "id_reason_error" in desk.post(file, "take_back", reason=" ")
    page = desk.post(file, "take_back", reason="自転車が見つかった")
    assert "自転車が見つかった" in page
    file = desk.again(file, "withdrawn")
    assert "取下げを受け付けた" in printed(desk, file, "outcome_reply")
    assert "いまはできません" in desk.post(file, "take_back", reason="もう一度")


def test_a_consultation_ends_with_what_was_told(desk: Desk) -> None:
    file = desk.take_in(consult="1", ground="", document="", document_day="")
    desk.act(file, "tell", reason="保存期間が過ぎていると伝えた")
    file = desk.again(file, "informed")
    assert "保存期間が過ぎていると伝えた" in printed(desk, file, "outcome_reply")
    received = desk.take_in()
    assert "いまはできません" in desk.post(received, "tell", reason="r")


def test_only_who_decides_takes_an_approval_back(desk: Desk) -> None:
    file = desk.approved()
    operator = desk.cast.person("operator")
    with pytest.raises(ActionRefusedError) as refused:
        ending.stop(file, reason="r", acting=desk.cast.acting(operator))
    assert "堺 11(1)" in [reason.clause for reason in refused.value.reasons]
    desk.act(file, "stop", reason="照会が取り消された")
    file = desk.again(file, "revoked")
    assert "承認を中止した" in printed(desk, file, "outcome_reply")
    assert "いまはできません" in desk.post(file, "instruct", **PART)


def test_an_approval_lapses_by_itself_on_its_day(desk: Desk, office: ManualClock) -> None:
    """Not a moment before; nobody is named, and the ledger knows of it."""
    file, open_case = desk.approved(), desk.drafted()
    until = ending.valid_until(file)
    assert until is not None
    assert ending.lapse(until) == 0
    assert ending.lapse(until + DAY) == 1
    file = desk.again(file, "lapsed")
    assert file.facts[-1].by is None
    entry = [one for one in recorded() if one.subject.get("case") == file.case.pk][-1]
    assert entry.data["state"] == "lapsed"
    assert "by" not in entry.subject
    assert "自動" in desk.page(file)
    assert "承認の有効期限が過ぎた" in printed(desk, file, "outcome_reply")
    assert file_of(open_case.case).state == "under_decision"
    assert ending.lapse(until + DAY) == 0


def test_a_paper_that_the_case_has_not_is_not_there(desk: Desk) -> None:
    file = desk.take_in()
    address = reverse("provision:paper", args=[file.case.pk, "approval"])
    assert desk.browser().get(address).status_code == 404
    guard = desk.cast.person("guard")
    ours = reverse("provision:paper", args=[file.case.pk, "provision_request"])
    assert desk.browser(guard).get(ours).status_code == 403


def test_a_job_lapses_approvals(desk: Desk, office: ManualClock) -> None:
    """The worker's own task, by the engine's clock."""
    file = desk.approved()
    task = task_of("provision.lapse")
    assert task is not None
    assert "provision.lapse" in periodic()
    work = Work(id="1", subject="", arguments={}, attempt=1, report=lambda _done, _of: None)
    task(work)
    desk.again(file, "approved")
    office.advance(31 * 24 * 3600)
    task(work)
    desk.again(file, "lapsed")
