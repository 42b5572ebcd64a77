# SPDX-License-Identifier: AGPL-3.0-or-later
"""Conditions of an approval: drafted, read by whoever signs, printed."""

from machimori.kernel.clock import ManualClock
from machimori.office.paper.forms.answer import Approval
from machimori.office.paper.forms.ending import DecisionDraft
from machimori.office.provision.papers import papers
from machimori.office.provision.testing import Desk

SAID = {"conditions": "目的外に使わない\n\n複製しない", "return_by": "令和8年6月30日"}


def test_A14_conditions_are_read_by_the_signer_and_printed(office: ManualClock) -> None:
    """Two conditions and a return date: on the page of the decision, the page of the instruction,
    起案文 and 承認書."""
    desk = Desk.of(office)
    desk.drafting.update(SAID)
    file = desk.drafted()
    page = desk.read(file, "decide")
    for said in ("目的外に使わない", "複製しない", "令和8年6月30日"):
        assert said in page
    desk.sign(file)
    file = desk.again(file, "approved")
    assert "複製しない" in desk.read(file, "instruct")
    found = papers(file)
    draft, approval = found["decision_draft"], found["approval"]
    assert isinstance(draft, DecisionDraft)
    assert draft.conditions[:2] == ("目的外に使わない", "複製しない")
    assert "令和8年6月30日" in draft.conditions[2]
    assert isinstance(approval, Approval)
    assert approval.conditions == ("目的外に使わない", "複製しない")
    assert str(approval.return_by) == "2026-06-30"


def test_a_return_date_that_has_passed_is_refused(office: ManualClock) -> None:
    desk = Desk.of(office)
    desk.drafting.update(return_by="令和8年5月1日")
    file = desk.take_in()
    typed = {"checks": ["within_retention", "identifiable"], **desk.drafting}
    assert "これからの日を入れてください" in desk.post(file, "draft", **typed)
    desk.again(file, "received")
