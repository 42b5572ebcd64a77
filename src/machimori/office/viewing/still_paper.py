# SPDX-License-Identifier: AGPL-3.0-or-later
"""A still as a paper: the picture, what it shows and when, and the watermark across it.

What is printed is Japanese whatever the language of the page.
"""

from machimori.evidence.stills import Still
from machimori.kernel.instants import local_day, micros
from machimori.office.paper import fields as f
from machimori.office.paper.sheet import Fields, Notes, Picture, Sheet, Signature
from machimori.office.shared.templatetags.office import second
from machimori.office.viewing.models import Print
from machimori.policy.wareki import wareki


def sheet_of(made: Print, still: Still, *, camera: str, clock_bound: int | None) -> Sheet:
    """`camera` is what people call it; `clock_bound` the error of the recorder's clock, in µs."""
    bound = (
        "確かめられていない" if clock_bound is None else f"誤差は{clock_bound / 1000:.0f}ミリ秒以内"
    )
    number = made.numbered.text
    return Sheet(
        title="防犯カメラ画像（静止画）",
        date=wareki(local_day(micros(made.at)), weekday=False),
        foot=number,
        blocks=(
            Picture(
                jpeg=still.jpeg,
                alternative=f"{camera}の静止画、{second(made.shown)}",
                mark=f"{number}　{made.by.name}　{second(made.at)}",
            ),
            Fields(
                rows=(
                    (f.text("印画番号", number), f.text("案件", made.viewing.title)),
                    (f.text("カメラ", camera), f.text("画像の時刻", second(made.shown))),
                    (f.text("録画機の時計", bound), f.text("大きさ", "{}×{}".format(*still.size))),
                    (f.text("印刷した人", made.by.name), f.text("印刷した時", second(made.at))),
                    (f.text("何に使うか", made.reason), f.day("廃棄の期限", made.due)),
                )
            ),
            Notes(
                texts=(
                    "この印画は、防犯カメラの画像と同じに扱います。写しを取ったり、"
                    "ほかの目的に使ったりしてはいけません。",
                    "目的を終えたら、期限までに破砕・裁断・溶解などで廃棄し、記録します。",
                )
            ),
            Signature(places=(f.text("確かめた人", None), f.text("廃棄した人と日", None))),
        ),
    )
