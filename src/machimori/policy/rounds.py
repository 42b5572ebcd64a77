# SPDX-License-Identifier: AGPL-3.0-or-later
"""回議: to whom a draft goes before it is decided, one after the other."""

from typing import Final

from machimori.policy.profile import Profile
from machimori.policy.weighing import Weighing

KEYS: Final = ("provision.round_first", "provision.round_second", "provision.round_third")
"""A question for each place of the round, in its order."""
URGENT: Final = "provision.round_urgent"
NOBODY: Final = "none"


def round_posts(profile: Profile) -> tuple[str, ...]:
    """The posts that a draft goes round to, in order; a post may stand there more than once."""
    said = (profile.text(key) for key in KEYS)
    return tuple(post for post in said if post not in (None, NOBODY))


def gone_round(weighing: Weighing) -> None:
    """Refuse a decision until the draft has gone round, and to whoever agreed to it there."""
    profile, request = weighing.profile, weighing.request
    open_ = [key for key in KEYS if profile.applies(key) and profile.text(key) is None]
    for key in open_:
        weighing.settled(key)
    if open_ or not round_posts(profile):
        return
    variant = profile.flag(f"grounds.{request.ground}.urgent_variant")
    if not (request.urgent and variant and weighing.flag(URGENT)):
        weighing.need(
            request.circulated,
            "round",
            KEYS[0],
            "起案の回議が終わっていません（{source}）。",
            "The draft has not gone round ({source}).",
        )
    weighing.need(
        not request.agreed,
        "agreed",
        KEYS[0],
        "回議で確認した人は、同じ起案を決裁できません（{source}）。",
        "Who agreed to a draft in its round does not decide it ({source}).",
    )
