# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the verifier says, in plain Japanese and English. One sentence a finding, no jargon.

A text may hold `{where}` (the file or place) and `{detail}`.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Literal

from machimori.evidence.verifier.statement import Camera
from machimori.evidence.verifier.verdict import Finding, Judgement, Severity, Verdict
from machimori.kernel.instants import Micros, instant

Language = Literal["ja", "en"]
LANGUAGES: tuple[Language, ...] = ("ja", "en")
_JST = dt.timezone(dt.timedelta(hours=9))
_SHOWN = 40
"""Findings of one kind that are printed in full."""

VERDICTS: Mapping[Verdict, tuple[str, str]] = {
    Verdict.SOUND: (
        "この証拠は、作られたときから変わっていません。示された市の鍵で署名されています。",
        "This evidence has not changed since it was made. It is signed by the given city's key.",
    ),
    Verdict.ORIGIN_UNPROVEN: (
        "この証拠は、作られたときから変わっていません。ただし、どの市が作ったかは確かめていません"
        "（市が公表する指紋を --city で示してください）。",
        "This evidence has not changed since it was made, but its origin is unproven "
        "(give the fingerprint that the city publishes with --city).",
    ),
    Verdict.ALTERED: (
        "内容が変わっています。証拠として使わないでください。",
        "The content was altered. Do not use it as evidence.",
    ),
    Verdict.INCOMPLETE: (
        "一部がありません。ここにある部分は変わっていません。",
        "Something is missing. What is here has not changed.",
    ),
    Verdict.UNREADABLE: (
        "証拠のファイルとして読めません。",
        "This cannot be read as an evidence package.",
    ),
    Verdict.OTHER_CITY: (
        "内容は作られたときから変わっていませんが、示された市の鍵で署名されたものではありません。",
        "The content has not changed since it was made, but it was not signed by the given "
        "city's key.",
    ),
}

HEADINGS: Mapping[Severity, tuple[str, str]] = {
    "altered": ("変わっているところ", "Altered"),
    "missing": ("ないもの", "Missing"),
    "unreadable": ("読めないところ", "Unreadable"),
    "note": ("確かめられなかったこと・知っておくこと", "Not checked, or to be known"),
}

TEXTS: Mapping[str, tuple[str, str]] = {
    "file": ("{where}", "{where}"),
    "added": ("あとから加えられたファイル：{where}", "a file that was added: {where}"),
    "cut_off": (
        "ファイルが途中で切れています。もう一度複製してください。",
        "the file is cut off; copy it again",
    ),
    "package_form": ("形が違います：{where} {detail}", "of another form: {where} {detail}"),
    "manifest_form": (
        "ファイルの一覧の形が違います：{where}",
        "the list of files has another form: {where}",
    ),
    "identity": ("市の鍵の証明書：{detail}", "the city's certificates: {detail}"),
    "statement": (
        "証拠の説明書が市の署名と合いません：{where}（{detail}）",
        "the statement does not match the city's signature: {where} ({detail})",
    ),
    "authorisation_form": ("承認書の形が違います", "the authorisation has another form"),
    "authorisation_other": (
        "説明書が示す承認書ではありません",
        "not the authorisation that the statement names",
    ),
    "authorisation_facts": (
        "事件・根拠・目的・申請者が承認書と違います",
        "case, ground, purpose or requester differ from the authorisation",
    ),
    "beyond_interval": (
        "承認された時間の範囲を超えています",
        "it goes beyond the authorised interval",
    ),
    "beyond_cameras": (
        "承認されていないカメラが入っています：{detail}",
        "it holds a camera that was not authorised: {detail}",
    ),
    "approvals_other": (
        "承認者が承認書の署名と違います",
        "the approvals differ from the authorisation's signatures",
    ),
    "ledger_key": (
        "台帳の鍵を市が証明していません：{detail}",
        "the city did not certify the ledger's key: {detail}",
    ),
    "ledger_proof": (
        "台帳に載っている証明が成り立ちません：{where}（{detail}）",
        "the proof of inclusion in the ledger does not hold: {where} ({detail})",
    ),
    "ledger_entry": (
        "台帳の記載が別のものです：{where}",
        "the ledger's entry is about something else: {where}",
    ),
    "original_chunk": (
        "カメラの元データが録画時と違います：{where}（{detail} に届いた部分）",
        "the camera's original bytes differ from what was recorded: {where} "
        "(what arrived by {detail})",
    ),
    "original_short": (
        "カメラの元データが途中までしかありません：{where}",
        "the camera's original bytes end too early: {where}",
    ),
    "original_long": (
        "カメラの元データに余分なものがあります：{where}",
        "there is more than the camera's original bytes: {where}",
    ),
    "skeleton": (
        "録画機の署名と合いません：{where}（{detail}）",
        "it does not match the recorder's signature: {where} ({detail})",
    ),
    "segments_order": ("録画の順序が違います：{where}", "recordings are out of order: {where}"),
    "record": (
        "録画機の記録が署名と合いません：{where}（{detail}）",
        "a recorder's record does not match its signature: {where} ({detail})",
    ),
    "chain": (
        "録画のつながりが切れています：{where}",
        "the recordings do not follow one another: {where}",
    ),
    "delivered": (
        "説明書の「ある時間」が元データと違います：{detail}",
        "the intervals that the statement delivers differ from the footage: {detail}",
    ),
    "gaps": (
        "説明書の「欠落」が元データと違います：{detail}",
        "the gaps in the statement differ from the footage: {detail}",
    ),
    "gap_cause": (
        "欠落の理由「{detail}」に録画機の記録がありません：{where}",
        "no record of the recorder supports the cause {detail!r} of a gap: {where}",
    ),
    "description": (
        "映像の形式の説明が読めません：{where}",
        "the stream's description cannot be read: {where}",
    ),
    "video": (
        "映像が元データと違います：{where}（{detail} バイト目から）",
        "the film differs from the original bytes: {where} (from byte {detail})",
    ),
    "videos": (
        "映像の一覧が元データと違います：{detail}",
        "the list of films differs from the original bytes: {detail}",
    ),
    "facts": (
        "説明書の時計・欠損の値が元データと違います：{detail}",
        "clock or losses in the statement differ from the original bytes: {detail}",
    ),
    "anchor": (
        "台帳に登録された録画のつながりと合いません：{where}（{detail}）",
        "it does not fit what the ledger holds of the recordings: {where} ({detail})",
    ),
    "anchors": (
        "説明書の「存在した時刻」が台帳の登録と違います：{detail}",
        "since when the footage existed, by the statement, differs from the ledger: {detail}",
    ),
    "no_anchor": (
        "カメラ {where} の映像の一部または全部は、いつまでに存在したかを台帳で確かめられません"
        "（録画の直後など、台帳への登録がこの証拠に入っていません）",
        "camera {where}: for some or all of its footage the ledger does not show by when it "
        "existed (this package holds no anchor that covers it, as just after recording)",
    ),
    "stamp_form": ("時刻証明の形が違います", "the time stamp has another form"),
    "stamp": (
        "時刻証明がこの説明書のものではありません",
        "the time stamp is not of this statement",
    ),
    "stamp_algorithm": (
        "時刻証明の署名の方式は、ここでは確かめられません（openssl ts -verify を使ってください）",
        "this verifier lacks the time stamp's signature algorithm (use openssl ts -verify)",
    ),
    "no_stamp": (
        "一部を確かめられませんでした：時刻証明がありません",
        "could not be checked: there is no time stamp",
    ),
}

CAUSES: Mapping[str, tuple[str, str]] = {
    "refused": ("カメラが接続を断った", "the camera refused the connection"),
    "stalled": ("カメラからの映像が止まった", "the camera stopped sending"),
    "network": ("通信の障害", "a network failure"),
    "disk": ("保存先の障害", "a storage failure"),
    "recorder_down": ("録画機の停止", "the recorder was down"),
    "clock": ("時計が確かでなかった", "the clock was not reliable"),
    "camera_lost": ("カメラがつながらなかった", "the camera was lost"),
    "withdrawn": (
        "カメラを登録から外した、または登録を変えた",
        "the camera was taken out of the register, or its entry was changed",
    ),
    "disk_full": ("保存先が一杯で上書きされた", "overwritten because the storage was full"),
    "retention": ("保存期間が終わり消去された", "erased at the end of the retention period"),
    "early": ("期限前に消去された", "erased before the end of the retention period"),
    "shutdown": ("録画機を止めた", "the recorder was shut down"),
    "damaged": ("保存された録画が壊れていて開けない", "the stored recording is damaged"),
    "unexplained": ("録画機の記録がなく、理由が分からない", "no record says why"),
}


def text_of(finding: Finding, language: Language) -> str:
    """The finding as a sentence."""
    template = TEXTS[finding.code][LANGUAGES.index(language)]
    return template.replace("{detail!r}", repr(finding.detail)).format(
        where=finding.where, detail=finding.detail
    )


def cause_of(cause: str, language: Language) -> str:
    """Why there is a gap, in words."""
    return CAUSES.get(cause, (cause, cause))[LANGUAGES.index(language)]


def clock_time(value: Micros) -> str:
    """`2026-11-21 22:00:05.250 JST`: Japan's time, to the millisecond."""
    return instant(value).astimezone(_JST).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + " JST"


def report(judgement: Judgement, language: Language) -> str:
    """Everything for a person at a terminal, the verdict first."""
    at = LANGUAGES.index(language)
    lines = [VERDICTS[judgement.verdict][at]]
    for heading, texts in sections(judgement, language):
        lines += ["", heading, *(f"  - {text}" for text in texts)]
    lines += ["", *facts(judgement, language)]
    for camera in judgement.statement.cameras if judgement.statement else ():
        lines += ["", ("カメラ：", "Camera: ")[at] + camera.camera]
        lines += [f"  {text}" for text in camera_facts(judgement, camera, language)]
    return "\n".join(lines)


def sections(judgement: Judgement, language: Language) -> list[tuple[str, list[str]]]:
    """What was found, by heading, the gravest first."""
    at = LANGUAGES.index(language)
    shown = []
    for severity, heading in HEADINGS.items():
        found = [text_of(f, language) for f in judgement.findings if f.severity == severity]
        if len(found) > _SHOWN:
            rest = len(found) - _SHOWN
            found = [*found[:_SHOWN], (f"ほか {rest} 件", f"and {rest} more")[at]]
        if found:
            shown.append((heading[at], found))
    return shown


def facts(judgement: Judgement, language: Language) -> list[str]:
    """What was looked at, and by whose key."""
    at = LANGUAGES.index(language)
    counts = (
        f"確かめたもの：ファイル {judgement.files}、元データの区切り {judgement.chunks}、"
        f"元データと一致した画像 {judgement.samples}、署名と証明 {judgement.signatures}",
        f"Checked: {judgement.files} files, {judgement.chunks} pieces of original data, "
        f"{judgement.samples} pictures equal to the original data, "
        f"{judgement.signatures} signatures and proofs",
    )
    lines = [counts[at]]
    if judgement.city:
        lines.append(("市の鍵の指紋：", "Fingerprint of the city's key: ")[at] + judgement.city)
    if judgement.stamp:
        lines.append(("時刻証明の時刻：", "Time of the time stamp: ")[at] + judgement.stamp)
    return lines


def camera_facts(judgement: Judgement, camera: Camera, language: Language) -> list[str]:
    """What is here of one camera, what is not, and by when it existed."""
    at = LANGUAGES.index(language)
    lines = [
        ("ある時間：", "delivered: ")[at] + f"{clock_time(start)} – {clock_time(end)}"
        for start, end in camera.delivered
    ]
    lines += [
        ("欠落：", "gap: ")[at]
        + f"{clock_time(gap.start)} – {clock_time(gap.end)} ({cause_of(gap.cause, language)})"
        for gap in camera.gaps
    ]
    lines += _existed(judgement, camera.camera, at)
    if camera.clock.bound is None:
        return [*lines, ("時計の誤差：不明", "bound on the clock's error: unknown")[at]]
    bound = f"{camera.clock.bound / 1000:.1f} ms"
    return [*lines, ("時計の誤差の上限：", "bound on the clock's error: ")[at] + bound]


def _existed(judgement: Judgement, camera: str, at: int) -> list[str]:
    """By when the footage existed, as the ledger shows."""
    lines = []
    for one in judgement.existed:
        if one.camera == camera:
            by = clock_time(Micros(-(-one.by // 1000) * 1000))  # never earlier than it is
            span = f"{clock_time(one.start)} – {clock_time(one.end)}"
            lines.append(
                (
                    f"この映像は、遅くとも {by} には存在した：{span}"
                    f"（録画機の時計による。台帳の {one.index} 番の記録）",
                    f"this footage existed no later than {by}: {span} "
                    f"(by the recorder's clock; entry {one.index} of the ledger)",
                )[at]
            )
    for name, start, end in judgement.unanchored:
        if name == camera:
            label = ("存在した時刻の登録がまだない：", "not anchored in the ledger yet: ")[at]
            lines.append(label + f"{clock_time(start)} – {clock_time(end)}")
    return lines
