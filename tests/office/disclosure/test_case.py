# SPDX-License-Identifier: AGPL-3.0-or-later
"""A request for disclosure through its pages: states, periods, refusals, letters."""

import io
import itertools
import re

import pytest
from django.urls import reverse
from pypdf import PdfReader

from machimori.kernel.clock import ManualClock
from machimori.office.disclosure.forms import CorrectionForm
from machimori.office.disclosure.letters import letters
from machimori.office.disclosure.models import Case
from machimori.office.disclosure.testing import ASKED, FULL, PART, Window
from machimori.office.oversight import headings
from machimori.office.police.forms import NoteForm
from machimori.office.provision.testing import Desk, recorded, without_empty

ON = "2026-05-14"


def read(pdf: bytes) -> str:
    """A paper's text without white space."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pages))


def test_K19_a_statutory_request_goes_from_receipt_to_completion(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Received, accepted, found, decided, notified, manner, disclosed, completed; numbered."""
    file = window.take_in()
    assert file.number == "令和8年度 街頭開示 第1号"
    page = window.page(file)
    assert "決定の期限" in page
    assert "令和8年6月15日（月）" in page  # D+30 is a Saturday, moved by 民法142条
    assert "消去がまだ止まっていません" in page
    window.act(file, "accept")
    window.act(file, "found", kept="on", shown="on", note="1階の出入口")
    window.act(file, "decide", **FULL, on=ON)
    window.again(file, "decided")
    window.act(file, "notify", on=ON, document_number="総第7号")
    file = window.again(file, "awaiting_manner")
    assert "令和8年6月15日（月）" in window.page(file)
    window.on("2026-05-20")
    window.act(file, "manner", manner="閲覧", on="2026-05-20", wish="午後")
    window.act(file, "disclose", on="2026-05-20", identity="運転免許証", identity_by="佐藤")
    window.again(file, "disclosed")
    window.act(file, "close")
    page = window.page(window.again(file, "closed"))
    for text in ("受け付けた", "請求書を確かめた", "決定した", "通知した", "開示した", "完結した"):
        assert text in page
    steps = [entry for entry in recorded() if entry.type == "disclosure.step"]
    assert [entry.data["serial"] for entry in steps] == list(range(1, len(steps) + 1))
    assert steps[-1].data["state"] == "closed"
    found = {"田 花 街頭開示": 2, "1階": 2, "cam-1": 2, "cam-2": 0, "田 太郎": 0}
    for many, (words, lines) in itertools.product((headings.MANY, 0), found.items()):
        monkeypatch.setattr(headings, "MANY", many)
        answer = window.desk.browser().get(reverse("oversight:uses"), {"q": words})
        assert answer.content.decode().count("開示請求（個情法76条）") == lines, words


def test_K19_days_of_correction_are_not_counted_and_the_extension_is_one(window: Window) -> None:
    file = window.take_in(address="")
    assert "請求者の住所がありません" in window.post(file, "accept")
    window.act(file, "correction", what="住所", due="2026-05-25", on=ON)
    file = window.again(file, "awaiting_correction")
    assert "補正の期限" in window.page(file)
    window.on("2026-05-19")
    window.act(file, "corrected", **ASKED, arrived="2026-05-19")
    file = window.again(file, "received")
    assert "令和8年6月18日（木）" in window.page(file)  # 30 and five days
    extended = {"reason": "第三者の意見を聴くため", "on": "2026-05-19"}
    window.act(file, "extend", **extended)
    file = window.again(file, "received")
    assert "令和8年7月21日（火）" in window.page(file)  # D+65 is a Saturday, then 海の日
    assert "延長は一度だけです" in window.post(file, "extend", **extended)
    assert "個情法83条2項" in window.post(file, "extend", **extended)
    text = read(window.pdf(file, "decision_extension"))
    assert "令和8年7月21日" in text
    assert "令和8年6月18日" in text
    assert "第83条第2項" in text


def test_K19_an_extension_comes_within_the_first_period(window: Window) -> None:
    file = window.take_in()
    window.on("2026-06-16")
    late = window.post(file, "extend", reason="多忙", on="2026-06-16")
    assert "もとの期限が過ぎています" in late
    assert "（過ぎています）" in window.desk.browser().get("/").content.decode()


def test_K19_opposition_puts_two_weeks_before_disclosure(window: Window) -> None:
    """A third party is heard, opposes, is told, and disclosure waits for the fifteenth day."""
    file = window.identified(others=True)
    asked = {"name": "第三 一郎", "about": "10時ごろ写っています", "reply_by": "2026-05-21"}
    window.act(file, "opinion", **asked, on=ON)
    file = window.again(file, "hearing_third_party")
    assert "意見を待っています（1人）" in window.post(file, "decide", **PART, on=ON)
    (inquiry,) = file.opinions
    answered = {"inquiry": inquiry.asked.serial, "objects": "yes", "reason": "通院のため"}
    window.act(file, "answer", **answered, on=ON)
    window.act(file, "decide", **PART, on=ON)
    window.act(file, "notify", on=ON)
    window.again(file, "awaiting_manner")
    window.on("2026-05-20")
    window.act(file, "manner", manner="閲覧", on="2026-05-20")
    handed = {"identity": "旅券", "identity_by": "佐藤"}
    assert "まだ知らせていません" in window.post(file, "disclose", **handed, on="2026-05-20")
    window.act(file, "told", reason="姿を取り除くため", on="2026-05-20")
    early = window.post(file, "disclose", **handed, on="2026-05-20")
    assert "令和8年5月29日（金）から開示できます" in early
    assert "個情法86条3項" in early
    window.on("2026-05-29")
    window.act(file, "disclose", **handed, on="2026-05-29")
    file = window.again(file, "disclosed")
    text = read(window.pdf(file, "opposed_disclosure-1"))
    assert "第三一郎" in text
    assert "令和8年5月29日" in text
    assert "山田" not in read(window.pdf(file, "opinion_inquiry-1"))


def test_K19_a_decision_has_what_the_law_asks_of_its_kind(window: Window) -> None:
    file = window.take_in()
    window.act(file, "accept")
    nothing = window.post(file, "decide", result="full", on=ON)
    for text in ("探した結果がまだ", "利用目的がありません", "開示の方法と", "個情法82条1項"):
        assert text in nothing
    window.act(file, "found", kept="on", shown="on", others="on")
    assert "全部の開示はできません" in window.post(file, "decide", **FULL, on=ON)
    bare = window.post(file, "decide", result="exempt", on=ON)
    assert "開示しない理由がありません" in bare
    assert "行政手続法8条" in bare
    assert "不開示情報の号" in bare
    absent = window.post(file, "decide", result="absent", reason="ない", on=ON)
    assert "不存在にはできません" in absent
    window.again(file, "identifying")
    supervisor = window.desk.cast.person("handling_supervisor")
    assert "管理責任者です" in window.post(file, "decide", supervisor, **PART, on=ON)


@pytest.mark.parametrize(
    ("result", "clause", "words"),
    [
        ("exempt", "個情法78条1項5号", "不開示情報に当たる"),
        ("existence_refused", "", "存否を明らかにできない"),
        ("absent", "", "保有していない"),
    ],
)
def test_K19_a_refusal_waits_for_an_appeal_before_it_is_completed(
    window: Window, result: str, clause: str, words: str
) -> None:
    file = window.take_in()
    window.act(file, "accept")
    window.act(file, "found", **({} if result == "absent" else {"kept": "on", "shown": "on"}))
    said = {"result": result, "clause": clause, "reason": "次の理由による。"}
    window.act(file, "decide", **said, on=ON)
    assert "まだ通知していません" in window.post(file, "close")
    window.act(file, "notify", on=ON)
    file = window.again(file, "decided")
    waits = window.post(file, "close")
    assert "審査請求を令和8年8月14日（金）まで待ちます" in waits
    assert "行審法18条1項" in waits
    text = read(window.pdf(file, "non_disclosure"))
    assert words in text
    assert "堺市長に対して審査請求" in text
    window.on("2026-08-17")
    window.act(file, "close")
    window.again(file, "closed")


def test_K19_an_appeal_keeps_the_case_open_until_the_ruling(window: Window) -> None:
    """審査請求 → 諮問 → 裁決; not dismissed without the board; upheld, it is decided anew."""
    file = window.identified()
    said = {"result": "exempt", "clause": "個情法78条1項2号", "reason": "識別できるため"}
    window.act(file, "decide", **said, on=ON)
    window.act(file, "notify", on=ON)
    window.on("2026-06-01")
    appeal = {"by": "requester", "matter": "開示を求める"}
    window.act(file, "appeal", **appeal, on="2026-06-01")
    assert "審査請求中" in window.page(file)
    window.on("2026-09-01")
    assert "裁決がまだです" in window.post(file, "close")
    ruling = {"ruling": "dismissed", "reason": "理由がない", "on": "2026-09-01"}
    assert "個情法105条1項" in window.post(file, "ruling", **ruling)
    window.act(file, "consult", board="堺市個人情報保護審査会", on="2026-09-01")
    file = window.again(file, "decided")
    assert "堺市個人情報保護審査会" in read(window.pdf(file, "consultation_notice"))
    window.act(file, "ruling", **ruling | {"ruling": "upheld"})
    file = window.again(file, "identifying")
    assert file.decision is None
    assert file.appeal is None
    window.act(file, "found", kept="on", shown="on")
    window.act(file, "decide", **FULL, on="2026-09-01")
    window.act(file, "notify", on="2026-09-01")
    window.again(file, "awaiting_manner")


def test_K19_the_manner_is_chosen_within_thirty_days_or_with_a_reason(window: Window) -> None:
    file = window.notified(ON)
    window.on("2026-06-16")
    late = {"manner": "閲覧", "on": "2026-06-16"}
    said = window.post(file, "manner", **late)
    assert "申出の期限（令和8年6月15日（月））が過ぎています" in said
    assert "個情法87条4項" in said
    window.act(file, "manner", **late, excuse="入院していた")
    assert "申出のあった開示がまだです" in window.post(file, "close")


def test_K19_transfer_and_withdrawal_end_a_case(window: Window) -> None:
    file = window.take_in()
    window.act(file, "transfer", to="堺市教育委員会", reason="教育委員会のカメラ", on=ON)
    file = window.again(file, "transferred")
    assert "堺市教育委員会" in read(window.pdf(file, "transfer_notice"))
    window.act(file, "close")
    window.again(file, "closed")
    other = window.take_in()
    window.act(other, "withdraw", on=ON, reason="見つかったため")
    other = window.again(other, "withdrawn")
    assert "いまはできません" in window.post(other, "accept")


def test_K19_identity_is_a_kind_of_paper_and_never_a_number(window: Window) -> None:
    for number in ("123456789012", "1234-5678-9012", "１２３４ ５６７８ ９０１２"):
        typed = without_empty(ASKED | {"identity": f"個人番号カード {number}"})
        answer = window.desk.browser().post(reverse("disclosure:new"), typed)
        assert answer.status_code == 200
        assert "番号は書けません" in answer.content.decode()
    assert not Case.objects.filter(scheme=window.desk.cast.scheme).exists()


def test_K19_an_agent_shows_who_they_act_for_and_how_it_is_proved(window: Window) -> None:
    file = window.take_in(acting_as="mandated")
    refused = window.post(file, "accept")
    assert "本人の氏名がありません" in refused
    assert "代理の証明がまだです" in refused
    assert "個情法76条2項" in refused
    more = {"subject_name": "山田 一郎", "agency": "委任状", "why": "届いた"}
    window.act(file, "amend", **ASKED | {"acting_as": "mandated"} | more)
    window.act(file, "accept")
    window.again(file, "identifying")


def test_K19_the_persons_own_request_under_the_rule_is_a_provision_case(window: Window) -> None:
    """堺11(1)(エ) has its own way; the page of statutory requests says so and leads there."""
    page = window.desk.browser().get(reverse("disclosure:new")).content.decode()
    assert "提供の案件として受け付けます" in page
    assert f'href="{reverse("provision:intake")}"' in page


def test_K20_a_case_names_the_law_of_its_day_with_dates_of_effect(window: Window) -> None:
    page = window.page(window.take_in())
    assert "個人情報の保護に関する法律（令和5年4月1日（土）から）" in page
    assert "この請求に適用されないもの" in page
    assert "堺市個人情報保護条例（令和5年3月31日（金）まで）" in page
    early = window.desk.browser().post(
        reverse("disclosure:new"), without_empty(ASKED | {"received": "令和5年3月31日"})
    )
    assert "令和5年4月1日（土）からです" in early.content.decode()
    assert Case.objects.filter(scheme=window.desk.cast.scheme).count() == 1


def test_I18_the_ordinance_s_repeal_shows_in_inzai(office: ManualClock) -> None:
    window = Window(desk=Desk.of(office, profile="inzai"), clock=office)
    page = window.page(window.take_in())
    assert "個人情報の保護に関する法律（令和5年4月1日（土）から）" in page
    assert "印西市個人情報保護条例（平成12年6月20日条例第25号）（令和5年3月31日（金）まで）" in page


def test_every_letter_of_a_case_is_a_pdf(window: Window) -> None:
    file = window.notified(ON, **PART)
    for kind in letters(file):
        assert window.pdf(file, kind).startswith(b"%PDF-")
    blank = window.desk.browser().get(reverse("disclosure:blank", args=["manner_statement"]))
    assert blank.content.startswith(b"%PDF-")


def test_the_list_is_found_filtered_and_saved(window: Window) -> None:
    window.take_in()
    window.take_in(name="鈴木 次郎")
    browser = window.desk.browser()
    page = browser.get(reverse("disclosure:cases")).content.decode()
    assert "街頭開示 第2号" in page
    found = browser.get(reverse("disclosure:cases"), {"q": "鈴木"}).content.decode()
    assert "第2号" in found
    assert "第1号" not in found
    assert (
        "第1号"
        not in browser.get(reverse("disclosure:cases"), {"state": "closed"}).content.decode()
    )
    csv = browser.get(reverse("disclosure:cases"), {"as": "csv"}).content.decode("utf-8-sig")
    assert "鈴木 次郎" in csv
    auditor = window.desk.cast.person("auditor")
    assert (
        "開示請求を受け付ける"
        not in window.desk.browser(auditor).get(reverse("disclosure:cases")).content.decode()
    )


def test_K14_no_line_of_a_request_takes_a_twelve_digit_number(window: Window) -> None:
    """Every form of disclosure and of the police whose lines are free text: 個人番号 is refused."""
    number = "123456789012"
    file = window.take_in()
    assert "個人番号は記録しません" in window.post(
        file, "withdraw", on="令和8年5月14日", reason=number
    )
    assert window.again(file, "received")
    for form in (CorrectionForm({"what": number}), NoteForm({"note": number})):
        assert not form.is_valid()
        assert "個人番号は記録しません" in str(form.errors)
