# SPDX-License-Identifier: AGPL-3.0-or-later
"""The lines of 稼働状況: what each part says, whether that is well, and what to do if it is not."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from machimori.kernel.instants import TOKYO, parse_day
from machimori.office.operation import access, readings
from machimori.office.shared.causes import cause_text
from machimori.office.shared.recorders import Recorder, Recorders
from machimori.office.shared.templatetags.office import day
from machimori.vault.client.client import Status

State = Literal["good", "warn", "bad"]
STATES: Final[dict[State, Promise]] = {"good": _("正常"), "warn": _("注意"), "bad": _("異常")}
_GB: Final = 1_000_000_000
_LITTLE, _LEAST = 0.10, 0.03
"""Free share of a disk below which it is worth a look, and below which it is urgent."""
_CARRIED: Final = dt.timedelta(minutes=10)
_CERTIFICATE, _CERTIFICATE_LAST = 30, 7
_KEYS, _KEYS_LAST = 7, 1
"""Days ahead: of the certificate, of keys."""
_NAMES: Final[dict[str, Promise]] = {
    "store": _("録画"),
    "cases": _("案件の画像"),
    "ledger": _("台帳"),
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line. `todo` is empty while nothing is to be done."""

    part: str
    state: State
    text: str
    todo: str = ""

    @property
    def label(self) -> Promise:
        """Its state in words."""
        return STATES[self.state]


def lines(found: Recorders, vault: Status | None, *, now: dt.datetime) -> list[Line]:
    """Every part, in the order of the page."""
    recorders = found.found
    workers, ledger, opened = readings.database() or (None, None, None)
    return [
        *_recording(found),
        _vault(vault),
        *_space(recorders),
        *_clock(recorders, vault),
        *_certificate(now),
        _keys(recorders, vault),
        _destruction(vault, now),
        _outboxes(recorders, now),
        _workers(workers),
        _ledger(ledger, now),
        _rehearsal(opened, now),
    ]


def _recording(found: Recorders) -> Iterator[Line]:
    part = _t("録画")
    for name in found.broken:
        text = _t("録画装置 %(name)s の設定を読めません。") % {"name": name}
        yield Line(part=part, state="bad", text=text, todo=_t("recorder.toml を直してください。"))
    if not found.found and not found.broken:
        text = _t("この機械に録画装置はありません。")
        yield Line(part=part, state="warn", text=text)
    for one in found.found:
        if one.report is None:
            text = _t("録画装置 %(name)s が答えません。") % {"name": one.config.id}
            todo = _t("machimori run の記録を見て、止まっていれば動かしてください。")
            yield Line(part=part, state="bad", text=text, todo=todo)
            continue
        missing = {name: health for name, health in one.cameras.items() if not health.recording}
        total = len(one.cameras)
        text = _t("録画装置 %(name)s：%(total)s台のうち%(count)s台を録画しています。") % {
            "name": one.config.id,
            "total": total,
            "count": total - len(missing),
        }
        shown = [
            _t("%(camera)s（%(why)s）") % {"camera": name, "why": cause_text(health.cause)}
            for name, health in sorted(missing.items())[:5]
        ]
        todo = _t("録画していないカメラ：%(names)s") % {"names": "、".join(shown)} if shown else ""
        yield Line(part=part, state="bad" if missing else "good", text=text, todo=todo)


def _vault(vault: Status | None) -> Line:
    part = _t("保管庫")
    if vault is None:
        text = _t("画像の保管庫が答えません。録画は続いています。")
        todo = _t("machimori run の記録を見てください。")
        return Line(part=part, state="bad", text=text, todo=todo)
    if not vault.open:
        text = _t("画像の保管庫が閉じています。録画は続いています。")
        todo = _t("「保管庫を開く」で開けてください。")
        return Line(part=part, state="bad", text=text, todo=todo)
    away = sorted(name for name, here in vault.places.items() if not here)
    if away:
        text = _t("開いています。鍵の置き場所が見えません：%(names)s") % {"names": "、".join(away)}
        return Line(part=part, state="warn", text=text, todo=_t("ディスクをつないでください。"))
    return Line(part=part, state="good", text=_t("開いています。"))


def _space(recorders: Sequence[Recorder]) -> Iterator[Line]:
    part = _t("空き容量")
    for name in readings.missing():
        text = _t("%(name)sの置き場所が見えません。") % {"name": _NAMES[name]}
        yield Line(part=part, state="bad", text=text, todo=_t("ディスクをつないでください。"))
    for space in readings.spaces():
        share = space.free / space.total if space.total else 0.0
        text = _t("%(names)s：%(free)s GB 空いています（%(share)s%%）。") % {
            "names": "、".join(str(_NAMES[name]) for name in space.names),
            "free": f"{space.free / _GB:,.0f}",
            "share": round(share * 100),
        }
        state: State = "bad" if share < _LEAST else "warn" if share < _LITTLE else "good"
        todo = "" if state == "good" else _t("ディスクを増やすか、保存先を分けてください。")
        yield Line(part=part, state=state, text=text, todo=todo)
    for one in recorders:
        if one.own.get("disk_choked"):
            text = _t("録画装置 %(name)s の保存先が追いつかず、録画が欠けています。")
            yield Line(
                part=part,
                state="bad",
                text=text % {"name": one.config.id},
                todo=_t("ディスクの故障と速さを調べてください。"),
            )


def _clock(recorders: Sequence[Recorder], vault: Status | None) -> Iterator[Line]:
    part = _t("時計")
    todo = _t("chrony が動いているかを調べてください。")
    for one in recorders:
        name = {"name": one.config.id}
        if one.own.get("clock_problem"):
            text = _t("録画装置 %(name)s の時計が飛びました。確かめるまで元の時計で録画します。")
            yield Line(
                part=part,
                state="bad",
                text=text % name,
                todo=_t("手引きの「時計」のとおりに確かめてください。"),
            )
        elif one.report is not None and one.own.get("clock_bound_seconds") is None:
            text = _t("録画装置 %(name)s の時計のずれが分かりません。") % name
            yield Line(part=part, state="warn", text=text, todo=todo)
        elif one.report is not None:
            bound = float(one.own["clock_bound_seconds"])
            text = _t("録画装置 %(name)s の時計のずれは%(bound)s秒以内です。")
            yield Line(part=part, state="good", text=text % (name | {"bound": f"{bound:.3f}"}))
    if vault is not None and not vault.clock_trusted:
        text = _t("保管庫の時計を確かめられません。期限の来た鍵を破棄できません。")
        yield Line(part=part, state="bad", text=text, todo=todo)


def _certificate(now: dt.datetime) -> Iterator[Line]:
    until = readings.certificate()
    if until is None:
        return
    part, left = _t("証明書"), (until - now).days
    todo = _t("市の認証局に新しい証明書を頼み、machimori init --certificate で入れてください。")
    if until <= now:
        text = _t("証明書の期限が切れたか、証明書を読めません。")
        yield Line(part=part, state="bad", text=text, todo=todo)
        return
    text = _t("期限は%(day)sです（あと%(left)s日）。") % {"day": day(until), "left": left}
    state: State = "bad" if left < _CERTIFICATE_LAST else "warn" if left < _CERTIFICATE else "good"
    yield Line(part=part, state=state, text=text, todo="" if state == "good" else todo)


def _keys(recorders: Sequence[Recorder], vault: Status | None) -> Line:
    part = _t("これからの鍵")
    counts = [one.own["key_days_left"] for one in recorders if one.own and one.cameras]
    if vault is not None:
        counts.append(vault.bundled_days)
    if not counts:
        return Line(part=part, state="warn", text=_t("分かりません。"))
    left = min(counts)
    todo = _t("保管庫を開けてください。鍵は、開いているあいだに自動で作られます。")
    if left < 0:
        text = _t("きょうの鍵のないカメラがあります。その録画は止まっています。")
        return Line(part=part, state="bad", text=text, todo=todo)
    text = _t("きょうのあと%(left)s日分あります。") % {"left": left}
    state: State = "bad" if left <= _KEYS_LAST else "warn" if left <= _KEYS else "good"
    return Line(part=part, state=state, text=text, todo="" if state == "good" else todo)


def _destruction(vault: Status | None, now: dt.datetime) -> Line:
    part = _t("消去")
    if vault is None:
        return Line(part=part, state="warn", text=_t("保管庫が答えないので、分かりません。"))
    if vault.pending:
        text = _t("置き場所が見えず、待っている破棄が%(count)s件あります。")
        return Line(
            part=part,
            state="bad",
            text=text % {"count": len(vault.pending)},
            todo=_t("ディスクをつないでください。"),
        )
    if not vault.horizon:
        return Line(part=part, state="good", text=_t("まだ期限の来た日がありません。"))
    through = parse_day(vault.horizon)
    behind = (now.astimezone(TOKYO).date() - through).days
    text = _t("%(day)sまでに期限の来た鍵を破棄しました。") % {"day": day(through)}
    if behind > 2:
        return Line(part=part, state="bad", text=text, todo=_t("時計と保管庫を調べてください。"))
    return Line(part=part, state="good", text=text)


def _outboxes(recorders: Sequence[Recorder], now: dt.datetime) -> Line:
    part = _t("台帳へ送る記録")
    found = readings.outboxes([one.config.directory for one in recorders])
    if found.oldest is None:
        return Line(part=part, state="good", text=_t("待っているものはありません。"))
    text = _t("%(count)s件が待っています。") % {"count": found.waiting}
    if now - found.oldest > _CARRIED:
        todo = _t("courier と台帳が動いているかを調べてください。記録はなくなりません。")
        return Line(part=part, state="bad", text=text, todo=todo)
    return Line(part=part, state="good", text=text)


def _workers(found: readings.Workers | None) -> Line:
    part = _t("裏の仕事")
    if found is None or not found.alive:
        text = _t("仕事をするプログラムが動いていません。取出しや期限の知らせが止まります。")
        todo = _t("machimori run の記録を見てください。")
        return Line(part=part, state="bad", text=text, todo=todo)
    text = _t("動いています。待ち%(waiting)s件、できなかったもの%(failed)s件。") % {
        "waiting": found.waiting,
        "failed": found.failed,
    }
    return Line(part=part, state="good", text=text)


def _ledger(found: readings.Ledger | None, now: dt.datetime) -> Line:
    part = _t("台帳")
    if found is None:
        return Line(part=part, state="bad", text=_t("台帳が答えません。"))
    if found.rejected:
        text = _t("受け付けなかった書き込みが%(count)s件あります。") % {"count": found.rejected}
        todo = _t("だれかが台帳に直接書いたおそれがあります。監査に知らせてください。")
        return Line(part=part, state="bad", text=text, todo=todo)
    if found.oldest is not None and now - found.oldest > _CARRIED:
        text = _t("番号の付かない記録が%(count)s件あります。") % {"count": found.pending}
        todo = _t("ledger のプログラムが動いているかを調べてください。")
        return Line(part=part, state="bad", text=text, todo=todo)
    return Line(part=part, state="good", text=_t("書けます。"))


def _rehearsal(opened: dt.datetime | None, now: dt.datetime) -> Line:
    part, due = _t("開ける練習"), access.rehearsal_due(opened)
    todo = _t("合言葉か鍵のファイルを用意して、「開ける練習をする」を押してください。")
    if due is None:
        text = _t("まだだれも、この画面から保管庫を開けていません。")
        return Line(part=part, state="warn", text=text, todo=todo)
    text = _t("次は%(day)sまでです。年に2回します。") % {"day": day(due)}
    today = now.astimezone(TOKYO).date()
    state: State = "bad" if today > due else "warn" if today > due - access.SOON else "good"
    return Line(part=part, state=state, text=text, todo="" if state == "good" else todo)
