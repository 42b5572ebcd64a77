# SPDX-License-Identifier: AGPL-3.0-or-later
"""第1章 総則: purpose, definitions, posts."""

from machimori.policy.text.drafting import Drafting, with_subject
from machimori.policy.text.structure import Article, Paragraph, joined

_CITY_POSTS = ("system_manager", "handling_supervisor", "operator", "viewer", "guard")
_ROLES = {
    "auditor": "この規程による記録を確認する",
    "system_administrator": "防犯カメラに係る機器を運用する",
}
_VERB_ENDINGS = "うくぐすつぬぶむる"


def purpose(d: Drafting) -> Article:
    """（目的）, under the rule above it if there is one."""
    document = d.profile.document
    above = document.parent or (d.profile.above[0].title if d.profile.above else "")
    base = f"{above}に基づき、" if above else ""
    if document.kind == "draft":
        base = f"{document.title}に沿って、"
    text = (d.profile.text("purpose.text") or d.mark("purpose.text")).rstrip("。")
    aim = f"{text}ために" if text[-1] in _VERB_ENDINGS else f"{text}のために"
    return Article(
        name="purpose",
        caption="目的",
        paragraphs=(
            d.paragraph(
                f"この規程は、{base}{document.city}の防犯カメラの設置及び管理運用に関し必要な事項を"
                "定めることを目的とする。"
            ),
            d.paragraph(f"防犯カメラは、{aim}設置する。", "purpose.text", name="aim"),
            d.paragraph("防犯カメラの運用は、⟦purpose/aim⟧の目的を逸脱して行ってはならない。"),
        ),
    )


def definitions(d: Drafting) -> Article:
    """（定義）."""
    items = [
        d.item("防犯カメラ　⟦purpose/aim⟧の目的のために設置する撮影装置をいう。"),
        d.item(f"画像　{d.words('purpose.footage').rstrip('。')}をいう。", "purpose.footage"),
        d.item("複製物　画像を複製し、又は印画したものをいう。"),
    ]
    if d.yes("terminals.dedicated"):
        items.append(
            d.item(
                f"{d.machine}　画像を取り出し、又は保存するために登録したパソコンをいう。",
                "terminals.dedicated",
            )
        )
    for post in ("installer", "host"):
        if d.has(post):
            items.append(
                d.item(
                    f"{d.full_name(post)}　{d.words(f'posts.{post}.holder')}をいう。",
                    f"posts.{post}.holder",
                )
            )
    paragraphs = [
        d.paragraph(
            "この規程において、次の各号に掲げる用語の意義は、当該各号に定めるところによる。",
            items=items,
        )
    ]
    if d.yes("purpose.identifying_only"):
        paragraphs.append(
            d.paragraph(
                "この規程は、個人を特定できる精度を有する防犯カメラにより撮影された画像について"
                "適用する。",
                "purpose.identifying_only",
            )
        )
    return Article(name="definitions", caption="定義", paragraphs=tuple(paragraphs))


def posts(d: Drafting) -> Article:
    """（管理責任者等）: who there is, and who appoints them."""
    paragraphs = [_manager(d)]
    if d.profile.text("posts.system_manager.presence") == "mandatory":
        paragraphs.append(
            d.paragraph(
                f"{d.name('system_manager')}は、防犯カメラの設置及び管理運用に関する事務を統括する。"
            )
        )
    paragraphs += [
        _assistant(d, post) for post in ("handling_supervisor", "operator") if d.has(post)
    ]
    paragraphs += [_defined(d, post) for post in ("viewer", "guard") if d.has(post)]
    if d.has("police_image_manager"):
        paragraphs.append(_police_manager(d))
    if d.has("police_operator"):
        paragraphs.append(_assistant(d, "police_operator"))
    paragraphs += [
        _assistant(d, post) for post in ("auditor", "system_administrator") if d.has(post)
    ]
    if deputies := d.people("acts.deputise", "又は"):
        paragraphs.append(
            d.paragraph(
                f"{d.name('system_manager')}が不在のときは、期間を定めてあらかじめ委任を受けた"
                f"{deputies}が代決することができる。この場合において、代決した者は、速やかに"
                f"{d.name('system_manager')}の後閲を受けなければならない。",
                "acts.deputise",
                name="deputy",
            )
        )
    city = [d.name(post) for post in _CITY_POSTS if d.has(post)]
    paragraphs.append(
        d.paragraph(
            f"この規程において「管理責任者等」とは、{joined(city, '及び')}をいう。",
            *(f"posts.{post}.presence" for post in _CITY_POSTS if d.has(post)),
        )
    )
    return Article(name="posts", caption="管理責任者等", paragraphs=tuple(paragraphs))


def _keys(post: str) -> tuple[str, ...]:
    return tuple(f"posts.{post}.{word}" for word in ("presence", "holder", "title", "appointed_by"))


def _manager(d: Drafting) -> Paragraph:
    post = "system_manager"
    key = f"posts.{post}.presence"
    holder = d.words(f"posts.{post}.holder") if d.profile.applies(f"posts.{post}.holder") else ""
    if d.unset(key):
        return d.paragraph(f"{d.introduced(post)}については、{d.mark(key)}とする。", *_keys(post))
    lead = "防犯カメラの管理及び運用を適正に行うため、"
    if d.stated(f"posts.{post}.appointed_by"):
        lead = f"{d.words(f'posts.{post}.appointed_by')}は、{lead}"
        placed = f"{d.introduced(post)}を指定し、"
    else:
        placed = f"{d.introduced(post)}を置き、"
    return d.paragraph(f"{lead}{placed}{holder}をもって充てる。", *_used(d, post))


def _used(d: Drafting, post: str) -> tuple[str, ...]:
    """The keys of a post's sentence, without what it does not mention."""
    return tuple(
        key
        for key in _keys(post)
        if d.stated(key) or d.unset(key) or key.endswith((".presence", ".holder"))
    )


def _assistant(d: Drafting, post: str) -> Paragraph:
    presence, holder = f"posts.{post}.presence", f"posts.{post}.holder"
    if d.unset(presence):
        return d.paragraph(f"{d.introduced(post)}については、{d.mark(presence)}とする。", presence)
    appointer = d.words(f"posts.{post}.appointed_by")
    among = d.profile.text(holder) or d.mark(holder)
    # The ordinary answer, 任命された者, would say that the appointed are appointed.
    own = d.stated(holder) or d.unset(holder) or among != "任命された者"
    chosen = f"{among}のうちから" if own else ""
    may = "することができる" if d.profile.text(presence) == "optional" else "する"
    keys = (presence, *((holder,) if own else ()), f"posts.{post}.appointed_by")
    named = _ROLES.get(post, "") + d.introduced(post)
    return d.paragraph(f"{appointer}は、{chosen}{named}を指定{may}。", *keys)


def _defined(d: Drafting, post: str) -> Paragraph:
    presence, holder = f"posts.{post}.presence", f"posts.{post}.holder"
    if d.unset(presence):
        return d.paragraph(f"{d.introduced(post)}については、{d.mark(presence)}とする。", presence)
    if not d.stated(holder):
        return _assistant(d, post)
    return d.paragraph(f"{d.introduced(post)}は、{d.words(holder)}とする。", presence, holder)


def _police_manager(d: Drafting) -> Paragraph:
    post = "police_image_manager"
    presence = f"posts.{post}.presence"
    lent = d.yes("terminals.lent_to_police")
    where = f"{d.machine}を貸与した警察署" if lent else "画像を取り扱う警察署"
    if d.unset(presence):
        return d.paragraph(
            f"{where}に置く{d.introduced(post)}については、{d.mark(presence)}とする。", presence
        )
    if d.profile.text(presence) == "mandatory":
        holder = d.words(f"posts.{post}.holder")
        text = f"{where}に{d.introduced(post)}を置き、{holder}をもって充てる。"
    else:
        text = (
            f"{where}に{d.introduced(post)}を置くことができる。この場合において、{d.name(post)}は、"
            f"{d.words(f'posts.{post}.holder')}をもって充てる。"
        )
    return d.paragraph(text, *_used(d, post))


def secrecy(d: Drafting) -> Article:
    """（秘密の保持）, in the document's words (I11, K7, A20)."""
    said = d.profile.text("access.secrecy") or f"{d.mark('access.secrecy')}。"
    paragraphs = [
        d.paragraph(with_subject("管理責任者等は、", said), "access.secrecy"),
    ]
    if d.yes("access.pledge"):
        paragraphs.append(
            d.paragraph(
                f"管理責任者等は、任命に際し、前項に定める事項を守る旨の{d.form('pledge')}に署名し、"
                "提出しなければならない。",
                "access.pledge",
                *(key for key in ("forms.pledge.title", "forms.pledge.number") if d.stated(key)),
            )
        )
    if d.yes("access.pledge_first"):
        paragraphs.append(
            d.paragraph(
                f"前項の{d.form('pledge')}を提出するまでは、職務を行うことができない。",
                "access.pledge_first",
            )
        )
    return Article(name="secrecy", caption="秘密の保持", paragraphs=tuple(paragraphs))
