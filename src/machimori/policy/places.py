# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether an act happens at an enrolled terminal, in a place where one may stand."""

from machimori.policy.weighing import Weighing


def at_terminal(weighing: Weighing, key: str) -> None:
    """Refuse elsewhere than at an enrolled terminal; `key` is the rule that asks for one."""
    request, places = weighing.request, weighing.profile.names("terminals.places") or ()
    weighing.need(
        request.at_terminal,
        "terminal",
        key,
        "登録した専用パソコンではありません（{source}）。",
        "Not an enrolled terminal ({source}).",
    )
    if places:
        weighing.need(
            request.place in places,
            "place",
            "terminals.places",
            "ここは端末を置く場所ではありません（{source}）。",
            "Not a place for a terminal ({source}).",
        )
