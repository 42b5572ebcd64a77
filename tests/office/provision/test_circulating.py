# SPDX-License-Identifier: AGPL-3.0-or-later
"""回議: a draft goes round before it is decided, and comes back with a reason."""

import re
from collections.abc import Sequence

import pytest
from django.urls import reverse
from tests.office.provision.rounds import CHECKS, NOTE, Round

from machimori.kernel.clock import ManualClock
from machimori.office.paper.forms.ending import DecisionDraft
from machimori.office.provision.history import File
from machimori.office.provision.papers import papers
from machimori.office.provision.testing import PART, Desk, recorded
from machimori.office.shared.printing import masthead
from machimori.policy.answers import Value
from machimori.policy.rounds import URGENT


@pytest.fixture
def two(office: ManualClock) -> Round:
    """First an operator, then a 取扱責任者."""
    return Round.of(office, "operator", "handling_supervisor")


def addresses(file: File, *routes: str) -> Sequence[str]:
    return [reverse(f"provision:{route}", args=[file.case.pk]) for route in routes]


def test_A14_a_draft_goes_round_two_posts_and_is_then_decided(two: Round) -> None:
    """Each is asked in turn on きょうの仕事; the case says how far it is; nobody signs before;
    the 起案文 names who agreed and who signed."""
    desk = two.desk
    first, second = desk.cast.person("operator"), desk.cast.person("handling_supervisor")
    file = two.drafted()
    reading, deciding = addresses(file, "round", "decide")
    assert reading in two.today(first)
    for other in (second, two.clerk, desk.manager):
        assert reading not in two.today(other)
    assert deciding not in two.today(desk.manager)
    page = desk.read(file, "decide")
    assert "起案の回議が終わっていません" in page
    assert "キーで署名して承認する" not in page
    assert "回議が終わっていません" in str(desk.sign(file)["refused"])
    assert "確認して、次の人に回す" in desk.read(file, "round", first)
    two.agree(file, first, note=NOTE)
    assert reading in two.today(second)
    assert reading not in two.today(first)
    page = desk.page(file, two.clerk)
    for said in (first.name, NOTE, "確認を待っています"):
        assert said in page
    assert "確認して、決裁に回す" in desk.read(file, "round", second)
    two.agree(file, second)
    assert deciding in two.today(desk.manager)
    assert "location" in desk.sign(file)
    file = desk.again(file, "approved")
    form = papers(file)["decision_draft"]
    assert isinstance(form, DecisionDraft)
    assert [(one.place, one.name, one.note) for one in form.answers] == [
        ("回議　防犯カメラシステム取扱者", first.name, NOTE),
        ("回議　防犯カメラシステム取扱責任者", second.name, ""),
        ("決裁", desk.manager.name, ""),
    ]
    assert {str(one.day) for one in form.answers} == {"2026-05-15"}
    steps = [one for one in recorded() if one.data.get("kind") == "agreed"]
    assert len(steps) == 2
    assert not any(NOTE in str(one) or first.name in str(one) for one in steps)


def test_without_a_round_nothing_changes(desk: Desk) -> None:
    file = desk.drafted()
    today = desk.browser().get("/").content.decode()
    assert reverse("provision:decide", args=[file.case.pk]) in today
    assert "回議" not in today
    assert "回議" not in desk.page(file)
    assert "回議を待っていません" in desk.post(file, "round", note="")
    assert "location" in desk.sign(file)
    form = papers(desk.again(file, "approved"))["decision_draft"]
    assert isinstance(form, DecisionDraft)
    assert form.answers == ()
    head = masthead(file.rules, "decision_draft")
    assert all(getattr(block, "heading", "") != "回議と決裁" for block in form.blocks(head))


def test_it_comes_back_with_a_reason_and_begins_anew(two: Round) -> None:
    desk = two.desk
    first, second = desk.cast.person("operator"), desk.cast.person("handling_supervisor")
    file = two.drafted()
    two.agree(file, first, note=NOTE)
    assert "id_reason_error" in desk.post(file, "hand_back", second)
    page = desk.post(file, "hand_back", second, reason="時間が長すぎます")
    assert "起案が差し戻されました" in page
    assert "時間が長すぎます" in page
    file = desk.again(file, "received")
    (entry,) = [one for one in recorded() if one.data.get("kind") == "handed_back"]
    assert "時間" not in str(entry)
    desk.act(file, "draft", two.clerk, checks=CHECKS)
    file = desk.again(file, "under_decision")
    page = desk.page(file, two.clerk)
    assert "起案が差し戻されました" not in page
    assert two.today(first).count(addresses(file, "round")[0]) == 1
    form = papers(file)["decision_draft"]
    assert isinstance(form, DecisionDraft)
    assert [one.name for one in form.answers] == ["", ""]


def test_not_who_drafted_not_twice_and_only_in_turn(office: ManualClock) -> None:
    two = Round.of(office, "handling_supervisor", "handling_supervisor")
    desk = two.desk
    first, second = (desk.cast.person("handling_supervisor") for _ in range(2))
    file = two.drafted()
    assert "起案した人" in two.agree(file, two.clerk)
    assert "いま確認するのは防犯カメラシステム取扱責任者です" in two.agree(file, desk.manager)
    two.agree(file, first)
    assert "もう確認した人" in two.agree(file, first)
    assert "もう確認した人" in desk.post(file, "hand_back", first, reason="やはり長い")
    assert [one.kind for one in desk.again(file, "under_decision").facts][-2:] == [
        "drafted",
        "agreed",
    ]
    two.agree(file, second)
    assert "location" in desk.sign(file)


def test_who_agreed_does_not_decide(office: ManualClock) -> None:
    two = Round.of(office, "system_manager")
    desk = two.desk
    another = desk.cast.person("system_manager")
    desk.give_key(another)
    file = two.drafted()
    two.agree(file, another)
    assert addresses(file, "decide")[0] not in two.today(another)
    assert "回議で確認した人は" in str(desk.sign(file, another)["refused"])
    assert "回議で確認した人は" in desk.post(file, "refuse", another, reason="長い")
    assert "location" in desk.sign(file)


def test_nobody_answers_in_a_place_that_leaves_another_empty(two: Round) -> None:
    """Who holds both posts is needed for the second; drafting counts on that too."""
    desk = two.desk
    both = desk.cast.person("operator", "handling_supervisor")
    file = desk.take_in(ground="law")
    assert "別々の人が足りません" in desk.post(file, "draft", two.clerk, checks=CHECKS)
    operator = desk.cast.person("operator")
    desk.act(file, "draft", two.clerk, checks=CHECKS)
    assert "いなくなります" in two.agree(file, both)
    two.agree(file, operator)
    two.agree(file, both)
    assert "location" in desk.sign(file)


def test_nothing_is_narrowed_or_refused_before_it_has_gone_round(two: Round) -> None:
    desk = two.desk
    desk.cast.person("operator")
    desk.cast.person("handling_supervisor")
    file = two.drafted()
    for route, typed in (("narrow", PART | {"reason": "足りる"}), ("refuse", {"reason": "長い"})):
        assert "起案の回議が終わっていません" in desk.post(file, route, **typed)
    assert "起案が差し戻されました" in desk.post(file, "send_back", reason="取り下げるそうです")


def test_a_draft_that_changed_since_it_was_read_is_read_again(two: Round) -> None:
    desk = two.desk
    first = desk.cast.person("operator")
    desk.cast.person("handling_supervisor")
    file = two.drafted()
    page = desk.read(file, "round", first)
    shown = re.search(r'name="draft" value="([^"]*)"', page)
    assert shown
    desk.act(file, "send_back", reason="範囲が広い")
    desk.act(file, "draft", two.clerk, checks=CHECKS)
    assert "起案が変わりました" in two.agree(file, first, draft=shown[1])
    desk.again(file, "under_decision")
    two.agree(file, first)
    assert desk.again(file, "under_decision").facts[-1].kind == "agreed"


def test_no_draft_without_people_for_its_round(two: Round) -> None:
    desk = two.desk
    desk.cast.person("operator")
    file = desk.take_in(ground="law")
    page = desk.post(file, "draft", two.clerk, checks=CHECKS)
    assert "防犯カメラシステム取扱者、防犯カメラシステム取扱責任者の順に回り" in page
    desk.again(file, "received")
    desk.cast.person("handling_supervisor")
    desk.act(file, "draft", two.clerk, checks=CHECKS)
    desk.again(file, "under_decision")


def test_an_operator_sees_the_drafts_that_go_round_to_them_alone(two: Round) -> None:
    desk = two.desk
    operator = desk.cast.person("operator")
    desk.cast.person("handling_supervisor")
    received, file = desk.take_in(ground="law"), two.drafted()
    pages = [addresses(one, "case")[0] for one in (received, file)]
    listed = desk.browser(operator).get(reverse("provision:cases")).content.decode()
    assert [one in listed for one in pages] == [False, True]
    assert [desk.browser(operator).get(one).status_code for one in pages] == [404, 200]
    auditor = desk.browser(desk.cast.person("auditor"))
    for one in addresses(file, "round", "hand_back"):
        assert auditor.post(one, {"reason": "見た"}).status_code == 403
    stranger = Desk.of(desk.cast.clock, started=False, names=())
    assert stranger.browser().post(addresses(file, "round")[0]).status_code == 404
    assert desk.again(file, "under_decision").facts[-1].kind == "drafted"


@pytest.mark.parametrize("hurries", [False, True])
def test_an_urgent_draft_waits_unless_the_city_decided_otherwise(
    office: ManualClock, hurries: bool
) -> None:
    said: dict[str, Value] = {URGENT: True} if hurries else {}
    one = Round.of(office, "operator", profile="sakai", **said)
    desk = one.desk
    clerk = desk.cast.person("operator")
    desk.cast.person("operator")
    file = desk.take_in(said=["form_filed", "urgent"], document="", document_day="")
    desk.act(file, "draft", clerk, checks=CHECKS)
    assert (addresses(file, "decide")[0] in one.today(desk.manager)) is hurries
    assert ("location" in desk.sign(file)) is hurries
