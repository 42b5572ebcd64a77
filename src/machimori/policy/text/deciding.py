# SPDX-License-Identifier: AGPL-3.0-or-later
"""第3章: the decision on provision, and the taking out that follows from it."""

from machimori.policy.rounds import KEYS, URGENT, round_posts
from machimori.policy.text.drafting import Drafting
from machimori.policy.text.grounds import alike, provision_under
from machimori.policy.text.structure import Article, Paragraph, joined

_CHECKS = {
    "within_retention": "当該画像が保存期間内のものかどうか。",
    "identifiable": "当該画像の撮影日時及び撮影場所が特定できるかどうか。",
    "exempt_information": "特定した画像に不開示情報が含まれていないかどうか。",
    "removable": "不開示情報が含まれている場合は、これを取り除くことができるかどうか。",
}


def decision(d: Drafting) -> Article | None:
    """（提供の決定）: checks, who decides, how many sign, how long an approval is good for."""
    if not d.profile.members("grounds"):
        return None
    approval = "forms.approval.title"
    decides = f"{d.holders('acts.decide', '又は')}は、提供の可否を決定"
    if d.stated(approval):
        first = f"{decides}し、承認するときは、{d.form('approval')}を申請者に交付するものとする。"
    else:
        first = f"{decides}し、その旨を申請者に通知するものとする。"
    paragraphs = [
        d.paragraph(first, "acts.decide", *((approval,) if d.stated(approval) else ())),
        *_checks(d),
        *_round(d),
        *_signers(d),
        d.paragraph(
            f"承認の有効期間は{d.words('signing.validity_days')}日とし、一の承認により取り出すことができる"
            f"画像は、防犯カメラ1台につき{d.words('signing.interval_hours')}時間分を限度とする。",
            "signing.validity_days",
            "signing.interval_hours",
        ),
    ]
    return Article(name="decision", caption="提供の決定", paragraphs=tuple(paragraphs))


def extraction(d: Drafting) -> Article | None:
    """（取出し及び確認）: nothing without the instruction; the copy is checked (A15, K15)."""
    if not d.profile.members("grounds"):
        return None
    instructing = d.profile.names("acts.instruct") or ()
    copying = d.profile.names("acts.copy")
    others = [d.name(one) for one in copying or () if one not in instructing and d.has(one)]
    to = d.mark("acts.copy") if copying is None else joined(others, "又は")
    told = f"{to}に対し、" if to else ""
    act = "画像の取出し及び複製を指示するものとする。"
    if set(copying or ()) & set(instructing):
        act = f"画像の取出し及び複製を{'指示し、又は' if to else ''}自ら行うものとする。"
    paragraphs = [
        d.paragraph(
            f"{d.holders('acts.instruct', '又は')}は、承認があったときは、{told}対象となる"
            f"防犯カメラ、撮影日時その他画像の特定に必要な事項を示して、{act}",
            "acts.instruct",
            "acts.copy",
        ),
        d.paragraph("前項の規定によらなければ、画像を取り出してはならない。", "acts.instruct"),
    ]
    vacant = "acts.copy_vacant"
    if d.profile.applies(vacant) and d.profile.names(vacant) != ():
        paragraphs.append(
            d.paragraph(
                f"{d.name('handling_supervisor')}を置かないときは、画像の取出し及び複製は、"
                f"{d.holders(vacant, '又は')}が行うものとする。",
                vacant,
            )
        )
    if printers := d.people("acts.print", "又は"):
        paragraphs.append(d.paragraph(f"画像の印画は、{printers}が行うものとする。", "acts.print"))
    if d.yes("copies.completion_check"):
        checking = d.profile.names("acts.check_completion") or ()
        own = bool(set(checking) & set(copying or ()))
        paragraphs.append(
            d.paragraph(
                f"{d.holders('acts.check_completion', '又は')}は、画像の複製又は印画を"
                "行わせたときは、完了後、指示どおり実施されたことを確認しなければならない。"
                + ("この場合において、自ら作成した複製物を確認することはできない。" if own else ""),
                "copies.completion_check",
                "acts.check_completion",
            )
        )
    elif d.unset("copies.completion_check"):
        key = "copies.completion_check"
        paragraphs.append(
            d.paragraph(f"複製又は印画の完了の確認については、{d.mark(key)}とする。", key)
        )
    return Article(name="extraction", caption="取出し及び確認", paragraphs=tuple(paragraphs))


def _checks(d: Drafting) -> list[Paragraph]:
    paragraphs = []
    for names in alike(d, "checks"):
        keys = [f"grounds.{name}.checks" for name in names]
        items = [d.item(_CHECKS[one], *keys) for one in d.profile.names(keys[0]) or ()]
        if items:
            text = (
                f"{provision_under(d, names)}の可否を判断するときは、次に掲げる事項を確認"
                "しなければならない。"
            )
            paragraphs.append(d.paragraph(text, *keys, items=items))
    return paragraphs


def _round(d: Drafting) -> list[Paragraph]:
    """To whom a draft goes before the decision; nothing where it goes to nobody."""
    names = [d.name(post) for post in round_posts(d.profile)]
    if not names:
        return []
    order = f"{'、'.join(names)}の順に" if len(names) > 1 else f"{names[0]}に"
    each = "それぞれ別の者" if len(names) > 1 else "その者"
    text = (
        f"提供の可否の決定に係る起案は、決定の前に{order}回議し、{each}が確認するものとする。"
        "この場合において、起案した者は、確認する者となることができない。"
    )
    found = [d.paragraph(text, *KEYS)]
    if d.yes(URGENT):
        waits = "緊急の必要があるときは、前項の規定による確認を待たずに決定することができる。"
        found.append(d.paragraph(waits, URGENT))
    return found


def _signers(d: Drafting) -> list[Paragraph]:
    paragraphs = []
    for names in alike(d, "signers"):
        keys = [f"grounds.{name}.signers" for name in names]
        signers = d.profile.number(keys[0])
        if d.unset(keys[0]) or (signers or 1) > 1:
            paragraphs.append(
                d.paragraph(
                    f"{provision_under(d, names)}の承認は、"
                    f"{d.words(keys[0])}人の署名によらなければならない。",
                    *keys,
                )
            )
    return paragraphs
