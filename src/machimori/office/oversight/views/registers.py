# SPDX-License-Identifier: AGPL-3.0-or-later
"""簿冊: every register, with what it holds."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from machimori.office.handover import access as handover
from machimori.office.oversight import access
from machimori.office.people.acting import Acting, ActingRequest
from machimori.office.shared.posts import Post, posts
from machimori.office.terminals import access as terminals
from machimori.office.viewing import access as viewing


@posts(*access.READERS)
@require_safe
def page(request: ActingRequest) -> HttpResponse:
    """The registers that the acting person reads."""
    return render(request, "oversight/registers.html", {"registers": _registers(request.acting)})


def _registers(acting: Acting) -> list[tuple[str, str, str]]:
    """Address, name, and what it is for."""
    known: tuple[tuple[str, str, str, tuple[Post, ...]], ...] = (
        (
            "oversight:uses",
            _t("利用簿"),
            _t(
                "検索、閲覧、複製、提供、緊急の取出し。いつ、だれが、何のために、どの範囲を使ったか。"
            ),
            access.READERS,
        ),
        (
            "oversight:provisions",
            _t("提供記録"),
            _t("だれに、何を、どんな理由で渡したか。相手をどう確かめたか。"),
            access.READERS,
        ),
        (
            "oversight:statements",
            _t("保存履歴"),
            _t("警察署に貸した端末に、何が保存され、何が残っているか。毎月の報告。"),
            access.READERS,
        ),
        (
            "oversight:reconciliation",
            _t("突合"),
            _t("保管庫が実際に開けた記録を、申請、指示、利用簿と照らし合わせた結果。"),
            access.CITY,
        ),
        (
            "oversight:complaints",
            _t("苦情"),
            _t("受けた苦情と、回答の期限、したこと。"),
            access.CITY,
        ),
        (
            "viewing:listing",
            _t("閲覧の履歴"),
            _t("画面に出した映像ごとに1行。だれが何を見たか。"),
            viewing.AUDITORS,
        ),
        (
            "handover:copies",
            _t("複製・媒体簿"),
            _t("渡した媒体を一つずつ、返却・消去・廃棄まで。"),
            handover.READERS,
        ),
        (
            "terminals:register",
            _t("端末簿"),
            _t("専用パソコンと、その保管の記録。"),
            terminals.READERS,
        ),
    )
    return [
        (reverse(route), name, text) for route, name, text, seen in known if acting.holds(*seen)
    ]
