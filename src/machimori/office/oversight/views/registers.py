# SPDX-License-Identifier: AGPL-3.0-or-later
"""簿冊: every register in one place, with what it holds; each shows who may enter it itself."""

from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from machimori.office.oversight import access
from machimori.office.people.acting import Acting, ActingRequest
from machimori.office.shared.posts import address_for, posts

Line = tuple[str, Promise, Promise]
"""Route, name, what it is for."""
GROUPS: Final[tuple[tuple[Promise, tuple[Line, ...]], ...]] = (
    (
        _("画像の利用と提供"),
        (
            (
                "oversight:uses",
                _("利用簿"),
                _(
                    "検索、閲覧、複製、提供、緊急の取出し。いつ、だれが、何のために、どの範囲を使ったか。"
                ),
            ),
            (
                "oversight:provisions",
                _("提供記録"),
                _("だれに、何を、どんな理由で渡したか。相手をどう確かめたか。"),
            ),
            (
                "viewing:listing",
                _("閲覧の履歴"),
                _("画面に出した映像ごとに1行。だれが何を見たか。"),
            ),
            (
                "watching:shifts",
                _("監視の記録"),
                _("現在の映像を、だれが、いつからいつまで見たか。交替と通報。"),
            ),
        ),
    ),
    (
        _("警察署の取出し"),
        (
            (
                "oversight:statements",
                _("保存履歴"),
                _("警察署に貸した端末に、何が保存され、何が残っているか。毎月の報告。"),
            ),
            (
                "oversight:reconciliation",
                _("突合"),
                _("保管庫が実際に開けた記録を、申請、指示、利用簿と照らし合わせた結果。"),
            ),
        ),
    ),
    (
        _("複製と機器"),
        (
            (
                "handover:copies",
                _("複製・媒体簿"),
                _("渡した媒体を一つずつ、返却・消去・廃棄まで。"),
            ),
            (
                "internal:copies",
                _("内部利用の複製"),
                _("内部利用で作った複製を、消去・廃棄まで。"),
            ),
            ("viewing:prints", _("印画"), _("紙に印刷した静止画を、廃棄まで。")),
            ("terminals:register", _("端末簿"), _("専用パソコンと、その保管の記録。")),
            (
                "personnel:keys",
                _("鍵簿"),
                _("セキュリティキーと収納庫の鍵。渡した、戻った、なくした。"),
            ),
        ),
    ),
    (
        _("人"),
        (
            ("personnel:pledges", _("誓約書"), _("秘密を守る誓約。だれが、いつ署名したか。")),
            (
                "personnel:rosters",
                _("従事者名簿"),
                _("委託先が報告した人と、その期間。"),
            ),
            ("personnel:handovers", _("引継書"), _("職を次の人へ渡したときの記録。")),
        ),
    ),
    (
        _("苦情、監査、文書"),
        (
            ("oversight:complaints", _("苦情"), _("受けた苦情と、回答の期限、したこと。")),
            ("oversight:audit", _("監査"), _("利用簿の抜取り、台帳の検証、意見と返答。")),
            (
                "oversight:disposal",
                _("廃棄予定の文書"),
                _("保存年限が来る文書の一覧、廃棄の決定、廃棄の停止。"),
            ),
            (
                "oversight:disposed",
                _("廃棄した文書"),
                _("廃棄した案件の番号、日、決裁番号。"),
            ),
        ),
    ),
)


@posts(*access.READERS)
@require_safe
def page(request: ActingRequest) -> HttpResponse:
    """The registers that the acting person reads."""
    return render(request, "oversight/registers.html", {"groups": _seen(request.acting)})


def _seen(acting: Acting) -> list[tuple[Promise, list[tuple[str, Promise, Promise]]]]:
    """Address, name and what it is for, by group; those whose own page admits the person."""
    found = []
    for title, lines in GROUPS:
        mine = [
            (address, name, text)
            for route, name, text in lines
            if (address := address_for(acting.posts, route))
        ]
        if mine:
            found.append((title, mine))
    return found
