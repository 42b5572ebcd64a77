# SPDX-License-Identifier: AGPL-3.0-or-later
"""第3章, second half: what the police do themselves, in an emergency or by agreement."""

from machimori.policy.text.drafting import NOTHING, Drafting
from machimori.policy.text.structure import Article, Paragraph, joined

_HOURS = {"early": "早朝", "night": "夜間", "closed_day": "休日", "open": "開庁時間"}


def emergency(d: Drafting) -> Article | None:
    """（緊急の取出し） (A17), where a document knows it."""
    if d.unset("emergency.allowed"):
        text = f"事前の申請によらない画像の取出しについては、{d.mark('emergency.allowed')}とする。"
        return _article("emergency", "緊急の取出し", [d.paragraph(text, "emergency.allowed")])
    if not d.yes("emergency.allowed"):
        return None
    order, act = (
        d.holders("acts.order_emergency", "又は"),
        d.holders("acts.extract_emergency", "又は"),
    )
    ordinary = bool(d.profile.members("grounds"))
    despite = "⟦procedure⟧から⟦extraction⟧までの規定にかかわらず、" if ordinary else ""
    hours = d.profile.names("emergency.hours")
    if hours is None:
        when = d.mark("emergency.hours")
    else:
        when = joined([word for one, word in _HOURS.items() if one in hours], "又は") or NOTHING
    paragraphs = [
        d.paragraph(
            f"{order}は、{when}において、緊急を要する{_cause(d)}のため特に必要があると判断するときは、"
            f"{despite}{act}に命じ、{d.machine}を用いて画像を取り出し、複製させることができる。",
            "emergency.allowed",
            "emergency.hours",
            "emergency.crime",
            "emergency.accident",
            "acts.order_emergency",
            "acts.extract_emergency",
            name="order",
        )
    ]
    if hours is not None:
        paragraphs += _clock(d, hours)
    if deputies := d.people("emergency.deputies", "又は"):
        paragraphs.append(
            d.paragraph(
                f"⟦emergency/order⟧の命令は、期間を定めてあらかじめ委任を受けた{deputies}が代わってする"
                "ことができる。この場合において、命じた者は、自ら画像を取り出すことができない。",
                "emergency.deputies",
            )
        )
    title = d.form("emergency_request") if d.stated("forms.emergency_request.title") else "申請書"
    paragraphs.append(
        d.paragraph(
            f"⟦emergency/order⟧の規定により画像を取り出したときは、{order}は、遅滞なく、取り出した日の翌日"
            f"以後の{d.words('emergency.request_within')}番目の開庁日（市の休日以外の日をいう。）の"
            f"{d.clock('emergency.request_until')}までに、{title}を{d.manager}に提出しなければならない。",
            "emergency.request_within",
            "emergency.request_until",
            *(key for key in ("forms.emergency_request.title",) if d.stated(key)),
        )
    )
    return _article("emergency", "緊急の取出し", paragraphs)


def _cause(d: Drafting) -> str:
    crime, accident = d.profile.flag("emergency.crime"), d.profile.flag("emergency.accident")
    causes = []
    if crime is not False:
        causes.append("犯罪の捜査" if crime else f"犯罪の捜査（{d.mark('emergency.crime')}）")
    if accident is not False:
        causes.append("事故の捜査" if accident else f"事故の捜査（{d.mark('emergency.accident')}）")
    return joined(causes, "又は") or NOTHING


def _clock(d: Drafting, hours: tuple[str, ...]) -> list[Paragraph]:
    opens, closes, early = (
        d.clock(f"calendar.{word}") for word in ("opens_at", "closes_at", "early_from")
    )
    items = []
    if "early" in hours:
        items.append(
            d.item(f"早朝　{early}から{opens}まで", "calendar.early_from", "calendar.opens_at")
        )
    if "night" in hours:
        items.append(
            d.item(
                f"夜間　{closes}から翌日の{early}まで", "calendar.closes_at", "calendar.early_from"
            )
        )
    if "closed_day" in hours:
        items.append(
            d.item(
                f"休日　{joined(_closed(d), '並びに')}",
                "calendar.closed_weekdays",
                "calendar.year_end_closed",
            )
        )
    if not items:
        return []
    text = "⟦emergency/order⟧における次の各号に掲げる用語の意義は、当該各号に定めるところによる。"
    return [d.paragraph(text, "emergency.hours", items=items)]


def _closed(d: Drafting) -> list[str]:
    key = "calendar.closed_weekdays"
    weekdays = d.profile.names(key)
    named = [f"{one}曜日" for one in d.words(key).split("、")] if weekdays else []
    if weekdays is None:
        named = [d.mark(key)]
    days = [joined([*named, "国民の祝日に関する法律に規定する休日"], "及び")]
    key = "calendar.year_end_closed"
    if d.unset(key):
        days.append(d.mark(key))
    elif d.yes(key):
        days.append("12月29日から翌年1月3日までの日")
    return days


def direct(d: Drafting) -> Article | None:
    """（直接取得）: what an agreement lets the police fetch themselves (S6, S8)."""
    if d.unset("direct.allowed"):
        text = f"警察による画像の直接の取得については、{d.mark('direct.allowed')}とする。"
        return _article("direct", "直接取得", [d.paragraph(text, "direct.allowed")])
    if not d.yes("direct.allowed"):
        return None
    who = d.holders("acts.acquire_directly", "又は")
    ordinary = bool(d.profile.members("grounds"))
    despite = "⟦procedure⟧から⟦extraction⟧までの規定にかかわらず、" if ordinary else ""
    paragraphs = []
    for name in d.profile.members("agreements"):
        stations = d.profile.names(f"agreements.{name}.stations")
        named = (
            d.mark(f"agreements.{name}.stations")
            if stations is None
            else joined(stations, "及び") or NOTHING
        )
        paragraphs.append(
            d.paragraph(
                f"{named}の{who}は、{d.words(f'agreements.{name}.title')}"
                f"（{d.day(f'agreements.{name}.signed_on')}締結。以下この条において「協定」という。）に基づき、"
                f"{despite}{d.words(f'agreements.{name}.cameras')}の画像を直接取得することができる。",
                "direct.allowed",
                *(
                    f"agreements.{name}.{word}"
                    for word in ("title", "signed_on", "stations", "cameras")
                ),
                "acts.acquire_directly",
                name=name,
            )
        )
    if not paragraphs:
        paragraphs.append(
            d.paragraph(
                f"{who}は、協定に基づき、当該協定の対象となる防犯カメラの画像を直接取得することができる。",
                "direct.allowed",
                "acts.acquire_directly",
            )
        )
    paragraphs.append(
        d.paragraph(
            "協定の対象でない防犯カメラの画像の提供及び協定に定めのない警察署への画像の提供は、"
            "⟦procedure⟧から⟦extraction⟧までの規定による。"
            if ordinary
            else "協定の対象でない防犯カメラの画像は、直接取得することができない。",
            "direct.allowed",
        )
    )
    if d.yes("direct.ground_required"):
        paragraphs.append(
            d.paragraph(
                "画像を直接取得するときは、その都度、根拠及び事件番号を記録しなければならない。",
                "direct.ground_required",
            )
        )
    elif d.unset("direct.ground_required"):
        key = "direct.ground_required"
        text = f"取得ごとの根拠及び事件番号の記録については、{d.mark(key)}とする。"
        paragraphs.append(d.paragraph(text, key))
    return _article("direct", "直接取得", paragraphs)


def _article(name: str, caption: str, paragraphs: list[Paragraph]) -> Article:
    return Article(name=name, caption=caption, paragraphs=tuple(paragraphs))
