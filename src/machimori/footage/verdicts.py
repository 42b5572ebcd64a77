# SPDX-License-Identifier: AGPL-3.0-or-later
"""What `footage check` can find, in words: the verdict, the place and what it means.

Officials read the Japanese text; it says the consequence, not the mechanism. Exit codes are those
of the gravest finding and are never reused.
"""

from dataclasses import dataclass
from typing import Literal

from machimori.kernel.canonical import Json
from machimori.kernel.instants import Micros, rfc3339

Verdict = Literal[
    "sound",
    "damaged",
    "truncated",
    "reordered",
    "missing",
    "foreign",
    "duplicated",
    "not_yet_uploaded",
    "expired",
    "overwritten",
    "recovered",
]
NOTES: tuple[Verdict, ...] = ("sound", "expired", "overwritten", "recovered")
"""What the rules or a crash account for; a store with nothing else is sound."""
EXIT_SOUND = 0
EXIT_WAITING = 45
"""Nothing but objects that are still to be uploaded."""
EXIT_LOST = 46
"""Footage is missing, truncated or damaged: what is left is what was recorded."""
EXIT_ALTERED = 47
"""Something is there that no trusted recorder put there in this place."""
EXIT_CODES: dict[Verdict, int] = {
    "damaged": EXIT_LOST,
    "truncated": EXIT_LOST,
    "missing": EXIT_LOST,
    "reordered": EXIT_ALTERED,
    "foreign": EXIT_ALTERED,
    "duplicated": EXIT_ALTERED,
    "not_yet_uploaded": EXIT_WAITING,
}
JAPANESE: dict[Verdict, str] = {
    "sound": "異常なし",
    "damaged": "破損",
    "truncated": "途中で切断",
    "reordered": "順序の入替え",
    "missing": "欠落",
    "foreign": "由来不明",
    "duplicated": "重複",
    "not_yet_uploaded": "未転送",
    "expired": "保存期間満了",
    "overwritten": "上書き済み",
    "recovered": "障害後に復旧",
}


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What a finding means for whoever needs the footage."""

    english: str
    japanese: str


MEANINGS: dict[str, Meaning] = {
    "header": Meaning(
        english="the segment's header is unreadable, and with it its sealed key: nothing of this "
        "segment can be opened",
        japanese="ヘッダーと封印鍵が読めないため、この区間の画像は一切開けません。",
    ),
    "chunk": Meaning(
        english="this part cannot be opened; the rest of the segment is intact",
        japanese="この部分の画像は開けません。同じ区間の残りには影響ありません。",
    ),
    "bytes": Meaning(
        english="bytes here belong to no chunk; footage that stood here cannot be opened",
        japanese="ここに解釈できないデータがあり、この位置の画像は開けません。",
    ),
    "authentication": Meaning(
        english="the bytes were changed on purpose (the checksum was adapted, the key shows it): "
        "this part is not what the camera sent and does not open",
        japanese="検査値を合わせた意図的な改変です。この部分はカメラの映像ではなく、開けません。",
    ),
    "description": Meaning(
        english="the stream description was changed; the footage cannot be turned into video",
        japanese="映像形式の情報が改変されており、動画に変換できません。",
    ),
    "no_trailer": Meaning(
        english="the file ends early: what follows the last whole chunk is lost, and nothing "
        "proves who recorded the rest",
        japanese="ファイルが途中で終わっています。以降の画像は失われ、"
        "残りも記録者を証明できません。",
    ),
    "empty": Meaning(
        english="the file is empty: its footage is lost",
        japanese="ファイルが空です。画像は失われています。",
    ),
    "trailer": Meaning(
        english="the trailer does not fit this segment: nothing proves that it is complete",
        japanese="末尾の署名情報がこの区間と一致せず、完全であることを証明できません。",
    ),
    "chunk_order": Meaning(
        english="chunks stand in another order than they were recorded and signed in",
        japanese="記録・署名された順序と異なる順に並んでいます。",
    ),
    "chunk_missing": Meaning(
        english="chunks that were signed are no longer in the file: their footage is lost",
        japanese="署名された部分がファイルから失われています。",
    ),
    "chunk_twice": Meaning(
        english="a chunk stands in the file twice; it was recorded once",
        japanese="同じ部分が二重に含まれています。記録は一度だけです。",
    ),
    "signature": Meaning(
        english="not signed by the recorder it names: it must not be used as evidence",
        japanese="記載された記録装置の署名ではありません。証拠として使用できません。",
    ),
    "signer": Meaning(
        english="it names a recorder that is not enrolled: it must not be used as evidence",
        japanese="登録されていない記録装置によるものです。証拠として使用できません。",
    ),
    "name": Meaning(
        english="not an object of this store: nobody can say where it comes from",
        japanese="この保存先の形式に合わない、由来の分からないファイルです。",
    ),
    "other_camera": Meaning(
        english="it stands under a camera or day that it was not recorded for",
        japanese="別のカメラまたは別の日の画像がここに置かれています。",
    ),
    "other_time": Meaning(
        english="it stands under another time than it was recorded at",
        japanese="記録された時刻と異なる時刻の名前で置かれています。",
    ),
    "twice": Meaning(
        english="the same place of the chain is taken by two objects; one recording was made",
        japanese="同じ記録が二つ置かれています。記録は一度だけです。",
    ),
    "link": Meaning(
        english="it does not continue what the chain holds before it: one of the two was replaced",
        japanese="直前の記録とつながりません。どちらかが差し替えられています。",
    ),
    "order": Meaning(
        english="its place in the chain does not fit its time: objects were exchanged",
        japanese="連番と時刻が一致しません。順序が入れ替えられています。",
    ),
    "listed": Meaning(
        english="the signed manifest of the day lists it and the store does not hold it: its "
        "footage is lost",
        japanese="署名済みの日次目録にありますが、保存先にありません。画像は失われています。",
    ),
    "replaced": Meaning(
        english="the signed manifest of the day lists another object under this name",
        japanese="日次目録に記載されたものと別の内容に差し替えられています。",
    ),
    "unlisted": Meaning(
        english="the signed manifest of the day does not list it",
        japanese="署名済みの日次目録に記載がありません。",
    ),
    "manifest": Meaning(
        english="the day is long over and has no readable signed manifest: that all of it is here "
        "cannot be shown",
        japanese="期日を過ぎても署名済みの日次目録がなく、全部揃っていることを示せません。",
    ),
    "hole": Meaning(
        english="links of the chain between two objects are gone without a record of why: their "
        "footage is lost",
        japanese="記録の連なりが理由の記載なく途切れています。その間の画像は失われています。",
    ),
    "no_end": Meaning(
        english="the recorder's session ends here without a record of why: what followed may have "
        "been removed",
        japanese="記録が理由の記載なく終わっています。続きが取り除かれた可能性があります。",
    ),
    "record": Meaning(
        english="the record is unreadable: what it said about this interval is unknown",
        japanese="記録票が読めないため、この時間帯の事情が分かりません。",
    ),
    "in_spool": Meaning(
        english="it waits in the recorder's spool and will be uploaded; nothing is lost",
        japanese="記録装置で転送待ちです。失われていません。",
    ),
    "open_day": Meaning(
        english="the day is not closed yet; it is expected from the recorder",
        japanese="当日の記録が締められていません。記録装置からの到着待ちです。",
    ),
    "retention": Meaning(
        english="removed when its retention period ended; its keys are destroyed",
        japanese="保存期間の満了により消去されました。鍵も破棄済みです。",
    ),
    "disk_full": Meaning(
        english="overwritten by the stated rule because the disk was full",
        japanese="記憶装置が満杯のため、定められた規則により上書きされました。",
    ),
    "anchored_other": Meaning(
        english="the ledger holds another chain than the store: it was written anew after it had "
        "been anchored, by whoever has the recorder's key; from here on it must not be used as "
        "evidence",
        japanese="台帳に登録済みの記録と一致しません。登録後に書き換えられています。"
        "以降は証拠として使用できません。",
    ),
    "anchored_end": Meaning(
        english="the ledger holds that the recording went on after this, and the store held it: "
        "the end was cut off, its footage is lost",
        japanese="台帳によれば記録はこの後も続いていました。末尾が取り除かれ、画像は失われています。",
    ),
    "anchored_session": Meaning(
        english="the ledger holds that this camera was recorded in this run of the recorder, and "
        "the store holds nothing of it: its footage is lost",
        japanese="台帳にある記録装置のこの稼働分が、このカメラについて一切ありません。"
        "画像は失われています。",
    ),
    "anchored_camera": Meaning(
        english="the ledger holds that this camera was recorded, and the store holds nothing of "
        "it at all: its footage is lost",
        japanese="台帳には記録がありますが、このカメラの画像が一切ありません。失われています。",
    ),
    "heads": Meaning(
        english="the list under an anchor in the ledger is gone or unreadable: with this anchor "
        "nothing can be compared, and whoever removed it may have removed or rewritten footage",
        japanese="台帳の登録に対応する一覧がなく、照合できません。"
        "一覧と共に画像が除かれ又は書き換えられた可能性があります。",
    ),
    "heads_waiting": Meaning(
        english="the list under an anchor in the ledger has not arrived; until it has, nothing "
        "can be compared with this anchor",
        japanese="台帳の登録に対応する一覧が届いておらず、まだ照合できません。",
    ),
    "heads_expired": Meaning(
        english="removed with the last footage of its day; what it named can no longer be read",
        japanese="その日の画像がすべて保存期間の満了により消去されたため、一覧も消去されました。",
    ),
    "other_heads": Meaning(
        english="this list is not the one whose root the ledger holds: it was exchanged",
        japanese="台帳に登録された一覧ではありません。差し替えられています。",
    ),
    "crash": Meaning(
        english="closed after a crash of its recorder; up to the last whole chunk it is as "
        "recorded, what followed was never saved",
        japanese="記録装置の障害後に復旧したものです。最後の部分より後は保存されていません。",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was found, where, and what it means (a key of MEANINGS)."""

    verdict: Verdict
    name: str
    """The object, or the camera-day."""
    meaning: str
    chunk: int | None = None
    byte: int | None = None
    first: Micros | None = None
    last: Micros | None = None
    """The footage concerned."""
    count: int = 1

    def place(self) -> str:
        """The place in words: object, chunk, byte, time."""
        parts = [self.name]
        if self.chunk is not None:
            parts.append(f"chunk {self.chunk}")
        if self.byte is not None:
            parts.append(f"byte {self.byte}")
        if self.first is not None and self.last is not None:
            parts.append(f"{rfc3339(self.first)} to {rfc3339(self.last)}")
        if self.count > 1:
            parts.append(f"{self.count} objects")
        return ", ".join(parts)

    def lines(self) -> tuple[str, str]:
        """One line in English and one in Japanese."""
        meaning = MEANINGS[self.meaning]
        return (
            f"{self.verdict}: {self.place()}: {meaning.english}",
            f"  {JAPANESE[self.verdict]}：{meaning.japanese}",
        )

    def json(self) -> dict[str, Json]:
        """For machines."""
        return {
            "verdict": self.verdict,
            "name": self.name,
            "reason": self.meaning,
            "chunk": self.chunk,
            "byte": self.byte,
            "from": self.first,
            "to": self.last,
            "count": self.count,
            "consequence": MEANINGS[self.meaning].english,
            "consequence_ja": MEANINGS[self.meaning].japanese,
        }


def exit_code(findings: tuple[Finding, ...]) -> int:
    """The process's exit status: altered is graver than lost, lost than waiting."""
    return max((EXIT_CODES.get(f.verdict, EXIT_SOUND) for f in findings), default=EXIT_SOUND)
