# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ways beside the ordinary case: emergency, direct acquisition, internal use, live view."""

from machimori.kernel.instants import TOKYO
from machimori.policy.grounds import ground_known, recorded
from machimori.policy.places import at_terminal
from machimori.policy.questions import catalogue
from machimori.policy.weighing import Weighing
from machimori.policy.wording import in_words


def order_emergency(weighing: Weighing) -> None:
    """A police chief orders an extraction before the application (旭川 3(5))."""
    if not _emergency(weighing):
        return
    request = weighing.request
    weighing.post_or_deputy(
        "acts.order_emergency",
        "emergency.deputies",
        "緊急の取出しを命じる",
        "order an extraction",
    )
    weighing.need(
        request.reason_given,
        "reason",
        "emergency.allowed",
        "急ぐ理由が入力されていません。",
        "Why it is urgent is not stated.",
    )


def extract_emergency(weighing: Weighing) -> None:
    """A police operator carries the order out at the terminal lent to the station."""
    if not _emergency(weighing):
        return
    request = weighing.request
    weighing.post("acts.extract_emergency", "緊急に取り出す", "extract in an emergency")
    weighing.need(
        request.ordered,
        "order",
        "acts.order_emergency",
        "命令が記録されていません。命じた人と時刻を先に記録します（{source}）。",
        "No order is recorded; who ordered it, and when, comes first ({source}).",
    )
    weighing.need(
        request.at_terminal,
        "terminal",
        "terminals.lent_to_police",
        "貸与された専用パソコンではありません（{source}）。",
        "Not the terminal lent to the station ({source}).",
    )
    weighing.need(
        not request.own_act,
        "own_order",
        "acts.extract_emergency",
        "自分で命じた取出しは、自分ではできません。",
        "Nobody carries out an order that they gave themselves.",
    )
    for key in ("emergency.request_within", "emergency.request_until"):
        weighing.settled(key)


def _emergency(weighing: Weighing) -> bool:
    allowed = weighing.flag("emergency.allowed")
    if allowed is None or not weighing.need(
        allowed,
        "emergency",
        "emergency.allowed",
        "事前の申請なしに取り出す定めがありません（{source}）。",
        "These rules know no extraction before the application ({source}).",
    ):
        return False
    request = weighing.request
    if weighing.settled("emergency.hours"):
        weighing.need(
            request.hours in (weighing.profile.names("emergency.hours") or ()),
            "hours",
            "emergency.hours",
            "いまは開庁時間です。通常の申請をしてください（{source}）。"
            if request.hours == "open"
            else "この時間帯は認められていません（{source}）。",
            "The office is open: apply the ordinary way ({source})."
            if request.hours == "open"
            else "Not in these hours ({source}).",
        )
    if not request.cause:
        weighing.need(
            False,
            "cause",
            "emergency.allowed",
            "犯罪の捜査か事故の捜査かが選ばれていません。",
            "Whether for a crime or an accident is not stated.",
        )
        return True
    cause = weighing.flag(f"emergency.{request.cause}")
    if cause is not None:
        word = "犯罪" if request.cause == "crime" else "事故"
        weighing.need(
            cause,
            "cause",
            f"emergency.{request.cause}",
            f"{word}の捜査を理由とする緊急の取出しは認められていません（{{source}}）。",
            f"An emergency extraction for a {request.cause} is not allowed ({{source}}).",
        )
    return True


def acquire_directly(weighing: Weighing) -> None:
    """A police operator fetches from a camera under an agreement (佐賀 協定②)."""
    allowed = weighing.flag("direct.allowed")
    if allowed is None or not weighing.need(
        allowed,
        "direct",
        "direct.allowed",
        "警察が直接取得する定めがありません（{source}）。",
        "These rules know no direct acquisition ({source}).",
    ):
        return
    request, profile = weighing.request, weighing.profile
    weighing.post("acts.acquire_directly", "直接取得する", "fetch directly")
    if weighing.need(
        request.agreement in profile.members("agreements"),
        "agreement",
        "direct.allowed",
        "このカメラは協定の対象ではありません。通常の申請をしてください（{source}）。",
        "This camera is not under the agreement: apply the ordinary way ({source}).",
    ):
        name = f"agreements.{request.agreement}"
        if weighing.settled(f"{name}.stations"):
            weighing.need(
                request.station in (profile.names(f"{name}.stations") or ()),
                "station",
                f"{name}.stations",
                "この警察署は協定の当事者ではありません。通常の申請をしてください（{source}）。",
                "This station is no party to the agreement: apply the ordinary way ({source}).",
            )
        signed = profile.day(f"{name}.signed_on")
        if weighing.settled(f"{name}.signed_on") and signed is not None:
            weighing.need(
                request.at.astimezone(TOKYO).date() >= signed,
                "agreement_day",
                f"{name}.signed_on",
                "協定の締結より前です（{source}）。",
                "Before the agreement was signed ({source}).",
            )
    if weighing.flag("terminals.dedicated"):
        weighing.need(
            request.at_terminal,
            "terminal",
            "terminals.dedicated",
            "登録した専用パソコンではありません（{source}）。",
            "Not an enrolled terminal ({source}).",
        )
    if weighing.flag("direct.ground_required"):
        ground_known(weighing, "provision")
        weighing.need(
            request.case_reference,
            "case_reference",
            "direct.ground_required",
            "事件番号が入力されていません（{source}）。",
            "The case reference is missing ({source}).",
        )


def permit_internal(weighing: Weighing) -> None:
    """Permit with a signature what management needs; in the manager's place nobody does."""
    if _internal(weighing):
        weighing.post("acts.permit_internal", "内部利用を許可する", "permit internal use")


def _internal(weighing: Weighing) -> bool:
    allowed = weighing.flag("internal.allowed")
    return allowed is not None and weighing.need(
        allowed,
        "internal",
        "internal.allowed",
        "管理のための利用は認められていません（{source}）。",
        "Use for management is not allowed ({source}).",
    )


def use_internally(weighing: Weighing) -> None:
    """View, print or copy because the scheme's own management needs it (旭川 3(4))."""
    if not _internal(weighing):
        return
    request, profile = weighing.request, weighing.profile
    weighing.post("acts.use_internally", "管理のために使う", "use footage for management")
    if weighing.settled("internal.acts"):
        names = profile.names("internal.acts") or ()
        ja, en = in_words(catalogue().question("internal.acts"), names)
        weighing.need(
            request.use in names,
            "use",
            "internal.acts",
            f"{{source}}が認めるのは{ja}だけです。",
            f"{{source}} allows {en} only.",
        )
    weighing.need(
        request.reason_given,
        "reason",
        "internal.allowed",
        "利用の目的が入力されていません。",
        "The purpose of the use is not stated.",
    )
    if request.attendees:
        attendees = weighing.flag("internal.attendees")
        if attendees is not None and weighing.need(
            attendees,
            "attendees",
            "internal.attendees",
            "ほかの人の立会いは認められていません（{source}）。",
            "Others may not attend ({source}).",
        ):
            weighing.need(
                request.permitted,
                "permission",
                "internal.attendees",
                "立会いには管理責任者の許可と理由が必要です（{source}）。",
                "Attendance needs the manager's permission and reason ({source}).",
            )
    if weighing.flag("internal.ground_required"):
        ground_known(weighing, "use")
    where = "terminals.viewing" if request.use == "view" else "terminals.dedicated"
    if weighing.flag(where):
        at_terminal(weighing, where)
    recorded(weighing)


def watch_live(weighing: Weighing) -> None:
    """Watch the present picture at a named place; there is no replay (堺 7)."""
    if not weighing.settled("live.mode"):
        return
    mode = weighing.profile.text("live.mode")
    if not weighing.need(
        mode == "named_posts",
        "live",
        "live.mode",
        "現在の映像を見る設備は付けられません（{source}）。"
        if mode == "forbidden"
        else "この制度では現在の映像を見ません（{source}）。",
        "No monitor may be fitted ({source})."
        if mode == "forbidden"
        else "Nobody watches live under these rules ({source}).",
    ):
        return
    request, profile = weighing.request, weighing.profile
    may = weighing.post("acts.watch_live", "監視する", "watch live")
    if weighing.settled("live.places"):
        weighing.need(
            request.place in (profile.names("live.places") or ()),
            "place",
            "live.places",
            "ここは監視する場所ではありません（{source}）。",
            "Not a place for watching ({source}).",
        )
    key = f"posts.{request.post}.reported_by_contractor"
    if may and weighing.flag(key):
        weighing.need(
            request.listed,
            "listed",
            key,
            "委託業者から報告された名簿に名前がありません（{source}）。",
            "Not on the list that the contractor reported ({source}).",
        )
