# SPDX-License-Identifier: AGPL-3.0-or-later
"""A provision case through its pages, from the counter to the instruction."""

import contextlib
import dataclasses
import datetime as dt
import threading
from collections.abc import Callable

import pytest
from django.db import connections, transaction
from django.urls import reverse

from machimori.kernel import canonical
from machimori.kernel.clock import ManualClock
from machimori.kernel.envelope import Envelope
from machimori.ledger.entry import Commitment
from machimori.ledger.testing import LedgerProcess
from machimori.office.paper.forms.ending import CorrectionReply
from machimori.office.people.models import Credential
from machimori.office.people.testing import Cast
from machimori.office.provision import actions, deciding
from machimori.office.provision.application import Application
from machimori.office.provision.drafting import Extent
from machimori.office.provision.history import file_of
from machimori.office.provision.models import Case, Numbered
from machimori.office.provision.papers import papers
from machimori.office.provision.testing import PART, TYPED, Desk, recorded, without_empty
from machimori.office.shared.config import config
from machimori.office.shared.errors import ActionRefusedError
from machimori.vault.client.signers import OfficerKey
from machimori.vault.client.statements import Authorisation
from machimori.vault.opening import fido2

HOUR = dt.timedelta(hours=1)
CHECKS = ["within_retention", "identifiable"]


def test_A14_an_application_goes_to_the_manager_who_approves_a_part(desk: Desk) -> None:
    """Application, draft, partial approval by signature, instruction; each step in the history."""
    file = desk.drafted()
    waiting = desk.browser().get(reverse("people:today")).content.decode()
    assert "令和8年度 街頭 第1号　中央警察署 刑事課" in waiting
    assert "消去 令和8年5月24日（日） 24時" in waiting
    desk.act(file, "narrow", **PART, reason="請求の時刻に足りるため")
    assert "一部承認" in desk.read(file, "decide")
    assert "location" in desk.sign(file)
    desk.again(file, "approved")
    beyond = desk.post(file, "instruct", **PART | {"last_time": "21:45"})
    assert "承認又は指示の範囲を超えています" in beyond
    desk.act(file, "instruct", **PART, note="21時10分から見てください")
    page = desk.page(desk.again(file, "instructed"), desk.cast.person("operator"))
    for text in ("受け付けた", "起案した", "一部承認の案にした", "署名した", "承認した"):
        assert text in page
    assert "21時10分から見てください" in page


def test_the_line_of_steps_begins_where_the_case_began(desk: Desk) -> None:
    """An application was no consultation; what was one shows it as done when it is taken in."""
    assert "相談中" not in desk.page(desk.take_in())
    known = set(Case.objects.values_list("pk", flat=True))
    desk.browser().post(reverse("provision:intake"), without_empty(TYPED | {"consult": "1"}))
    asked = file_of(Case.objects.exclude(pk__in=known).get())
    assert '<li class="now" aria-current="step">相談中' in desk.page(asked)
    desk.act(asked, "take_in", **TYPED)
    assert '<li class="done">相談中' in desk.page(desk.again(asked, "received"))


def test_what_was_signed_is_what_the_vault_verifies(desk: Desk) -> None:
    """The approved envelope holds the manager's assertion over exactly this statement."""
    file = desk.approved()
    fact = file.latest("authorised")
    assert fact is not None
    envelope = Envelope.decode(canonical.unb64(fact.data["envelope"], where="envelope"))
    statement = Authorisation.decode(envelope)
    assert statement.cameras == ("cam-1", "cam-2")
    assert statement.end - statement.start == 3600 * 10**6
    (signature,) = envelope.signatures
    key = Credential.objects.get(keyid=signature.keyid)
    office = config()
    fido2.verify(
        OfficerKey(keyid=key.keyid, kind="fido2", public=bytes(key.spki), algorithm=key.algorithm),
        signature,
        envelope.digest(),
        rp_id=office.host,
        origins=(office.origin,),
    )
    signed = [entry for entry in recorded() if entry.type == "authorisation.signed"]
    assert signed[-1].data["authorisation"] == envelope.digest().hex()
    assert signed[-1].subject["case"] == file.case.pk


def test_I12_K13_nothing_is_provided_without_a_ground_of_the_document(desk: Desk) -> None:
    """Without a ground there is no draft; the page names the document's grounds and no others."""
    file = desk.take_in(ground="")
    page = desk.page(file)
    assert "提供の根拠が選ばれていません" in page
    assert "法令等に基づく手続きにより照会を受けたとき" in page
    assert "このままでは起案できません" in desk.post(file, "draft", note="急ぎ")
    desk.again(file, "received")
    intake = desk.browser().get(reverse("provision:intake")).content.decode()
    assert intake.count('name="ground"') == 5 + 1
    strange = desk.browser().post(reverse("provision:intake"), TYPED | {"ground": "curiosity"})
    assert strange.status_code == 200


def test_K13_another_need_found_by_the_manager_takes_a_reason_and_two_signatures(
    desk: Desk,
) -> None:
    """Ground (オ): refused without a reason, approved only by a second officer's signature."""
    other = {"ground": "other", "document": "written_request"}
    assert "必要とする理由" in desk.page(desk.take_in(**other))
    file = desk.drafted(**other, reason="災害のときの人の流れを知るため")
    assert "location" in desk.sign(file)
    desk.again(file, "under_decision")
    assert "署名しています" in desk.sign(file)["refused"]
    second = desk.cast.person("system_manager")
    desk.give_key(second)
    assert "location" in desk.sign(file, second)
    approved = desk.again(file, "approved").latest("authorised")
    assert approved is not None
    envelope = Envelope.decode(canonical.unb64(approved.data["envelope"], where="envelope"))
    assert len(envelope.signatures) == 2


def test_K14_the_inquiry_comes_first_or_identity_and_permission_do(desk: Desk) -> None:
    """Without 照会書 no draft; in an emergency identity check and signature first, paper after."""
    without = {"document": "", "document_number": "", "document_day": ""}
    file = desk.take_in(**without)
    page = desk.page(file)
    assert "文書が届いていません：捜査関係事項照会書" in page
    assert "緊急のときだけ、あとから受け取れます" in page
    assert "このままでは起案できません" in desk.post(file, "draft", checks=CHECKS)
    unchecked = desk.take_in(**without, said=["form_filed", "urgent"], identity_means="")
    assert "身分の確認が必要です" in desk.page(unchecked)
    urgent = desk.approved(**without, said=["form_filed", "urgent"])
    assert "原本待ち" in desk.page(urgent)
    desk.post(
        urgent,
        "document",
        document="investigative_inquiry",
        document_number="中刑第9号",
        document_day="令和8年5月14日",
    )
    assert "原本待ち" not in desk.page(desk.again(urgent, "approved"))


def test_I13_the_other_side_s_identity_is_checked_before_a_draft(office: ManualClock) -> None:
    """No draft before it is recorded how and by whom the identity was checked."""
    desk = Desk.of(office, profile="inzai")
    file = desk.take_in(identity_means="", document="", document_day="")
    assert "相手の身分を確認していません（印西市のガイドライン（案）3(6)" in desk.page(file)
    assert "相手の身分を確認していません" in desk.post(file, "draft", checks=CHECKS)
    changed = TYPED | {"document": "", "document_day": "", "why": "折返しの電話で確かめた"}
    desk.act(file, "amend", **changed)
    desk.act(file, "draft", checks=CHECKS)
    desk.again(file, "under_decision")


def test_M8_the_police_get_nothing_without_their_document(office: ManualClock) -> None:
    """松戸: without the written request the case cannot reach the manager's signature."""
    desk = Desk.of(office, profile="matsudo")
    file = desk.take_in(ground="police", document="", document_day="")
    assert "文書が届いていません" in desk.page(file)
    assert "このままでは起案できません" in desk.post(file, "draft", checks=CHECKS)
    desk.again(file, "received")


def test_A13_a_third_party_needs_consent_law_or_urgency(office: ManualClock) -> None:
    """旭川: the grounds to choose from are the document's; consent is asked for, not assumed."""
    desk = Desk.of(office, profile="asahikawa")
    file = desk.take_in(ground="consent")
    assert "同意がありません" in desk.page(file)
    assert "このままでは起案できません" in desk.post(file, "draft", checks=CHECKS)


def test_what_is_missing_is_asked_for_with_a_day(desk: Desk) -> None:
    file = desk.take_in(case="")
    page = desk.page(file)
    assert "足りない項目があります：具体的な事案" in page
    assert reverse("provision:correction", args=[file.case.pk]) in page
    assert "期限が過ぎた日です" in desk.post(file, "correction", due="R8.5.1")
    desk.act(file, "correction", due="R8.5.20", note="事案を教えてください")
    waiting = desk.again(file, "awaiting_correction")
    letter = papers(waiting)["correction_reply"]
    assert isinstance(letter, CorrectionReply)
    assert letter.missing
    assert (letter.note, str(letter.due)) == ("事案を教えてください", "2026-05-20")
    assert "補正の期限 令和8年5月20日" in desk.browser().get("/").content.decode()
    assert "いまはできません" in desk.post(waiting, "draft", checks=CHECKS)
    desk.act(waiting, "amend", **TYPED, why="電話で補正")
    desk.act(file, "draft", checks=CHECKS)
    desk.again(file, "under_decision")


def test_a_consultation_has_no_number_and_becomes_an_application(desk: Desk) -> None:
    file = desk.take_in(consult="1", ground="", document="", document_day="")
    assert file.state == "consultation"
    assert file.number == ""
    assert 'value="中央警察署 刑事課"' in desk.read(file, "take_in")
    desk.act(file, "take_in", **TYPED)
    assert desk.again(file, "received").number == "令和8年度 街頭 第1号"


def test_a_refusal_has_a_reason_and_a_clause(desk: Desk) -> None:
    file = desk.drafted()
    assert "id_reason_error" in desk.post(file, "refuse", clause="堺 11(1)")
    page = desk.post(file, "refuse", reason="事案が特定されていない", clause="堺 11(1)")
    assert "事案が特定されていない" in page
    assert "（堺 11(1)）" in page
    desk.again(file, "refused")
    assert "いまはできません" in desk.sign(file)["refused"]


def test_what_is_sent_back_is_drafted_and_signed_anew(desk: Desk) -> None:
    file = desk.drafted()
    before = file.statement
    desk.act(file, "send_back", reason="範囲が広い")
    file = desk.again(file, "received")
    desk.act(file, "draft", checks=CHECKS)
    after = desk.again(file, "under_decision").statement
    assert before is not None
    assert after is not None
    assert before.digest() != after.digest()


def test_a_signature_over_another_draft_does_not_count(desk: Desk) -> None:
    """Somebody narrows the draft while another signs what they saw."""
    file = desk.drafted()
    args = [file.case.pk]
    asked = desk.browser().post(reverse("provision:options", args=args)).json()
    desk.act(file, "narrow", **PART, reason="足りる")
    answer = desk.key(desk.manager).sign_in(asked)
    found = desk.browser().post(
        reverse("provision:sign", args=args), answer, content_type="application/json"
    )
    assert found.status_code == 403
    assert "キーを確かめられませんでした" in found.json()["refused"]
    desk.again(file, "under_decision")


def test_nothing_is_decided_before_the_city_has_decided_its_rules(office: ManualClock) -> None:
    desk = Desk.of(office, started=False)
    file = desk.take_in(ground="urgent")
    assert "決まっていません" in desk.page(file)
    assert "このままでは起案できません" in desk.post(file, "draft", checks=CHECKS)


def test_the_ledger_commits_to_every_fact_and_names_nobody(desk: Desk) -> None:
    file = desk.approved()
    entries = [entry for entry in recorded() if entry.subject.get("case") == file.case.pk]
    steps = [entry for entry in entries if entry.type == "provision.step"]
    assert [entry.data["kind"] for entry in steps] == [fact.kind for fact in file.facts]
    for entry, fact in zip(steps, file.facts, strict=True):
        made = Commitment(salt=bytes(fact.salt), digest=entry.commitments["fact"])
        assert made.opens_to(canonical.dumps(fact.data).decode())
        for secret in ("山田", "中央警察署", "自転車盗"):
            assert secret not in entry.encode().decode()


def test_only_the_first_of_two_who_move_a_case_succeeds(desk: Desk) -> None:
    file = desk.take_in()
    acting = desk.cast.acting(desk.manager)
    changed = dataclasses.replace(file.application, place="別の場所")
    actions.amend(file, changed, reason="一人目", acting=acting)
    again = dataclasses.replace(file.application, place="さらに別の場所")
    with pytest.raises(ActionRefusedError):
        actions.amend(file, again, reason="二人目", acting=acting)
    assert file_of(file.case).application.place == "別の場所"


def test_who_sees_which_cases(desk: Desk, office: ManualClock) -> None:
    """堺's operators take in; elsewhere they see the cases in which they are instructed."""
    file = desk.take_in()
    assert "案件一覧" in desk.page(file, desk.cast.person("operator"))
    assert "第1号" in desk.page(file, desk.cast.person("auditor"))
    elsewhere = Desk.of(office, names=["cam-7"])
    address = reverse("provision:case", args=[file.case.pk])
    assert elsewhere.browser().get(address).status_code == 404
    asahikawa = Desk.of(office, profile="asahikawa", names=["cam-8"])
    theirs = asahikawa.take_in(ground="law", cameras=["cam-8"])
    address = reverse("provision:case", args=[theirs.case.pk])
    operator = asahikawa.cast.person("operator")
    assert asahikawa.browser(operator).get(address).status_code == 404
    answer = asahikawa.browser(operator).post(
        reverse("provision:intake"), TYPED | {"ground": "law", "cameras": ["cam-8"]}
    )
    assert "受け付けられません" in answer.content.decode()


def test_no_step_is_taken_out_of_its_state(desk: Desk) -> None:
    """Each action from a state that is not its own, and by somebody who may not."""
    file = desk.take_in()
    acting = desk.cast.acting(desk.manager)
    extent = Extent(cameras=("cam-1",), start=acting.at - 2 * HOUR, end=acting.at - HOUR)
    out_of_turn: list[Callable[[], object]] = [
        lambda: deciding.narrow(file, extent, reason="r", acting=acting),
        lambda: deciding.sign(file, {}, acting=acting),
        lambda: deciding.send_back(file, reason="r", acting=acting),
        lambda: deciding.refuse(file, reason="r", clause="", acting=acting),
        lambda: deciding.instruct(file, extent, note="", acting=acting),
        lambda: actions.take_in(file, file.application, acting=acting),
    ]
    for act in out_of_turn:
        with pytest.raises(ActionRefusedError) as refused:
            act()
        assert refused.value.heading == "いまはできません"
    operator = desk.cast.acting(desk.cast.person("operator"))
    waiting = desk.drafted()
    not_theirs: list[Callable[[], object]] = [
        lambda: deciding.sign(waiting, {}, acting=operator),
        lambda: deciding.refuse(waiting, reason="r", clause="", acting=operator),
        lambda: deciding.send_back(waiting, reason="r", acting=operator),
    ]
    for act in not_theirs:
        with pytest.raises(ActionRefusedError) as refused:
            act()
        assert "堺 11(1)" in [reason.clause for reason in refused.value.reasons]
    desk.again(waiting, "under_decision")


def test_a_year_that_is_a_slip_of_the_hand_is_refused(desk: Desk) -> None:
    typed = TYPED | {"last_day": "9026-05-10"}
    answer = desk.browser().post(reverse("provision:intake"), typed)
    assert "年を確かめてください" in answer.content.decode()


def test_what_is_erased_first_waits_first_and_is_marked(desk: Desk) -> None:
    later = desk.drafted()
    sooner = desk.drafted(first_day="R8.5.1", last_day="R8.5.1")
    page = desk.browser().get("/").content.decode()
    assert page.index(sooner.number) < page.index(later.number)
    marked = "".join(item for item in page.split("<li") if 'class="urgent"' in item)
    assert sooner.number in marked
    assert later.number not in marked
    assert later.last_day == dt.date(2026, 5, 24)


def test_in_a_demo_the_software_key_signs(desk: Desk) -> None:
    file = desk.drafted()
    assert "デモのキーで署名して承認する" in desk.read(file, "decide")
    desk.act(file, "sign_demo")
    desk.again(file, "approved")


def test_the_list_is_searched_by_number_and_by_body(desk: Desk) -> None:
    desk.take_in()
    file = desk.take_in(body="北消防署")
    desk.act(file, "draft", checks=CHECKS)
    page = reverse("provision:cases")
    for words, there in (("北消防署", "第2号"), ("第1号", "中央警察署"), ("令和8年度", "第1号")):
        found = desk.browser().get(page, {"q": words}).content.decode()
        assert there in found
        assert found.count("<tr><td>") == (2 if words == "令和8年度" else 1)
    chosen = desk.browser().get(page, {"state": "under_decision"}).content.decode()
    assert "第2号" in chosen
    assert "第1号" not in chosen
    saved = desk.browser().get(page, {"as": "csv"}).content.decode("utf-8-sig")
    assert len(saved.splitlines()) == 3


def test_numbers_have_no_gap_whoever_fails_beside(
    database: LedgerProcess, clock: ManualClock
) -> None:
    """Eight take in at once and every other one fails at the end: 1 to 4, each once."""
    cast = Cast.of(clock)
    acting = cast.acting(cast.person("system_manager"))
    meet = threading.Barrier(8)

    def take(n: int) -> None:
        meet.wait(60)
        try:
            with contextlib.suppress(RuntimeError), transaction.atomic():
                actions.take_in(None, Application(body="中央警察署"), acting=acting)
                if n % 2:
                    raise RuntimeError("the last thing in this transaction fails")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=take, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    numbers = Numbered.objects.filter(series__scheme=cast.scheme).values_list("number", flat=True)
    assert sorted(numbers) == [1, 2, 3, 4]
    assert Case.objects.filter(scheme=cast.scheme).count() == 4
