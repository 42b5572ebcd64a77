# SPDX-License-Identifier: AGPL-3.0-or-later
"""The statement as a page that officials, lawyers and judges read: Japanese, printable on A4.

One file without script, font or picture from elsewhere. Calm, after the Digital Agency's design
system: dark text on white, one blue, no decoration. It says what statement.json says, no more.
"""

import datetime as dt
from html import escape

from machimori.evidence.verifier.statement import Camera, Gap, Statement
from machimori.evidence.verifier.wording import cause_of
from machimori.kernel.instants import TOKYO, Micros, instant

_WEEKDAYS = "月火水木金土日"
_REIWA = dt.date(2019, 5, 1)

_STYLE = """
@page { size: A4; margin: 18mm 16mm }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 190mm; padding: 24px 20px 48px; color: #1a1a1c; background: #fff;
  font: 400 15px/1.75 "BIZ UDPGothic", "Noto Sans JP", "Hiragino Sans", "Yu Gothic", sans-serif }
h1 { font-size: 26px; line-height: 1.4; margin: 0 0 4px; font-weight: 700 }
h2 { font-size: 19px; line-height: 1.5; margin: 36px 0 10px; padding-bottom: 4px;
  border-bottom: 2px solid #0017c1; font-weight: 700 }
h3 { font-size: 16px; margin: 22px 0 8px; font-weight: 700 }
p { margin: 0 0 10px }
.lead { color: #4d4d4d; margin-bottom: 20px }
table { width: 100%; border-collapse: collapse; margin: 0 0 12px; page-break-inside: auto }
th, td { text-align: left; vertical-align: top; padding: 7px 10px; border: 1px solid #b3b3b3;
  font-weight: 400; font-variant-numeric: tabular-nums }
th { background: #f2f2f2; white-space: nowrap; width: 1% }
thead th { font-weight: 700; width: auto }
tr { page-break-inside: avoid }
code { font: 12.5px/1.6 "BIZ UDGothic", "Noto Sans Mono CJK JP", Consolas, monospace;
  overflow-wrap: anywhere }
.box { border: 1px solid #0017c1; border-left-width: 6px; padding: 12px 16px; margin: 16px 0 }
.gap { border-color: #c16800 }
.bar { display: flex; height: 22px; border: 1px solid #767676; margin: 0 0 4px; background: #fff }
.bar i { display: block; height: 100% }
.bar .have { background: #0017c1 }
.bar .none { background: repeating-linear-gradient(135deg, #fff 0 5px, #c16800 5px 7px) }
.scale { display: flex; justify-content: space-between; font-size: 12.5px; color: #4d4d4d;
  margin-bottom: 12px }
td.short { white-space: nowrap }
.files td { font-size: 12.5px; padding: 4px 8px }
@media print { body { padding: 0; font-size: 10.5pt } h2 { page-break-after: avoid }
  .bar i, th { -webkit-print-color-adjust: exact; print-color-adjust: exact } }
"""


def render(statement: Statement) -> bytes:
    """The page, UTF-8."""
    s = statement
    cameras = "".join(_camera(camera, s) for camera in s.cameras)
    return f"""<!doctype html>
<html lang="ja">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>証拠の説明書 {escape(s.case)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>証拠の説明書</h1>
<p class="lead">防犯カメラの画像の提供にあたり、何を求められ、何を渡し、何がないかを示します。</p>
{
        _table(
            ("事件", escape(s.case)),
            ("制度", escape(s.scheme)),
            ("根拠", escape(s.ground)),
            ("目的", escape(s.purpose)),
            ("申請者", escape(s.requester) + "（仮の符号）"),
            ("求められた時間", _interval(s.start, s.end)),
            ("カメラ", "、".join(escape(c.camera) for c in s.cameras)),
            ("作成", _moment(s.made)),
        )
    }
{_summary(s)}
<h2>この証拠の確かめ方</h2>
<p>市から受け取った検証プログラムと、市が公表する鍵の指紋で確かめます。
ネットワークは要りません。</p>
<div class="box"><code>python3 verify.py 証拠のファイル.zip --city 市が公表する指紋</code></div>
<p>「この証拠は、作られたときから変わっていません」と出れば、下に書いた内容のとおりです。
検証プログラムと指紋は、この証拠からではなく、市から直接受け取ってください。</p>
<h2>承認</h2>
{_approvals(s)}
{cameras}
<h2>鍵の指紋と台帳</h2>
<p>承認と取出しは、書き換えのできない台帳に記録してから行いました。その証明が入っています。</p>
{
        _table(
            ("市の鍵", _code(s.keys.city)),
            ("台帳", f"{escape(s.keys.ledger_name)}<br>{_code(s.keys.ledger)}"),
            *(
                (f"録画機 {escape(name)}", _code(key))
                for name, key in sorted(s.keys.recorders.items())
            ),
            ("承認書", _code(s.authorisation)),
            ("取出し", _code(s.release)),
            ("証拠の番号", _code(s.package)),
            ("時刻証明", "あり（RFC 3161）" if s.stamped else "なし"),
            ("作成したソフト", escape(s.software)),
        )
    }
<h2>入っているファイル</h2>
<p>元データは、カメラから届いたままのバイト列です。映像（MP4）は元データを組み替えただけで、
画像は作り直していません。</p>
{_files(s)}
</body>
</html>
""".encode()


def _summary(s: Statement) -> str:
    gaps = [gap for camera in s.cameras for gap in camera.gaps]
    if not gaps:
        return '<div class="box">求められた時間の画像は、すべてあります。</div>'
    total = sum(gap.end - gap.start for gap in gaps)
    return (
        f'<div class="box gap">画像のない時間が {len(gaps)} か所、合わせて {_duration(total)} '
        "あります。理由は、カメラごとの表にあります。</div>"
    )


def _camera(camera: Camera, s: Statement) -> str:
    clock = camera.clock
    bound = "不明" if clock.bound is None else f"{clock.bound / 1000:.1f} ミリ秒以内"
    offset = "不明（カメラが時刻を知らせない）"
    if clock.camera_offset is not None:
        offset = _signed(clock.camera_offset)
    drift = "不明" if clock.camera_drift is None else _signed(clock.camera_drift)
    gaps = "".join(_gap(gap) for gap in camera.gaps)
    table = (
        f"<table><thead><tr><th>始まり</th><th>終わり</th><th>長さ</th><th>理由</th></tr></thead>"
        f"<tbody>{gaps}</tbody></table>"
        if gaps
        else "<p>欠落はありません。</p>"
    )
    delivered = "<br>".join(_interval(start, end) for start, end in camera.delivered) or "なし"
    return f"""<h2>カメラ {escape(camera.camera)}</h2>
{_bar(camera, s)}
{
        _table(
            ("渡した時間", delivered),
            (
                "はじめの映らない部分",
                f"{_duration(camera.lead_in)}（完全な画像が届くまで。元データには入っています）"
                if camera.lead_in
                else "ありません",
            ),
            ("届かなかった通信", f"{camera.lost} 個（映像が乱れることがあります）")
            if camera.lost
            else ("届かなかった通信", "ありません"),
            ("録画機の時計の誤差", bound),
            ("いつまでに存在したか", _anchors(camera)),
            ("カメラの時計のずれ", f"{offset}、この間の変化 {drift}"),
        )
    }
<h3>画像のない時間</h3>
{table}
<h3>映像</h3>
{_videos(camera)}"""


def _anchors(camera: Camera) -> str:
    """By when the footage existed, as the ledger's anchors show."""
    segments = camera.segments
    lines = []
    for anchor in camera.anchors:
        count = sum(segment.anchor == anchor.path for segment in segments)
        which = (
            "この映像は"
            if count == len(segments)
            else f"録画 {len(segments)} 個のうち {count} 個は"
        )
        if count:
            lines.append(
                f"{which}、遅くとも {_moment(anchor.by)} には存在しました"
                "（台帳の登録による。時刻は録画機の時計）"
            )
    missing = sum(not segment.anchor for segment in segments)
    if missing:
        which = (
            "この映像"
            if missing == len(segments)
            else f"録画 {len(segments)} 個のうち {missing} 個"
        )
        lines.append(f"{which}は、作成のときまだ台帳に登録されていませんでした")
    return "<br>".join(lines) or "映像がありません"


def _gap(gap: Gap) -> str:
    return (
        f"<tr><td>{_moment(gap.start)}</td><td>{_moment(gap.end)}</td>"
        f"<td class='short'>{_duration(gap.end - gap.start)}</td>"
        f"<td>{escape(cause_of(gap.cause, 'ja'))}</td></tr>"
    )


def _videos(camera: Camera) -> str:
    if not camera.videos:
        return "<p>映せる画像はありません。元データだけが入っています。</p>"
    rows = "".join(
        f"<tr><td><code>{escape(video.path)}</code></td>"
        f"<td>{'元データのまま' if video.kind == 'copy' else '閲覧用（作り直したもの）'}</td>"
        f"<td>{escape(video.codec.upper())}</td>"
        f"<td>{_interval(video.start, video.end)}</td><td>{video.samples}</td></tr>"
        for video in camera.videos
    )
    note = ""
    if any(video.kind == "viewing" for video in camera.videos):
        note = (
            "<p>「閲覧用」は、多くの機械で映るように作り直した写しです。"
            "証拠となるのは「元データのまま」の映像です。</p>"
        )
    return (
        "<table class='files'><thead><tr><th>ファイル</th><th>種類</th><th>方式</th><th>時間</th>"
        f"<th>画像の数</th></tr></thead><tbody>{rows}</tbody></table>{note}"
    )


def _bar(camera: Camera, s: Statement) -> str:
    """The interval as a line: solid where there is footage, hatched where there is none."""
    parts = [(start, end, "have", "画像あり") for start, end in camera.delivered]
    parts += [(gap.start, gap.end, "none", "画像なし") for gap in camera.gaps]
    span = s.end - s.start
    pieces = "".join(
        f'<i class="{kind}" style="width:{100 * (end - start) / span:.4f}%" title="{title}"></i>'
        for start, end, kind, title in sorted(parts)
    )
    return (
        f'<div class="bar" role="img" aria-label="画像のある時間とない時間">{pieces}</div>'
        f'<div class="scale"><span>{_moment(s.start)}</span><span>{_moment(s.end)}</span></div>'
    )


def _approvals(s: Statement) -> str:
    rows = "".join(
        f"<tr><td>{escape(a.officer) or '―'}</td><td>{escape(a.post) or '―'}</td>"
        f"<td><code>{escape(a.keyid)}</code></td></tr>"
        for a in s.approvals
    )
    return (
        "<table><thead><tr><th>承認した人（仮の符号）</th><th>職</th><th>署名の鍵</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _files(s: Statement) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(path)}</code></td><td>{file.size:,}</td>"
        f"<td>{_code(file.sha256)}</td></tr>"
        for path, file in sorted(s.files.items())
    )
    return (
        "<table class='files'><thead><tr><th>ファイル</th><th>バイト</th><th>SHA-256</th></tr>"
        f"</thead><tbody>{rows}</tbody></table>"
    )


def _table(*rows: tuple[str, str]) -> str:
    body = "".join(f"<tr><th scope='row'>{name}</th><td>{value}</td></tr>" for name, value in rows)
    return f"<table><tbody>{body}</tbody></table>"


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _moment(value: Micros) -> str:
    """令和8年11月21日（土）22時00分05.250秒."""
    local = instant(value).astimezone(TOKYO)
    day = local.date()
    year = f"{day.year}年"
    if day >= _REIWA:
        number = day.year - 2018
        year = "令和元年" if number == 1 else f"令和{number}年"
    seconds = local.second + local.microsecond / 1_000_000
    return (
        f"{year}{day.month}月{day.day}日（{_WEEKDAYS[day.weekday()]}）"
        f"{local.hour}時{local.minute:02d}分{seconds:06.3f}秒"
    )


def _interval(start: Micros, end: Micros) -> str:
    first, last = _moment(start), _moment(end)
    day, _, rest = last.partition("）")
    if first.startswith(f"{day}）"):
        last = rest
    return f"{first} から {last} まで"


def _duration(micros: int) -> str:
    """2時間3分4.5秒."""
    seconds, rest = divmod(micros, 1_000_000)
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    text = (f"{hours}時間" if hours else "") + (f"{minutes}分" if hours or minutes else "")
    return f"{text}{seconds + rest / 1_000_000:.3f}秒"


def _signed(micros: int) -> str:
    direction = "進み" if micros > 0 else "遅れ"
    return f"{abs(micros) / 1_000_000:.2f} 秒の{direction}" if micros else "なし"
