# SPDX-License-Identifier: AGPL-3.0-or-later
"""回議で確認する, or send the draft back to whoever drafted it."""

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.office.people.acting import Acting
from machimori.office.provision import circulating
from machimori.office.provision.history import File, add, check_state
from machimori.office.provision.states import Kind
from machimori.office.rules.words import post_title
from machimori.office.shared.errors import refusal
from machimori.office.shared.posts import Post
from machimori.policy.rounds import KEYS


@transaction.atomic
def agree(file: File, *, draft: str, note: str, acting: Acting) -> File:
    """確認して次に回す. `draft` is the mark of the draft that was read (`mark`).

    Raises ActionRefusedError if the draft is another by now, it is somebody else's turn, the person
    drafted it, agreed to it or signed it, or nobody would be left to go on.
    """
    heading = _t("確認できません")
    post = _turn(file, "agreed", heading, acting=acting)
    if draft != mark(file):
        raise refusal(heading, _t("起案が変わりました。いまの起案を読んでください。"))
    drafted = file.latest("drafted")
    assert drafted is not None
    left = [one.post for one in circulating.stops(file) if one.agreed is None][1:]
    agreed = [*(one.by_id for one in circulating.agreements(file)), acting.person.pk]
    if not circulating.staffed(acting, file.rules, left, drafter=drafted.by_id, agreed=agreed):
        text = _t(
            "あなたが確認すると、このあと確認する人か決裁する人がいなくなります。ほかの人が確認するか、"
            "管理責任者が任命を増やしてください。"
        )
        raise refusal(heading, text)
    return add(file.case, file, "agreed", {"note": note.strip(), "post": post}, acting=acting)


@transaction.atomic
def hand_back(file: File, *, reason: str, acting: Acting) -> File:
    """差し戻す from the round to whoever drafted it, with why.

    Raises ActionRefusedError if it is somebody else's turn, or the person's own draft.
    """
    heading = _t("差し戻せません")
    post = _turn(file, "handed_back", heading, acting=acting)
    if not reason.strip():
        raise refusal(heading, _t("理由を入れてください。"))
    data = {"post": post, "reason": reason.strip()}
    return add(file.case, file, "handed_back", data, acting=acting)


def mark(file: File) -> str:
    """What tells this draft from another of the same case."""
    return file.statement.short_code() if file.statement else ""


def _turn(file: File, kind: Kind, heading: str, *, acting: Acting) -> Post:
    """The post as which the acting person answers now. Raises ActionRefusedError."""
    check_state(file, kind)
    clause = file.rules.answer(KEYS[0]).clause
    post = circulating.next_post(file)
    if post is None:
        raise refusal(heading, _t("この起案は、回議を待っていません。"), clause)
    if not acting.holds(post):
        text = _t("いま確認するのは%(post)sです。") % {"post": post_title(file.rules, post)}
        raise refusal(heading, text, clause)
    if circulating.took_part(file, acting.person):
        text = _t("起案した人、もう確認した人、署名した人は、同じ起案を確認できません。")
        raise refusal(heading, text, clause)
    return post
