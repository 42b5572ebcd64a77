# SPDX-License-Identifier: AGPL-3.0-or-later
"""第4章, 第5章 and 附則: complaints, inspections, contracts, records, and what remains."""

from machimori.policy.text.drafting import Drafting
from machimori.policy.text.structure import Article, Paragraph
from machimori.policy.wording import era_date

DAY_OF_EFFECT = "施行の日"
"""The one open matter that is no question of the profile."""

_CLAUSES = {
    "confidentiality": "情報の機密保持に関すること。",
    "secrecy": "業務上知り得た情報の守秘義務に関すること。",
    "no_onward_use": "情報の複写、目的外利用及び第三者への提供の禁止に関すること。",
    "return": "情報の返還義務に関すること。",
    "subcontracting": "受託業務の再委託の制限に関すること。",
    "other_protection": "その他情報の保護に関し必要なこと。",
    "remedies": "前各号に違反した場合における契約の解除等の措置及び損害賠償に関すること。",
    "operating_rule": "この規程の遵守に関すること。",
    "names_reported": "業務に従事する者の事前の報告に関すること。",
}

_RECORDED = {
    "time": "日時",
    "recipient": "提供先",
    "content": "画像の内容",
    "reason": "理由",
    "purpose": "目的",
}


def complaints(d: Drafting) -> Article:
    """（苦情の処理）."""
    return Article(
        name="complaints",
        caption="苦情の処理",
        paragraphs=(
            d.paragraph(
                f"{d.manager}は、防犯カメラの設置及び運用に関する苦情又は問合せを受けたときは、誠実かつ速やかに"
                f"対応し、受け付けた日から{d.words('audit.complaint_days')}日以内に回答するものとする。",
                "audit.complaint_days",
            ),
        ),
    )


def inspection(d: Drafting) -> Article:
    """（保守点検）, with the yearly review of each camera's need."""
    paragraphs = [
        d.paragraph(
            f"{d.manager}は、防犯カメラの機能を維持するため、定期的に、少なくとも"
            f"{d.words('audit.inspection_days')}日に1回保守点検を行うものとする。",
            "audit.inspection_days",
        )
    ]
    if d.yes("audit.yearly_review"):
        paragraphs.append(
            d.paragraph(
                f"{d.manager}は、毎年、それぞれの防犯カメラの必要性を検討するものとする。",
                "audit.yearly_review",
            )
        )
    return Article(name="inspection", caption="保守点検", paragraphs=tuple(paragraphs))


def outsourcing(d: Drafting) -> Article | None:
    """（委託）, clause by clause (A21, I17)."""
    key = "outsourcing.clauses"
    clauses = d.profile.names(key)
    lead = f"{d.manager}は、防犯カメラの管理運用に関する業務を委託するときは、"
    if clauses is None:
        text = f"{lead}{d.mark(key)}を契約書に規定するものとする。"
        return Article(name="outsourcing", caption="委託", paragraphs=(d.paragraph(text, key),))
    if not clauses:
        return None
    # What the last clause calls 前各号 stands before it.
    ordered = sorted(clauses, key=lambda one: one == "remedies")
    items = [d.item(_clause(d, one), key) for one in ordered]
    text = f"{lead}次に掲げる事項を契約書に規定するものとする。"
    if len(items) == 1:
        text = f"{lead}{items[0].text.removesuffix('に関すること。')}を契約書に規定するものとする。"
        items = []
    return Article(
        name="outsourcing", caption="委託", paragraphs=(d.paragraph(text, key, items=items),)
    )


def _clause(d: Drafting, clause: str) -> str:
    if clause == "operating_rule" and d.profile.document.kind == "draft":
        return f"{d.profile.document.title}及びこの規程の遵守に関すること。"
    return _CLAUSES[clause]


_KEPT = (
    ("records.years", "画像の利用及び提供"),
    ("records.disclosure_years", "開示請求"),
    ("records.complaint_years", "苦情"),
    ("records.register_years", "鍵、端末、従事者及び誓約"),
)
"""Kinds of record whose years the city sets."""


def records(d: Drafting) -> Article:
    """（記録及び点検）: what is recorded, monthly statement, reconciliation (A18, A19)."""
    paragraphs = [
        d.paragraph(
            "画像の検索、視聴、複製、印画、提供及び消去は、その都度、行った者、日時、対象となる画像及び目的を"
            "記録するものとする。",
        ),
        *_recorded(d),
    ]
    statement = "audit.monthly_statement"
    if d.yes(statement):
        to = d.name("police_image_manager") if d.has("police_image_manager") else "警察署"
        paragraphs.append(
            d.paragraph(
                f"{d.manager}は、{to}に対し、貸与した{d.machine}に記録された画像の保存履歴を、毎月、翌月"
                f"{d.words('audit.statement_day')}日までに提出するよう求め、画像の保存状況を確認するものと"
                "する。",
                statement,
                "audit.statement_day",
            )
        )
    elif d.unset(statement):
        text = f"貸与した{d.machine}の保存履歴の提出については、{d.mark(statement)}とする。"
        paragraphs.append(d.paragraph(text, statement))
    compared = "前項の履歴" if d.yes(statement) else "申請、承認及び指示の記録"
    paragraphs.append(
        d.paragraph(
            f"{d.manager}は、定期的に、少なくとも{d.words('audit.reconciliation_days')}日に1回、全ての"
            f"防犯カメラの画像へのアクセス状況を確認し、{compared}と照合するものとする。",
            "audit.reconciliation_days",
        )
    )
    return Article(name="records", caption="記録及び点検", paragraphs=tuple(paragraphs))


def _recorded(d: Drafting) -> list[Paragraph]:
    key = "provision.recorded"
    if d.unset(key):
        text = f"利用及び提供のときに記録する事項については、{d.mark(key)}とする。"
        return [d.paragraph(text, key)]
    title = "forms.usage_register.title"
    keys = (key, *((title,) if d.stated(title) else ()))
    where = f"{d.form('usage_register')}に" if d.stated(title) else ""
    text = f"画像を利用し、又は提供したときは、次に掲げる事項を{where}記録しなければならない。"
    items = [d.item(_RECORDED[one], key) for one in d.profile.names(key) or ()]
    return [d.paragraph(text, *keys, items=items)] if items else []


def keeping(d: Drafting) -> Article:
    """（文書の保存）: how long, and who decides that they are disposed of."""
    paragraphs = [
        d.paragraph(
            f"{what}に係る文書及び記録は、当該事案が完結した日の属する年度の翌年度の4月1日から"
            f"起算して{d.words(key)}年間保存するものとする。",
            key,
        )
        for key, what in _KEPT
    ]
    deciders = d.holders("records.disposed_by", "又は")
    text = (
        f"保存の期間が満了した文書及び記録は、{deciders}の決定により廃棄する。ただし、審査請求、"
        "訴訟又は監査のために必要なものは、これらが終わるまで廃棄してはならない。"
    )
    paragraphs.append(d.paragraph(text, "records.disposed_by"))
    return Article(name="keeping", caption="文書の保存", paragraphs=tuple(paragraphs))


def publication(d: Drafting) -> Article | None:
    """（公表）: the rule itself (A22), and how often footage is provided."""
    paragraphs = []
    if d.yes("notices.rules_published"):
        paragraphs.append(d.paragraph("この規程は、公表する。", "notices.rules_published"))
    elif d.unset("notices.rules_published"):
        key = "notices.rules_published"
        paragraphs.append(d.paragraph(f"この規程の公表については、{d.mark(key)}とする。", key))
    members = d.profile.members("grounds")
    keys = [f"grounds.{name}.counted_publicly" for name in members]
    if keys and all(d.yes(key) for key in keys):
        text = "画像の提供の件数は、特定の事案が明らかにならない方法により、根拠ごとに公表する。"
        paragraphs.append(d.paragraph(text, *keys))
    if not paragraphs:
        return None
    return Article(name="publication", caption="公表", paragraphs=tuple(paragraphs))


def remainder(d: Drafting, on_day: str) -> Article:
    """（雑則）: the laws in force on this day (an ISO date), and what the manager settles."""
    paragraphs = []
    titles, keys = [], []
    for name in d.profile.members("laws"):
        until = d.profile.day(f"laws.{name}.effective_until")
        if until is None or until.isoformat() >= on_day:
            titles.append(d.words(f"laws.{name}.title"))
            keys += [f"laws.{name}.title"]
    if titles:
        paragraphs.append(
            d.paragraph(
                "この規程に定めるもののほか、個人情報の取扱いについては、"
                f"{'及び'.join(titles)}の定めるところによる。",
                *keys,
            )
        )
    more = "前項に定めるもののほか、" if paragraphs else "この規程に定めるもののほか、"
    paragraphs.append(
        d.paragraph(f"{more}この規程の施行に関し必要な事項は、{d.manager}が別に定める。")
    )
    return Article(name="remainder", caption="雑則", paragraphs=tuple(paragraphs))


def supplement(d: Drafting) -> tuple[Paragraph, ...]:
    """附則: from the day on which the last of the city's decisions has effect.

    Where the document itself decides everything, from the day of its last version. The day is open
    while anything else is.
    """
    decided = [
        (answer.effective_from, key)
        for key, answer in d.profile.answers.items()
        if answer.effective_from is not None
    ]
    document = d.profile.document
    if not any(answer.status == "unset" for answer in d.profile.answers.values()):
        if decided:
            day, key = max(decided)
            return (d.paragraph(f"この規程は、{era_date(day)}から施行する。", key),)
        if document.kind == "in_force" and document.versions:
            text = f"この規程は、{era_date(document.versions[-1].effective_from)}から施行する。"
            return (Paragraph(text=text, origins=(f"{document.cited_as}附則",)),)
    mark = f"【未決定：{DAY_OF_EFFECT}】"
    return (Paragraph(text=f"この規程は、{mark}から施行する。", origins=(mark,)),)
