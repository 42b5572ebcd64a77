# SPDX-License-Identifier: AGPL-3.0-or-later
"""第2章, second half: how long footage is kept, holds, and its end (I6, I7, K11, A10)."""

from machimori.policy.text.drafting import Drafting
from machimori.policy.text.grounds import alike, provision_under
from machimori.policy.text.structure import Article, Paragraph, joined

_METHODS = {
    "crush": "破砕",
    "shred": "裁断",
    "pulverise": "粉砕",
    "melt": "溶解",
    "erase": "消去",
}


def retention(d: Drafting) -> Article:
    """（画像の保存及び消去）: days and counting, editing, holds, destruction (I6, I7, K11, A10)."""
    paragraphs = [
        d.paragraph(
            f"画像の保存期間は、{_period(d)}とする。",
            "retention.days",
            "retention.count_from",
            name="period",
        ),
        _editing(d),
        d.paragraph(
            "保存期間を終了した画像は、速やかに、上書き、消去又は画像を開くための鍵の破棄により、"
            "再生することができないようにするものとする。"
        ),
    ]
    if d.yes("retention.extension"):
        who = d.holders("acts.extend_retention", "又は")
        paragraphs.append(
            d.paragraph(
                f"{who}は、必要があると認めるときは、その理由を記録して、保存期間を"
                f"{d.words('retention.extension_days')}日を限度として延長することができる。",
                "acts.extend_retention",
                "retention.extension",
                "retention.extension_days",
            )
        )
    paragraphs += _holds(d)
    if d.profile.names("disposal.media"):
        methods = joined([_METHODS[one] for one in d.profile.names("disposal.media") or ()], "又は")
        paragraphs.append(
            d.paragraph(
                f"画像の記録媒体を廃棄するときは、{methods}により、画像を再現することができないように"
                "しなければならない。",
                "disposal.media",
                name="media",
            )
        )
    elif d.unset("disposal.media"):
        paragraphs.append(_undecided(d, "画像の記録媒体の廃棄", "disposal.media"))
    if d.yes("disposal.witness"):
        paragraphs.append(
            d.paragraph(
                "画像の記録媒体の廃棄は、立会人を置いて行い、その方法及び年月日を記録するものとする。",
                "disposal.witness",
            )
        )
    return Article(name="retention", caption="画像の保存及び消去", paragraphs=tuple(paragraphs))


def _period(d: Drafting) -> str:
    days, count = d.profile.number("retention.days"), d.profile.text("retention.count_from")
    if days == 14 and count == "next_day":
        return "2週間（翌々週の同一曜日までの間）"
    if days is None:
        long = f"{d.mark('retention.days')}日間"
    else:
        long = f"{days // 7}週間" if days % 7 == 0 and count == "recording_day" else f"{days}日間"
    if count is None:
        return f"{long}（起算日は、{d.mark('retention.count_from')}）"
    first = "撮影した日の翌日" if count == "next_day" else "撮影した日"
    return f"{first}から起算して{long}"


def _editing(d: Drafting) -> Paragraph:
    key = "editing.rule"
    match d.profile.text(key):
        case "grounds_only":
            text = (
                "画像の複写及び加工並びに外部への持ち出しは、⟦limits⟧の規定による利用又は提供の場合を"
                "除き、行ってはならない。"
            )
        case "disclosure_only":
            text = (
                "画像は、撮影時の状態のまま保存し、編集又は加工をしてはならない。ただし、本人に提供する"
                "ための複製物から不開示情報を取り除く場合は、この限りでない。"
            )
        case "forbidden":
            text = "画像の編集及び加工は、行ってはならない。"
        case _:
            return _undecided(d, "画像の編集及び加工", key)
    return d.paragraph(text, key)


def _holds(d: Drafting) -> list[Paragraph]:
    paragraphs: list[Paragraph] = []
    holders = d.holders("acts.place_hold", "又は")
    for names in alike(d, "hold", "hold_days"):
        hold, days = (f"grounds.{names[0]}.{word}" for word in ("hold", "hold_days"))
        keys = [f"grounds.{name}.{word}" for word in ("hold", "hold_days") for name in names]
        where = provision_under(d, names)
        if d.yes(hold):
            paragraphs.append(
                d.paragraph(
                    f"{holders}は、{where}の求めを受け付けたときは、保存期間の末日の翌日から"
                    f"起算して{d.words(days)}日を限度として、当該求めに係る画像の消去を止めること（以下"
                    "「保全」という。）ができる。この場合において、期間を経過したときは、保全は、その効力を"
                    "失う。"
                    if not paragraphs
                    else f"{where}の求めに係る保全の期間は、{d.words(days)}日を限度とする。",
                    *keys,
                    *(() if paragraphs else ("acts.place_hold",)),
                )
            )
    for names in alike(d, "hold"):
        key = f"grounds.{names[0]}.hold"
        keys = [f"grounds.{name}.hold" for name in names]
        where = provision_under(d, names)
        if d.unset(key):
            paragraphs.append(
                d.paragraph(
                    f"{where}の求めを受け付けた場合における当該求めに係る画像の消去の停止については、"
                    f"{d.mark(key)}とする。",
                    *keys,
                )
            )
        elif not d.yes(key):
            paragraphs.append(
                d.paragraph(
                    f"{where}の求めを受けたことを理由として、保存期間を超えて画像を保存して"
                    "はならない。",
                    *keys,
                )
            )
    return paragraphs


def _undecided(d: Drafting, matter: str, key: str) -> Paragraph:
    return d.paragraph(f"{matter}については、{d.mark(key)}とする。", key)
