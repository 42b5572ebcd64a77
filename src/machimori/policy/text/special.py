# SPDX-License-Identifier: AGPL-3.0-or-later
"""第3章, second half: watching, statutory requests, copies."""

from machimori.policy.text.drafting import Drafting
from machimori.policy.text.structure import Article, Paragraph


def watching(d: Drafting) -> Article:
    """（監視）: nobody, or named posts at named places (I9, A2, K6)."""
    key = "live.mode"
    match d.profile.text(key):
        case "forbidden":
            paragraphs = [d.paragraph("画像のモニター設備は、取り付けない。", key)]
        case "none":
            paragraphs = [
                d.paragraph("防犯カメラの撮影と同時に、その映像を監視してはならない。", key)
            ]
        case "named_posts":
            paragraphs = _named_posts(d)
        case _:
            text = f"防犯カメラの撮影と同時にする映像の監視については、{d.mark(key)}とする。"
            paragraphs = [d.paragraph(text, key)]
    return _article("watching", "監視", paragraphs)


def _named_posts(d: Drafting) -> list[Paragraph]:
    where = d.places("live.places")
    watchers = d.profile.names("acts.watch_live") or ()
    paragraphs = [
        d.paragraph(
            f"{d.holders('acts.watch_live')}は、{where}において、業務上、防犯カメラの撮影と同時にその映像を"
            "監視することができる。",
            "live.mode",
            "live.places",
            *d.unnamed_places("live.places"),
            "acts.watch_live",
            name="watch",
        ),
        d.paragraph(
            "⟦watching/watch⟧の規定による場合を除き、防犯カメラの撮影と同時にその映像を監視してはならない。"
        ),
    ]
    for post in watchers:
        key = f"posts.{post}.reported_by_contractor"
        if d.yes(key):
            paragraphs.append(
                d.paragraph(
                    f"{d.manager}は、委託業者から、あらかじめ、{d.name(post)}として従事する者を報告させるもの"
                    "とする。",
                    key,
                )
            )
        elif d.unset(key):
            text = f"委託業者からの従事する者の報告については、{d.mark(key)}とする。"
            paragraphs.append(d.paragraph(text, key))
    return paragraphs


def disclosure(d: Drafting) -> Article | None:
    """（開示請求）: a statutory request goes its own way (K19)."""
    key = "disclosure.own_procedure"
    if d.unset(key):
        text = f"法令に基づく開示請求の取扱いについては、{d.mark(key)}とする。"
        return _article("disclosure", "開示請求", [d.paragraph(text, key)])
    if not d.yes(key):
        return None
    return _article(
        "disclosure",
        "開示請求",
        [
            d.paragraph(
                "画像について法令に基づく開示請求があったときは、この規程による提供とは別に、開示請求の手続に"
                "のっとり対応するものとする。",
                key,
                name="request",
            ),
            d.paragraph(
                "⟦disclosure/request⟧の開示請求に対する決定は、開示請求があった日から"
                f"{d.words('disclosure.days')}日以内（補正に要した日数を除く。）にするものとする。",
                "disclosure.days",
            ),
        ],
    )


def copies(d: Drafting) -> Article:
    """（複製物の管理）: every copy has an end (K16)."""
    paragraphs = []
    if d.yes("copies.end_with_purpose"):
        paragraphs.append(
            d.paragraph(
                "複製物は、その目的を達したときは、速やかに消去し、又は廃棄しなければならない。",
                "copies.end_with_purpose",
            )
        )
    elif d.unset("copies.end_with_purpose"):
        key = "copies.end_with_purpose"
        paragraphs.append(
            d.paragraph(f"目的を達した複製物の消去及び廃棄については、{d.mark(key)}とする。", key)
        )
    paragraphs.append(
        d.paragraph(
            "複製物の返却又は消去の期限は、引渡しの日から起算して"
            f"{d.words('copies.due_days')}日とする。期限を延長するときは、その理由を記録しなければならない。",
            "copies.due_days",
        )
    )
    key = "copies.return_required"
    if d.unset(key):
        text = f"記録媒体の返却については、{d.mark(key)}とする。"
    elif d.yes(key):
        text = "複製物の提供を受けた者には、記録媒体の返却を求めるものとする。"
    else:
        text = (
            "複製物の提供を受けた者には、複製物を消去し、又は廃棄した旨の報告を求めるものとする。"
        )
    paragraphs.append(d.paragraph(text, key))
    return _article("copies", "複製物の管理", paragraphs)


def _article(name: str, caption: str, paragraphs: list[Paragraph]) -> Article:
    return Article(name=name, caption=caption, paragraphs=tuple(paragraphs))
