# SPDX-License-Identifier: AGPL-3.0-or-later
"""May this post do this act now, under these rules, and if not, why not.

One entry, `decide`; one function per kind of act. Every reason against the act is collected, not
only the first, so that a page can show all that is missing. A rule that is unset refuses.
"""

from collections.abc import Callable, Mapping

from machimori.policy.errors import PolicyError
from machimori.policy.exceptions import (
    acquire_directly,
    extract_emergency,
    order_emergency,
    permit_internal,
    use_internally,
    watch_live,
)
from machimori.policy.grounds import accepted, ground_known, recorded
from machimori.policy.places import at_terminal
from machimori.policy.profile import Profile
from machimori.policy.requests import Act, Request
from machimori.policy.rounds import gone_round
from machimori.policy.weighing import Decision, Reason, Weighing
from machimori.policy.wording import post_name

__all__ = ["Act", "Decision", "Reason", "Request", "decide"]


_ON_FOOTAGE = frozenset[Act](
    (
        "view",
        "copy",
        "print",
        "check_completion",
        "redact_copy",
        "use_internally",
        "watch_live",
        "extract_emergency",
        "acquire_directly",
    )
)
"""Acts in which somebody sees footage or holds it in their hands."""


def decide(profile: Profile, request: Request) -> Decision:
    """Whether `request` is allowed under `profile`, with every reason against it.

    Raises PolicyError if the post does not exist in the catalogue.
    """
    if f"posts.{request.post}.presence" not in profile.answers:
        raise PolicyError("no such post", where=f"request.post = {request.post!r}")
    weighing = Weighing(profile=profile, request=request)
    weighing.need(
        not request.off_purpose,
        "off_purpose",
        "purpose.text",
        "この制度の目的の外です。目的は{source}で定められています。",
        "Outside the purpose of this scheme, which {source} sets.",
    )
    if request.act != "watch_live" and profile.flag("purpose.identifying_only"):
        weighing.need(
            request.camera_identifies,
            "out_of_scope",
            "purpose.identifying_only",
            "個人を特定できるカメラの画像ではないため、{source}の「画像」に当たりません。",
            "Not from a camera that identifies persons, so no footage as {source} defines it.",
        )
    key = f"posts.{request.post}.no_footage"
    if request.act in _ON_FOOTAGE and profile.flag(key):
        weighing.need(
            False,
            "no_footage",
            key,
            post_name(profile, request.post)[0] + "は画像を見られません（{source}）。",
            f"The {post_name(profile, request.post)[1]} sees no footage ({{source}}).",
        )
    _ACTS[request.act](weighing)
    return weighing.outcome()


def _take_in(weighing: Weighing) -> None:
    weighing.post("acts.take_in", "申請を受け付ける", "take in an application")
    weighing.need(
        weighing.request.ground != "disclosure",
        "own_procedure",
        "disclosure.own_procedure",
        "法定の開示請求は提供の案件にせず、開示請求の手続で扱います（{source}）。",
        "A statutory request for disclosure goes its own way ({source}).",
    )


def _place_hold(weighing: Weighing) -> None:
    weighing.post("acts.place_hold", "消去を止める", "place a hold")
    if not ground_known(weighing, "provision"):
        return
    key = f"grounds.{weighing.request.ground}.hold"
    if weighing.settled(
        key,
        "消去を止められません。この根拠で保存を延ばす定めがありません。",
        "No hold: no rule lets this ground prolong retention.",
    ) and weighing.need(
        weighing.profile.flag(key) is True,
        "hold_forbidden",
        key,
        "消去を止められません。{source}は、この根拠で保存を延ばすことを認めていません。",
        "No hold: {source} does not allow this ground to prolong retention.",
    ):
        weighing.settled(f"grounds.{weighing.request.ground}.hold_days")


def _decide(weighing: Weighing) -> None:
    weighing.post("acts.decide", "提供を決定する", "decide on provision")
    accepted(weighing)
    gone_round(weighing)


def _deputise(weighing: Weighing) -> None:
    weighing.post("acts.deputise", "代決する", "decide as deputy")
    weighing.need(
        weighing.request.delegated,
        "delegation",
        "acts.deputise",
        "有効な委任がありません。代決には日付のある委任が必要です。",
        "No delegation is in force; deputising needs a dated one.",
    )
    accepted(weighing)
    gone_round(weighing)


def _instruct(weighing: Weighing) -> None:
    _manager_or_deputy(weighing, "acts.instruct", "取出しを指示する", "instruct an extraction")
    _approved(weighing)
    _in_range(weighing, "acts.instruct")


def _view(weighing: Weighing) -> None:
    weighing.post("acts.view", "録画を視聴する", "view recordings")
    _approved(weighing)
    _in_range(weighing, "acts.view")
    if weighing.flag("terminals.viewing"):
        at_terminal(weighing, "terminals.viewing")


def _copy(weighing: Weighing) -> None:
    act = weighing.request.act
    words = ("複製する", "copy footage") if act == "copy" else ("印画する", "print a still")
    vacant = act == "copy" and weighing.request.supervisor_vacant
    fallback = vacant and weighing.profile.applies("acts.copy_vacant")
    may = weighing.post("acts.copy_vacant" if fallback else f"acts.{act}", *words)
    _approved(weighing)
    weighing.need(
        weighing.request.instructed,
        "instruction",
        "acts.instruct",
        "指示がありません。指示がなければ画像を取り出せません（{source}）。",
        "No instruction; nothing is extracted without one ({source}).",
    )
    _in_range(weighing, "acts.instruct")
    if may:
        weighing.post("terminals.operators", "端末を操作する", "operate a terminal")
    if weighing.flag("terminals.dedicated"):
        at_terminal(weighing, "terminals.dedicated")


def _check_completion(weighing: Weighing) -> None:
    _manager_or_deputy(weighing, "acts.check_completion", "完了を確認する", "check completion")
    weighing.need(
        not weighing.request.own_act,
        "own_act",
        "acts.check_completion",
        "自分で作った複製は、自分では確認できません。",
        "Nobody checks a copy that they made themselves.",
    )


def _hand_over(weighing: Weighing) -> None:
    weighing.post("acts.hand_over", "引き渡す", "hand over")
    _approved(weighing)
    request = weighing.request
    if weighing.profile.applies(f"grounds.{request.ground}.label"):
        key = f"grounds.{request.ground}.identity_checked"
        weighing.need(
            request.identity_checked or weighing.flag(key) is not True,
            "identity",
            key,
            "受け取る方の身分を確認してください（{source}）。",
            "Check the recipient's identity ({source}).",
        )
    if weighing.flag("copies.completion_check"):
        weighing.need(
            request.completion_checked,
            "completion",
            "copies.completion_check",
            "完了の確認がまだです（{source}）。",
            "Completion has not been checked ({source}).",
        )
    recorded(weighing)


def _dispose_copy(weighing: Weighing) -> None:
    weighing.post("acts.dispose_copy", "複製の終わりを記録する", "record the end of a copy")


def _redact_copy(weighing: Weighing) -> None:
    weighing.post("acts.redact_copy", "不開示情報を取り除く", "redact a copy")
    _approved(weighing)
    if not weighing.settled("editing.rule"):
        return
    rule = weighing.profile.text("editing.rule")
    only = rule == "disclosure_only"
    weighing.need(
        rule == "grounds_only" or (only and weighing.request.for_disclosure),
        "editing",
        "editing.rule",
        "画像の編集・加工はできません（{source}）。"
        + ("開示のための複製だけが例外です。" if only else ""),
        "No editing ({source})" + ("; a copy for disclosure is the exception." if only else "."),
    )


def _extend_retention(weighing: Weighing) -> None:
    extension = weighing.flag("retention.extension")
    if extension is None or not weighing.need(
        extension,
        "extension",
        "retention.extension",
        "保存期間を延ばす定めがありません（{source}）。",
        "These rules know no extension of retention ({source}).",
    ):
        return
    weighing.post("acts.extend_retention", "保存期間を延ばす", "extend retention")
    _reasoned(weighing, "retention.extension")
    if weighing.settled("retention.extension_days"):
        most = weighing.profile.number("retention.extension_days") or 0
        weighing.need(
            1 <= weighing.request.days <= most,
            "extension_days",
            "retention.extension_days",
            f"延ばせるのは{most}日までです（{{source}}）。",
            f"At most {most} days ({{source}}).",
        )


def _manager_or_deputy(weighing: Weighing, key: str, ja: str, en: str) -> None:
    """Whoever decides in the manager's place by delegation also does what follows from it."""
    if "system_manager" in (weighing.profile.names(key) or ()):
        weighing.post_or_deputy(key, "acts.deputise", ja, en)
    else:
        weighing.post(key, ja, en)


def _approved(weighing: Weighing) -> None:
    ground_known(weighing, "provision")
    weighing.need(
        weighing.request.approved,
        "approval",
        "acts.decide",
        "承認がありません。承認がなければ誰も画像を開けません。",
        "No approval; nobody opens footage without one.",
    )


def _in_range(weighing: Weighing, key: str) -> None:
    weighing.need(
        weighing.request.within_range,
        "range",
        key,
        "承認又は指示の範囲を超えています。",
        "Outside the cameras and interval approved or instructed.",
    )


def _reasoned(weighing: Weighing, key: str) -> None:
    weighing.need(
        weighing.request.reason_given,
        "reason",
        key,
        "理由が入力されていません。",
        "No reason is given.",
    )


_ACTS: Mapping[Act, Callable[[Weighing], None]] = {
    "take_in": _take_in,
    "place_hold": _place_hold,
    "decide": _decide,
    "deputise": _deputise,
    "instruct": _instruct,
    "view": _view,
    "copy": _copy,
    "print": _copy,
    "check_completion": _check_completion,
    "hand_over": _hand_over,
    "dispose_copy": _dispose_copy,
    "redact_copy": _redact_copy,
    "extend_retention": _extend_retention,
    "permit_internal": permit_internal,
    "use_internally": use_internally,
    "watch_live": watch_live,
    "order_emergency": order_emergency,
    "extract_emergency": extract_emergency,
    "acquire_directly": acquire_directly,
}
