# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every form, filled in and blank: complete, in 和暦, inside its margins, under the city's head."""

import dataclasses
import datetime as dt
import io
import re
from collections.abc import Callable

import av
import pytest
from pypdf import PdfReader

from machimori.office.paper.examples import EXAMPLES
from machimori.office.paper.examples.story import MASTHEAD
from machimori.office.paper.fields import FootageRange, Party
from machimori.office.paper.forms import FORM_BY_KIND, FORMS
from machimori.office.paper.forms.answer import Approval, Instruction, NoFootageReply
from machimori.office.paper.forms.disclosure import (
    DecisionExtension,
    DisclosureDecision,
    NonDisclosure,
    OpinionInquiry,
    OpposedDisclosure,
    PartialDisclosure,
)
from machimori.office.paper.forms.disclosure_request import DisclosureRequest, ThirdPartyOpinion
from machimori.office.paper.forms.disposal import DisposalRecord
from machimori.office.paper.forms.emergency import EmergencyRequest
from machimori.office.paper.forms.handover import MediaSlip, Medium, Receipt
from machimori.office.paper.forms.people import Pledge
from machimori.office.paper.forms.registers import ExtractionHistory, UsageRegister
from machimori.office.paper.forms.request import ProvisionRequest, SubjectRequest
from machimori.office.paper.masthead import Form, Masthead
from machimori.office.paper.press import Press
from machimori.office.paper.sheet import Choice
from machimori.policy.wareki import CaseNumber, wareki

DAY = dt.date(2026, 5, 14)
MILLIMETRES_PER_INCH = 25.4
INKED = bytes(grey < 200 for grey in range(256))
"""1 for each grey that is ink."""
by_kind = pytest.mark.parametrize("form", EXAMPLES, ids=lambda form: form.KIND)


def printed(press: Press, form: Form, head: Masthead = MASTHEAD) -> str:
    """The paper's text without white space."""
    made = press.pdf(form.sheet(head), on=DAY)
    assert made.warnings == ()
    pages = PdfReader(io.BytesIO(made.pdf)).pages
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pages))


def texts(value: object) -> list[str]:
    """Every text and day in a form's fields, as the paper must show it."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dt.datetime):
        return [wareki(value.date()), f"{value.hour}時{value.minute:02d}分"]
    if isinstance(value, dt.date):
        return [wareki(value, weekday=False)]
    if isinstance(value, tuple):
        return [text for one in value for text in texts(one)]
    if isinstance(value, CaseNumber):
        return [str(value)]
    if dataclasses.is_dataclass(value):
        return [
            text
            for field in dataclasses.fields(value)
            for text in texts(getattr(value, field.name))
        ]
    return []


def test_every_form_has_an_example_and_a_name_of_its_own() -> None:
    assert tuple(type(form) for form in EXAMPLES) == FORMS
    assert len(FORM_BY_KIND) == len(FORMS)


CODES = {
    "closed_day": "休日・祝日・週休日",
    "accepted": "適正",
    "excess_found": "範囲超過",
    "absent": "保有していない",
    "self": "本人",
}


def left_out(form: Form) -> set[str]:
    """What a form leaves out on purpose.

    A letter names its addressee only, and who signs writes the name.
    """
    hidden = set()
    for field in dataclasses.fields(form):
        party = getattr(form, field.name)
        if isinstance(party, Party) and (form.WAY == "out" or isinstance(form, Receipt | Pledge)):
            hidden |= {party.address, party.contact}
            if form.WAY != "out":
                hidden.add(party.name)
    return hidden


@pytest.fixture(scope="module")
def filled(press: Press) -> Callable[[Form], str]:
    """The text of an example as it is, made once."""
    made: dict[str, str] = {}

    def shown(form: Form) -> str:
        if form.KIND not in made:
            made[form.KIND] = printed(press, form)
        return made[form.KIND]

    return shown


@by_kind
def test_a_filled_form_prints_every_value_on_one_page(
    filled: Callable[[Form], str], form: Form
) -> None:
    shown = filled(form)
    for text in set(texts(form)) - left_out(form):
        for line in CODES.get(text, text).split("\n"):
            assert re.sub(r"\s", "", line) in shown, line
    assert shown.endswith("1/1")
    assert "2026" not in shown.replace("MN-2026-0042", ""), "a western year on a Japanese form"


@pytest.mark.parametrize("kind", FORMS, ids=lambda kind: kind.KIND)
def test_a_blank_form_has_the_same_labels_and_fits_one_page(press: Press, kind: type[Form]) -> None:
    blank = printed(press, kind())
    assert kind.TITLE in blank
    assert "令和年月日" in blank
    assert blank.endswith("1/1")
    assert "None" not in blank
    assert "見本　" not in blank


def stretched(value: object) -> object:
    """The same form with very long names, addresses without a space, and many lines."""
    if isinstance(value, str):
        return value * 8 + "mitaka.hanako@department.example.invalid" * 3
    if isinstance(value, tuple):
        return tuple(stretched(one) for one in value) * 3
    if isinstance(value, Choice | CaseNumber) or not dataclasses.is_dataclass(value):
        return value
    changed = {
        field.name: stretched(getattr(value, field.name)) for field in dataclasses.fields(value)
    }
    return dataclasses.replace(value, **changed)  # type: ignore[type-var]


@by_kind
def test_the_longest_names_stay_inside_the_margins(press: Press, form: Form) -> None:
    long = stretched(form)
    assert isinstance(long, Form)
    for picture in press.pictures(long.sheet(MASTHEAD), on=DAY, dots_per_inch=72):
        left, right, width = _ink(picture)
        sides = (14, 14) if form.LANDSCAPE else (25, 20)
        assert left >= _dots(sides[0]) - 2
        assert right <= width - _dots(sides[1]) + 2


def _dots(millimetres: float) -> int:
    return round(millimetres / MILLIMETRES_PER_INCH * 72)


def _ink(png: bytes) -> tuple[int, int, int]:
    """The first and the last column with ink, and the picture's width."""
    with av.open(io.BytesIO(png), "r") as container:
        frame = next(container.decode(video=0)).reformat(format="gray")
    plane = frame.planes[0]
    marked = bytes(plane).translate(INKED)
    # All rows upon each other: a column's byte is not zero where one of them has ink.
    seen = 0
    for row in range(frame.height):
        at = row * plane.line_size
        seen |= int.from_bytes(marked[at : at + frame.width], "big")
    columns = seen.to_bytes(frame.width, "big")
    return columns.index(1), columns.rindex(1), frame.width


@by_kind
def test_the_citys_head_is_on_the_paper(press: Press, form: Form) -> None:
    head = dataclasses.replace(MASTHEAD, form_number="様式第77号（第9条関係）", title="特別な題名")
    shown = printed(press, form, head)
    assert "様式第77号（第9条関係）" in shown
    assert "特別な題名" in shown
    assert form.TITLE not in shown or form.TITLE == "誓約書"
    assert ("公印" in shown) is (form.WAY == "out")
    assert ("交通防犯課長様" in shown) is (form.WAY == "in")
    if form.WAY == "out":
        unsealed = printed(press, form, dataclasses.replace(head, seal=False))
        assert "公印" not in unsealed


@by_kind
def test_no_form_asks_for_an_individual_number(filled: Callable[[Form], str], form: Form) -> None:
    shown = filled(form)
    for match in re.finditer("個人番号|マイナンバー", shown):
        sentence = shown[match.start() : shown.index("。", match.start())]
        assert "記入しないで" in sentence or "記録しません" in sentence


def test_A14_request_and_approval_are_papers_of_the_city(press: Press) -> None:
    """The 申請書 is addressed to the 管理責任者; the 承認書 names range, conditions and day."""
    request = printed(press, ProvisionRequest())
    assert "街頭防犯カメラシステム管理責任者交通防犯課長様" in request
    for label in ("根拠", "利用の目的", "画像の範囲", "文書番号", "身分証の種類"):
        assert label in request
    approval = printed(press, Approval(conditions=("第三者に渡さないこと。",)))
    assert "(1)第三者に渡さないこと。" in approval


def test_A15_an_instruction_names_camera_and_interval(press: Press) -> None:
    """The 指示書 names camera, day and time to the second, and forbids going beyond."""
    start = dt.datetime(2026, 5, 14, 12, tzinfo=dt.UTC)
    footage = FootageRange(
        camera="街頭3", place="昭和通り", start=start, end=start + dt.timedelta(seconds=90)
    )
    shown = printed(press, Instruction(ranges=(footage,)))
    assert "街頭3昭和通り" in shown
    assert "令和8年5月14日（木）21時00分00秒" in shown
    assert "令和8年5月14日（木）21時01分30秒" in shown
    assert "範囲を超えてはいけません" in shown


def test_A17_the_later_application_says_who_ordered_and_why(press: Press) -> None:
    """The 申請書 after an emergency asks who ordered, when, in which hours, and why."""
    shown = printed(press, EmergencyRequest(hours="night", verdict="excess_found"))
    for label in ("命じた人", "命令の時刻", "急ぐ理由", "事件の概要", "提出の期限", "遅れた理由"):
        assert label in shown
    assert "レ夜間" in shown
    assert "レ範囲超過" in shown
    assert "レ早朝" not in shown


def test_A18_a_month_without_a_saving_is_a_return_too(press: Press) -> None:
    """The monthly 保存履歴 has a nil return, and says what belongs to no application."""
    nil = printed(press, ExtractionHistory(month="令和8年5月", nil=True))
    assert "レなし" in nil
    history = next(form for form in EXAMPLES if isinstance(form, ExtractionHistory))
    orphan = dataclasses.replace(history.savings[0], request="", kept_until=None)
    shown = printed(press, dataclasses.replace(history, savings=(orphan,)))
    assert "未提出" in shown
    assert "消去済" in shown


def test_a_register_without_an_act_says_so(press: Press) -> None:
    shown = printed(press, UsageRegister(period="令和8年5月"))
    assert "この期間の利用はありません。" in shown


def test_K17_K18_the_subjects_request_asks_and_checks_what_the_rule_lists(press: Press) -> None:
    """The 申出書 has the six items of 堺11(4) and the four checks of 堺11(5)."""
    shown = printed(press, SubjectRequest(is_subject=False, judged_removable=False))
    for label in ("住所", "氏名", "連絡先", "利用の目的", "撮影場所", "検索する日時"):
        assert label in shown
    for label in ("本人確認書類（写真付き）", "本人の同意書", "本人の顔写真等"):
        assert label in shown
    for label in ("保存期間内", "特定できますか", "不開示情報を含み", "取り除けますか"):
        assert label in shown
    assert "レ本人以外" in shown
    assert "レいいえ" in shown


def test_K16_the_slip_follows_a_medium_to_its_end(press: Press) -> None:
    """The 媒体受渡票 has the due day and what became of the medium."""
    medium = Medium(number="R8-1", kind="USBメモリ", content="街頭3", digest="ab" * 32)
    slip = MediaSlip(media=(medium,), return_by=dt.date(2026, 11, 13), fate="廃棄")
    shown = printed(press, slip)
    assert "ab" * 32 in shown
    assert "令和8年11月13日（金）" in shown
    assert "レ廃棄" in shown


def test_I13_a_receipt_records_who_checked_the_identity_and_no_copy(press: Press) -> None:
    """The 受領書 has kind and checker of the identity document and says that no copy is taken."""
    shown = printed(press, Receipt(identity_kind="警察手帳", identity_checked_by="見本　一郎"))
    assert "警察手帳" in shown
    assert "身分証の写しは取りません" in shown


def test_I11_K7_a_pledge_lasts_beyond_the_post(press: Press) -> None:
    """The 誓約書 binds after the post is left; a city's own sentences replace ours."""
    assert "その職を離れた後も守ります" in printed(press, Pledge())
    own = printed(press, Pledge(sentences=("画像を漏らしません。",)))
    assert "画像を漏らしません。" in own
    assert "その職を離れた後も" not in own


def test_K19_decisions_carry_what_the_law_asks_of_them(press: Press) -> None:
    """Letters of a statutory disclosure cite their clause and tell how a decision is contested."""
    clauses = {
        DisclosureDecision(): "第82条第1項",
        PartialDisclosure(): "第82条第1項",
        NonDisclosure(): "第82条第2項",
        DecisionExtension(): "第83条第2項",
        DecisionExtension(rest_due=DAY): "法律第84条",
        OpinionInquiry(): "第86条第1項",
        OpinionInquiry(duty=True): "第86条第2項",
        OpposedDisclosure(): "第86条第3項",
    }
    for letter, clause in clauses.items():
        shown = printed(press, letter)
        assert clause in shown
        contested = isinstance(letter, PartialDisclosure | NonDisclosure | OpposedDisclosure)
        assert ("見本市長に対して審査請求" in shown) is contested
        assert ("見本市を被告として" in shown) is contested


def test_K19_a_statutory_request_has_its_own_form_for_agents_too(press: Press) -> None:
    """The 開示請求書 asks who the requester acts for and how agency was proved."""
    shown = printed(press, DisclosureRequest(acting_as="mandated", manner=("写しの交付（郵送）",)))
    assert "第77条第1項" in shown
    assert "レ任意代理人" in shown
    assert "レ法定代理人" not in shown
    assert "代理の証明" in shown
    assert "レ写しの交付（郵送）" in shown


def test_I7_A11_a_medium_is_destroyed_before_a_witness(press: Press) -> None:
    """The 廃棄記録票 has serial number, method, place, who did it and who saw it."""
    blank = printed(press, DisposalRecord())
    for label in ("製造番号", "破砕", "裁断", "溶解", "場所", "立会人", "証明書", "写真"):
        assert label in blank
    chosen = printed(press, DisposalRecord(methods=("破砕", "裁断"), method="裁断"))
    assert "レ裁断" in chosen
    assert "溶解" not in chosen


def test_a_third_party_may_object_with_a_reason(press: Press) -> None:
    assert "レ開示に反対します" in printed(press, ThirdPartyOpinion(objects=True))
    assert "レ開示しても差し支え" in printed(press, ThirdPartyOpinion(objects=False))


def test_a_third_party_is_not_told_who_asked(press: Press) -> None:
    letter = OpinionInquiry(requester=Party(name="見本　三郎"), item="画像")
    assert letter.other_side() == ("見本　三郎　様",)
    assert "開示請求者" not in printed(press, letter)


def test_a_value_outside_the_printed_choices_gets_a_box_of_its_own(press: Press) -> None:
    assert "レブルーレイ" in printed(press, ProvisionRequest(medium="ブルーレイ"))
    assert "レ機器の故障" in printed(press, NoFootageReply(reason="機器の故障"))
