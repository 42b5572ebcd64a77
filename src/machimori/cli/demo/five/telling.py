# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the demo says in the terminal: always in Japanese and in English."""

import sys
from collections.abc import Sequence
from typing import Final

from machimori.office.sample.towns import Town
from machimori.policy.document import ProfileId
from machimori.policy.profile import bundled
from machimori.policy.wording import post_name

_FIRST: Final = {
    "sakai": (
        "電話での照会から引渡しまで。全部の状態の案件があります。警備員はモニターの担当です",
        "from a call to the hand-over; here are cases in every state",
        ("operator", "system_manager", "guard"),
    ),
    "inzai": (
        "文書のいらない根拠での提供。身分の確認は必ず要ります",
        "provision on a ground that asks for no document, but for the identity",
        ("operator", "system_manager"),
    ),
    "asahikawa": (
        "夜の緊急の取出し（警察）と、あとからの申請・審査（市）",
        "emergency extraction at night (police), its application and review (city)",
        ("police_operator", "police_image_manager", "system_manager"),
    ),
    "saga": (
        "協定のある警察署と、市の決裁",
        "stations with an agreement, and the city's own way",
        ("handling_supervisor", "police_operator"),
    ),
    "matsudo": (
        "市民が設置したカメラ。設置者は画像を見られません",
        "citizens host the cameras and see nothing",
        ("handling_supervisor", "host"),
    ),
    "asahikawa-ekimae": (
        "まだ始まっていない制度。決まっていないことを、おすすめの値と理由を見て決めます",
        "not started: decide what the document leaves open",
        ("system_manager",),
    ),
}
"""What to try first in each scheme, and as whom."""


def say(japanese: str, english: str) -> None:
    """One thing, in both languages."""
    sys.stdout.write(f"{japanese}\n    {english}\n" if english.strip() else f"{japanese}\n")
    sys.stdout.flush()


def _called(town: Town, post: str) -> tuple[str, str]:
    """The post as the scheme's document calls it, and in English."""
    return post_name(bundled(ProfileId(town.profile)), post)


def _try_first(town: Town) -> None:
    manager, operator = town.people["system_manager"], town.people["operator"]
    say(
        f"■ まず試すこと（{town.scheme}の一件）\n"
        f"  1. {operator}（{_called(town, 'operator')[0]}）：「電話・窓口の申請を受ける」を押し、"
        "案内のとおりに入れる\n"
        f"  2. {manager}（{_called(town, 'system_manager')[0]}）：「決裁待ち」の案件を開き、"
        "デモのキーで署名する\n"
        f"  3. {operator}：「きょうの仕事」に出る取出しと引渡しを続ける",
        f"Try first: 1. as {operator} take in a request; 2. as {manager} sign it;"
        f" 3. as {operator} take it out and hand it over.",
    )


def welcome(origin: str, towns: Sequence[Town], *, seconds: float) -> None:
    """Where it is, what to try first, as whom, and how to end it."""
    say("", "")
    say(
        f"■ 用意ができました（{seconds:.0f}秒）。ブラウザーで開いてください： {origin}",
        f"Ready after {seconds:.0f} s. Open in a browser: {origin}",
    )
    say(
        "  「デモの人を選ぶ」から一人を選ぶと、その人としてサインインします。\n"
        "  パスワードもキーも要りません。",
        "  Choose a person under 「デモの人を選ぶ」 and you are signed in as that person.",
    )
    for town in towns:
        if town.tried_first:
            _try_first(town)
    say("■ 制度ごとの見どころ", "What is different in each scheme:")
    for town in towns:
        japanese, english, posts = _FIRST[town.id]
        people = [
            (name, _called(town, post)) for post, name in town.people.items() if post in posts
        ]
        who = "、".join(f"{name}（{post}）" for name, (post, _) in people)
        roles = ", ".join(f"{name} ({post})" for name, (_, post) in people)
        say(f"  ・{town.scheme}：{japanese}。\n      → {who}", f"  {town.id}: {english}: {roles}")
    say(
        "  最初のページ「きょうの仕事」に、その人の仕事が並びます。\n"
        "  案件を開くと、次にすることが一つ出ます。",
        "  The first page lists the person's work; a case's page shows the one next thing to do.",
    )
    say(
        "■ 終わるときは Ctrl-C。次の make run は続きから、\n"
        "  make run ARGS=--fresh は初めから始まります。",
        "Ctrl-C ends it; `make run` goes on with this city, `make run ARGS=--fresh` begins again.",
    )
