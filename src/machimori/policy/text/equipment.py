# SPDX-License-Identifier: AGPL-3.0-or-later
"""第2章 設置及び管理: where cameras stand, notices, terminals."""

from machimori.policy.text.drafting import Drafting, sentence, with_subject
from machimori.policy.text.structure import Article, Paragraph, joined

_VISIBILITY = {
    "exact": "公表する",
    "area": "その区域を公表する",
    "hidden": "公表しない",
}


def siting(d: Drafting) -> Article:
    """（設置及び撮影の範囲）."""
    said = sentence(d.words("purpose.field_of_view"))
    subject = "防犯カメラは、" if "撮影する。" in said else "防犯カメラの撮影範囲は、"
    paragraphs = [d.paragraph(with_subject(subject, said), "purpose.field_of_view")]
    if d.yes("retention.around_the_clock"):
        paragraphs.append(
            d.paragraph("防犯カメラは、常時撮影するものとする。", "retention.around_the_clock")
        )
    elif d.unset("retention.around_the_clock"):
        paragraphs.append(_undecided(d, "防犯カメラの撮影の時間", "retention.around_the_clock"))
    sound = {True: "記録する。", False: "記録してはならない。"}.get(
        d.profile.flag("retention.sound") or False, ""
    )
    if d.unset("retention.sound"):
        paragraphs.append(_undecided(d, "音声の記録", "retention.sound"))
    else:
        paragraphs.append(d.paragraph(f"防犯カメラにより音声を{sound}", "retention.sound"))
    shown = _VISIBILITY.get(d.profile.text("locations.visibility") or "")
    if shown is None:
        paragraphs.append(_undecided(d, "防犯カメラの設置場所の公表", "locations.visibility"))
    else:
        paragraphs.append(d.paragraph(f"防犯カメラの設置場所は、{shown}。", "locations.visibility"))
    return Article(name="siting", caption="設置及び撮影の範囲", paragraphs=tuple(paragraphs))


def conditions(d: Drafting) -> Article | None:
    """（設置の条件）: caps and neighbours, where a document knows them."""
    paragraphs = []
    if d.yes("caps.neighbours_consent"):
        paragraphs.append(
            d.paragraph(
                "防犯カメラを設置するときは、あらかじめ、近隣居住者"
                f"（{d.words('caps.neighbours')}をいう。）の承諾を得なければならない。",
                "caps.neighbours_consent",
                "caps.neighbours",
            )
        )
    if d.yes("caps.limited"):
        cameras = d.profile.number("caps.cameras")
        most = d.mark("caps.cameras") if cameras is None else f"{cameras:,}"
        paragraphs.append(
            d.paragraph(
                f"設置する防犯カメラの台数は、{most}台を限度とする。",
                "caps.limited",
                "caps.cameras",
                name="cap",
            )
        )
        key = "caps.waiting_list"
        if d.unset(key):
            paragraphs.append(_undecided(d, "台数が前項の限度に達した後の設置の申込み", key))
        else:
            taken = (
                "受け付け、空きが生じたときに受付の順に案内する。"
                if d.yes(key)
                else "受け付けない。"
            )
            paragraphs.append(
                d.paragraph(f"台数が前項の限度に達した後は、設置の申込みを{taken}", key)
            )
    if not paragraphs:
        return None
    return Article(name="conditions", caption="設置の条件", paragraphs=tuple(paragraphs))


def notices(d: Drafting) -> Article:
    """（表示）, with the exact text where one is given (K8)."""
    paragraphs = []
    if d.yes("notices.required"):
        paragraphs.append(
            d.paragraph(
                "防犯カメラは、見やすい場所に表示を掲げた上で運用しなければならない。",
                "notices.required",
            )
        )
    elif d.unset("notices.required"):
        paragraphs.append(_undecided(d, "防犯カメラの表示", "notices.required"))
    paragraphs.append(
        d.paragraph(f"表示の内容は、「{d.words('notices.text')}」とする。", "notices.text")
    )
    return Article(name="notices", caption="表示", paragraphs=tuple(paragraphs))


def terminals(d: Drafting) -> Article:
    """（専用パソコン等の管理）: what it is taken out on, by whom, how it is locked."""
    machine = d.machine
    paragraphs: list[Paragraph] = []
    if d.yes("terminals.dedicated"):
        viewing = d.yes("terminals.viewing")
        acts = "取出し及び視聴" if viewing else "取出し"
        keys = ("terminals.dedicated", *(("terminals.viewing",) if viewing else ()))
        paragraphs.append(
            d.paragraph(f"画像の{acts}は、{machine}により行わなければならない。", *keys)
        )
    if d.profile.names("terminals.places") != ():
        paragraphs.append(
            d.paragraph(
                f"{machine}は、{d.places('terminals.places')}に置く。",
                "terminals.places",
                *d.unnamed_places("terminals.places"),
            )
        )
    if d.yes("terminals.lent_to_police"):
        paragraphs.append(
            d.paragraph(
                f"市は、警察署に{machine}を貸与することができる。", "terminals.lent_to_police"
            )
        )
    except_for = [
        name
        for name, allowed in (("emergency", "emergency.allowed"), ("direct", "direct.allowed"))
        if d.yes(allowed)
    ]
    proviso = ""
    if except_for:
        under = joined([f"⟦{one}⟧" for one in except_for], "又は")
        proviso = f"ただし、{under}の規定による場合は、この限りでない。"
    paragraphs.append(
        d.paragraph(
            f"{machine}を操作することができる者は、{d.holders('terminals.operators')}に限る。{proviso}",
            "terminals.operators",
        )
    )
    if d.yes("access.id_and_password"):
        paragraphs.append(
            d.paragraph(
                f"{machine}の操作は、ID番号及びパスワード認証によるログイン方式で行うものとする。",
                "access.id_and_password",
            )
        )
    if d.yes("access.passwords_set"):
        paragraphs.append(
            d.paragraph(
                f"防犯カメラ（記録媒体を含む。）及び{machine}には、パスワードを設定しなければならない。",
                "access.passwords_set",
            )
        )
    if d.yes("access.rotation"):
        what = "ID番号及びパスワード" if d.yes("access.id_and_password") else "パスワード"
        paragraphs.append(
            d.paragraph(
                f"{what}は、定期的に、少なくとも{d.words('access.rotation_days')}日に1回変更するものと"
                "する。",
                "access.rotation",
                "access.rotation_days",
            )
        )
    paragraphs.append(
        d.paragraph(
            with_subject("画像の記録媒体及び機器は、", sentence(d.words("terminals.locked"))),
            "terminals.locked",
        )
    )
    return Article(name="terminals", caption=f"{machine}等の管理", paragraphs=tuple(paragraphs))


def _undecided(d: Drafting, matter: str, key: str) -> Paragraph:
    return d.paragraph(f"{matter}については、{d.mark(key)}とする。", key)
