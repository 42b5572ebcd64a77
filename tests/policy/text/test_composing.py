# SPDX-License-Identifier: AGPL-3.0-or-later
"""The operating rule of five cities: what it says, where from, and that its references hold.

The golden texts were read end to end against the documents. After a change, write them anew with
`machimori policy text ID --on 2026-04-01` and `machimori policy text ID --adopted 2026-04-01`, and
read what changed the same way.
"""

import datetime as dt
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machimori.policy.adoption import Adoption, adopt, adopt_recommended, in_force, undecided
from machimori.policy.answers import Value
from machimori.policy.document import ProfileId
from machimori.policy.errors import ContradictionError, PolicyError
from machimori.policy.profile import Profile, bundled, parse, profiles
from machimori.policy.questions import Question, catalogue
from machimori.policy.testing import DAY, adopted, adoption, document, with_proposals
from machimori.policy.text.composing import operating_rule
from machimori.policy.text.plain import plain_text
from machimori.policy.text.structure import Article, OperatingRule

GOLDEN = Path(__file__).parents[1] / "golden" / "text"
HOLLOW = re.compile(
    r"(?:^|[、。（「])(?:は、|に限る|に対し|が行|が代|に命じ|に置く|により、画像を|を限度|のため特)|、、|（）|「」|並びに、"
)
"""Where a list of nobody or nothing would leave a hole in the sentence."""
TENNOJI = Path(__file__).parents[1] / "tennoji.toml"


def rule_of(profile: Profile) -> OperatingRule:
    return operating_rule(profile, on=DAY)


def article(rule: OperatingRule, caption: str) -> Article:
    return next(one for one in rule.articles if one.caption == caption)


def sentences(rule: OperatingRule) -> list[str]:
    texts = [one.text for one in rule.supplement]
    for one in rule.articles:
        for paragraph in one.paragraphs:
            texts += [paragraph.text, *(item.text for item in paragraph.items)]
    return texts


@pytest.mark.parametrize("name", profiles())
def test_as_shipped(name: ProfileId) -> None:
    rule = rule_of(bundled(name))
    assert plain_text(rule) == (GOLDEN / f"{name}.txt").read_text()
    assert not rule.is_final
    assert rule.heading.endswith("（案）")


@pytest.mark.parametrize("name", profiles())
def test_with_every_proposal_adopted(name: ProfileId) -> None:
    adoptions = adopt_recommended(bundled(name), decision="", adopted_on=DAY, effective_from=DAY)
    rule = rule_of(in_force(bundled(name), adoptions, DAY))
    assert plain_text(rule) == (GOLDEN / f"{name}.adopted.txt").read_text()
    assert rule.is_final
    assert "未決定" not in plain_text(rule)


def test_I16_a_guideline_becomes_an_operating_rule_in_keeping_with_it() -> None:
    """Every point of the guideline is an article with its clause; what it leaves open is marked."""
    rule = rule_of(document("inzai"))
    text = plain_text(rule)
    assert "印西市防犯カメラの設置及び運用に関するガイドライン（案）に沿って" in text
    for number in ("2(1)", "2(2)", *(f"3({n})" for n in range(1, 9)), "4"):
        assert f"印西市のガイドライン（案）{number}" in text, number
    assert "画像の保存期間は、撮影した日から起算して【未決定：保存する日数】日間とする。" in text
    chosen = rule_of(adopted("inzai"))
    assert chosen.is_final
    assert "画像の保存期間は、撮影した日から起算して2週間とする。" in plain_text(chosen)
    assert "市の決定（令和8年4月1日 決裁 総第12号）" in plain_text(chosen)


@pytest.mark.parametrize(
    ("name", "caption", "said", "origin"),
    [
        (
            "inzai",
            "秘密の保持",
            "管理責任者等は、画像から知り得た情報を第三者に漏らしてはならない。"
            "管理責任者等でなくなった後においても同様とする。",
            "印西市のガイドライン（案）3(5)",
        ),
        (
            "sakai",
            "秘密の保持",
            "管理責任者等は、画像及び画像から知り得た個人に関する情報を漏らしてはならない。"
            "管理責任者等でなくなった後においても同様とする。",
            "堺市の要領8",
        ),
        (
            "sakai",
            "表示",
            "表示の内容は、「防犯カメラ作動中 堺市総務課」とする。",
            "堺市の要領9",
        ),
        (
            "sakai",
            "画像の保存及び消去",
            "画像の保存期間は、2週間（翌々週の同一曜日までの間）とする。",
            "堺市の要領10(3)",
        ),
        (
            "sakai",
            "画像の保存及び消去",
            "画像は、撮影時の状態のまま保存し、編集又は加工をしてはならない。ただし、本人に提供する"
            "ための複製物から不開示情報を取り除く場合は、この限りでない。",
            "堺市の要領10(3)、11(5)",
        ),
    ],
)
def test_I11_K7_K8_K11_stand_in_the_documents_words(
    name: str, caption: str, said: str, origin: str
) -> None:
    """Secrecy, the notice's text, two weeks to the same weekday, kept as taken."""
    found = [
        one for one in article(rule_of(document(name)), caption).paragraphs if one.text == said
    ]
    assert [one.origins for one in found] == [(origin,)]


def test_what_a_city_has_no_use_for_is_left_out_and_the_numbers_close_up() -> None:
    captions = {
        str(name): [one.caption for one in rule_of(document(name)).articles] for name in profiles()
    }
    assert "緊急の取出し" in captions["asahikawa"]
    assert "直接取得" in captions["saga"]
    assert "設置の条件" in captions["matsudo"]
    assert not {"緊急の取出し", "直接取得", "設置の条件"} & set(captions["sakai"])
    for name in profiles():
        rule = rule_of(document(name))
        assert [one.number for one in rule.articles] == list(range(1, len(rule.articles) + 1))
        assert [one.number for one in rule.chapters] == [1, 2, 3, 4, 5]


def test_a_reference_follows_where_it_stands() -> None:
    rule = rule_of(adopted("asahikawa"))
    limits, procedure = (article(rule, word) for word in ("画像の利用及び提供の制限", "提供の手続"))
    assert limits.paragraphs[1].text.startswith("前項第1号の同意は")
    assert procedure.paragraphs[2].text.startswith("前条第1項第1号に該当する場合は")
    emergency = article(rule, "緊急の取出し").paragraphs
    assert f"第{procedure.number}条から前条までの規定にかかわらず" in emergency[0].text
    assert emergency[3].text.startswith("第1項の規定により")
    assert f"第{article(rule, '緊急の取出し').number}条の規定による場合" in plain_text(rule)


def test_several_items_are_referred_to_as_a_run() -> None:
    text = plain_text(rule_of(adopted("sakai")))
    assert "前条第1項第1号から第3号まで又は第5号に該当する提供の求めには" in text


def test_a_sentence_cites_a_clause_only_for_what_it_says() -> None:
    """What the product adds reads 標準の定め; what the city chose reads 市の決定."""
    rule = rule_of(adopted("sakai"))
    signers = [one for one in article(rule, "提供の決定").paragraphs if "2人の署名" in one.text]
    assert [one.origins for one in signers] == [("標準の定め",)]
    hold = [one for one in article(rule, "画像の保存及び消去").paragraphs if "保全" in one.text]
    assert [one.origins[0] for one in hold] == ["市の決定（令和8年4月1日 決裁 総第12号）"]


def test_the_day_of_effect_is_open_while_anything_else_is() -> None:
    assert rule_of(document("sakai")).open[-1].label == "施行の日"
    assert rule_of(adopted("sakai")).supplement[0].text == "この規程は、令和8年4月1日から施行する。"


def test_open_matters_say_where_they_stand_and_what_range_is_left() -> None:
    matters = {one.key: one for one in rule_of(document("asahikawa")).open}
    days = matters["retention.days"]
    assert (days.place, days.clause, days.bounds) == (
        "第8条第1項",
        "旭川市の骨子3(3)",
        "7以上14以下",
    )
    assert days.proposal == "14"
    assert matters["acts.deputise"].proposal == "取扱責任者"


def test_an_ordinance_that_is_no_longer_in_force_governs_only_the_days_when_it_was() -> None:
    profile = adopted("asahikawa")
    then = operating_rule(profile, on=dt.date(2022, 4, 1))
    assert "旭川市個人情報保護条例（平成17年旭川市条例第8号）及び旭川市" in plain_text(then)
    assert "個人情報保護条例" not in plain_text(operating_rule(profile, on=DAY))


def test_a_sixth_city_has_a_rule_too() -> None:
    """天王寺区 names no ground of provision: nothing is provided, and no procedure is written."""
    rule = operating_rule(
        with_proposals(parse(TENNOJI.read_text())), on=DAY, title="天王寺区防犯カメラ運用要綱"
    )
    text = plain_text(rule)
    assert rule.heading == "天王寺区防犯カメラ運用要綱"
    assert "画像の保存期間は、撮影した日の翌日から起算して7日間とする。" in text
    assert "管理責任者等は、画像を第三者に提供してはならない。" in text
    assert "提供の手続" not in text
    assert rule.is_final


BARE = """
[document]
id = "mura"
title = "村の要綱"
short = "村"
cited_as = "村の要綱"
city = "村"
kind = "draft"

[grounds.a]
label = { status = "unset" }

[grounds.b]
label = { status = "unset" }

[agreements.a]
title = { status = "unset" }

[direct]
allowed = { status = "local", value = true, adopted_on = 2026-04-01 }

[emergency]
allowed = { status = "local", value = true, adopted_on = 2026-04-01 }
"""


def test_a_document_that_says_nothing_makes_a_draft_of_marks() -> None:
    """Special ways are allowed and nothing about them is decided: all of it is marked."""
    rule = rule_of(parse(BARE))
    text = plain_text(rule)
    assert "　(1)　【未決定：根拠】に当たる場合。" in text
    assert "【未決定：取得できる警察署】の" in text
    assert "において、緊急を要する犯罪の捜査（【未決定：犯罪の捜査を理由にできる】）" in text
    assert [one for one in sentences(rule) if HOLLOW.search(one)] == []
    assert {one.key for one in rule.open if one.key} == {one.key for one in undecided(parse(BARE))}


def _values(question: Question) -> st.SearchStrategy[Value]:
    ids = [choice.id for choice in question.choices]
    match question.kind:
        case "flag":
            return st.booleans()
        case "number":
            low, high = question.minimum or 0, question.maximum or 1000
            return st.integers(low, high)
        case "choice":
            return st.sampled_from(ids)
        case "names" if ids:
            return st.lists(st.sampled_from(ids), unique=True).map(tuple)
        case "names":
            return st.lists(st.sampled_from(["甲", "乙"]), unique=True).map(tuple)
        case "day":
            return st.dates(dt.date(2000, 1, 1), dt.date(2030, 1, 1))
        case "clock":
            return st.sampled_from(["00:00", "12:00", "23:59"])
    if question.key in (
        "purpose.text",
        "purpose.field_of_view",
        "access.secrecy",
        "terminals.locked",
    ):
        return st.sampled_from(["甲", "甲とする。", "甲は、乙である。", "甲を守る"])
    return st.sampled_from(["甲", "⟦甲⟧"])


@settings(max_examples=60, deadline=None)
@given(data=st.data(), name=st.sampled_from([*profiles(), "tennoji"]))
def test_P6_whatever_a_city_decides_becomes_a_rule(data: st.DataObject, name: str) -> None:
    """Any decisions: no reference is left over, all that is open is marked or listed."""
    profile = parse(TENNOJI.read_text()) if name == "tennoji" else document(name)
    for key in data.draw(st.lists(st.sampled_from(sorted(profile.answers)), max_size=25)):
        value = data.draw(_values(catalogue().question(key)))
        try:
            profile = adopt(profile, _decided(key, value))
        except (ContradictionError, PolicyError):
            continue
    rule = rule_of(profile)
    text = plain_text(rule)
    assert not re.search(r"⟦(?!甲⟧)", text)
    assert {one.key for one in rule.open if one.key} == {one.key for one in undecided(profile)}
    assert rule.is_final == (not undecided(profile) and "【未決定" not in text)
    for said in sentences(rule):
        assert "None" not in said
        assert said.count("【未決定：") == said.count("】")
        assert not HOLLOW.search(said), said


def _decided(key: str, value: Value) -> Adoption:
    return adoption(key, value)
